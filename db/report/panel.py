"""A panel of the report: a query, what it says of itself, and the drawing beside it."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import sqlglot
from sqlglot import exp

from quarrydb.database.connection import quote_literal
from quarrydb.report.region import Region

WORLD, PLACE = "panels", "place"
FIELD_INDENT = "--   "
NAMED = re.compile(r"\$(?:layer|region_id)\b")


@dataclass(frozen=True)
class Panel:
    """One panel, from its SQL file and the Vega-Lite file of the same name; without one it is a table."""

    key: str
    text: str
    spec: Mapping[str, Any] | None = None

    @cached_property
    def header(self) -> Mapping[str, str]:
        """The fields of the file's header; a field goes on in lines that are indented."""
        found: dict[str, str] = {}
        name = ""
        for line in self.text.splitlines()[1:]:
            if not line.startswith("--"):
                break
            if line.startswith(FIELD_INDENT):
                found[name] = f"{found[name]} {line.removeprefix('--').strip()}".strip()
            elif ":" in line:
                name, _, value = line.removeprefix("-- ").partition(":")
                found[name] = value.strip()
        return found

    @property
    def shows(self) -> str:
        """What the panel shows, whatever the data say: the first line, after the panel's name."""
        first = self.text.splitlines()[0]
        return first.removeprefix(f"-- {self.key}: ").rstrip(".")

    @property
    def prints(self) -> tuple[tuple[str, str], ...]:
        """The panels in print that it repeats: study and label."""
        words = self.header.get("Panel", "").split(", ")
        return tuple((w.split()[0], w.split()[1]) for w in words if w)

    @property
    def needs(self) -> str:
        """A word of ``NEEDS``: what a project must have for it."""
        return self.header["Needs"]

    @property
    def apart(self) -> list[str]:
        """The layers whose regions' pages do without it."""
        return self.header.get("Apart", "").split(", ")

    @property
    def query(self) -> str:
        """The statement without its header: what a reader pastes."""
        lines = self.text.splitlines()
        return "\n".join(line for line in lines if not line.startswith("--")).strip()

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The views and tables that the query reads, with the schema where it is not main."""
        tree = sqlglot.parse_one(self.query.rstrip(";"), dialect="duckdb")
        inner = {cte.alias for cte in tree.find_all(exp.CTE)}
        tables = (t for t in tree.find_all(exp.Table) if isinstance(t.this, exp.Identifier))
        names = {f"{table.db}.{table.name}".lstrip(".") for table in tables}
        return tuple(sorted(names - inner))


@dataclass(frozen=True)
class Question:
    """A section of the report."""

    key: str
    title: str
    panels: tuple[Panel, ...]


def read_questions() -> tuple[Question, ...]:
    """The whole report, in its order."""
    return _questions(WORLD)


def read_place_questions(region: Region) -> tuple[Question, ...]:
    """The report of one region; its layer and id stand in each query, so that it runs when pasted."""
    names = {"$layer": quote_literal(region.layer), "$region_id": quote_literal(region.region_id)}

    def about(panel: Panel) -> Panel:
        text = NAMED.sub(lambda found: names[found[0]], panel.text)
        return Panel(panel.key, text, panel.spec)

    return tuple(
        Question(q.key, q.title, tuple(about(p) for p in q.panels if region.layer not in p.apart))
        for q in _questions(PLACE)
    )


@lru_cache(maxsize=2)
def _questions(folder: str) -> tuple[Question, ...]:
    home = files("quarrydb.report") / folder
    order = tomllib.loads((home / "questions.toml").read_text(encoding="utf-8"))
    return tuple(
        Question(key, item["title"], tuple(_panel(home, name) for name in item["panels"]))
        for key, item in order.items()
    )


def _panel(home: Traversable, name: str) -> Panel:
    spec = home / f"{name}.json"
    return Panel(
        name,
        (home / f"{name}.sql").read_text(encoding="utf-8"),
        json.loads(spec.read_text(encoding="utf-8")) if spec.is_file() else None,
    )
