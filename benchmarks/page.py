"""The tables of docs/performance.md: a section for each benchmark and size, replaced when it runs again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MARKS = "benchmarks"
PLANET = {
    "quick": "a hundredth of the planet",
    "usual": "a tenth of the planet",
    "full": "the planet",
}
# What the number of polygons decides; the others measure the same whatever the size, or smaller samples.
OF_THE_PLANET = ("union", "erase", "countries", "segmentation_sql", "incremental", "build")
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


def write(file: Path, results: Mapping[str, Any], titles: Mapping[str, str]) -> None:
    """Put the sections of a run between the page's marks, in the order of ``titles`` by benchmark.

    Sections of what did not run stay. Raises SystemExit where the page has no marks.
    """
    sections = read(between(file, MARKS)[1]) | {
        heading(key, entry["title"], results["size"]): section(key, entry, results)
        for key, entry in results["benchmarks"].items()
    }
    names = [heading(key, title, size) for key, title in titles.items() for size in PLANET]
    ranks = {name: rank for rank, name in enumerate(dict.fromkeys(names))}
    text = "\n\n".join(
        sections[name] for name in sorted(sections, key=lambda name: ranks.get(name, 0))
    )
    put(file, MARKS, text)


def read(text: str) -> dict[str, str]:
    """Sections by heading."""
    parts = re.split(r"^(?=### )", text, flags=re.MULTILINE)
    return {part.partition("\n")[0][4:]: part.strip() for part in parts if part.startswith("### ")}


def heading(key: str, title: str, size: str) -> str:
    """What a benchmark is called at a size."""
    return f"{title}: {PLANET[size]}" if key in OF_THE_PLANET else title


def section(key: str, entry: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """One benchmark: the command that gives it, what it ran on, its table."""
    repeat = f" --repeat {results['repeat']}" if results["repeat"] > 1 else ""
    command = f"python -m benchmarks {FLAGS[results['size']]}--only {key}{repeat}"
    facts = ", ".join(f"{name} {value}" for name, value in results["machine"].items())
    title = heading(key, entry["title"], results["size"])
    return f"### {title}\n\n`{command}`: {facts}.\n\n{table(entry)}"


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
