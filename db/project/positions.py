"""Where each key of a TOML file stands, so that every mistake is reported with its line."""

import re
from collections.abc import Iterator

HEADER = re.compile(r"^\s*(\[\[?)\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?\s*(#.*)?$")
KEY = re.compile(r"^\s*([A-Za-z0-9_\-\"']+)\s*=")

Location = tuple[str | int, ...]


def key_lines(text: str) -> dict[Location, int]:
    """Line number (from 1) of every table and key, under the path pydantic names it by."""
    return dict(_walk(text))


def _walk(text: str) -> Iterator[tuple[Location, int]]:
    counts: dict[Location, int] = {}
    table: Location = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            table = _table_path(header[1], header[2], counts)
            yield table, number
        elif key := KEY.match(line):
            yield (*table, key[1].strip("\"'")), number


def _table_path(bracket: str, dotted: str, counts: dict[Location, int]) -> Location:
    path: Location = ()
    parts = [part.strip(" \"'") for part in dotted.split(".")]
    for depth, part in enumerate(parts):
        path = (*path, part)
        if bracket == "[[" and depth == len(parts) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def line_of(location: Location, lines: dict[Location, int]) -> int | None:
    """Line of the longest known beginning of ``location``; None for a whole missing table."""
    for length in range(len(location), 0, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return None
