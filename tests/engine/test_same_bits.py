"""What a view says does not depend on how many threads read it."""

from pathlib import Path

import duckdb

from quarrydb.database.connection import connect, quote_identifier
from quarrydb.database.dictionary import public_views


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[str, ...]]]:
    """Rows of every public view as text, sorted."""
    found = {}
    for view in public_views(connection):
        columns = ", ".join(f"{quote_identifier(c.name)}::VARCHAR" for c in view.columns)
        query = f"SELECT {columns} FROM {quote_identifier(view.name)} ORDER BY ALL"
        found[view.name] = connection.execute(query).fetchall()
    return found


def test_one_thread_and_several_read_the_same_bits(demo_database: Path) -> None:
    read = {}
    for threads in (1, 2, 4):
        with connect(demo_database, threads=threads) as connection:
            read[threads] = contents(connection)
    for threads in (2, 4):
        differing = [view for view, rows in read[1].items() if rows != read[threads][view]]
        assert differing == []
