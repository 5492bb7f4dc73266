"""Compare the tested set with a file of advisories, without a network.

``python -m tests.supply.advisories constraints.txt advisories.zip``: the file is OSV's export for PyPI, one
JSON record a hole (https://ossf.github.io/osv-schema/), as the advisory database of the Python Packaging
Authority is published. Ends with 1 where a pinned version has a hole, with 2 where a file can't be read.
"""

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

OLD_DAYS = 30
PIN = re.compile(r"(?P<name>[A-Za-z0-9._-]+)\s*==\s*(?P<version>[^\s;#]+)")
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Hole:
    """A pinned package with a known hole, and the versions that closed it."""

    name: str
    version: str
    advisory: str
    summary: str
    fixed_in: tuple[str, ...]

    def __str__(self) -> str:
        """The line that is printed."""
        closed = f"closed in {', '.join(self.fixed_in)}" if self.fixed_in else "not closed yet"
        return f"{self.name} {self.version}: {self.advisory}, {closed}. {self.summary}"


def pinned(text: str) -> dict[str, str]:
    """Version by name of every pin of a constraints file."""
    matches = (PIN.match(line.strip()) for line in text.splitlines())
    return {str(canonicalize_name(m["name"])): m["version"] for m in matches if m}


def records(path: Path) -> Iterator[Record]:
    """Every record of an export: a ZIP of JSON files, a folder of them, or one file with a list or lines."""
    if path.is_dir():
        for file in sorted(path.rglob("*.json")):
            yield from _parsed(file.read_text(encoding="utf-8"))
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".json"):
                    yield from _parsed(archive.read(name).decode("utf-8"))
    else:
        yield from _parsed(path.read_text(encoding="utf-8"))


def _parsed(text: str) -> Iterable[Record]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    return content if isinstance(content, list) else [content]


def holes(pins: Mapping[str, str], found: Iterable[Record]) -> tuple[list[Hole], datetime | None]:
    """What is known of the pinned versions, and when the newest record was changed; withdrawn ones apart."""
    hits, newest = [], None
    for record in found:
        if stamp := record.get("modified"):
            changed = datetime.fromisoformat(stamp)
            newest = max(newest, changed) if newest else changed
        if record.get("withdrawn"):
            continue
        for affected in record.get("affected", ()):
            package = affected.get("package", {})
            name = str(canonicalize_name(str(package.get("name", ""))))
            if package.get("ecosystem") != "PyPI" or name not in pins:
                continue
            if is_affected(pins[name], affected):
                summary = record.get("summary") or str(record.get("details", "")).partition("\n")[0]
                hits.append(
                    Hole(name, pins[name], str(record["id"]), summary[:120], fixes(affected))
                )
    return sorted(set(hits), key=str), newest


def is_affected(version: str, affected: Record) -> bool:
    """Whether a version is listed, or lies in a range: introduced in, not yet fixed, or last affected."""
    pin = Version(version)
    if any(_version(listed) == pin for listed in affected.get("versions", ())):
        return True
    ranges = [r for r in affected.get("ranges", ()) if r.get("type") in ("ECOSYSTEM", "SEMVER")]
    return any(_in_range(pin, one.get("events", ())) for one in ranges)


def _in_range(pin: Version, events: Iterable[Record]) -> bool:
    """The standard's evaluation: events in order of version, the last one that applies decides."""
    is_inside = False
    ordered = sorted(
        ((_version(v), kind) for event in events for kind, v in event.items()),
        key=lambda event: (event[0] is not None, event[0] or pin),
    )
    for version, kind in ordered:
        if version is None:  # "0": from the first version on
            is_inside |= kind == "introduced"
        elif kind == "introduced" and pin >= version:
            is_inside = True
        elif (kind == "fixed" and pin >= version) or (kind == "last_affected" and pin > version):
            is_inside = False
    return is_inside


def _version(text: str) -> Version | None:
    try:
        return None if text == "0" else Version(text)
    except InvalidVersion:
        return None


def fixes(affected: Record) -> tuple[str, ...]:
    """Versions that closed a hole."""
    events = [event for one in affected.get("ranges", ()) for event in one.get("events", ())]
    found = {event["fixed"] for event in events if "fixed" in event and _version(event["fixed"])}
    return tuple(sorted(found, key=Version))


def age_note(newest: datetime | None, now: datetime) -> str | None:
    """A sentence where the newest record is older than 30 days, or there is none."""
    if newest is None:
        return "The file holds no advisory with a date."
    days = (now - newest).days
    if days <= OLD_DAYS:
        return None
    return f"The advisories end on {newest:%Y-%m-%d}, {days} days ago: fetch newer ones."


def main() -> int:
    """Run as a command; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("constraints", type=Path)
    parser.add_argument("advisories", type=Path)
    given = parser.parse_args()
    pins = pinned(given.constraints.read_text(encoding="utf-8"))
    try:
        hits, newest = holes(pins, records(given.advisories))
    except (OSError, ValueError, KeyError, AttributeError, TypeError, zipfile.BadZipFile) as error:
        print(f"{given.advisories} can't be read as advisories: {error}", file=sys.stderr)
        return 2
    if note := age_note(newest, datetime.now(UTC)):
        print(f"Note: {note}", file=sys.stderr)
    for hit in hits:
        print(hit)
    n_packages = len({hit.name for hit in hits})
    print(f"{len(pins)} packages, {len(hits)} known holes in {n_packages} of them.")
    return 1 if hits else 0


if __name__ == "__main__":
    sys.exit(main())
