"""Mines for the map: outlines, places, names, status and what they were mapped from."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import shapely

from quarrydb.palette import STATUS
from quarrydb.webmap.encode import FIXED, NONE_16, Block, encode_shapes
from quarrydb.webmap.outlines import OUTLINE_STEP, reach_of

INDICATOR_NAMES = {"bsp": "bare surface", "ndvi": "greenness (NDVI)", "ntl": "night light"}
TRENDS = ("", "increasing", "decreasing", "no trend")
STATUSES = ("", *STATUS)
OPTIONAL = ("name", "commodity", "protected_area_km2")  # columns that older databases lack


def add_mines(block: Block, connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Fill the first block, largest mine first; gives each mine's position."""
    there = {row[0] for row in connection.execute("DESCRIBE mine").fetchall()}
    optional = ", ".join(name if name in there else f"NULL AS {name}" for name in OPTIONAL)
    rows = connection.execute(
        f"SELECT mine_id, longitude, latitude, area_km2, iso3, country, {optional}, "  # noqa: S608 ours
        "ST_AsWKB(geometry) AS geometry FROM mine ORDER BY area_km2 DESC, mine_id"
    ).fetchnumpy()
    ids = [str(value) for value in rows["mine_id"]]
    origins = np.rint(np.column_stack([rows["longitude"], rows["latitude"]]) * FIXED)
    origins = origins.astype(np.int64)
    shapes = shapely.from_wkb([bytes(value) for value in rows["geometry"]])
    thin = shapely.simplify(shapes, OUTLINE_STEP, preserve_topology=True)
    block.header |= {
        "n": len(ids),
        "id_length": len(ids[0]) if ids else 0,
        "reach": reach_of(shapes, origins),
        "names": [[i, str(name)] for i, name in enumerate(values_of(rows["name"])) if name],
    }
    block.sections |= {
        "id": np.frombuffer("".join(ids).encode("ascii"), dtype=np.uint8),
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        "area": rows["area_km2"].astype(np.float32),
        **{f"mine_{key}": array for key, array in encode_shapes(thin, origins).items()},
    }
    positions = {mine: i for i, mine in enumerate(ids)}
    _add_countries(block, connection, rows)
    _add_commodities(block, values_of(rows["commodity"]))
    _add_protected(block, connection, rows)
    _add_sources(block, connection, positions)
    _add_status(block, connection, positions)
    return positions


def values_of(column: Any) -> list[Any]:
    """A column as values; None where it is NULL (a masked array of text fills its gaps with "?")."""
    hidden = np.ma.getmaskarray(column)
    return [
        None if gap else value for value, gap in zip(np.ma.getdata(column), hidden, strict=True)
    ]


def _add_countries(
    block: Block, connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Any]
) -> None:
    """All countries on the map by name, those without a mine too: the pointer names them."""
    of_mine = [None if name is None else str(name) for name in values_of(rows["country"])]
    codes = {str(n): str(c) for n, c in zip(of_mine, values_of(rows["iso3"]), strict=True) if n}
    named = connection.execute("SELECT DISTINCT country, iso3 FROM raw.country").fetchall()
    codes |= {name: code for name, code in named if name}
    countries = sorted(codes)
    position = {name: i for i, name in enumerate(countries)}
    found = np.array([position.get(name or "", NONE_16) for name in of_mine], dtype=np.uint16)
    n_mines = np.bincount(found[found != NONE_16], minlength=len(countries))
    block.header |= {
        "countries": countries,
        "country_codes": [codes[name] for name in countries],
        "n_mines_of_country": n_mines.tolist(),
    }
    block.sections["country"] = found


def _add_commodities(block: Block, commodities: Sequence[Any]) -> None:
    known = sorted({str(value) for value in commodities if value})
    if not known:
        return
    position = {name: i + 1 for i, name in enumerate(known)}
    block.header["commodities"] = ["", *known]
    block.sections["commodity"] = np.array(
        [position.get(str(value), 0) if value else 0 for value in commodities], dtype=np.uint32
    )


def _add_protected(
    block: Block, connection: duckdb.DuckDBPyConnection, rows: Mapping[str, Any]
) -> None:
    """Share of each mine inside protected areas, where the database knows of any."""
    row = connection.execute("SELECT protected_kind FROM build_info").fetchone()
    inside: np.ndarray = np.ma.filled(
        np.ma.asarray(rows["protected_area_km2"], dtype=float), np.nan
    )
    if row is None or row[0] is None or np.isnan(inside).all():
        return
    block.header["protected_kind"] = row[0]
    block.sections["protected"] = (inside / rows["area_km2"]).astype(np.float32)


def _add_sources(
    block: Block, connection: duckdb.DuckDBPyConnection, positions: Mapping[str, int]
) -> None:
    """The data sets that each mine was made from, as one of the few sets of them that occur."""
    rows = connection.execute(
        "SELECT mine_id, list_sort(list(DISTINCT source)) FROM mine_source GROUP BY mine_id"
    ).fetchall()
    sets = sorted({tuple(names) for _, names in rows})
    place = {names: i for i, names in enumerate(sets)}
    found = np.zeros(len(positions), dtype=np.uint16)
    for mine, names in rows:
        if mine in positions:
            found[positions[mine]] = 1 + place[tuple(names)]
    block.header["source_sets"] = [[], *map(list, sets)]
    block.sections["source_set"] = found


def _add_status(
    block: Block, connection: duckdb.DuckDBPyConnection, positions: Mapping[str, int]
) -> None:
    """Status of each mine, what decided it, and the trend of each indicator."""
    rows = connection.execute("SELECT mine_id, status, decided_by FROM mine_status").fetchall()
    if not rows:
        return
    deciders = ["", *sorted({row[2] for row in rows if row[2]})]
    status = np.zeros(len(positions), dtype=np.uint8)
    decided = np.zeros(len(positions), dtype=np.uint8)
    for mine, name, by in rows:
        status[positions[mine]] = STATUSES.index(name)
        decided[positions[mine]] = deciders.index(by or "")
    trends = connection.execute(
        "SELECT mine_id, indicator, trend FROM mine_trend ORDER BY indicator"
    ).fetchall()
    indicators = list(dict.fromkeys(row[1] for row in trends))
    found = np.zeros((len(indicators), len(positions)), dtype=np.uint8)
    for mine, indicator, trend in trends:
        found[indicators.index(indicator), positions[mine]] = TRENDS.index(trend or "")
    block.header |= {
        "statuses": list(STATUSES),
        "deciders": [INDICATOR_NAMES.get(name, name) for name in deciders],
        "indicators": [INDICATOR_NAMES.get(name, name) for name in indicators],
        "trends": list(TRENDS),
    }
    block.sections |= {"status": status, "decided": decided, "trend": found.ravel()}
