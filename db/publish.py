"""Publish a built database into a DuckLake: tables that many machines read and write at once.

The catalogue of a DuckLake is a PostgreSQL database (or a DuckDB file, for one writer); the rows are
Parquet files in a folder or bucket. Each publication is one transaction: readers see the tables as they
were before it or as they are after it, and can go back to any earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import duckdb

from quarrydb.connection import connect, load_spatial, quote_identifier, quote_literal
from quarrydb.dictionary import View, public_views
from quarrydb.errors import DatabaseError, MissingExtraError
from quarrydb.export import choose_views
from quarrydb.redact import hidden

LAKE, BUILT = "lake", "built"
EXTENSIONS = ("ducklake", "postgres_scanner")


@dataclass(frozen=True)
class Published:
    """Rows by table, or none where this build stood there already; ``snapshot`` is DuckLake's number."""

    rows: dict[str, int]
    snapshot: int
    was_current: bool = False


def publish(
    database: Path,
    catalogue: str,
    *,
    data: str | None = None,
    schema: str = "main",
    views: Sequence[str] | None = None,
) -> Published:
    """Write public views of ``database`` as tables of ``schema`` into the DuckLake ``catalogue``.

    ``catalogue`` is what stands behind ``ducklake:`` in DuckDB: ``postgres:dbname=mines host=db`` or a
    file. ``data`` is where a new DuckLake keeps its Parquet files; one that exists knows.

    Raises:
        MissingExtraError: the extensions are not installed.
        DatabaseError: no catalogue answers, or another writer changed the same tables at this moment.
    """
    with connect(database) as connection:
        chosen = choose_views(public_views(connection), views)
    with duckdb.connect() as connection:
        attach(connection, catalogue, data)
        connection.execute(f"ATTACH {quote_literal(database)} AS {BUILT} (READ_ONLY)")
        if is_current(connection, schema, [view.name for view in chosen]):
            return Published({}, snapshot(connection), was_current=True)
        try:
            return write(connection, schema, chosen)
        except duckdb.Error as error:
            raise DatabaseError(f"Nothing was published: {hidden(str(error))}") from None


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
    for name in EXTENSIONS:
        connection.execute(f"LOAD {quote_literal(extension(name))}")
    load_spatial(connection)
    options = [f"DATA_PATH {quote_literal(data)}"] if data else []
    options += ["READ_ONLY"] if read_only else []
    listed = f" ({', '.join(options)})" if options else ""
    try:
        connection.execute(f"ATTACH {quote_literal('ducklake:' + catalogue)} AS {LAKE}{listed}")
    except duckdb.Error as error:
        # Not "from error": the catalogue, which may hold a password, stands in its text.
        raise DatabaseError(
            f"The DuckLake can't be attached: {hidden(str(error))} A new one needs --data, a folder or "
            "bucket for its files; passwords belong into PGPASSWORD or .pgpass."
        ) from None


def is_current(connection: duckdb.DuckDBPyConnection, schema: str, tables: Sequence[str]) -> bool:
    """Whether the schema holds these tables from exactly this build."""
    there = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ?",
        [LAKE, schema],
    ).fetchall()
    if not {*tables, "build_info"} <= {name for (name,) in there}:
        return False
    query = "SELECT fingerprint FROM {}.{}.build_info"
    old = connection.execute(query.format(LAKE, quote_identifier(schema))).fetchall()
    return old == connection.execute(query.format(BUILT, "main")).fetchall()


def write(connection: duckdb.DuckDBPyConnection, schema: str, chosen: Sequence[View]) -> Published:
    """Replace all tables in one transaction."""
    place = f"{LAKE}.{quote_identifier(schema)}"
    rows: dict[str, int] = {}
    connection.execute("BEGIN")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {place}")
    for view in chosen:
        table = f"{place}.{quote_identifier(view.name)}"
        rows[view.name] = copy(connection, view, table)
        comment(connection, view, table)
    note = f"CALL {LAKE}.set_commit_message('quarry publish', ?)"
    connection.execute(note, [f"{len(rows)} tables of schema {schema}"])
    connection.execute("COMMIT")
    return Published(rows, snapshot(connection))


def copy(connection: duckdb.DuckDBPyConnection, view: View, table: str) -> int:
    """Make a table of a view's rows, and return how many there are."""
    source = f"{BUILT}.main.{quote_identifier(view.name)}"
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS FROM {source}")
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 quoted
    return int(row[0]) if row else 0


def comment(connection: duckdb.DuckDBPyConnection, view: View, table: str) -> None:
    """Carry a view's comments over."""
    connection.execute(f"COMMENT ON TABLE {table} IS {quote_literal(view.comment)}")
    for column in view.columns:
        name = f"{table}.{quote_identifier(column.name)}"
        connection.execute(f"COMMENT ON COLUMN {name} IS {quote_literal(column.comment)}")


def snapshot(connection: duckdb.DuckDBPyConnection) -> int:
    """The newest snapshot's number."""
    row = connection.execute(f"SELECT max(snapshot_id) FROM {LAKE}.snapshots()").fetchone()  # noqa: S608
    return int(row[0]) if row else 0
