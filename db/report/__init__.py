"""``quarry report``: what a database says, one answer after the other, and its pictures."""

import difflib
from dataclasses import dataclass
from pathlib import Path

import duckdb

from quarrydb.contract import SILENT, Progress, told
from quarrydb.database.query import write_csv, write_parquet
from quarrydb.errors import QueryError, SourceError
from quarrydb.files import check_place, held, write_atomically, writing
from quarrydb.inference.extras import require
from quarrydb.provenance.cite import read_build
from quarrydb.provenance.licence import Source, read_sources, sources_of_all
from quarrydb.report.basemap import read_basemap
from quarrydb.report.chart import PICTURE_FORMATS, Canvas, picture, whole
from quarrydb.report.facts import read_facts
from quarrydb.report.page import Places, Report, finding, meanings, page
from quarrydb.report.panel import read_place_questions, read_questions
from quarrydb.report.result import Result, evaluate

PAGE = "index.html"


@dataclass(frozen=True)
class Written:
    """What was written."""

    page: Path
    n_panels: int
    missing: tuple[str, ...]


def write_report(
    connection: duckdb.DuckDBPyConnection,
    folder: str | Path,
    *,
    country: str | None = None,
    pictures: tuple[str, ...] = (),
    places: Places = (),
    progress: Progress = SILENT,
) -> Written:
    """Write ``index.html`` with all charts inside, and the rows of each panel as CSV and Parquet beside it.

    ``country`` is a name or a code: then the page shows that country alone. ``pictures`` are formats
    (svg, png, pdf) in which each chart is written too. ``places`` are names and addresses of other
    pages, among which a reader can choose.
    """
    folder = Path(folder)
    check_place(folder / PAGE)
    require("vl_convert")
    for form in pictures:
        check_format(form)
    report = read_report(connection, country, progress=progress)
    html = page(report, meanings(connection), places)
    shown = [result for result in report.results.values() if not result.missing]
    with writing(folder):
        (folder / "tables").mkdir(parents=True, exist_ok=True)
        with held(folder):
            for result in told(shown, progress, "Tables", "panels"):
                write_rows(connection, result, folder / "tables")
            charts = list(report.charts) if pictures else []
            for key in told(charts, progress, "Pictures", "charts", str):
                (folder / "figures").mkdir(exist_ok=True)
                for form in pictures:
                    write_atomically(folder / "figures" / f"{key}.{form}", draw(report, key, form))
            write_atomically(folder / PAGE, html)
    missing = tuple(r.panel.shows for r in report.results.values() if r.missing)
    return Written(folder / PAGE, len(shown), missing)


def write_figure(
    connection: duckdb.DuckDBPyConnection,
    panel: str,
    target: str | Path,
    *,
    country: str | None = None,
) -> None:
    """Draw one panel of the report into an SVG, PNG or PDF file; QueryError where it can't be."""
    target = Path(target)
    form = check_format(target.suffix.removeprefix("."))
    check_place(target)
    report = read_report(connection, country, only=panel)
    result = report.results[panel]
    if result.missing:
        raise QueryError(f"{panel} has no data: {result.missing}")
    if panel not in report.charts:
        raise QueryError(f"{panel} is a table. Its rows: quarry sql")
    with writing(target):
        write_atomically(target, draw(report, panel, form))


def read_report(
    connection: duckdb.DuckDBPyConnection,
    country: str | None = None,
    only: str | None = None,
    progress: Progress = SILENT,
) -> Report:
    """Run every query of the report, or of one country's, or of one panel."""
    iso3, place = find_country(connection, country) if country else (None, None)
    questions = read_place_questions(iso3) if iso3 else read_questions()
    panels = [panel for question in questions for panel in question.panels]
    if only is not None:
        _known(only, [panel.key for panel in panels])
        panels = [panel for panel in panels if panel.key == only]
    facts = read_facts(connection, iso3, place)
    results = evaluate(connection, panels, facts, progress)
    canvas = Canvas(read_basemap(connection, iso3), project_folder(connection))
    sources = read_sources(connection)

    def used(result: Result) -> list[Source]:
        views = [name for name in result.panel.reads if "." not in name]
        return [] if result.missing else sources_of_all(views, sources)

    charts = {}
    for key, result in results.items():
        try:
            chart = canvas.chart(result)
        except SourceError as error:  # images that are not where the database was built
            result.missing = str(error)
            continue
        if chart is not None:
            charts[key] = chart
    return Report(
        build=read_build(connection),
        sources=sources,
        drawn_from={key: used(result) for key, result in results.items()},
        facts=facts,
        questions=questions,
        results=results,
        charts=charts,
        canvas=canvas,
    )


def project_folder(connection: duckdb.DuckDBPyConnection) -> Path:
    """Where the database lies: paths of images are below it, as in the project file."""
    row = connection.execute(
        "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    ).fetchone()
    return Path(row[0]).parent if row and row[0] else Path()


def draw(report: Report, key: str, form: str) -> bytes:
    """One panel as a picture with its finding above it."""
    result = report.results[key]
    subtitle = f"{report.facts.named(result.panel.shows)}. {report.build.project}."
    title = finding(result, report.facts)
    return picture(whole(report.charts[key], report.canvas, title=title, subtitle=subtitle), form)


def check_format(form: str) -> str:
    """The picture format that ``form`` names; QueryError where there is none."""
    if form.lower() not in PICTURE_FORMATS:
        named = f"{form!r} is" if form else "A name without an ending is"
        raise QueryError(f"{named} no picture format. Use one of {', '.join(PICTURE_FORMATS)}.")
    return form.lower()


def find_country(connection: duckdb.DuckDBPyConnection, wanted: str) -> tuple[str, str]:
    """Code and name of the country that ``wanted`` names; QueryError suggests others."""
    rows = connection.execute("SELECT iso3, country FROM country_summary").fetchall()
    for iso3, country in rows:
        if wanted.casefold() in (iso3.casefold(), country.casefold()):
            return iso3, country
    near = difflib.get_close_matches(wanted.title(), [country for _, country in rows], n=3)
    hint = f"Did you mean {', '.join(near)}?" if near else "List those that have: country_summary"
    raise QueryError(f"The database has no mine in {wanted}. {hint}")


def _known(wanted: str, keys: list[str]) -> None:
    if wanted not in keys:
        near = difflib.get_close_matches(wanted, keys, n=3) or keys
        raise QueryError(f"There is no panel {wanted}. Did you mean {', '.join(near)}?")


def write_rows(connection: duckdb.DuckDBPyConnection, result: Result, folder: Path) -> None:
    """A panel's rows as CSV and Parquet; geometry as well-known text in one, binary in the other."""
    relation = connection.from_arrow(result.table)
    write_parquet(relation, folder / f"{result.panel.key}.parquet")
    if "geometry" in result.columns:
        relation = relation.select("* REPLACE (ST_GeomFromWKB(geometry) AS geometry)")
    write_csv(relation, folder / f"{result.panel.key}.csv")
