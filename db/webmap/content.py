"""What the map shows of a database: outlines, places, status and yearly series of every mine."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import shapely

from quarrydb.database.dictionary import public_views
from quarrydb.palette import STATUS
from quarrydb.provenance.cite import read_build
from quarrydb.provenance.licence import licence_words, read_sources
from quarrydb.webmap.encode import FIXED, encode_shapes, share

OUTLINE_STEP = 0.0001  # degrees, about 10 m: a third of the pixel that outlines come from
LAND_STEP = 0.01
NONE_16 = 65535
NONE_8 = 255
TRENDS = ("", "increasing", "decreasing", "no trend")
STATUSES = ("", *STATUS)


@dataclass
class Content:
    """The header and the arrays of the page."""

    header: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, np.ndarray] = field(default_factory=dict)


def read_content(connection: duckdb.DuckDBPyConnection) -> Content:
    """Everything that the page shows; parts that the database has no data for are left out."""
    views = {view.name for view in public_views(connection)}
    content = Content()
    ids = add_mines(content, connection)
    add_land(content, connection)
    if {"mine_status"} <= views:
        add_status(content, connection, ids)
    if {"mine_bare_surface", "mine_disturbance_yearly"} <= views:
        add_landcover(content, connection, ids)
    if {"footprint_agreement"} <= views:
        add_segmented(content, connection, ids)
    add_about(content, connection)
    return content


def add_about(content: Content, connection: duckdb.DuckDBPyConnection) -> None:
    """Which build this is, and its licence."""
    build = read_build(connection)
    content.header |= {
        "project": build.project,
        "built": f"{build.built_at:%Y-%m-%d}",
        "build": build.fingerprint[:12],
        "licence": licence_words(read_sources(connection)),
    }


def add_mines(content: Content, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Outlines and places, largest mine first; gives each mine's position."""
    rows = connection.execute(
        "SELECT mine_id, longitude, latitude, area_km2, country, ST_AsWKB(geometry) AS geometry "
        "FROM mine ORDER BY area_km2 DESC, mine_id"
    ).fetchnumpy()
    ids = [str(value) for value in rows["mine_id"]]
    origins = np.rint(np.column_stack([rows["longitude"], rows["latitude"]]) * FIXED)
    origins = origins.astype(np.int64)
    shapes = shapely.from_wkb([bytes(value) for value in rows["geometry"]])
    thin = shapely.simplify(shapes, OUTLINE_STEP, preserve_topology=True)
    names = ["" if value is None else str(value) for value in _values(rows["country"])]
    countries = sorted(set(names) - {""})
    position = {name: i for i, name in enumerate(countries)}
    content.header |= {
        "n": len(ids),
        "countries": countries,
        "id_length": len(ids[0]) if ids else 0,
    }
    content.sections |= {
        "id": np.frombuffer("".join(ids).encode("ascii"), dtype=np.uint8),
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        "area": rows["area_km2"].astype(np.float32),
        "country": np.array([position.get(name, NONE_16) for name in names], dtype=np.uint16),
        **{f"mine_{key}": array for key, array in encode_shapes(thin, origins).items()},
    }
    return {mine: i for i, mine in enumerate(ids)}


def _values(column: Any) -> list[object]:
    # A masked array of text fills its gaps with "?".
    hidden = np.ma.getmaskarray(column)
    return [
        None if gap else value for value, gap in zip(np.ma.getdata(column), hidden, strict=True)
    ]


def add_land(content: Content, connection: duckdb.DuckDBPyConnection) -> None:
    """Country outlines, thinned to a kilometre."""
    rows = connection.execute(
        "SELECT ST_AsWKB(geometry) FROM raw.country ORDER BY iso3, source_id, part"
    ).fetchall()
    shapes = shapely.from_wkb([bytes(row[0]) for row in rows])
    thin = np.array(shapely.simplify(shapes, LAND_STEP, preserve_topology=True), dtype=object)
    land = encode_shapes(thin, np.zeros((len(thin), 2), dtype=np.int64))
    content.sections |= {f"land_{key}": array for key, array in land.items()}


