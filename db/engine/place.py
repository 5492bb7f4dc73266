"""Put a database in its place, and touch nothing there that no build of this project made."""

import contextlib
import os
import re
import shutil
import stat
import uuid
from pathlib import Path

import duckdb

from quarrydb.database.connection import check_readable, connect
from quarrydb.errors import BuildError, DatabaseError, TargetError
from quarrydb.files import is_abandoned, machine, replace_atomically
from quarrydb.store.ledger import Ledger

LOCKED = "IO Error: Could not set lock on file"  # how DuckDB says it


def built_fingerprint(database: Path) -> str | None:
    """The plan fingerprint that a database records; None where there is none to read."""
    if not database.is_file():
        return None
    try:
        with connect(database) as connection:
            row = connection.execute("SELECT fingerprint FROM raw.build").fetchone()
    except (duckdb.Error, DatabaseError):
        return None
    return str(row[0]) if row else None


def check_replaceable(database: Path, root: Path, ledger: Ledger) -> None:
    """TargetError, before any work, where a build would replace what is no database of this project.

    A project file comes from anybody, and may name any file. In its own folder a build replaces what is a
    database of quarrydb, or stands where one of its builds put one, whole or not. Elsewhere only the very
    file that the last build put there, byte for byte. A link is replaced, not what it leads to.
    """
    log = log_of(database)
    if database.is_symlink() or not (database.exists() or os.path.lexists(log)):
        return
    if database.exists():
        check_readable(database)
    if is_inside(database, root):
        is_own = ledger.has_put(database) or built_fingerprint(database) is not None
        is_own = is_own or not database.exists() or database.stat().st_size == 0
    else:
        is_own = database.exists() and ledger.knows_database(database)
    if not is_own:
        found = database if database.exists() else log
        raise TargetError(
            f"{found} is there, and is not what a build of this project put there. Name another place as "
            "database in [project], or replace the file, whatever it is, with: quarry build --replace"
        )


def is_inside(database: Path, root: Path) -> bool:
    """Whether a database lies in the project's folder, links followed."""
    return Path(os.path.realpath(database.parent)).is_relative_to(os.path.realpath(root))


def log_of(database: Path) -> Path:
    """DuckDB's write-ahead log of a database."""
    return database.with_name(database.name + ".wal")


def temporary_database(database: Path) -> Path:
    """A name beside ``database`` that no other process uses, and that nobody foresees."""
    token = uuid.uuid4().hex[:8]
    return database.with_name(f".{database.name}.building-{machine()}-{os.getpid()}.{token}")


def put_in_place(temporary: Path, database: Path) -> None:
    """Rename a checked database over the old one, readers of which go on undisturbed."""
    remove_log(database)
    try:
        replace_atomically(temporary, database)
    except OSError as error:
        raise BuildError(f"{database} can't be replaced: {error.strerror}.") from error


def remove_log(database: Path) -> None:
    """Delete the write-ahead log of the database that is about to be replaced, unless it is in use."""
    log = log_of(database)
    if not os.path.lexists(log):
        return
    try:
        if database.exists() and not log.is_symlink():
            connect(database).close()
    except DatabaseError as error:
        if str(error.__cause__).startswith(LOCKED):
            raise BuildError(
                f"{database} is open for writing in another process. Close it, then build again."
            ) from error
    log.unlink(missing_ok=True)


def remove_database(path: Path) -> None:
    """Delete a database file and its log, if they are there."""
    for file in (path, log_of(path)):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


def remove_leftovers(database: Path) -> None:
    """Delete temporary databases of builds that were killed.

    Only what bears such a name, and of folders only DuckDB's own for spilling; a link goes, not its aim. The
    caller holds the project's lock; what a process that lives has made stays all the same, since some disks
    grant a lock to everybody.
    """
    maker = (
        r"(?P<maker>[A-Za-z0-9_-]+\.[0-9a-f]{8})|[0-9]+(-[0-9a-f]{8})?"  # the latter of version 0.1
    )
    name = re.compile(rf"\.{re.escape(database.name)}\.building-({maker})(\.wal|\.tmp)?")
    with contextlib.suppress(FileNotFoundError), os.scandir(database.parent) as entries:
        for entry in list(entries):
            found = name.fullmatch(entry.name)
            with contextlib.suppress(OSError):
                changed_at = entry.stat(follow_symlinks=False).st_mtime
                if not found or (
                    found["maker"] and not is_abandoned(f".{found['maker']}.tmp", changed_at)
                ):
                    continue
                if stat.S_ISDIR(entry.stat(follow_symlinks=False).st_mode):
                    shutil.rmtree(entry.path)
                else:
                    Path(entry.path).unlink()
