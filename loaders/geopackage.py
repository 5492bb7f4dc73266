"""Look into a GeoPackage with SQLite before GDAL opens it: undamaged, and plain tables only."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from quarrydb.database.connection import quote_identifier
from quarrydb.errors import SourceError

# A virtual table or view runs code of its file's author; these three kinds only index.
INDEX_MODULES = ("rtree", "rtree_i32", "fts5", "fts4", "fts3")


@contextmanager
def open_file(path: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened so that nothing is written beside it."""
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        connection = sqlite3.connect(address, uri=True)
    except sqlite3.Error as error:
        raise SourceError(f"{path} can't be opened: {error}. Download it again.") from error
    with closing(connection):
        yield _distrustful(connection)


@contextmanager
def open_bytes(content: bytes) -> Iterator[sqlite3.Connection]:
    """A GeoPackage held in memory."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(content)
        yield _distrustful(connection)


def _distrustful(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
    return connection


def check_geopackage(connection: sqlite3.Connection, name: str) -> None:
    """SourceError where SQLite finds the file damaged, or its schema is more than tables of data."""
    try:
        result = connection.execute("PRAGMA quick_check(1)").fetchone()
        objects = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master")
        schema = objects.fetchall()
        layers = connection.execute("SELECT table_name FROM gpkg_contents").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise SourceError(
            f"{name} is a damaged GeoPackage: {error}. Download or copy it again."
        ) from error
    if result != ("ok",):
        raise SourceError(
            f"{name} is a damaged GeoPackage: {result[0]}. Download or copy it again."
        )
    wanted = {layer for (layer,) in layers}
    for kind, item, statement in schema:
        if _runs_code(kind, item, statement, wanted):
            raise SourceError(
                f"{name} holds {item}, which is no plain table: it would run code of the file. "
                "Copy the layer to a new GeoPackage with ogr2ogr."
            )


def _runs_code(kind: str, item: str, statement: str, layers: set[str]) -> bool:
    if kind == "view":
        return item in layers
    words = statement.lower().split()
    if kind != "table" or words[:3] != ["create", "virtual", "table"]:
        return False
    module = statement.lower().rpartition(" using ")[2].partition("(")[0].strip()
    return module not in INDEX_MODULES


def count_rows(connection: sqlite3.Connection) -> dict[str, int]:
    """Rows of each layer as SQLite counts them."""
    layers = connection.execute("SELECT table_name FROM gpkg_contents").fetchall()
    tables = {
        n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    return {layer: _count(connection, layer) for (layer,) in layers if layer in tables}


def _count(connection: sqlite3.Connection, table: str) -> int:
    query = f"SELECT count(*) FROM {quote_identifier(table)}"  # noqa: S608 quoted
    return int(connection.execute(query).fetchone()[0])
