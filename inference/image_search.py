"""Search a STAC API, or walk a static catalogue, for the images of a project's sites and mines.

What is found is written as an item collection that a build reads: the search is asked once, and what
it said then is what every later build sees. All requests go through the fetcher, which knows which
hosts may be asked; nothing that an answer names is opened as a file.
"""

from __future__ import annotations

import calendar
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import shapely

from quarrydb.database.connection import connect
from quarrydb.errors import ProjectError, QuarryError, SourceError
from quarrydb.fetch.address import is_remote
from quarrydb.files import write_atomically
from quarrydb.inference.extras import require
from quarrydb.inference.image_items import Kept, paged, walked, wanted
from quarrydb.loaders.image_asset import SCENE_BAND
from quarrydb.project.expression import parse

if TYPE_CHECKING:
    from quarrydb.fetch.fetcher import Fetcher
    from quarrydb.project import Project
    from quarrydb.project.stac import StacImages

PAGE_ITEMS = 100
PAGE_BYTES = 64 * 2**20
CELL_DEGREES = 1.0
SITES = "SELECT ST_AsWKB(geometry) FROM core.site"
MINES = "SELECT ST_AsWKB(ST_Envelope(geometry)) FROM core.mine"

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Search:
    """What is asked of which API, and the file that the items are written into.

    ``months`` are first and last, ``bands`` those that are kept of each item (none: all).
    """

    label: str
    section: StacImages
    file: Path
    years: Sequence[int]
    months: tuple[int, int]
    ground: str
    bands: Sequence[str] = ()


def searches(project: Project, years: tuple[int, int] | None = None) -> list[Search]:
    """What a project asks: images to segment, and those of indicators; ``years`` are first and last.

    ProjectError where it names no API.
    """
    found = []
    section = project.segmentation.images if project.segmentation else None
    if section is not None and section.stac is not None and project.segmentation is not None:
        months = (project.parameters.image_first_month, project.parameters.image_last_month)
        image_years = project.segmentation.image_years
        found.append(Search("images", section, section.path, image_years, months, SITES))
    for source in project.indicator:
        if source.stac is not None and source.items is not None:
            bands = (*parse(str(source.expression)).bands, SCENE_BAND)
            label, asked = f"indicator {source.name}", source.years or ()
            found.append(Search(label, source, source.items, asked, source.months, MINES, bands))
    if not found:
        raise ProjectError(
            f'{project.file} names no STAC API. Add stac = "https://..." and collection to '
            "[segmentation.images] or to an [[indicator]] with an expression."
        )
    if years is not None:
        found = [replace(one, years=within(one.years, years)) for one in found]
        found = [one for one in found if one.years]
        if not found:
            raise ProjectError(
                f"{project.file} wants no image of {years[0]}-{years[1]}. Change years."
            )
    return found


def within(years: Sequence[int], span: tuple[int, int]) -> list[int]:
    """The years of a span."""
    return [year for year in years if span[0] <= year <= span[1]]


def search_images(
    project: Project, search: Search, fetcher: Fetcher, *, advance: Callable[[], None]
) -> int:
    """Write the items that meet a site's square, or a mine, into the search's file; how many there are.

    The database must be built: it says where the sites and mines are. Cells of one degree with any are asked
    for, one request a cell and year and page.
    """
    section, address = search.section, str(search.section.stac)
    with connect(project.database) as connection:
        squares = [
            shapely.from_wkb(bytes(wkb)) for (wkb,) in connection.execute(search.ground).fetchall()
        ]
    tree = shapely.STRtree(squares)
    kept = Kept(address, search.bands)
    try:
        catalogue = open_catalogue(address, fetcher)
        for box in cells(squares):
            for span in spans(search.months, search.years):
                for item in items_of(catalogue, str(section.collection), box, span):
                    if wanted(item, str(section.collection), tree, section.max_cloud):
                        kept.add(item)
                advance()
    except QuarryError:
        raise
    except Exception as error:  # a catalogue can be wrong in any way
        raise SourceError(
            f"{address} gave no usable STAC: {type(error).__name__}: {str(error)[:200]}. Check the address."
        ) from error
    if not kept.items:
        raise SourceError(
            f"{address} has no item of {section.collection} for {search.label} of this project in "
            f"{search.years[0]}-{search.years[-1]}. Check collection, years and max_cloud."
        )
    items = [kept.items[name] for name in sorted(kept.items)]
    collection = {"type": "FeatureCollection", "features": items}
    search.file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(search.file, json.dumps(collection, indent=1, sort_keys=True) + "\n")
    return len(items)


