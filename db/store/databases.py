"""Which databases the builds of a project put in place: each one's checksum, and what it was made by."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from quarrydb.errors import SourceError
from quarrydb.store.checksum import full_stamp, sha256_of
from quarrydb.store.records import read_record, write_record

NAME, MADE = "database.json", "made.json"


def place_of(root: Path, database: Path) -> str:
    """A database's path from the folder that holds the store at ``root``, so that a project may move."""
    return os.path.relpath(database, root.parent)


def noted_databases(root: Path) -> Mapping[str, object]:
    """Checksums by ``place_of`` of the databases that the store at ``root`` knows and finds."""
    content = read_record(root / NAME, root)
    known = content if isinstance(content, dict) else {}
    return {place: known[place] for place in known if (root.parent / place).is_file()}


def note_database(root: Path, database: Path) -> None:
    """Remember the checksum of the database just put in place."""
    noted = {**noted_databases(root), place_of(root, database): sha256_of(database)}
    write_record(root / NAME, root, noted)


def is_as_noted(root: Path, database: Path) -> bool:
    """Whether ``database`` is, byte for byte, what the last build put in place.

    Read whole, about a second a gigabyte: a time stamp does not see a flipped bit.
    """
    noted = noted_databases(root).get(place_of(root, database))
    return noted is not None and noted == sha256_of(database)


@dataclass(frozen=True)
class Made:
    """What a database was made by: the fingerprint of the plan, and one of each object by its name."""

    plan: str
    objects: Mapping[str, str]


def note_made(root: Path, database: Path, made: Made) -> None:
    """Remember what the database just put in place was made by."""
    noted = _noted(root)
    found = {place: noted[place] for place in noted_databases(root) if place in noted}
    found[place_of(root, database)] = {**asdict(made), "stamp": full_stamp(database)}
    write_record(root / MADE, root, found)


def noted_made(root: Path, database: Path) -> Made | None:
    """What ``database`` was made by; None where anybody touched the file since, or moved it.

    No other file passes for it: times and inode are given by the system when it is put there.
    """
    try:
        noted = _noted(root)[place_of(root, database)]
        is_same = noted["stamp"] == list(full_stamp(database))
        return Made(str(noted["plan"]), dict(noted["objects"])) if is_same else None
    except (SourceError, KeyError, TypeError, ValueError):
        return None


def _noted(root: Path) -> Mapping[str, Any]:
    content = read_record(root / MADE, root)
    return content if isinstance(content, dict) else {}
