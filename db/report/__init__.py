"""``quarry report``: what a database says, one answer after the other, and its pictures."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from quarrydb.contract import SILENT, Progress, told
from quarrydb.database.query import write_csv, write_parquet
from quarrydb.errors import QueryError
from quarrydb.files import check_place, held, write_atomically, writing
from quarrydb.inference.extras import require
from quarrydb.report.chart import PICTURE_FORMATS, picture, whole
from quarrydb.report.page import Place, Report, finding, page
from quarrydb.report.read import Reader, panel_names
from quarrydb.report.region import find_region
from quarrydb.report.result import Result

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
    region: str | None = None,
    pictures: Sequence[str] = (),
    places: Sequence[Place] = (),
    progress: Progress = SILENT,
) -> Written:
    """Write ``index.html`` with all charts inside, and the rows of each panel as CSV and Parquet beside it.

    ``region`` is ``layer/id`` or ``layer/name``: then the page shows that region alone. ``pictures`` are
    formats (svg, png, pdf) in which each chart is written too. ``places`` are other pages, among which
    a reader can choose.
    """
    folder = Path(folder)
    check_place(folder / PAGE)
    formats = check_formats(pictures)
    reader = Reader(connection)
    place = find_region(connection, region) if region else None
    report = reader.report(place, progress=progress)
    html = page(report, reader.meanings, places)
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            return write_page(connection, report, html, folder, formats, progress)


def write_page(
    connection: duckdb.DuckDBPyConnection,
    report: Report,
    html: str,
    folder: Path,
    pictures: Sequence[str],
    progress: Progress = SILENT,
) -> Written:
    """Write a page into its folder with its tables and pictures."""
    shown = [result for result in report.results.values() if not result.missing]
    (folder / "tables").mkdir(parents=True, exist_ok=True)
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
    region: str | None = None,
) -> None:
    """Draw one panel of the report into an SVG, PNG or PDF file; QueryError where it can't be."""
    target = Path(target)
    (form,) = check_formats([target.suffix.removeprefix(".")])
    check_place(target)
    place = find_region(connection, region) if region else None
    _known(panel, panel_names(place))
    report = Reader(connection).report(place, only=panel)
    result = report.results[panel]
    if result.missing:
        raise QueryError(f"{panel} has no data: {result.missing}")
    if panel not in report.charts:
        raise QueryError(f"{panel} is a table. Its rows: quarry sql")
    with writing(target):
        write_atomically(target, draw(report, panel, form))


def draw(report: Report, key: str, form: str) -> bytes:
    """One panel as a picture with its finding above it."""
    result = report.results[key]
    subtitle = f"{report.facts.named(result.panel.shows)}. {report.build.project}."
    title = finding(result, report.facts)
    return picture(whole(report.charts[key], report.canvas, title=title, subtitle=subtitle), form)


def check_formats(forms: Sequence[str]) -> tuple[str, ...]:
    """The picture formats that ``forms`` name; QueryError where one is none."""
    require("vl_convert")
    for form in forms:
        if form.lower() not in PICTURE_FORMATS:
            named = f"{form!r} is" if form else "A name without an ending is"
            raise QueryError(f"{named} no picture format. Use one of {', '.join(PICTURE_FORMATS)}.")
    return tuple(form.lower() for form in forms)


def _known(wanted: str, keys: list[str]) -> None:
    if wanted not in keys:
        raise QueryError(
            f"There is no panel {wanted}. Did you mean {', '.join(_near(wanted, keys))}? Each panel's name "
            "is the end of its address in the report: quarry report"
        )


def _near(wanted: str, keys: Sequence[str]) -> list[str]:
    """Up to five names that share a word with ``wanted``, else the three most like it."""
    words = set(re.findall(r"[a-z]{3,}", wanted.lower()))
    sharing = [key for key in keys if words & set(key.split("_"))]
    return sharing[:5] or difflib.get_close_matches(wanted, keys, n=3, cutoff=0.0)


def write_rows(connection: duckdb.DuckDBPyConnection, result: Result, folder: Path) -> None:
    """A panel's rows as CSV and Parquet; geometry as well-known text in one, binary in the other."""
    relation = connection.from_arrow(result.table)
    write_parquet(relation, folder / f"{result.panel.key}.parquet")
    if "geometry" in result.columns:
        relation = relation.select("* REPLACE (ST_GeomFromWKB(geometry) AS geometry)")
    write_csv(relation, folder / f"{result.panel.key}.csv")
