"""The report as one HTML page that answers before it lists."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from numbers import Number
from typing import Any

import duckdb
from jinja2 import Environment

from quarrydb.database.dictionary import public_views
from quarrydb.html import content_policy, environment, own
from quarrydb.palette import THEME, css_variables
from quarrydb.provenance.cite import STUDIES, Build, source_line, title_of
from quarrydb.provenance.licence import Source, licence_words, obligations
from quarrydb.report import words
from quarrydb.report.chart import LOCALE, Canvas, Chart, theme
from quarrydb.report.facts import Facts
from quarrydb.report.library import library
from quarrydb.report.panel import Question
from quarrydb.report.result import Result, Row

ROW_LIMIT, MAP_ROW_LIMIT = 1_000, 200  # of a table in the page; its files hold all
FIRST_SCREEN = 2  # panels
MANY_PLACES = 500  # of a layer, in a page's chooser: those with most mine area
STUDY_NAMES = {study.key: f"{study.authors} {study.year}" for study in STUDIES}


@dataclass(frozen=True)
class Place:
    """A page that a reader can choose: its name, its address from here, what kind of region it is, and
    whether it is the page itself.
    """

    name: str
    address: str
    kind: str = ""
    is_here: bool = False


@dataclass(frozen=True)
class Report:
    """All that a page shows: answers by question, with their charts."""

    build: Build
    sources: Sequence[Source]
    facts: Facts
    questions: Sequence[Question]
    results: Mapping[str, Result]
    drawn_from: Mapping[str, Sequence[Source]]
    charts: Mapping[str, Chart]
    canvas: Canvas


def page(
    report: Report,
    meanings: Mapping[str, str],
    places: Sequence[Place] = (),
    beside: str | None = None,
    neighbours: Sequence[Place] = (),
) -> str:
    """The whole page. ``meanings`` explains columns, ``places`` are pages to choose from, ``beside`` is the
    address of the file with ``scripts()`` where they are not to be in the page, ``neighbours`` are the pages
    of the site that it is part of.
    """
    inside = [own(text) for text in scripts()] if beside is None else []
    sections = _sections(report)
    title = f"{report.facts.place}: {report.build.project}" if report.facts.place else None
    return (
        templates()
        .get_template("report.html")
        .render(
            title=title or report.build.project,
            policy=content_policy(inside, beside=beside is not None),
            style=own(css_variables() + _asset("report.css")),
            scripts=inside,
            beside=beside,
            data=_data(report),
            build=report.build,
            facts=report.facts,
            sections=sections,
            gaps=_gaps(report),
            prints=[] if report.facts.place else prints(report),
            places=_by_kind(places),
            neighbours=neighbours,
            meanings=meanings,
            made=f"{report.build.project}, {day(report.build.built_at)}, quarrydb {report.build.version}.",
            source_lines=[source_line(source) for source in report.sources],
            licence=licence_words(report.sources),
            duties=obligations(report.sources),
            citation=title_of(report.build),
        )
    )


def scripts() -> tuple[str, str]:
    """The scripts of a page: the charts' library, and what draws with it."""
    return library(), _asset("report.js")


def _by_kind(places: Sequence[Place]) -> list[tuple[str, Sequence[Place]]]:
    """The places of each kind, in their order; of many those that stand first."""
    found: dict[str, list[Place]] = {}
    for place in places:
        found.setdefault(place.kind, []).append(place)
    return [
        (kind, [*some[:MANY_PLACES], *(place for place in some[MANY_PLACES:] if place.is_here)])
        for kind, some in found.items()
    ]


@cache
def templates() -> Environment:
    """The report's templates with its ways to write numbers."""
    found = environment("quarrydb.report")
    found.filters |= word_filters()
    found.globals |= {"is_numeric": is_numeric, "day": day}
    return found


def word_filters() -> dict[str, Any]:
    """How templates and findings write values."""
    return {
        "number": words.number,
        "percent": words.percent,
        "km2": words.km2,
        "count": words.count,
        "ordinal": words.ordinal,
        "label": words.label,
        "cell": words.cell,
        "joined": words.joined,
        "north": words.north,
        "east": words.east,
    }


@cache
def _sentences() -> Environment:
    """Findings are plain text, escaped where they are put into a page."""
    found = environment("quarrydb.report").overlay(autoescape=False)
    found.filters |= word_filters()
    return found


def finding(result: Result, facts: Facts) -> str:
    """What a panel says, as a sentence made from its rows; what it shows, where they say nothing."""
    panel = result.panel
    text = panel.header.get("Finding", "")
    said = _sentences().from_string(text).render(rows=result.rows, facts=facts)
    return facts.named(" ".join(said.split()) or panel.shows)


