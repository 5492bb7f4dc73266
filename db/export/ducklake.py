"""Publish a built database into a DuckLake: tables that many machines read and write at once.

The catalogue of a DuckLake is a PostgreSQL database (or a DuckDB file, for one writer); the rows are
Parquet files in a folder or bucket. Each publication is one transaction: readers see the tables as they
were before it or as they are after it, and can go back to any earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from quarrydb.contract import SILENT, Progress, told
from quarrydb.database.connection import (
    empty_instance,
    in_plain_words,
    load_spatial,
    quote_identifier,
    quote_literal,
)
from quarrydb.database.dictionary import View, public_views
from quarrydb.database.opening import open_checked
from quarrydb.errors import DatabaseError, MissingExtraError
from quarrydb.export.rows import in_order
from quarrydb.export.views import choose_views
from quarrydb.files import replacing
from quarrydb.provenance.cite import read_build
from quarrydb.redact import hidden

LAKE, ROWS, NEW = "lake", "rows_of_a_view", "new_catalogue"
KIND = re.compile(r"[a-z_]+:")  # before the address of a catalogue that is no file
BATCH_ROWS = 20_000
EXTENSIONS = ("ducklake", "postgres_scanner")
BUILD_DIGITS = 12  # of a build's fingerprint, as quarry cite shows it
OF_BUILD = r" \(build ([0-9a-f]+)\)$"


@dataclass(frozen=True)
class Published:
    """Rows by table, or none where this build stood there already; ``snapshot`` is DuckLake's number.

    ``others`` are tables of the schema that an earlier publication of another build left there.
    """

    rows: dict[str, int]
    snapshot: int
    was_current: bool = False
    others: tuple[str, ...] = ()


def publish(
    database: str | Path,
    catalogue: str,
    *,
    data: str | None = None,
    schema: str = "main",
    views: Sequence[str] | None = None,
    progress: Progress = SILENT,
) -> Published:
    """Write public views of ``database`` as tables of ``schema`` into the DuckLake ``catalogue``.

    ``catalogue`` is what stands behind ``ducklake:`` in DuckDB: ``postgres:dbname=mines host=db`` or a
    file. ``data`` is where a new DuckLake keeps its Parquet files; one that exists knows.

    Raises:
        MissingExtraError: the extensions are not installed.
        DatabaseError: ``database`` is none of this version, no catalogue answers, or another writer
            changed the same tables at this moment.
    """
    with open_checked(Path(database)) as built, empty_instance() as lake:
        with plain_errors("Nothing was published"):
            chosen = choose_views(public_views(built), views)
            build = read_build(built).fingerprint[:BUILD_DIGITS]
        attach(lake, catalogue, data)
        with plain_errors("Nothing was published"):
            was_current = is_current(lake, schema, [view.name for view in chosen], build)
            rows = {} if was_current else write(lake, built, schema, chosen, build, progress)
        with plain_errors("The tables are there, but the DuckLake can't be read"):
            others = of_other_builds(lake, schema, build)
            published = Published(rows, snapshot(lake), was_current, others)
    if not was_current:
        check_published(catalogue, note_of(rows, schema, build))
    return published


def note_of(rows: Sized, schema: str, build: str) -> str:
    """What a publication says of itself in the DuckLake."""
    return f"{len(rows)} tables of schema {schema}, build {build}"


def check_published(catalogue: str, note: str) -> None:
    """DatabaseError where a reader who comes now does not find the publication ``note``.

    A catalogue that somebody removed or replaced meanwhile took what was written along, with no error.
    """
    found = None
    with suppress(duckdb.Error, DatabaseError), empty_instance() as lake:
        attach(lake, catalogue, None, read_only=True)
        query = f"SELECT 1 FROM {LAKE}.snapshots() WHERE commit_message = ? LIMIT 1"  # noqa: S608
        found = lake.execute(query, [note]).fetchone()
    if found is None:
        raise DatabaseError(
            "The DuckLake's catalogue does not hold what was just published: it was removed or replaced "
            "meanwhile. Put the catalogue back, and publish again."
        )


@contextmanager
def plain_errors(what: str) -> Iterator[None]:
    """Make DuckDB's errors a DatabaseError that says ``what`` came of it, without secrets.

    Not "from error": the catalogue, which may hold a password, can stand in its text.
    """
    try:
        yield
    except duckdb.Error as error:
        raise DatabaseError(f"{what}: {hidden(in_plain_words(error))}") from None


def extension(name: str) -> Path:
    """The extension file that a wheel carries for this DuckDB, as for spatial."""
    spec = find_spec(f"duckdb_extension_{name}")
    for place in spec.submodule_search_locations or [] if spec else []:
        file = Path(place) / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        if file.exists():
            return file
    raise MissingExtraError(
        f"DuckDB {duckdb.__version__} has no extension {name} here. "
        'Install it with: pip install "quarrydb[ducklake]"'
    )


def attach(
    connection: duckdb.DuckDBPyConnection,
    catalogue: str,
    data: str | None,
    *,
    read_only: bool = False,
) -> None:
    """Attach a DuckLake as ``lake``, and make it where there is none."""
    with plain_errors("DuckDB's extensions can't be loaded"):
        for name in EXTENSIONS:
            connection.execute(f"LOAD {quote_literal(extension(name))}")
        load_spatial(connection)
    options = [f"DATA_PATH {quote_literal(data)}"] if data else []
    options += ["READ_ONLY"] if read_only else []
    listed = f" ({', '.join(options)})" if options else ""
    try:
        if not read_only:
            make_file(connection, catalogue)
        connection.execute(f"ATTACH {quote_literal('ducklake:' + catalogue)} AS {LAKE}{listed}")
    except duckdb.Error as error:
        # Not "from error": the catalogue, which may hold a password, stands in its text.
        raise DatabaseError(
            f"The DuckLake can't be attached: {hidden(str(error))} A new one needs --data, a folder or "
            "bucket for its files; passwords belong into PGPASSWORD or .pgpass."
        ) from None


def make_file(connection: duckdb.DuckDBPyConnection, catalogue: str) -> None:
    """Make the file of a new catalogue, whole or not at all; what DuckDB would leave half can't be opened."""
    file = Path(catalogue)
    if KIND.match(catalogue) or file.exists() or file.is_symlink() or not file.parent.is_dir():
        return
    with replacing(file) as temporary:
        connection.execute(f"ATTACH {quote_literal(temporary)} AS {NEW}")
        connection.execute(f"DETACH {NEW}")


