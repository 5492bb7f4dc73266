"""Which databases the builds of a project put in place, each with its checksum."""

import os
from collections.abc import Mapping
from pathlib import Path

from quarrydb.store.checksum import sha256_of
from quarrydb.store.records import read_record, write_record

NAME = "database.json"


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
