"""The tables of docs/performance.md: a section for each benchmark and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MARKS = "benchmarks"
PLANET = {
    "quick": "a hundredth of the planet",
    "usual": "a tenth of the planet",
    "full": "the planet",
}
# What the number of polygons decides; the others measure the same whatever the size, or smaller samples.
OF_THE_PLANET = (
    "union",
    "erase",
    "countries",
    "exposure",
    "segmentation_sql",
    "pieces",
    "incremental",
    "build",
    "cluster",
    "lake",
)
FLAGS = {"quick": "--quick ", "usual": "", "full": "--full "}
HEAD = "| what | CPU s | peak MB | times quarrydb | target | note |\n|---|---:|---:|---:|---:|---|"


def between(file: Path, name: str) -> tuple[str, str, str]:
    """A page's text before, between and after its two marks called ``name``, marks left out of the middle.

    Raises SystemExit where the page has no such marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, found, rest = file.read_text().partition(begin)
    held, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{file} has no lines {begin} and {end}; nothing was written there.")
    return before + begin, held, end + after


def put(file: Path, name: str, text: str) -> None:
    """Replace what stands between the two marks called ``name``."""
    before, _, after = between(file, name)
    file.write_text(f"{before}\n\n{text}\n\n{after}")


def write(file: Path, sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Put sections between the page's marks. Raises SystemExit where the page has none."""
    put(file, MARKS, "\n\n".join(section(*item) for item in sections.items()))


def in_order(
    sections: Mapping[str, Mapping[str, Any]], keys: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """Sections by heading, sorted as ``keys`` name their benchmarks, and by size."""
    sizes = list(PLANET)

    def rank(item: tuple[str, Mapping[str, Any]]) -> tuple[int, int]:
        return keys.index(item[1]["key"]), sizes.index(item[1]["size"])

    return dict(sorted(sections.items(), key=rank))


def heading(key: str, title: str, size: str) -> str:
    """What a benchmark is called at a size."""
    return f"{title}: {PLANET[size]}" if key in OF_THE_PLANET else title


def section(title: str, found: Mapping[str, Any]) -> str:
    """One benchmark: the command that gives it, what it ran on, its table."""
    repeat = f" --repeat {found['repeat']}" if found["repeat"] > 1 else ""
    command = f"python -m benchmarks {FLAGS[found['size']]}--only {found['key']}{repeat}"
    facts = ", ".join(f"{name} {value}" for name, value in found["machine"].items())
    return f"### {title}\n\n`{command}`: {facts}.\n\n{table(found)}"


def table(entry: Mapping[str, Any]) -> str:
    """One benchmark as a Markdown table, or why there is none."""
    if "failed" in entry:
        return f"Not measured: {entry['failed']}"
    return "\n".join([HEAD, *map(line, entry["rows"])])


def line(row: Mapping[str, Any]) -> str:
    """One row of a table."""
    cells = [
        row["what"],
        number(row.get("cpu_s"), 2),
        number(row.get("peak_mb"), 0),
        number(row.get("ratio"), 1),
        number(row.get("target"), 1),
        row.get("note", ""),
    ]
    return "| " + " | ".join(cells) + " |"


def number(value: float | None, digits: int) -> str:
    """A number for a table; empty where there is none."""
    return "" if value is None else f"{value:,.{digits}f}"
