"""The report as one HTML page: every figure with its query, its rows and the printed figures."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files
from numbers import Number

from quarrydb.provenance.cite import Build, source_line, title_of
from quarrydb.provenance.licence import Source, licence_words, obligations
from quarrydb.report.drawings import WIDE
from quarrydb.report.figure import Result, Row
from quarrydb.report.png import is_possible
from quarrydb.report.svg import number

SHOWN_ROWS = 40
STUDY = {
    "xu2025": "Surface mining and reclamation, 1985-2022 (Xu et al. 2025)",
    "sepin2025": "Mining areas in the tropics, year by year (Sepin et al. 2025)",
    "beyond": "Beyond the two studies",
    "country": "The mines of the country",
}
PUBLISHED_NOTE = (
    "The studies' figures are about the whole planet. "
    "Compare them only with a build of the same sources."
)


def page(
    build: Build,
    sources: Sequence[Source],
    results: Sequence[Result],
    svgs: dict[str, str],
    summary: Sequence[tuple[str, str]],
    country: str | None = None,
) -> str:
    """The whole page; ``svgs`` by figure key, ``summary`` as (value, what); of one country if named."""
    title = f"{country}: {build.project}" if country else build.project
    shown = [result for result in results if not result.missing]
    body = [
        _header(build, title, summary),
        _contents(shown, results),
        *(_study(study, shown, svgs) for study in STUDY),
        _missing(results),
        _provenance(build, sources),
    ]
    style = (files("quarrydb.report") / "report.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}: report</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#main">To the figures</a>\n'
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _header(build: Build, title: str, summary: Sequence[tuple[str, str]]) -> str:
    numbers = "".join(
        f"<li><b>{escape(value)}</b> <span>{escape(what)}</span></li>" for value, what in summary
    )
    return (
        f"<header><h1>{escape(title)}</h1>"
        f"<p>Built {build.built_at:%d %B %Y, %H:%M} UTC with quarrydb {escape(build.version)}; "
        f"build <code>{build.fingerprint[:12]}</code>.</p>"
        f'<ul class="summary">{numbers}</ul></header>'
    )


def _contents(shown: Sequence[Result], results: Sequence[Result]) -> str:
    items = []
    for study, title in STUDY.items():
        links = "".join(
            f'<a href="#{r.figure.key}">{escape(_short(r))}</a> '
            for r in shown
            if r.figure.study == study
        )
        if links:
            items.append(f"<p><b>{escape(title)}</b><br>{links}</p>")
    n_missing = len(results) - len(shown)
    items.append(f'<p><a href="#missing">What is missing and why ({n_missing})</a></p>')
    return f'<nav aria-label="Contents">{"".join(items)}</nav>'


def _short(result: Result) -> str:
    return result.title.partition(":")[0]


def _study(study: str, shown: Sequence[Result], svgs: dict[str, str]) -> str:
    cards = [
        _card(result, svgs.get(result.figure.key))
        for result in shown
        if result.figure.study == study
    ]
    if not cards:
        return ""
    first = ' id="main"' if study in ("xu2025", "country") else ""
    return (
        f'<section{first} aria-label="{escape(STUDY[study])}"><h2>{escape(STUDY[study])}</h2>'
        f'<div class="cards">{"".join(cards)}</div></section>'
    )


def _card(result: Result, svg: str | None) -> str:
    figure = result.figure
    name, _, what = result.title.partition(": ")
    heading = f"<b>{escape(name)}</b> {escape(what)}" if what else f"<b>{escape(name)}</b>"
    wide = " wide" if figure.key in WIDE or svg is None else ""
    rows = _table(result.rows, [c for c in result.columns if c != "geometry"], result.title)
    note = f"<p>{escape(result.note)}</p>" if result.note else ""
    parts = [f"<h3>{heading}</h3>", note]
    parts += [svg, _fold("Numbers", rows)] if svg else [rows]
    parts.append(_files(result, svg is not None))
    parts.append(_fold("SQL", f"<pre tabindex=0><code>{escape(figure.query)}</code></pre>"))
    if result.published:
        columns = ["name", "period", "metric", "unit", "published", "computed", "ratio"]
        table = _table(result.published, columns, f"Published figures beside {name}")
        parts.append(_fold("Published beside computed", f"<p>{PUBLISHED_NOTE}</p>{table}"))
    return f'<article class="card{wide}" id="{figure.key}">{"".join(parts)}</article>'


def _files(result: Result, is_drawn: bool) -> str:
    key = result.figure.key
    kinds = ("svg", "png") if is_possible() else ("svg",)
    links = [f'<a href="figures/{key}.{kind}">{kind.upper()}</a>' for kind in kinds if is_drawn]
    links += [f'<a href="tables/{key}.csv">CSV</a>', f'<a href="tables/{key}.parquet">Parquet</a>']
    return f'<p class="files">{" ".join(links)}</p>'


def _fold(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"


def _table(rows: Sequence[Row], columns: Sequence[str], caption: str) -> str:
    head = "".join(f"<th scope=col>{escape(column)}</th>" for column in columns)
    body = "".join(
        "<tr>" + "".join(_cell(row[column]) for column in columns) + "</tr>"
        for row in rows[:SHOWN_ROWS]
    )
    more = len(rows) - SHOWN_ROWS
    rest = (
        f"<p>{more:,} more {'row' if more == 1 else 'rows'} in the files.</p>" if more > 0 else ""
    )
    return (
        f'<div class="table" role="region" aria-label="{escape(caption)}" tabindex=0>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{rest}"
    )


def _cell(value: object) -> str:
    if value is None:
        return "<td>-</td>"
    if isinstance(value, bool) or not isinstance(value, Number):
        return f"<td>{escape(str(value))}</td>"
    is_year = isinstance(value, int) and 1900 < value < 2100
    return f"<td class=n>{value if is_year else number(float(value))}</td>"  # type: ignore[arg-type]


def _missing(results: Sequence[Result]) -> str:
    items = [
        f"<li><b>{escape(result.title)}</b><br>{escape(result.missing)}</li>"
        for result in results
        if result.missing
    ]
    body = f"<ul>{''.join(items)}</ul>" if items else "<p>Nothing: every figure has data.</p>"
    return f'<section id="missing"><h2>What is missing and why</h2>{body}</section>'


def _provenance(build: Build, sources: Sequence[Source]) -> str:
    lines = _list(source_line(source) for source in sources)
    duties = _list(obligations(sources))
    return (
        f"<section><h2>Sources and licences</h2>{lines}<p>Licence of these results: "
        f"<b>{escape(licence_words(sources))}</b></p>{duties}"
        f"<p>Cite as: {escape(title_of(build))}, made with quarrydb {escape(build.version)}. "
        "In full: <code>quarry cite</code></p></section>"
    )


def _list(lines: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"
