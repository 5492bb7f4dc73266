"""A figure or table of the report: the query that makes it, what it needs, and its rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp

from quarrydb.database.connection import quote_identifier, quote_literal
from quarrydb.database.dictionary import public_views
from quarrydb.errors import DatabaseError
from quarrydb.report.facts import Facts, read_facts

Row = Mapping[str, Any]

# What to add to the project file where a figure has no data.
NEEDS = {
    "polygons": "mine polygons: a [[polygons]] section",
    "countries": "country outlines: the [countries] section",
    "protected": "protected areas, of whatever kind: the [protected] section",
    "landcover": "land-cover rasters: the [landcover] section",
    "bare": "a mine-related class in the legend of [landcover], seen in the mines",
    "status": "yearly rasters of greenness or night light: [[indicator]] sections",
    "validation": "labelled samples: draw them with quarry sample, then name them in [validation]",
    "segmentation": "yearly images and a model, or yearly footprints: the [segmentation] section",
    "points": "labelled points of each year in the [segmentation] section",
    "images": "a catalogue of yearly images in the [segmentation] section",
    "both": "land-cover rasters and a segmentation of the same years",
}

COUNTRY_FIGURES = (
    "map",
    "largest",
    "size",
    "change",
    "cover",
    "bare",
    "status",
    "protected",
    "segmented",
)


@dataclass(frozen=True)
class Figure:
    """One figure, from its SQL file."""

    key: str
    text: str

    @property
    def title(self) -> str:
        """The first line: which figure it is and what it shows."""
        return self.text.splitlines()[0].removeprefix("-- ").rstrip(".")

    def header(self, name: str) -> str:
        """A field of the file's header; empty where it is not there."""
        start = f"-- {name}:"
        lines = (line for line in self.text.splitlines() if line.startswith(start))
        return next((line.removeprefix(start).strip() for line in lines), "")

    @property
    def study(self) -> str:
        """xu2025, sepin2025, beyond or country."""
        return self.header("Study")

    @property
    def query(self) -> str:
        """The statement without its header: what a reader pastes."""
        lines = self.text.splitlines()
        return "\n".join(line for line in lines if not line.startswith("--")).strip()

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The views that the query reads."""
        tree = sqlglot.parse_one(self.query.rstrip(";"), dialect="duckdb")
        inner = {cte.alias for cte in tree.find_all(exp.CTE)}
        return tuple(sorted({t.name for t in tree.find_all(exp.Table)} - inner))


@dataclass
class Result:
    """A figure with what the database holds for it; ``missing`` says why there is nothing."""

    figure: Figure
    rows: list[Row] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    published: list[Row] = field(default_factory=list)
    missing: str = ""
    title: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        self.title = self.title or self.figure.title
        self.note = self.note or self.figure.header("Note")


@lru_cache(maxsize=1)
def read_figures() -> tuple[Figure, ...]:
    """Every figure of the package, in the order of the studies."""
    folder = files("quarrydb.report") / "sql"
    found = {
        item.name.removesuffix(".sql"): item.read_text(encoding="utf-8")
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    }
    return tuple(Figure(key, found[key]) for key in sorted(found, key=_order))


def read_country_figures(iso3: str) -> tuple[Figure, ...]:
    """The figures of one country; the country stands in each query, so that it runs when pasted."""
    folder = files("quarrydb.report") / "country"
    found = {name: folder / f"country_{name}.sql" for name in COUNTRY_FIGURES}
    return tuple(
        Figure(
            f"country_{name}",
            item.read_text(encoding="utf-8").replace("$iso3", quote_literal(iso3)),
        )
        for name, item in found.items()
    )


def _order(key: str) -> tuple[int, str]:
    # Figures of the text, then those of the appendix, then tables; "t1" is a table of the text.
    study, _, rest = key.partition("_")
    rank = {"xu": 0, "sepin": 10, "more": 20}.get(study, 30)
    appendix = rest.startswith(("a", "s", "ta", "ts"))
    return rank + appendix + (rest.startswith("t") and appendix), rest or study


def evaluate(
    connection: duckdb.DuckDBPyConnection, figure: Figure, facts: Facts | None = None
) -> Result:
    """Run a figure's query; a reason in place of rows where its views are empty or not there."""
    facts = facts or read_facts(connection)
    result = _evaluate(connection, figure, facts)
    result.title = facts.title(figure.title)
    if figure.header("Needs") == "landcover":
        result.note = f"{result.note} {facts.coverage}".strip()
    return result


def _evaluate(connection: duckdb.DuckDBPyConnection, figure: Figure, facts: Facts) -> Result:
    there = {view.name for view in public_views(connection)}
    absent = [name for name in figure.reads if name not in there]
    if absent:
        return Result(figure, missing=f"This database has no view {', '.join(absent)}.")
    asked = [name for name in figure.reads if name != "mine"] or figure.reads
    if not any(_has_rows(connection, name) for name in asked):
        return Result(figure, missing=_reason(figure, facts))
    if facts.bare_gap and figure.header("Needs") == "landcover":
        return Result(figure, missing=_reason(figure, facts))
    try:
        rows, columns = fetch(connection, figure.query)
    except duckdb.Error as error:
        raise DatabaseError(f"{figure.title} can't be computed: {error}") from error
    if not rows and figure.study == "country":
        return Result(figure, missing="The database holds none of it in this country.")
    if not rows:
        return Result(figure, missing=_reason(figure, facts))
    is_other = figure.header("Needs") == "protected" and not facts.is_kba
    return Result(figure, rows, columns, [] if is_other else published(connection, figure))


def _reason(figure: Figure, facts: Facts) -> str:
    if facts.bare_gap and figure.header("Needs") in ("landcover", "both"):
        return f"It needs {NEEDS['bare']}: {facts.bare_gap}."
    return f"It needs {NEEDS[figure.header('Needs')]}."


def _has_rows(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    query = f"SELECT 1 FROM {quote_identifier(name)} LIMIT 1"  # noqa: S608 quoted
    return connection.execute(query).fetchone() is not None


def fetch(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] = ()
) -> tuple[list[Row], list[str]]:
    """Rows as mappings, and the names of the columns."""
    cursor = connection.execute(query, list(parameters))
    columns = [column[0] for column in cursor.description or []]
    return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()], columns


def published(connection: duckdb.DuckDBPyConnection, figure: Figure) -> list[Row]:
    """What the study printed for the figure, beside this build's numbers."""
    condition = figure.header("Published")
    if not condition:
        return []
    # The condition stands in a file of this package, not in anybody's input.
    query = (
        "SELECT name, period, metric, unit, published, computed, ratio FROM published_comparison "  # noqa: S608
        f"WHERE study = ? AND ({condition}) ORDER BY ALL"
    )
    return fetch(connection, query, [figure.study])[0]
