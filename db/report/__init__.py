"""``quarry report``: every figure and table of the two studies that a database holds data for."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.database.query import batches, write_csv
from quarrydb.errors import QueryError
from quarrydb.files import check_place, replacing, write_atomically, writing
from quarrydb.provenance.cite import read_build
from quarrydb.provenance.licence import read_sources
from quarrydb.report import png
from quarrydb.report.drawings import draw
from quarrydb.report.facts import read_facts
from quarrydb.report.figure import Result, evaluate, read_country_figures, read_figures
from quarrydb.report.page import page
from quarrydb.report.svg import number

PAGE = "index.html"
SUMMARY = (
    ("SELECT count(*) FROM mine WHERE $iso3 IS NULL OR iso3 = $iso3", "mines"),
    ("SELECT sum(area_km2) FROM mine WHERE $iso3 IS NULL OR iso3 = $iso3", "km2 of mine area"),
    ("SELECT count(*) FROM country_summary WHERE $iso3 IS NULL", "countries"),
)


@dataclass(frozen=True)
class Report:
    """What was written."""

    page: Path
    n_figures: int
    missing: tuple[str, ...]


def write_report(
    connection: duckdb.DuckDBPyConnection, folder: Path, *, country: str | None = None
) -> Report:
    """Write ``index.html`` with all figures inside, and each as SVG, CSV and Parquet file beside it.

    Figures are written as PNG too where matplotlib is installed. ``country`` is a name or a code: then
    the page shows that country alone.
    """
    check_place(folder / PAGE)
    iso3, name = find_country(connection, country) if country else (None, None)
    facts = read_facts(connection, iso3)
    figures = read_country_figures(iso3) if iso3 else read_figures()
    results = [evaluate(connection, figure, facts) for figure in figures]
    shown = [result for result in results if not result.missing]
    drawn = {r.figure.key: it for r in shown if (it := draw(r, connection)) is not None}
    inline = {key: it.inline for key, it in drawn.items()}
    summary = [
        (number(_one(connection, query, iso3)), what) for query, what in SUMMARY[: 2 if iso3 else 3]
    ]
    html = page(read_build(connection), read_sources(connection), results, inline, summary, name)
    with writing(folder):
        for name in ("figures", "tables"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for key, it in drawn.items():
            write_atomically(folder / "figures" / f"{key}.svg", it.file)
            if png.is_possible():
                write_atomically(folder / "figures" / f"{key}.png", png.as_png(it.file))
        for result in shown:
            write_tables(connection, result, folder / "tables")
        write_atomically(folder / PAGE, html)
    return Report(folder / PAGE, len(shown), tuple(r.title for r in results if r.missing))


def find_country(connection: duckdb.DuckDBPyConnection, wanted: str) -> tuple[str, str]:
    """Code and name of the country that ``wanted`` names; QueryError suggests others."""
    rows = connection.execute("SELECT iso3, country FROM country_summary").fetchall()
    for iso3, country in rows:
        if wanted.casefold() in (iso3.casefold(), country.casefold()):
            return iso3, country
    near = difflib.get_close_matches(wanted.title(), [country for _, country in rows], n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else "List those that have: country_summary"
    raise QueryError(f"The database has no mine in {wanted}. {hint}")


def _one(connection: duckdb.DuckDBPyConnection, query: str, iso3: str | None) -> float:
    row = connection.execute(query, {"iso3": iso3}).fetchone()
    return float(row[0] or 0) if row else 0.0


def write_tables(connection: duckdb.DuckDBPyConnection, result: Result, folder: Path) -> None:
    """A figure's rows as CSV and Parquet; geometry as well-known text in one, binary in the other."""
    query = result.figure.query.rstrip(";")
    write_csv(connection.sql(query), folder / f"{result.figure.key}.csv")
    relation = connection.sql(query)
    if "geometry" in relation.columns:
        relation = relation.select("* REPLACE (ST_AsWKB(geometry) AS geometry)")
    with replacing(folder / f"{result.figure.key}.parquet") as temporary:
        pq.write_table(pa.Table.from_batches(batches(relation)), temporary, compression="zstd")