def cells(squares: Sequence[shapely.Geometry]) -> list[Box]:
    """The ground of the squares in each cell of a degree that holds one, as boxes."""
    members: dict[tuple[int, int], list[shapely.Geometry]] = defaultdict(list)
    for part in shapely.get_parts(squares):
        west, south, *_ = part.bounds
        members[int(west // CELL_DEGREES), int(south // CELL_DEGREES)].append(part)
    return [tuple(shapely.total_bounds(parts).tolist()) for _, parts in sorted(members.items())]


def spans(months: tuple[int, int], years: Sequence[int]) -> Iterator[str]:
    """The window of months of each year as intervals; one over the new year is two."""
    first, last = months
    windows = [(first, last)] if first <= last else [(1, last), (first, 12)]
    for year in years:
        for start, end in windows:
            day = calendar.monthrange(year, end)[1]
            yield f"{year}-{start:02}-01T00:00:00Z/{year}-{end:02}-{day}T23:59:59Z"


def open_catalogue(address: str, fetcher: Fetcher) -> Any:
    """A STAC API or static catalogue; NetworkError where its host may not be asked."""
    client = require("pystac_client")
    fetcher.allow(address)
    return client.Client.open(address, stac_io=_polite_io(fetcher))


def _polite_io(fetcher: Fetcher) -> Any:
    """pystac-client's reader with our requests: hosts that are allowed, no redirects elsewhere, GET only."""
    base = require("pystac_client.stac_api_io").StacApiIO

    class PoliteIO(base):  # type: ignore[misc,valid-type]
        """Asks through the fetcher."""

        def read_text(self, source: Any, *args: Any, **kwargs: Any) -> str:
            href = (
                source if isinstance(source, str) else getattr(source, "absolute_href", str(source))
            )
            if not is_remote(href):
                raise SourceError(f"A catalogue links to {str(href)[:200]}, which is no address.")
            return str(super().read_text(source, *args, **kwargs))

        def request(
            self,
            href: str,
            method: str | None = None,
            headers: Mapping[str, str] | None = None,
            parameters: Mapping[str, Any] | None = None,
        ) -> str:
            if (method or "GET").upper() != "GET":
                raise SourceError(f"{href} wants {method}. Only GET is asked.")
            query = urlencode({key: _as_text(value) for key, value in (parameters or {}).items()})
            address = f"{href}{'&' if '?' in href else '?'}{query}" if query else href
            fetcher.allow(address)
            return fetcher.client.document(address, PAGE_BYTES).decode()

    return PoliteIO()


def _as_text(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def items_of(catalogue: Any, collection: str, box: Box, span: str) -> Iterator[dict[str, Any]]:
    """Items as JSON: asked of the API's search, or looked for in a static catalogue."""
    address = str(catalogue.get_self_href())
    if catalogue.conforms_to("ITEM_SEARCH"):
        search = catalogue.search(
            method="GET", collections=[collection], bbox=list(box), datetime=span, limit=PAGE_ITEMS
        )
        yield from paged(search.pages_as_dicts(), address)
        return
    start, end = span.split("/")
    for item in walked(catalogue, address):
        day = str(item["properties"].get("datetime") or item["properties"].get("start_datetime"))
        if start <= day <= end:
            yield item
