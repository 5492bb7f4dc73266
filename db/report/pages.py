"""A report with a page for each region of some layers, among which a reader can choose."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from quarrydb.contract import SILENT, Progress
from quarrydb.files import check_place, held, write_atomically, writing
from quarrydb.report import PAGE, Written, check_formats, write_page
from quarrydb.report.page import Place, page, scripts
from quarrydb.report.read import Reader
from quarrydb.report.region import Region, folder_names, read_regions

SCRIPT = "report.js"  # of all pages, so that each is small
WORLD = "World"
UP = "../../"  # from a region's page to the folder of all


@dataclass(frozen=True)
class RegionPage:
    """A region and where its page lies, from the folder of all."""

    region: Region
    address: str


def write_pages(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    layers: Sequence[str],
    *,
    pictures: Sequence[str] = (),
    neighbours: Sequence[Place] = (),
    progress: Progress = SILENT,
) -> list[Written]:
    """Write the report, and a page for each region of ``layers`` that has mines, into
    ``folder/LAYER/REGION/index.html``: the whole database's first.

    The pages load one script, ``folder/report.js``; each names the others in its chooser, and
    ``neighbours``, pages of the same site, whose addresses are from ``folder``.
    """
    check_place(folder / PAGE)
    formats = check_formats(pictures)
    reader = Reader(connection)
    regions = [page for layer in dict.fromkeys(layers) for page in region_pages(connection, layer)]
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            write_atomically(folder / SCRIPT, "\n".join(scripts()))
            return list(_written(reader, folder, regions, formats, neighbours, progress))


def _written(
    reader: Reader,
    folder: Path,
    regions: Sequence[RegionPage],
    pictures: Sequence[str],
    neighbours: Sequence[Place],
    progress: Progress,
) -> Iterator[Written]:
    with progress.task("Writing pages", len(regions) + 1, "pages") as task:
        for item in [None, *regions]:
            up = UP if item else ""
            places = [Place(WORLD, f"{up}{PAGE}", is_here=item is None)] if regions else []
            places += [
                Place(p.region.name, f"{up}{p.address}", p.region.kind, p is item) for p in regions
            ]
            others = [
                replace(n, address=f"{up}{n.address}", is_here=item is None and n.address == PAGE)
                for n in neighbours
            ]
            report = reader.report(item.region if item else None)
            html = page(report, reader.meanings, places, beside=f"{up}{SCRIPT}", neighbours=others)
            home = (folder / item.address).parent if item else folder
            yield write_page(reader.connection, report, html, home, pictures)
            task.advance()


def region_pages(connection: duckdb.DuckDBPyConnection, layer: str) -> list[RegionPage]:
    """The regions of a layer with mines, and where the page of each lies."""
    regions = read_regions(connection, layer)
    names = folder_names(regions)
    return [
        RegionPage(region, f"{layer}/{name}/{PAGE}")
        for region, name in zip(regions, names, strict=True)
    ]
