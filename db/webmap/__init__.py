"""``quarry map``: every mine in one page that needs no network."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from quarrydb.files import check_place, write_atomically, writing
from quarrydb.html import environment, own
from quarrydb.webmap.content import Content, read_content
from quarrydb.webmap.encode import pack

SCRIPTS = ("data.js", "view.js", "paint.js", "panel.js", "main.js")


@dataclass(frozen=True)
class WrittenMap:
    """What was written."""

    path: Path
    n_mines: int
    size: int


def write_map(connection: duckdb.DuckDBPyConnection, target: str | Path) -> WrittenMap:
    """Write the page, whole or not at all."""
    target = Path(target)
    check_place(target)
    content = read_content(connection)
    page = render(content)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, page)
    return WrittenMap(target, content.header["n"], len(page))


def render(content: Content) -> str:
    """The page that shows ``content``."""
    parts = "\n".join(_asset(name) for name in SCRIPTS)
    return (
        environment("quarrydb.webmap")
        .get_template("map.html")
        .render(
            title=content.header["project"],
            style=own(_asset("map.css")),
            script=own(f'\n"use strict";\n(() => {{\n{parts}\n}})();\n'),
            data=pack(content.header, content.sections),
        )
    )


def _asset(name: str) -> str:
    return (files("quarrydb.webmap") / name).read_text(encoding="utf-8")
