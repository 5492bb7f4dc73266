"""``quarry site``: report, map and exports as one folder of files that any host serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from quarrydb.contract import SILENT, Progress
from quarrydb.export.views import export_views
from quarrydb.files import check_place, replacing_folder, write_atomically
from quarrydb.provenance.cite import read_build
from quarrydb.report import PAGE
from quarrydb.report.page import Place
from quarrydb.report.pages import region_pages, write_pages
from quarrydb.site.data import DATA, DATA_PAGE, data_page
from quarrydb.site.engine import DuckDB, copy_engine, find_engine
from quarrydb.site.owned import check_owned, write_marker
from quarrydb.webmap import write_map

MAP_PAGE = "map.html"
COUNTRY = "country"
NO_JEKYLL = ".nojekyll"  # GitHub's host leaves out what Jekyll does not know, unless this is there
PARTS = (Place("Report", PAGE), Place("Map", MAP_PAGE), Place("Data", DATA_PAGE))


@dataclass(frozen=True)
class WrittenSite:
    """What was written: the first page, the pages of regions, rows of each view, and bytes in all."""

    page: Path
    n_regions: int
    rows: dict[str, int]
    size: int


def write_site(
    connection: duckdb.DuckDBPyConnection,
    folder: str | Path,
    *,
    regions: Sequence[str] | None = None,
    layers: Sequence[str] = (),
    duckdb_wasm: str | None = None,
    progress: Progress = SILENT,
) -> WrittenSite:
    """Write the folder, whole or not at all; one that was there is replaced, if all of it is a site's.

    ``regions`` are layers of which each region gets a page (by default countries that have mines);
    ``layers`` those whose rows the files hold (by default all). ``duckdb_wasm`` lets the page of data run
    SQL: npm's address of the package with its version, or a folder ``node_modules`` to copy it from.
    """
    target = Path(folder).absolute()
    check_place(target)
    check_owned(target)
    engine = find_engine(duckdb_wasm) if duckdb_wasm else None
    chosen = _country_layer(connection) if regions is None else list(dict.fromkeys(regions))
    countries = region_pages(connection, COUNTRY) if COUNTRY in chosen else []
    with replacing_folder(target) as fresh:
        pages = write_pages(connection, fresh, chosen, neighbours=PARTS, progress=progress)
        with progress.task("Map", 1, "pages"):
            write_map(
                connection,
                fresh / MAP_PAGE,
                pages={page.region.name: page.address for page in countries},
                home=PAGE,
            )
        rows = export_views(connection, fresh / DATA, layers=layers, progress=progress)
        _write_data_page(connection, fresh, rows, layers, engine)
        (fresh / NO_JEKYLL).touch()
        size = write_marker(fresh, read_build(connection))
        check_owned(target)  # what came into it meanwhile
    return WrittenSite(target / PAGE, len(pages) - 1, rows, size)


def _country_layer(connection: duckdb.DuckDBPyConnection) -> list[str]:
    row = connection.execute(
        "SELECT 1 FROM region_summary WHERE layer = $layer AND n_mines > 0 LIMIT 1",
        {"layer": COUNTRY},
    ).fetchone()
    return [COUNTRY] if row else []


def _write_data_page(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    rows: dict[str, int],
    layers: Sequence[str],
    engine: DuckDB | None,
) -> None:
    if engine:
        copy_engine(engine, folder)
    html = data_page(connection, folder, rows, layers, PARTS, engine)
    write_atomically(folder / DATA_PAGE, html)
