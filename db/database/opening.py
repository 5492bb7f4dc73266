"""Open a built database for reading, sure that it is one and that its schema is this version's."""

from pathlib import Path

import duckdb

import quarrydb
from quarrydb.database.connection import connect, in_plain_words
from quarrydb.errors import DatabaseError


def open_checked(
    path: Path, *, unlocked: bool = False, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection as ``connect`` makes it; DatabaseError names the way out where the file is not fit."""
    connection = connect(path, unlocked=unlocked, memory_limit=memory_limit)
    try:
        row = connection.execute(
            "SELECT schema_version, quarrydb_version FROM raw.build"
        ).fetchone()
    except duckdb.Error as error:
        connection.close()
        raise DatabaseError(
            f"{path} was not made by quarry build: {in_plain_words(error)} Build it with: quarry build"
        ) from error
    if row is None or row[0] != quarrydb.SCHEMA_VERSION:
        connection.close()
        found = f"schema {row[0]} of quarrydb {row[1]}" if row else "no schema"
        raise DatabaseError(
            f"{path} has {found}; this is quarrydb {quarrydb.__version__} with schema "
            f"{quarrydb.SCHEMA_VERSION}. Bring it up to date with: quarry build (stored results are kept)"
        )
    return connection


def is_partial(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a database is a part of the whole, as ``quarry build --only`` makes it."""
    row = connection.execute("SELECT is_partial FROM raw.build").fetchone()
    return row is not None and bool(row[0])