def day(moment: datetime) -> str:
    """A date in words."""
    return f"{moment.day} {moment:%B %Y}"


def is_numeric(rows: Sequence[Row], column: str) -> bool:
    """Whether a column's values stand at the right."""
    value = next((row[column] for row in rows if row[column] is not None), None)
    return isinstance(value, Number) and not isinstance(value, bool)


def _sections(report: Report) -> list[dict[str, Any]]:
    """The questions with their answers; an answer that was given stands nowhere again."""
    taken: set[str] = set()
    found = []
    for question in report.questions:
        there = [p.key for p in question.panels if not report.results[p.key].missing]
        keys = [key for key in there if key not in taken]
        keys = keys if question.title else keys[:FIRST_SCREEN]
        taken.update(keys)
        cards = [_card(report, report.results[key]) for key in keys]
        found.append({"key": question.key, "title": question.title, "cards": cards})
    return found


def _card(report: Report, result: Result) -> dict[str, Any]:
    panel, facts = result.panel, report.facts
    caveat = [panel.header.get("Caveat", "")]
    caveat += [facts.coverage] if panel.needs == "landcover" else []
    chart = report.charts.get(panel.key)
    caveat += [chart.note] if chart else []
    return {
        "key": panel.key,
        "finding": finding(result, facts),
        "shows": facts.named(panel.shows),
        "tags": [print_name(*print_) for print_ in panel.prints],
        "chart": chart,
        "wide": chart is None or chart.aspect is not None or "facet" in chart.spec,
        "rows": result.rows,
        "columns": table_columns(result.columns, result.rows),
        "caveat": facts.named(" ".join(part for part in caveat if part)),
        "sources": words.joined(
            [source.name.replace("_", " ") for source in report.drawn_from[panel.key]]
        ),
        "query": panel.query,
        "published": result.published,
        "row_limit": MAP_ROW_LIMIT if chart and chart.aspect else ROW_LIMIT,
    }


def table_columns(columns: Sequence[str], rows: Sequence[Row]) -> list[str]:
    """Those that a table shows: no column without a value, the newest of years as columns first."""
    hidden = {
        name for row in rows for name, value in row.items() if isinstance(value, list | bytes)
    }
    known = {name for row in rows for name, value in row.items() if value is not None}
    names = [name for name in columns if name in known - hidden and not name.isdigit()]
    return names + sorted((name for name in columns if name.isdigit()), reverse=True)


def _data(report: Report) -> dict[str, Any]:
    """What the page's script draws from."""
    basemap = report.canvas.basemap
    return {
        "config": theme(),
        "locale": LOCALE,
        "light": {name: pair[0] for name, pair in THEME.items()},
        "land": list(basemap.land),
        "here": list(basemap.here),
        "cells": report.canvas.cells,
        "charts": {key: vars(chart) for key, chart in report.charts.items()},
    }


def _gaps(report: Report) -> list[tuple[str, list[str]]]:
    """What is missing, by the cause and what to do."""
    found: dict[str, list[str]] = {}
    for result in report.results.values():
        if result.missing:
            found.setdefault(result.missing, []).append(report.facts.named(result.panel.shows))
    return list(found.items())


@dataclass(frozen=True)
class Print:
    """A table, figure or panel in print: where it is shown, or why it is not."""

    name: str
    shows: str
    shown: Sequence[tuple[str, str]]
    why: str


def print_name(study: str, label: str) -> str:
    """A panel in print as people cite it."""
    kind, number = ("Table", label.replace("T", "")) if "T" in label else ("Figure", label)
    return f"{STUDY_NAMES[study]}, {kind} {number}"


def read_prints() -> list[dict[str, str]]:
    """Every table, figure and panel of the two studies, from the copy of the list that we carry."""
    text = (files("quarrydb.report") / "prints.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def prints(report: Report) -> list[Print]:
    """Each panel in print: shown, or why not."""
    found = []
    for row in read_prints():
        here = [
            r for r in report.results.values() if (row["study"], row["label"]) in r.panel.prints
        ]
        shown = [(r.panel.key, r.panel.shows) for r in here if not r.missing]
        absent = [] if shown else [r.missing for r in here]
        why = " ".join(dict.fromkeys([*absent, row["why"]])).strip()
        name = print_name(row["study"], row["label"])
        found.append(Print(name, row["shows"].replace("km2", "km²"), shown, why))
    return found


def meanings(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """What each column of the public views means, by name: what all views say of it alike."""
    found: dict[str, set[str]] = {}
    for view in public_views(connection):
        for column in view.columns:
            found.setdefault(column.name, set()).add(column.comment)
    return {name: said.pop() for name, said in found.items() if len(said) == 1}


def _asset(name: str) -> str:
    return (files("quarrydb.report") / name).read_text(encoding="utf-8")
