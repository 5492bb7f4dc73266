"""Look into a GeoPackage with SQLite before GDAL opens it: undamaged, and plain tables only.

A program that edits one leaves what it has not yet written into the file in a log beside it. What SQLite
reads is then the file with its log, so both are copied to a private place, and the copy is read: opening
the user's own file would write to it.
"""

import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

from quarrydb.database.connection import quote_identifier
from quarrydb.errors import SourceError
from quarrydb.loaders.formats import gdal
from quarrydb.loaders.formats.data import Reading, VectorData, convert
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import check_utf8

# A virtual table or view runs code of its file's author; these three kinds only index.
INDEX_MODULES = ("rtree", "rtree_i32", "fts5", "fts4", "fts3")
SIGNATURE = b"SQLite format 3\x00"
# A write-ahead log, and the pages that a transaction which was never finished had changed.
LOGS = ("-wal", "-journal")
WAL_MODE = b"\x02\x02"  # bytes 18 and 19 of the header


def parts(path: Path) -> tuple[Path, ...]:
    """The file and what a program that edits it left beside it."""
    return (path, *(log for log in logs(path) if log.is_file() and log.stat().st_size))


def logs(path: Path) -> list[Path]:
    """Where the logs of a database stand, if there are any."""
    return [path.with_name(path.name + suffix) for suffix in LOGS]


def read(reading: Reading) -> VectorData:
    """A layer of a GeoPackage as its editor sees it, whatever of it stands in a log."""
    reading = replace(reading, path=settled(reading))
    with open_file(reading.path) as connection:
        check_geopackage(connection, reading.where)
        data = gdal.read(reading, "GPKG", n_rows=count_rows(connection))
        check_utf8(data, reading.where)
        return _without_false_dates(connection, data)


def settled(reading: Reading) -> Path:
    """The file where nothing is written beside it by reading, else a private copy with its log in it."""
    path = reading.path
    found = parts(path)
    with path.open("rb") as file:
        is_wal = file.read(20)[18:20] == WAL_MODE
    if len(found) == 1 and not is_wal:
        return path
    folder = reading.private_folder()
    for one in found:
        shutil.copyfile(one, folder / one.name)
    copy = folder / path.name
    try:
        with closing(sqlite3.connect(copy)) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.Error as error:
        raise SourceError(
            f"{reading.where} is a damaged GeoPackage, or its log is of another file: {error}. Close the "
            "program that edits it, or copy it again."
        ) from error
    return copy


def _without_false_dates(connection: sqlite3.Connection, data: VectorData) -> VectorData:
    """NULL for dates that SQLite can't read; GDAL would make 1970 of them."""
    if data.layer is None or not data.attributes.num_columns:
        return data
    row_of = {int(fid): row for row, fid in enumerate(data.ids)}
    false: dict[str, Sequence[int]] = {}
    times: list[str] = []
    for name, kind, is_key in _columns(connection, data.layer):
        if kind.upper() == "DATETIME":
            times.append(name)
        elif kind.upper() == "DATE" and not is_key:
            fids = _rows_without_date(connection, data.layer, name)
            false[name] = [row_of[fid] for fid in fids if fid in row_of]
    return without_false_dates(data, false, times)


def _columns(connection: sqlite3.Connection, layer: str) -> list[tuple[str, str, bool]]:
    """Name, declared type, and whether it is the key, of each column of a layer."""
    rows = connection.execute(f"PRAGMA table_info({quote_identifier(layer)})").fetchall()
    return [(str(row[1]), str(row[2]), bool(row[5])) for row in rows]


def _rows_without_date(connection: sqlite3.Connection, layer: str, column: str) -> list[int]:
    name = quote_identifier(column)
    query = (
        f"SELECT rowid FROM {quote_identifier(layer)} "  # noqa: S608 quoted
        f"WHERE {name} IS NOT NULL AND (date({name}) IS NULL OR date({name}) <> substr({name}, 1, 10))"
    )
    return [int(row[0]) for row in connection.execute(query)]


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
        if all(item != "gpkg_contents" for _, item, _ in schema):
            raise convert(name, "is an SQLite database, but no GeoPackage: it has no gpkg_contents")
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


def count_rows(connection: sqlite3.Connection) -> Mapping[str, int]:
    """Rows of each layer as SQLite counts them."""
    layers = connection.execute("SELECT table_name FROM gpkg_contents").fetchall()
    tables = {
        n for (n,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    }
    return {layer: _count(connection, layer) for (layer,) in layers if layer in tables}


def _count(connection: sqlite3.Connection, table: str) -> int:
    query = f"SELECT count(*) FROM {quote_identifier(table)}"  # noqa: S608 quoted
    return int(connection.execute(query).fetchone()[0])
