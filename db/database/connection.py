"""DuckDB connections with the spatial extension loaded and longitude first.

Every connection of the package is made here. One that reads a file is locked before the first query on
it: views of a database are code of whoever made it (docs/decisions/0007-one-locked-way-to-read.md).
"""

import math
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.errors import DatabaseError

AREA_OF_DEGREE_SQUARE_AT_50N_KM2 = 7892.061583
NO_FILES = "LocalFileSystem has been disabled"  # how DuckDB says that a connection is locked
# What DuckDB opens, unasked, beside a database.
BESIDE = (".wal", ".wal.checkpoint", ".wal.recovery", ".tmp")
# Extension files whose signature DuckDB has checked in this process, as they were then.
_CHECKED: set[tuple[Path, int, int, int]] = set()
# The order counts: the last one closes the lock.
LOCK = {
    "temp_directory": "''",
    "allow_persistent_secrets": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "disabled_filesystems": "'LocalFileSystem'",
    "lock_configuration": "true",
}


@lru_cache(maxsize=1)
def spatial_extension() -> Path:
    """The spatial extension that the wheel ``duckdb-extension-spatial`` carries for this DuckDB."""
    spec = find_spec("duckdb_extension_spatial")
    places = list(spec.submodule_search_locations or []) if spec else []
    for place in places:
        file = Path(place) / "extensions" / f"v{duckdb.__version__}" / "spatial.duckdb_extension"
        if file.exists():
            return file
    raise DatabaseError(
        f"DuckDB {duckdb.__version__} has no spatial extension here. "
        f'Run: pip install "duckdb-extension-spatial=={duckdb.__version__}"'
    )


def quote_identifier(name: str) -> str:
    """``name`` as a quoted SQL identifier, dots and quotes in it harmless."""
    return '"' + name.replace('"', '""') + '"'


def quote_qualified(name: str) -> str:
    """``schema.table`` with both parts quoted."""
    return ".".join(quote_identifier(part) for part in name.split("."))


def quote_literal(text: object) -> str:
    """``text`` as a quoted SQL string, for the statements that take no bound value (COPY, ATTACH)."""
    return "'" + str(text).replace("'", "''") + "'"


def quote_list(values: Iterable[object]) -> str:
    """``values`` as a quoted SQL list of strings."""
    return f"[{', '.join(map(quote_value, values))}]"


def quote_value(value: object) -> str:
    """``value``, a scalar or a list, as SQL to be cast to its type.

    For what a build writes: DuckDB imports pandas for the first value that is bound, a fifth of a second.
    """
    if value is None:
        return "NULL"
    if isinstance(value, list | tuple):
        return quote_list(value)
    return quote_literal(value).replace("\0", "' || chr(0) || '")  # a statement would end there


def install_spatial() -> None:
    """Put the extension where ibis, notebooks and the duckdb shell of this user find it, offline."""
    with empty_instance() as connection:
        connection.execute(f"INSTALL {quote_literal(spatial_extension())}")


def empty_instance(*, memory_limit: str | None = None) -> duckdb.DuckDBPyConnection:
    """A database of its own in memory, without spatial functions, free to read and write files."""
    return duckdb.connect(config=settings(None, memory_limit))


def settings(threads: int | None, memory_limit: str | None) -> dict[str, Any]:
    """DuckDB's configuration; what is None is left to it."""
    config = {"threads": threads, "memory_limit": memory_limit}
    return {key: str(value) for key, value in config.items() if value is not None}


