"""The rows of a panel, or the reason why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import pyarrow as pa

from quarrydb.contract import SILENT, Progress, told
from quarrydb.database.connection import quote_identifier, quote_literal, quote_qualified
from quarrydb.database.dictionary import public_views
from quarrydb.errors import DatabaseError
from quarrydb.report.facts import Facts
from quarrydb.report.panel import Panel

Row = Mapping[str, Any]

# What to add to the project file where a panel has no data.
NEEDS = {
    "polygons": "mine polygons: a [[polygons]] section",
    "countries": "country outlines: the [countries] section",
    "protected": "protected areas, of whatever kind: the [protected] section",
    "landcover": "land-cover rasters: the [landcover] section",
    "bare": "a mine-related class in the legend of [landcover], seen in the mines",
    "status": "yearly rasters of greenness or night light: [[indicator]] sections",
    "validation": "labelled samples: draw them with quarry sample, then name them in [validation]",
    "segmentation": "yearly images and a model, or yearly footprints: the [segmentation] section",
    "sites": "outlines of each year's images: [segmentation.images], then quarry segment",
    "points": "labelled points of each year: [[segmentation.point]] sections",
    "images": "a catalogue of yearly images: [segmentation.images]",
    "both": "land-cover rasters and a segmentation of the same years",
    "regions": "regions of your own: [[regions]] sections",
    "parts": "regions that name this one as theirs: the key parent of a [[regions]] section",
    "attributes": "names and commodities of mines: an [[attributes]] section",
    "places": "places to look for mines from: a [[places]] section",
}
ON_LANDCOVER = ("landcover", "both")
# Of every build: they tell nothing of whether a panel has data, unless polygons are all it needs.
EVERYWHERE = {"mine", "parameter", "region", "region_overlap", "region_summary"}


@dataclass
class Result:
    """A panel with what the database holds for it; ``missing`` says why there is nothing."""

    panel: Panel
    table: pa.Table = field(default_factory=lambda: pa.table({}))
    published: Sequence[Row] = ()
    missing: str = ""

    @cached_property
    def rows(self) -> list[Row]:
        """The rows as mappings; geometry as well-known binary."""
        return self.table.to_pylist()

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.table.column_names)


class Contents:
    """Which views a database has, and which of them hold anything: asked once, for any number of pages."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.views = {view.name for view in public_views(connection)}
        self._filled: dict[str, bool] = {}

    def has_rows(self, name: str) -> bool:
        """Whether a view or table holds a row."""
        if name not in self._filled:
            query = f"SELECT 1 FROM {quote_qualified(name)} LIMIT 1"  # noqa: S608 quoted
            self._filled[name] = self.connection.execute(query).fetchone() is not None
        return self._filled[name]


def evaluate(
    contents: Contents, panels: Sequence[Panel], facts: Facts, progress: Progress = SILENT
) -> dict[str, Result]:
    """Run each panel's query; a reason in place of rows where its views are empty or not there."""
    going = told(panels, progress, "Report", "panels", lambda panel: panel.key)
    found = {panel.key: _evaluate(contents, panel, facts) for panel in going}
    there = [r for r in found.values() if not r.missing]
    for key, rows in _published(contents.connection, there).items():
        is_other = found[key].panel.needs == "protected" and not facts.is_kba
        found[key].published = [] if is_other else rows
    return found


def _evaluate(contents: Contents, panel: Panel, facts: Facts) -> Result:
    reason = _reason(contents, panel, facts)
    if reason:
        return Result(panel, missing=reason)
    try:
        table = _as_arrow(contents.connection.sql(panel.query.rstrip(";")))
    except duckdb.Error as error:
        raise DatabaseError(f"{panel.shows} can't be computed: {error}") from error
    if not table.num_rows:
        return Result(
            panel, missing=facts.nothing_here(panel.needs) or f"It needs {NEEDS[panel.needs]}."
        )
    return Result(panel, table)


def _as_arrow(relation: duckdb.DuckDBPyRelation) -> pa.Table:
    """The whole result, computed once; geometry as well-known binary, sums of counts as numbers."""
    wide = [
        f"{quote_identifier(name)}::DOUBLE AS {quote_identifier(name)}"
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if kind.id in ("hugeint", "decimal")
    ]
    if "geometry" in relation.columns:
        wide.append("ST_AsWKB(geometry) AS geometry")
    return (
        relation.select(f"* REPLACE ({', '.join(wide)})") if wide else relation
    ).to_arrow_table()


def _reason(contents: Contents, panel: Panel, facts: Facts) -> str:
    reads = panel.reads
    absent = [name for name in reads if "." not in name and name not in contents.views]
    if absent:
        return f"This database has no view {', '.join(absent)}: build it again."
    asked = [n for n in reads if n not in EVERYWHERE or panel.needs == "polygons"] or reads
    is_empty = not any(contents.has_rows(name) for name in asked)
    if facts.bare_gap and panel.needs in ON_LANDCOVER:
        return f"It needs {NEEDS['bare']}: {facts.bare_gap}."
    return f"It needs {NEEDS[panel.needs]}." if is_empty else ""


def _published(
    connection: duckdb.DuckDBPyConnection, results: Sequence[Result]
) -> dict[str, list[Row]]:
    """What the studies printed for each panel beside this build's numbers; the view is read once."""
    asked = {r.panel.key: r.panel for r in results if r.panel.header.get("Published")}
    # The conditions stand in files of this package, not in anybody's input.
    marks = [
        f"({panel.header['Published']})"
        + (f" AND study = {quote_literal(panel.prints[0][0])}" if panel.prints else "")
        + f" AS {quote_identifier(key)}"
        for key, panel in asked.items()
    ]
    if not marks:
        return {}
    query = f"SELECT *, {', '.join(marks)} FROM published_comparison ORDER BY ALL"  # noqa: S608
    rows = connection.sql(query).to_arrow_table().to_pylist()
    return {key: [row for row in rows if row[key]] for key in asked}
