"""Exports of one database hold their rows in one order, whatever order they are computed in."""

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from quarrydb.database.connection import load_spatial
from quarrydb.database.statement import is_ordered
from quarrydb.export.geoparquet import write_geoparquet, write_partitioned
from quarrydb.export.rows import in_order

SHUFFLED = "SELECT 1 - i // 500 AS part, i AS n FROM range(1000) AS t (i) ORDER BY hash(i)"
PLACED = f"SELECT part, n, ST_Point(n % 2, 0) AS geometry FROM ({SHUFFLED})"


@pytest.fixture
def views() -> duckdb.DuckDBPyConnection:
    """Views over rows that lie in no order: without one, with one of their own, with points."""
    connection = duckdb.connect()
    load_spatial(connection)
    connection.execute(f"CREATE TABLE heap AS {SHUFFLED}")
    connection.execute(f"CREATE TABLE places AS {PLACED}")
    connection.execute("CREATE VIEW shuffled AS FROM heap")
    connection.execute("CREATE VIEW falling AS SELECT * FROM heap ORDER BY n DESC")
    connection.execute("CREATE VIEW placed AS FROM places")
    return connection


@pytest.mark.parametrize(
    ("query", "has_order"),
    [
        ("SELECT 1 AS a ORDER BY a", True),
        ("WITH b AS (SELECT 1 AS a) SELECT a FROM b ORDER BY a", True),
        ("SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a", True),
        ("SELECT a FROM (SELECT 1 AS a ORDER BY a)", False),
        ("SELECT ' ORDER BY a' AS a", False),
        ("SELECT row_number() OVER (ORDER BY a) FROM (SELECT 1 AS a)", False),
        ("no query", False),
    ],
)
def test_an_order_of_its_own_is_seen(query: str, has_order: bool) -> None:
    with duckdb.connect() as connection:
        assert is_ordered(connection, query) == has_order


def test_rows_go_by_their_columns_where_the_view_has_no_order(
    views: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    file = tmp_path / "shuffled.parquet"
    write_geoparquet(views, "shuffled", file)
    rows = pq.read_table(file).to_pydict()
    assert rows["n"] == [*range(500, 1000), *range(500)]
    assert views.sql(in_order(views, "shuffled")).fetchall() == list(
        zip(*rows.values(), strict=True)
    )


def test_an_order_of_its_own_stays(views: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_geoparquet(views, "falling", tmp_path / "falling.parquet")
    assert pq.read_table(tmp_path / "falling.parquet")["n"].to_pylist() == [*reversed(range(1000))]


def test_rows_of_one_place_go_by_their_columns(
    views: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    write_geoparquet(views, "placed", tmp_path / "placed.parquet")
    found = pq.read_table(tmp_path / "placed.parquet", columns=["part", "n"]).to_pylist()
    rows = [(row["part"], row["n"]) for row in found]
    halves = [[row for row in rows if row[1] % 2 == side] for side in (0, 1)]
    assert all(half == sorted(half) for half in halves)
    assert rows in ([*halves[0], *halves[1]], [*halves[1], *halves[0]])


def test_parts_are_in_order(views: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    write_partitioned(views, "shuffled", "part", tmp_path / "out")
    for part, numbers in ((1, range(500)), (0, range(500, 1000))):
        rows = pq.ParquetFile(tmp_path / "out" / f"part={part}" / "part-0.parquet").read()
        assert rows["n"].to_pylist() == [*numbers]