def add_status(
    content: Content, connection: duckdb.DuckDBPyConnection, ids: dict[str, int]
) -> None:
    """Status of each mine, what decided it, and the trend of each indicator."""
    rows = connection.execute("SELECT mine_id, status, decided_by FROM mine_status").fetchall()
    if not rows:
        return
    deciders = ["", *sorted({row[2] for row in rows if row[2]})]
    status = np.zeros(len(ids), dtype=np.uint8)
    decided = np.zeros(len(ids), dtype=np.uint8)
    for mine, name, by in rows:
        status[ids[mine]] = STATUSES.index(name)
        decided[ids[mine]] = deciders.index(by or "")
    content.header |= {"statuses": list(STATUSES), "deciders": deciders, "colours": STATUS}
    content.sections |= {"status": status, "decided": decided}
    _add_trends(content, connection, ids)


def _add_trends(
    content: Content, connection: duckdb.DuckDBPyConnection, ids: dict[str, int]
) -> None:
    rows = connection.execute(
        "SELECT mine_id, indicator, trend FROM mine_trend ORDER BY indicator"
    ).fetchall()
    indicators = list(dict.fromkeys(row[1] for row in rows))
    trends = np.zeros((len(indicators), len(ids)), dtype=np.uint8)
    for mine, indicator, trend in rows:
        trends[indicators.index(indicator), ids[mine]] = TRENDS.index(trend or "")
    content.header |= {"indicators": indicators, "trends": list(TRENDS)}
    content.sections["trend"] = trends.ravel()


def add_landcover(
    content: Content, connection: duckdb.DuckDBPyConnection, ids: dict[str, int]
) -> None:
    """Bare share, and developed and reclaimed area as shares of the mine, by year."""
    surface = connection.execute(
        "SELECT mine_id, year, bare_surface_share FROM mine_bare_surface"
    ).fetchnumpy()
    if not len(surface["year"]):
        return
    years = range(int(surface["year"].min()), int(surface["year"].max()) + 1)
    change = connection.execute(
        "SELECT mine_id, year, sum(developed_km2) AS disturbed, sum(reclaimed_km2) AS reclaimed "
        "FROM mine_disturbance_yearly WHERE is_in_totals GROUP BY mine_id, year"
    ).fetchnumpy()
    area = content.sections["area"].astype(float)
    bare = _grid(surface, "bare_surface_share", years, ids)
    has_data = ~np.isnan(bare).all(axis=1)
    content.header["years"] = list(years)
    content.sections["bare"] = share(bare, 200, NONE_8).astype(np.uint8).ravel()
    for name in ("disturbed", "reclaimed"):
        grid = _grid(change, name, years, ids) / area[:, None]
        grid = np.where(has_data[:, None], np.nan_to_num(grid), np.nan)
        content.sections[name] = share(grid, 60_000, NONE_16).astype(np.uint16).ravel()


def add_segmented(
    content: Content, connection: duckdb.DuckDBPyConnection, ids: dict[str, int]
) -> None:
    """Segmented area inside the mine as a share of it, by year."""
    rows = connection.execute(
        "SELECT mine_id, year, segmented_km2 FROM footprint_agreement"
    ).fetchnumpy()
    if not len(rows["year"]):
        return
    years = range(int(rows["year"].min()), int(rows["year"].max()) + 1)
    area = content.sections["area"].astype(float)
    grid = _grid(rows, "segmented_km2", years, ids) / area[:, None]
    content.header["segmented_years"] = list(years)
    content.sections["segmented"] = share(grid, 60_000, NONE_16).astype(np.uint16).ravel()


def _grid(rows: Any, column: str, years: Sequence[int], ids: dict[str, int]) -> np.ndarray:
    """Values by mine and year; NaN where there is none."""
    out = np.full((len(ids), len(years)), np.nan)
    position = np.array([ids[str(mine)] for mine in rows["mine_id"]], dtype=np.int64)
    values: np.ndarray = np.ma.filled(np.ma.asarray(rows[column], dtype=float), np.nan)
    out[position, np.asarray(rows["year"], dtype=np.int64) - years[0]] = values
    return out
