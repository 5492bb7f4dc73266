"""How each figure is drawn. A key without a drawing is a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from quarrydb.palette import RED, STATUS, TREND
from quarrydb.report import chart, geography
from quarrydb.report.figure import Result, Row
from quarrydb.report.geography import Map
from quarrydb.report.svg import number, percent

Drawing = Callable[[Sequence[Row], str, duckdb.DuckDBPyConnection], str | Map]


def _bars(label: str, form: Callable[[float], str] = number, **series: str) -> Drawing:
    return lambda rows, title, _: chart.bars(rows, label, series, title=title, form=form)


def _lines(x: str, form: Callable[[float], str] = number, **series: str) -> Drawing:
    return lambda rows, title, _: chart.lines(rows, x, series, title=title, form=form)


def _lines_by(
    x: str, value: str, by: str, unit: str, form: Callable[[float], str] = number
) -> Drawing:
    return lambda rows, title, _: chart.lines_by(
        rows, x, value, by, title=title, unit=unit, form=form
    )


def _columns(x: str, value: str, unit: str) -> Drawing:
    return lambda rows, title, _: chart.columns(rows, x, value, title=title, unit=unit)


def _cells(value: str, form: Callable[[float], str] = percent) -> Drawing:
    return lambda rows, title, connection: geography.cells(
        rows, value, title=title, connection=connection, form=form
    )


def _status(rows: Sequence[Row], title: str, _: duckdb.DuckDBPyConnection) -> str:
    return chart.stacked(rows, "name", "status", "n_share", title=title, hues=STATUS)


def _world_status(rows: Sequence[Row], title: str, _: duckdb.DuckDBPyConnection) -> str:
    long = [
        {"of": of, "status": row["status"], "share": row[column]}
        for of, column in (("number of mines", "n_share"), ("mine area", "area_share"))
        for row in rows
    ]
    return chart.stacked(long, "of", "status", "share", title=title, hues=STATUS)


def _trends(rows: Sequence[Row], title: str, _: duckdb.DuckDBPyConnection) -> str:
    return chart.stacked(rows, "indicator", "trend", "n_share", title=title, hues=TREND)


def _status_map(rows: Sequence[Row], title: str, connection: duckdb.DuckDBPyConnection) -> Map:
    hues = {name: STATUS[name] for name in ("undefined", "closed", "active")}
    return geography.points(rows, "status", title=title, hues=hues, connection=connection)


def _mine_map(rows: Sequence[Row], title: str, connection: duckdb.DuckDBPyConnection) -> Map:
    return geography.points(
        rows,
        "what",
        title=title,
        hues={"mine": RED},
        connection=connection,
        around=geography.country_bounds(connection, rows[0]["iso3"]),
    )


def _change_map(rows: Sequence[Row], title: str, connection: duckdb.DuckDBPyConnection) -> Map:
    return geography.changes(rows, "change_km2", title=title, connection=connection)


def _boxes(rows: Sequence[Row], title: str, _: duckdb.DuckDBPyConnection) -> str:
    return chart.boxes(rows, "cover_type", title=title)


def _confusion(rows: Sequence[Row], title: str, _: duckdb.DuckDBPyConnection) -> str:
    return chart.matrix(rows, "predicted_year", "reference_year", "n", title=title)


DRAWINGS: dict[str, Drawing] = {
    "xu_t1": _bars("dataset", area_km2="area, km2"),
    "xu_4a": _bars("continent", percent, n_share="share of number", area_share="share of area"),
    "xu_4b": _bars("country", area_km2="area, km2"),
    "xu_4c": _cells("density_share"),
    "xu_4c_latitude": _columns("degree", "area_km2", "area, km2"),
    "xu_4c_longitude": _columns("degree", "area_km2", "area, km2"),
    "xu_5a": _bars("continent", area_km2="area, km2"),
    "xu_5b": _bars("country", area_km2="area, km2"),
    "xu_5c": _cells("protected_density_share"),
    "xu_6a": _lines(
        "year",
        developed_km2="developed, km2",
        reclaimed_km2="reclaimed, km2",
        gap_km2="gap, km2",
    ),
    "xu_6b": _bars("cover_type", developed_km2="developed, km2", reclaimed_km2="reclaimed, km2"),
    "xu_6c": _lines_by("year", "developed_km2", "cover_type", "developed, km2"),
    "xu_6d": _cells("bare_surface_share"),
    "xu_6e": _lines_by("year", "reclamation_share", "name", "share not bare", percent),
    "xu_7a": _world_status,
    "xu_7b": _status,
    "xu_7c": _status,
    "xu_7d": _status_map,
    "xu_a1": _trends,
    "xu_a2": _bars("size", percent, n_share="share of number", area_share="share of area"),
    "xu_a3": _lines_by("year", "gap_km2", "continent", "developed less reclaimed, km2"),
    "xu_a4": _bars("country", developed_km2="developed, km2", reclaimed_km2="reclaimed, km2"),
    "xu_a5": _boxes,
    "xu_a6": _confusion,
    "xu_a6_tolerance": _lines("tolerance_years", percent, accuracy="share that agrees"),
    "sepin_1": _change_map,
    "sepin_2": _lines_by("year", "area_km2", "site_id", "area, km2"),
    "sepin_3": _lines_by("year", "area_km2", "region", "area, km2"),
    "sepin_5": _lines(
        "threshold",
        percent,
        accuracy="accuracy",
        precision="precision",
        recall="recall",
        false_positive_rate="false positive rate",
        mcc="Matthews correlation",
    ),
    "sepin_s1": _lines_by("year", "n_polygons", "region", "polygons"),
    "sepin_s4": _lines_by("year", "accuracy", "dataset", "accuracy", percent),
    "country_map": _mine_map,
    "country_largest": _bars("mine_id", area_km2="area, km2"),
    "country_size": _bars("size", percent, n_share="share of number", area_share="share of area"),
    "country_change": _lines(
        "year",
        developed_km2="developed, km2",
        reclaimed_km2="reclaimed, km2",
        gap_km2="gap, km2",
    ),
    "country_cover": _bars(
        "cover_type", developed_km2="developed, km2", reclaimed_km2="reclaimed, km2"
    ),
    "country_bare": _lines("year", percent, reclamation_share="share not bare"),
    "country_status": _world_status,
    "country_segmented": _lines("year", area_km2="area, km2"),
    "more_timeline": _bars("years", n_mines="mines"),
    "more_footprint": _lines(
        "year",
        segmented_km2="segmented, km2",
        mine_related_km2="bare land cover, km2",
        both_km2="both, km2",
    ),
}
WIDE = {"xu_4c", "xu_5c", "xu_6d", "xu_7d", "sepin_1", "country_map"}


@dataclass(frozen=True)
class Drawn:
    """A figure as a file of its own and as a part of the page."""

    file: str
    inline: str


def draw(result: Result, connection: duckdb.DuckDBPyConnection) -> Drawn | None:
    """The figure as SVG; None for a table."""
    drawing = DRAWINGS.get(result.figure.key)
    if drawing is None:
        return None
    drawn = drawing(result.rows, result.title, connection)
    if isinstance(drawn, Map):
        return Drawn(drawn.file(), drawn.inline())
    return Drawn(drawn, drawn)
