"""Results as CSV and JSON: every column in its place, and text that other programs read."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from quarrydb.database import query as module
from quarrydb.database.connection import connect
from quarrydb.database.query import as_csv, as_json_lines, write_csv, write_parquet
from quarrydb.errors import QueryError, TargetError
from quarrydb.export.views import export_views

KINDS = """
    SELECT
        'nan'::DOUBLE AS none, '-inf'::FLOAT AS endless, [1.5::DOUBLE, NULL, 'nan'] AS numbers,
        {'a': 1, 'b': DATE '2020-01-01'} AS thing, MAP {'k': 2} AS named, [1, 2]::INT[2] AS pair,
        '{"a": [1]}'::JSON AS json, BLOB 'ab' AS bytes, INTERVAL 1 DAY AS time, sum(2) AS total,
        1.25::DECIMAL(5, 2) AS price, ST_Point(1, 2) AS place, [ST_Point(1, 2)] AS places,
        'two' || chr(10) || 'lines' AS words, NULL::INT[] AS absent
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with connect() as opened:
        yield opened


def test_columns_of_one_name_keep_their_values(connection: duckdb.DuckDBPyConnection) -> None:
    result = connection.sql("SELECT 1 AS a, [2] AS a, ST_Point(3, 3) AS a, 4 AS b")
    assert list(as_csv(result)) == ["a,a,a,b", "1,[2],POINT (3 3),4"]
    with pytest.raises(QueryError, match=r"Two columns are called a, .* with AS, or use --csv"):
        list(as_json_lines(result))


def test_json_lines_are_json(connection: duckdb.DuckDBPyConnection) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    (line,) = as_json_lines(connection.sql(KINDS))
    assert json.loads(line, parse_constant=refuse) == {
        "none": None,
        "endless": None,
        "numbers": [1.5, None, None],
        "thing": {"a": 1, "b": "2020-01-01"},
        "named": {"k": 2},
        "pair": [1, 2],
        "json": {"a": [1]},
        "bytes": "ab",
        "time": "1 day",
        "total": 2,
        "price": 1.25,
        "place": "POINT (1 2)",
        "places": ["POINT (1 2)"],
        "words": "two\nlines",
        "absent": None,
    }


def test_csv_holds_nested_values_as_json(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    result = connection.sql(KINDS)
    assert write_csv(result, tmp_path / "kinds.csv") == 1
    text = (tmp_path / "kinds.csv").read_text()
    assert "\n".join(as_csv(result)) + "\n" == text
    (row,) = csv.DictReader(text.splitlines(keepends=True))
    assert row["none"] == "nan"
    assert row["numbers"] == "[1.5,null,null]"
    assert row["thing"] == '{"a":1,"b":"2020-01-01"}'
    assert (row["named"], row["pair"], row["json"]) == ('{"k":2}', "[1,2]", '{"a": [1]}')
    assert (row["bytes"], row["time"], row["absent"]) == ("ab", "1 day", "")
    assert row["words"] == "two\nlines"


def test_an_export_holds_nested_values_as_json(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quarrydb.export.views.datapackage", lambda *_: {"resources": []})
    monkeypatch.setattr("quarrydb.export.views.stac_item", lambda *_: {})
    monkeypatch.setattr("quarrydb.export.views.read_sources", lambda _: [])
    connection.execute("CREATE VIEW v AS SELECT 'x' AS mine_id, [1, NULL]::UTINYINT[] AS classes")
    assert export_views(connection, tmp_path, views=["v"], file_format="csv") == {"v": 1}
    assert (tmp_path / "v.csv").read_text() == 'mine_id,classes\nx,"[1,null]"\n'


def test_csv_is_written_batch_by_batch(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first rows are on disk when the next are asked for; what fails later leaves the old file."""
    written = []

    def two_batches(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.RecordBatch]:
        for batch in relation.to_arrow_reader(10_000):
            written.append(sum(file.stat().st_size for file in tmp_path.glob(".*.tmp")))
            yield batch
        raise QueryError("the last batch")

    monkeypatch.setattr(module, "batches", two_batches)
    (tmp_path / "many.csv").write_text("old")
    with pytest.raises(QueryError, match="the last batch"):
        write_csv(connection.sql("FROM range(20_000)"), tmp_path / "many.csv")
    assert written[0] == 0
    assert written[1] > 10_000
    assert [file.name for file in tmp_path.iterdir()] == ["many.csv"]
    assert (tmp_path / "many.csv").read_text() == "old"


@pytest.mark.parametrize("write", [write_csv, write_parquet])
def test_a_place_that_can_not_be_written(write, connection, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in ("none/x", "file/x"):
        with pytest.raises(TargetError, match=r"/x can't be written: No"):
            write(connection.sql("SELECT 1"), tmp_path / place)