def is_current(
    connection: duckdb.DuckDBPyConnection, schema: str, tables: Sequence[str], build: str
) -> bool:
    """Whether the schema holds each of these tables from exactly this build, as their comments say."""
    builds = builds_of_tables(connection, schema)
    return all(builds.get(name) == build for name in tables)


def of_other_builds(
    connection: duckdb.DuckDBPyConnection, schema: str, build: str
) -> tuple[str, ...]:
    """The tables of the schema that were published from another build than this one."""
    builds = builds_of_tables(connection, schema)
    return tuple(sorted(name for name, other in builds.items() if other != build))


def builds_of_tables(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, str]:
    """The build that each published table of the schema is of, as its comment says."""
    rows = connection.execute(
        "SELECT table_name, regexp_extract(comment, ?, 1) AS build FROM duckdb_tables() "
        "WHERE database_name = ? AND schema_name = ? AND build <> ''",
        [OF_BUILD, LAKE, schema],
    ).fetchall()
    return dict(rows)


def of_build(words: str, build: str) -> str:
    """A table's comment, with the build that its rows are of."""
    return f"{words} (build {build})"


def write(
    connection: duckdb.DuckDBPyConnection,
    built: duckdb.DuckDBPyConnection,
    schema: str,
    chosen: Sequence[View],
    build: str,
    progress: Progress = SILENT,
) -> dict[str, int]:
    """Replace all tables in one transaction, and return the number of rows of each."""
    place = f"{LAKE}.{quote_identifier(schema)}"
    rows: dict[str, int] = {}
    connection.execute("BEGIN")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
    for view in told(chosen, progress, "Publish", "tables", lambda view: view.name):
        table = f"{place}.{quote_identifier(view.name)}"
        rows[view.name] = copy(connection, built, view, table)
        comment(connection, view, table, build)
    commit = f"CALL {LAKE}.set_commit_message('quarry publish', ?)"
    connection.execute(commit, [note_of(rows, schema, build)])
    connection.execute("COMMIT")
    return rows


def copy(
    connection: duckdb.DuckDBPyConnection,
    built: duckdb.DuckDBPyConnection,
    view: View,
    table: str,
) -> int:
    """Make a table of a view's rows, and return how many there are.

    The rows come over from the database's own, locked connection: this one may write files and open
    addresses, so it never runs a view that came with a file.
    """
    geometry = [quote_identifier(c.name) for c in view.columns if c.type.startswith("GEOMETRY")]
    binary = ", ".join(f"ST_AsWKB({column}) AS {column}" for column in geometry)
    json = [quote_identifier(c.name) for c in view.columns if c.type == "JSON"]
    back = [f"ST_GeomFromWKB({column}) AS {column}" for column in geometry]
    back += [f"{column}::JSON AS {column}" for column in json]  # Arrow brings it as text
    rows = built.execute(
        f"SELECT *{f' REPLACE ({binary})' if geometry else ''} FROM ({in_order(built, view.name)})"  # noqa: S608 quoted
    ).to_arrow_reader(BATCH_ROWS)
    connection.register(ROWS, rows)
    columns = f"* REPLACE ({', '.join(back)})" if back else "*"
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {columns} FROM {ROWS}")  # noqa: S608 quoted
    connection.unregister(ROWS)
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 quoted
    return int(row[0]) if row else 0


def comment(connection: duckdb.DuckDBPyConnection, view: View, table: str, build: str) -> None:
    """Carry a view's comments over; that of the table also says of which build it is."""
    words = quote_literal(of_build(view.comment, build))
    connection.execute(f"COMMENT ON TABLE {table} IS {words}")
    for column in view.columns:
        name = f"{table}.{quote_identifier(column.name)}"
        connection.execute(f"COMMENT ON COLUMN {name} IS {quote_literal(column.comment)}")


def snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest snapshot's number."""
    row = connection.execute(f"SELECT max(snapshot_id) FROM {LAKE}.snapshots()").fetchone()  # noqa: S608
    return int(row[0]) if row else 0
