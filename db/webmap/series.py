"""Yearly series of every mine for the map, each as whole numbers of 16 bits between its extremes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np

from quarrydb.webmap.encode import Block, quantise, step_rows
from quarrydb.webmap.mines import INDICATOR_NAMES

BARE = "bare"
SHARE_DIGITS, AREA_DIGITS, VALUE_DIGITS = 4, 4, 5  # that 16 bits hold, for the rows taken away


@dataclass(frozen=True)
class Kind:
    """A series: what the page says of it, and the view and query that it comes from."""

    key: str
    name: str  # in tables and legends
    title: str  # over its chart
    column: str  # in files
    hue: str
    view: str
    query: str
    of_area: bool = False  # stored as a share of the mine's area, which it never is more than
    unit: str = "share"
    group: str | None = None
    is_below: bool = False

    def about(self, years: list[int], low: float, high: float) -> dict[str, Any]:
        """What the page needs to read the series and to draw it."""
        digits = SHARE_DIGITS if self.unit == "share" else AREA_DIGITS
        names = ("key", "name", "title", "column", "hue", "of_area", "unit", "group", "is_below")
        return {
            **{name: getattr(self, name) for name in names},
            "years": years,
            "low": low,
            "high": high,
            "digits": VALUE_DIGITS if self.unit == "value" else digits,
        }


CHANGE = "Developed and reclaimed each year, km²"
DISTURBANCE = (
    "SELECT mine_id, year, sum({}) AS value FROM mine_disturbance_yearly "
    "WHERE is_in_totals GROUP BY mine_id, year"
)
KINDS = (
    Kind(
        BARE, "bare", "Share of the mine that is bare", "bare_surface_share", "c5", "mine_bare_surface",
        "SELECT mine_id, year, bare_surface_share AS value FROM mine_bare_surface",
    ),
    Kind(
        "developed", "developed, km²", CHANGE, "developed_km2", "c2", "mine_disturbance_yearly",
        DISTURBANCE.format("developed_km2"), of_area=True, unit="km2", group="change",
    ),
    Kind(
        "reclaimed", "reclaimed, km²", CHANGE, "reclaimed_km2", "c3", "mine_disturbance_yearly",
        DISTURBANCE.format("reclaimed_km2"), of_area=True, unit="km2", group="change", is_below=True,
    ),
    Kind(
        "footprint", "footprint, km²", "Footprint inside the mine, km²", "footprint_inside_km2", "c4",
        "mine_footprint_yearly", "SELECT mine_id, year, inside_km2 AS value FROM mine_footprint_yearly",
        of_area=True, unit="km2",
    ),
)  # fmt: skip
INDICATOR_HUES = ("c3", "c1", "c6", "c7")


def read_series(
    connection: duckdb.DuckDBPyConnection,
    positions: Mapping[str, int],
    area: np.ndarray,
    views: Collection[str],
) -> Block:
    """All series that the database has: the header's ``series`` describes them, sections hold the numbers."""
    block = Block()
    block.header |= {"series": [], "views": []}
    kinds = [kind for kind in (*KINDS, *_indicators(connection, views)) if kind.view in views]
    bare: np.ndarray | None = None
    bare_years: list[int] = []
    for kind in kinds:
        rows = connection.execute(kind.query).fetchnumpy()
        if not len(rows["year"]):
            continue
        years = list(range(int(rows["year"].min()), int(rows["year"].max()) + 1))
        if kind.group == "change" and bare_years:
            years = bare_years
        values = grid(rows, years, positions)
        if kind.key == BARE:
            bare, bare_years = values, years
        elif kind.group == "change" and bare is not None:
            # No row means that nothing changed, where the mine is known at all.
            values = np.where(np.isnan(bare).all(axis=1)[:, None], np.nan, np.nan_to_num(values))
        if kind.of_area:
            values = np.minimum(values / area.astype(float)[:, None], 1)
        if not np.isnan(values).all():
            _add(block, kind, years, values)
    return block


def _add(block: Block, kind: Kind, years: list[int], values: np.ndarray) -> None:
    low, high = 0.0, 1.0
    if kind.unit == "value":
        low, high = float(np.nanmin(values)), float(np.nanmax(values))
    elif kind.of_area:  # as fine as the largest change allows
        high = float(np.nanmax(values)) or 1.0
    position = len(block.header["series"])
    block.header["series"].append(kind.about(years, low, high))
    block.sections[f"series_{position}"] = step_rows(quantise(values, low, high))
    if kind.view not in block.header["views"]:
        block.header["views"].append(kind.view)


def _indicators(connection: duckdb.DuckDBPyConnection, views: Collection[str]) -> list[Kind]:
    """One series an indicator but bare surface, which has its own."""
    if "mine_indicator_yearly" not in views:
        return []
    names = connection.execute(
        "SELECT DISTINCT indicator FROM mine_indicator_yearly WHERE indicator <> 'bsp' ORDER BY 1"
    ).fetchall()
    return [
        Kind(
            f"indicator {name}", INDICATOR_NAMES.get(name, name),
            f"{INDICATOR_NAMES.get(name, name).capitalize()}, mean of the mine", name,
            INDICATOR_HUES[k % len(INDICATOR_HUES)], "mine_indicator_yearly",
            "SELECT mine_id, year, value FROM mine_indicator_yearly "  # noqa: S608 quoted
            f"WHERE indicator = '{str(name).replace(chr(39), chr(39) * 2)}'",
            unit="value",
        )
        for k, (name,) in enumerate(names)
    ]  # fmt: skip


def grid(rows: Any, years: list[int], positions: Mapping[str, int]) -> np.ndarray:
    """Values by mine and year; NaN where there is none."""
    out = np.full((len(positions), len(years)), np.nan)
    place = np.array([positions[str(mine)] for mine in rows["mine_id"]], dtype=np.int64)
    at = np.asarray(rows["year"], dtype=np.int64) - years[0]
    values: np.ndarray = np.ma.filled(np.ma.asarray(rows["value"], dtype=float), np.nan)
    inside = (at >= 0) & (at < len(years))
    out[place[inside], at[inside]] = values[inside]
    return out