def connect(
    path: str | Path = ":memory:",
    *,
    read_only: bool = True,
    threads: int | None = None,
    memory_limit: str | None = None,
    unlocked: bool = False,
    is_alone: bool = False,
) -> duckdb.DuckDBPyConnection:
    """Open a quarrydb database, with spatial functions that take longitude before latitude.

    A database that is read is locked: neither a query nor a view in the file opens another file or
    address, and settings stay as they are. ``unlocked`` lifts that for a file whose views you trust, and
    lets your queries read other files; so does ``read_only=False``, which is for your own database, and a
    database in memory. ``memory_limit`` as DuckDB writes it (``"1GB"``). ``is_alone`` says that nobody else
    has the file open.

    Raises DatabaseError where the file can't be opened.
    """
    config = settings(threads, memory_limit)
    in_memory, is_locked = str(path) == ":memory:", read_only and not unlocked
    if read_only and not in_memory:
        check_readable(Path(path))
    try:
        if in_memory or is_locked:
            connection = duckdb.connect(config=config | checked_before())
        else:
            # Another connection of this process to that file must ask for the same settings.
            is_alone = is_alone or not Path(path).exists()
            known = checked_before() if is_alone else {}
            connection = duckdb.connect(str(path), read_only=read_only, config=config | known)
    except (duckdb.Error, OSError) as error:
        raise DatabaseError(f"{path} can't be opened: {error}") from error
    load_spatial(connection)
    _CHECKED.add(identity(spatial_extension()))
    if is_locked and not in_memory:
        attach_locked(connection, Path(path))
    return connection


def check_readable(path: Path) -> None:
    """DatabaseError where there is no database file, or where links stand for DuckDB's files beside it."""
    if not path.is_file():
        raise DatabaseError(f"{path} does not exist. Build it with: quarry build")
    for suffix in BESIDE:
        neighbour = path.with_name(path.name + suffix)
        if neighbour.is_symlink():
            raise DatabaseError(f"{neighbour} is a link: DuckDB would follow it. Remove it.")


def attach_locked(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The one way to read a file: attach it to an empty instance in memory, and close that off.

    An instance of its own: DuckDB shares one, and the locks on it, between all connections of a process
    to one file. The connection is closed where that fails.
    """
    try:
        name = quote_identifier(path.stem)
        connection.execute(f"ATTACH {quote_literal(path)} AS {name} (READ_ONLY)")
        connection.execute(f"USE {name}.main")
        lock_down(connection)
    except (duckdb.Error, OSError) as error:
        connection.close()
        raise DatabaseError(f"{path} can't be opened: {error}") from error


def checked_before() -> dict[str, Any]:
    """The setting with which DuckDB loads spatial without hashing its 80 MB again, where it has done so.

    Every instance checks the signature anew, which takes ten times as long as to load and open all else.
    Once a process is enough while the file stays the same; ``load_spatial`` takes the setting back.
    """
    is_checked = identity(spatial_extension()) in _CHECKED
    return {"allow_unsigned_extensions": "true"} if is_checked else {}


def identity(file: Path) -> tuple[Path, int, int, int]:
    """A file as it is now: another one in its place, or a change of it, is told from it."""
    found = file.stat()
    return file, found.st_ino, found.st_size, found.st_mtime_ns


def load_spatial(connection: duckdb.DuckDBPyConnection) -> None:
    """Load spatial, put longitude first on every cursor, and prove it by the area of a known square.

    From then on the connection loads no extension without a valid signature.
    """
    connection.execute(f"LOAD {quote_literal(spatial_extension())}")
    connection.execute("SET allow_unsigned_extensions = false")
    connection.execute("SET GLOBAL geometry_always_xy = true")
    row = connection.execute(
        "SELECT ST_Area_Spheroid(ST_MakeEnvelope(0, 50, 1, 51)) / 1e6"
    ).fetchone()
    if row is None or not math.isclose(row[0], AREA_OF_DEGREE_SQUARE_AT_50N_KM2, rel_tol=1e-9):
        raise DatabaseError(
            f"This DuckDB measures the 1-degree square at 50 N as {row} km2, not "
            f"{AREA_OF_DEGREE_SQUARE_AT_50N_KM2}: it swaps axes. Install the pinned duckdb."
        )


def in_plain_words(error: Exception) -> str:
    """What DuckDB says, or which lock a query or a view met."""
    if NO_FILES not in str(error):
        return str(error)
    return (
        "it would open a file or an address, and only this database is read. To lift that, for a query "
        "and a database that you trust: --unlocked, in Python unlocked=True."
    )


def lock_down(connection: duckdb.DuckDBPyConnection) -> None:
    """Close a connection off: what is attached stays readable; no other file, address or setting.

    DuckDB allows the attached file, names beside it and its temporary folder even without external
    access, for writing too: so the file system itself is taken away. Nothing can be spilled to disk then.
    """
    for setting, value in LOCK.items():
        connection.execute(f"SET {setting} = {value}")
