"""Which databases the builds of a project put in place, each with its checksum."""

from collections.abc import Mapping
from pathlib import Path

from quarrydb.store.checksum import sha256_of
from quarrydb.store.records import read_record, write_record

NAME = "database.json"


def noted_databases(root: Path) -> Mapping[str, object]:
    """Checksums by path of the databases that the store at ``root`` knows and that are still there."""
    content = read_record(root / NAME, root)
    known = content if isinstance(content, dict) else {}
    return {path: known[path] for path in known if Path(path).is_file()}


def note_database(root: Path, database: Path) -> None:
    """Remember the checksum of the database just put in place."""
    noted = {**noted_databases(root), str(database): sha256_of(database)}
    write_record(root / NAME, root, noted)


def is_as_noted(root: Path, database: Path) -> bool:
    """Whether ``database`` is, byte for byte, what the last build put in place.

    Read whole, about a second a gigabyte: a time stamp does not see a flipped bit.
    """
    noted = noted_databases(root).get(str(database))
    return noted is not None and noted == sha256_of(database)
