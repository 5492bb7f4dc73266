"""The table of docs/reliability.md: read, compared with what the tests saw, and written by them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from quarrydb.files import write_atomically

DOCUMENT = Path(__file__).parent.parent.parent / "docs" / "reliability.md"
SECTIONS = ("Files", "Geometry", "Columns", "Project file", "Rasters", "Models and images")
SECTIONS = (*SECTIONS, "Queries and exports", "Faults", "Security")
ROW = re.compile(r"^\| (?P<what>.+?) \| (?P<happens>.*) \|$")
INTRODUCTION = """# What was tried, and what happened

Bad inputs, faults and attacks, each with what quarrydb did. The tests in `tests/reliability` do every row
and fail where something else happens; they also write this page (`make reliability`). Messages are given as
they were printed, without the folder. Refused means: nothing was written, the last good database stays.
"""

KILLS = "## Random kills\n"
CAMPAIGNS = "## Load, and faults that take long\n"  # benchmarks/campaign writes it

Key = tuple[str, str]


def tried(section: str, what: str) -> pytest.MarkDecorator:
    """Mark a test as the row ``what`` of ``section``."""
    if section not in SECTIONS:
        raise ValueError(f"no section {section!r}")
    return pytest.mark.tried(section, what)


def case(section: str, what: str, *values: object) -> object:
    """One parameter set of a test that is the row ``what`` of ``section``."""
    return pytest.param(*values, marks=tried(section, what), id=what)


def read(document: Path = DOCUMENT) -> dict[Key, str]:
    """What happens, by section and what was tried."""
    rows: dict[Key, str] = {}
    section = ""
    text = document.read_text(encoding="utf-8") if document.exists() else ""
    for line in text.partition(KILLS)[0].splitlines():
        if line.startswith("## "):
            section = line[3:]
        elif (row := ROW.match(line)) and row["what"] not in ("tried", "---"):
            rows[section, row["what"]] = row["happens"]
    return rows


def write(rows: Mapping[Key, str], order: Sequence[Key], document: Path = DOCUMENT) -> None:
    """Write the page: sections as in SECTIONS, rows in ``order``."""
    kills = kills_section(document)
    lines = [INTRODUCTION]
    for section in SECTIONS:
        keys = [key for key in order if key[0] == section and key in rows]
        if keys:
            lines += [f"## {section}", "", "| tried | what happens |", "| --- | --- |"]
            lines += [f"| {key[1]} | {rows[key]} |" for key in keys] + [""]
    write_atomically(document, "\n".join(lines) + kills)


def kills_section(document: Path = DOCUMENT) -> str:
    """The last sections, which ``make kills`` and campaigns write; empty where there are none."""
    text = document.read_text(encoding="utf-8") if document.exists() else ""
    _, title, rest = text.partition(KILLS)
    return f"\n{title}{rest}" if title else ""


def write_kills(lines: Sequence[str], document: Path = DOCUMENT) -> None:
    """Put ``lines`` in the place of the section of kills."""
    before, _, held = document.read_text(encoding="utf-8").partition(KILLS)
    _, title, after = held.partition(CAMPAIGNS)
    parts = [before.rstrip("\n"), "", KILLS, *lines, "", f"{title}{after}"]
    document.write_text("\n".join(parts), encoding="utf-8")


def as_cell(text: str, folders: Sequence[Path]) -> str:
    """``text`` on one line, without ``folders``, safe in a Markdown table."""
    for folder in sorted(folders, key=lambda f: -len(str(f))):
        text = text.replace(f"{folder.as_uri()}/", "").replace(f"{folder}/", "")
        text = text.replace(str(folder), "the folder")
    text = text.replace(f"{Path.home()}/", "~/").encode(errors="backslashreplace").decode()
    text = re.sub(r":\s*\n\s*", ": ", text.strip())
    text = re.sub(r"\s*\n\s*", "; ", text)
    return re.sub(r"\s+", " ", text).replace("|", "/").replace("<", "&lt;")
