"""What the map shows of a database: one block for the first picture, one more for each layer."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from quarrydb.database.dictionary import public_views
from quarrydb.errors import QueryError
from quarrydb.provenance.cite import read_build
from quarrydb.provenance.licence import Source, licence_words, read_sources, source_names
from quarrydb.webmap.encode import Block
from quarrydb.webmap.footprints import read_footprints, read_sites
from quarrydb.webmap.land import add_land
from quarrydb.webmap.mines import add_mines
from quarrydb.webmap.regions import BELOW, read_overlaps, read_regions
from quarrydb.webmap.series import BARE, read_series

MINES, SERIES, FOOTPRINTS, SITES = "mines", "series", "footprints", "sites"


@dataclass
class Content:
    """The blocks of a page by name; ``mines`` is the first, and says which others there are."""

    blocks: dict[str, Block] = field(default_factory=dict)

    @property
    def header(self) -> dict[str, Any]:
        """What the page knows before anything else."""
        return self.blocks[MINES].header


def read_content(
    connection: duckdb.DuckDBPyConnection,
    *,
    without: Collection[str] = (),
    pages: Mapping[str, str] | None = None,
) -> Content:
    """Everything that the page shows; layers that the database has no data for are left out.

    ``without`` names layers to leave out, as the view ``region`` does, or ``footprints``; ``pages`` are
    addresses of pages by country. QueryError for a layer that the database lacks.
    """
    _check_layers(connection, without)
    content = Content({MINES: Block()})
    main = content.blocks[MINES]
    positions = add_mines(main, connection)
    add_land(main, connection)
    main.header |= {"layers": [], "has_series": False, "basemap": None, "pages": dict(pages or {})}
    _add_layers(content, connection, positions, without)
    views = {view.name for view in public_views(connection)}
    series = read_series(connection, positions, main.sections["area"], views)
    if series.header["series"]:
        content.blocks[SERIES] = series
        main.header["has_series"] = True
        bare = [one["years"] for one in series.header["series"] if one["key"] == BARE]
        main.header["bare_years"] = bare[0] if bare else None
    main.header["series_views"] = series.header["views"]
    years = [one["years"][-1] for one in series.header["series"] if one["key"] == BARE]
    years += main.header.get("footprint_years") or []
    main.header["newest_year"] = max(years, default=None)
    _add_about(main, connection, read_sources(connection))
    return content


def _check_layers(connection: duckdb.DuckDBPyConnection, without: Collection[str]) -> None:
    rows = connection.execute("SELECT DISTINCT layer FROM region ORDER BY layer").fetchall()
    known = [*(name for (name,) in rows if name not in BELOW), FOOTPRINTS]
    for name in without:
        if name not in known:
            raise QueryError(
                f"There is no layer {name!r} to leave out. Layers: {', '.join(known)}."
            )


def _add_layers(
    content: Content,
    connection: duckdb.DuckDBPyConnection,
    positions: Mapping[str, int],
    without: Collection[str],
) -> None:
    """Regions, footprints and sites, each where it holds anything; in the order of drawing."""
    layers = content.header["layers"]
    for region in read_regions(connection, without):
        read_overlaps(connection, region, positions)
        content.blocks[region.about["key"]] = region.block
        layers.append(region.about)
    footprints = None if FOOTPRINTS in without else read_footprints(connection)
    if footprints is None:
        return
    content.blocks[FOOTPRINTS] = footprints
    content.header["footprint_years"] = footprints.header["years"]
    layers.append({"key": FOOTPRINTS, "kind": FOOTPRINTS, "title": "Yearly footprints"})
    sites = read_sites(connection, footprints.header["years"])
    if sites is not None:
        content.blocks[SITES] = sites
        layers.append({"key": SITES, "kind": SITES, "title": "Sites not seen"})


def _add_about(main: Block, connection: duckdb.DuckDBPyConnection, sources: list[Source]) -> None:
    """Which build this is, its licence, and who made the data."""
    build = read_build(connection)
    main.header |= {
        "project": build.project,
        "built": f"{build.built_at:%Y-%m-%d}",
        "build": build.fingerprint[:12],
        "licence": licence_words(sources),
        "credits": source_names(sources),
    }
