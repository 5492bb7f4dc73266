"""Run a user's query on a database that it can't change, and print the result."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import math
import shutil
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from quarrydb.database.connection import in_plain_words, quote_identifier
from quarrydb.database.statement import check_reads
from quarrydb.errors import QueryError
from quarrydb.files import replacing
from quarrydb.redact import printable

if TYPE_CHECKING:
    import pyarrow as pa

BATCH_ROWS = 10_000
SHOWN_ROWS = 100
SHOWN_DIGITS = 6
SHOWN_POINTS = 2
WHOLE = 2**31 - 1
# DuckDB's types that become JSON text in a file of text, and those whose words do.
NESTED = {"list", "array", "struct", "map", "union"}
SAID = {"blob", "interval", "bit"}
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
# Python's dates know neither infinity nor years before 1.
TIMES = ("date", "timestamp")


def run_query(
    connection: duckdb.DuckDBPyConnection, query: str, *, unlocked: bool = False
) -> duckdb.DuckDBPyRelation | None:
    """The result of one statement; None where it gives no rows.

    Unless ``unlocked`` the statement must be one that reads; ``connect`` sees to it that it reads this
    database only. QueryError where it is another, or fails.
    """
    if not unlocked:
        check_reads(connection, query)
    try:
        return connection.sql(query)
    except duckdb.Error as error:
        raise _failed(error) from error


def _failed(error: Exception) -> QueryError:
    """What DuckDB or Arrow says, in plain words where the lock or the memory is the reason."""
    text = in_plain_words(error)
    if isinstance(error, duckdb.OutOfMemoryException):
        text = (
            f"{text.splitlines()[0]}\nGive it more with --memory-limit, or --unlocked, which lets it use "
            "the disk."
        )
    return QueryError(f"The query failed: {text}")


def batches(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.RecordBatch]:
    """The result in Arrow batches; QueryError where the query fails on the way."""
    import pyarrow as pa

    try:
        yield from relation.to_arrow_reader(BATCH_ROWS)
    except (duckdb.Error, pa.ArrowException) as error:
        raise _failed(error) from error


def as_table(relation: duckdb.DuckDBPyRelation, *, whole: bool = False) -> None:
    """Print the first rows as a table that fits the terminal; ``whole``: every row and column, uncut."""
    with contextlib.redirect_stdout(io.StringIO()) as drawn:
        try:
            if whole:
                as_text(relation).show(max_rows=WHOLE, max_width=WHOLE, max_col_width=WHOLE)
            else:
                shortened(relation).show(max_rows=SHOWN_ROWS, max_width=_width())
        except duckdb.Error as error:
            raise _failed(error) from error
    # DuckDB spells out the controls of ASCII only: others turn text, or have no width.
    sys.stdout.write(printable(drawn.getvalue()))


def shortened(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The result for reading: doubles cut to six significant digits, whole parts kept, outlines counted."""
    if len(set(relation.columns)) < len(relation.columns):
        return relation
    columns = [
        _shortened(quote_identifier(name), kind)
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    return relation.select(", ".join(columns))


def _shortened(name: str, kind: Any) -> str:
    if kind.id == "geometry":
        n = f"ST_NPoints({name})"
        counted = f"ST_GeometryType({name}) || '(' || {n} || ' points)'"
        short = f"CASE WHEN {n} > {SHOWN_POINTS} THEN {counted} ELSE ST_AsText({name}) END"
        return f"{short} AS {name}"
    if str(kind) != "DOUBLE":
        return name
    digits = f"greatest({SHOWN_DIGITS - 1} - floor(log10(abs({name})))::INTEGER, 0)"
    is_plain = f"isfinite({name}) AND abs({name}) BETWEEN 1e-12 AND 1e15"
    return f"CASE WHEN {is_plain} THEN round({name}, {digits}) ELSE {name} END AS {name}"


def _width() -> int:
    return max(80, shutil.get_terminal_size((160, 24)).columns)


def as_text(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The result as CSV and JSON can hold it, columns in their places.

    Geometry becomes well-known text; lists, structs and maps JSON text; bytes and intervals their words.
    """
    columns = [
        f"{_as_text(f'#{place}', kind)} AS {quote_identifier(name)}"
        for place, (name, kind) in enumerate(
            zip(relation.columns, relation.types, strict=True), start=1
        )
    ]
    return relation.select(", ".join(columns))


def _as_text(column: str, kind: Any) -> str:
    if kind.id == "geometry":
        return f"ST_AsText({column})"
    if kind.id in NESTED:
        return f"to_json({column})::VARCHAR"
    return f"{column}::VARCHAR" if kind.id in SAID or kind.id.startswith(TIMES) else column


def _nested(relation: duckdb.DuckDBPyRelation) -> list[bool]:
    """Which columns ``as_text`` gives as JSON text."""
    return [kind.id in NESTED or str(kind) == "JSON" for kind in relation.types]


def _rows(relation: duckdb.DuckDBPyRelation) -> Iterator[tuple[Any, ...]]:
    for batch in batches(as_text(relation)):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def csv_rows(
    relation: duckdb.DuckDBPyRelation, *, spreadsheet: bool = False
) -> Iterator[Sequence[object]]:
    """The columns' names, then the rows, as a CSV file holds them.

    With ``spreadsheet`` texts that a spreadsheet would run as a formula begin with an apostrophe.
    """
    for row in _csv_rows(relation):
        yield [_inert(cell) for cell in row] if spreadsheet else row


def _inert(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _csv_rows(relation: duckdb.DuckDBPyRelation) -> Iterator[Sequence[object]]:
    nested = _nested(relation)
    yield relation.columns
    for row in _rows(relation):
        yield [
            "" if value is None else _finite_text(value) if is_nested else value
            for value, is_nested in zip(row, nested, strict=True)
        ]


def as_csv(relation: duckdb.DuckDBPyRelation, *, spreadsheet: bool = False) -> Iterator[str]:
    """CSV lines, header first."""
    for row in csv_rows(relation, spreadsheet=spreadsheet):
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerow(row)
        yield text.getvalue().removesuffix("\n")


def as_json_lines(relation: duckdb.DuckDBPyRelation) -> Iterator[str]:
    """One JSON object a row; QueryError where two columns have one name. NaN and infinity are null."""
    names = relation.columns
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise QueryError(
            f"Two columns are called {', '.join(twice)}, and a JSON object has one of each name. "
            "Rename one with AS, or use --csv."
        )
    nested = _nested(relation)
    for row in _rows(relation):
        values = [_finite(value, is_nested) for value, is_nested in zip(row, nested, strict=True)]
        content = dict(zip(names, values, strict=True))
        yield json.dumps(content, default=_number_or_text, ensure_ascii=False, allow_nan=False)


def _finite(value: object, is_nested: bool) -> object:
    """A value for JSON, in which what is not finite is null."""
    if is_nested and isinstance(value, str):
        return json.loads(value, parse_constant=lambda word: None)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _finite_text(text: str) -> str:
    """JSON text without the words NaN and Infinity, which DuckDB writes and JSON does not know."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return json.dumps(_finite(text, True), ensure_ascii=False, separators=(",", ":"))


def _number_or_text(value: object) -> int | float | str:
    """What JSON has no type for: large and decimal numbers as numbers, times as text."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)


def write_csv(relation: duckdb.DuckDBPyRelation, path: Path, *, spreadsheet: bool = False) -> int:
    """Write the result to a CSV file, whole or not at all, and return its number of rows.

    A batch of rows is in memory at a time.
    """
    n_lines = 0
    with replacing(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in csv_rows(relation, spreadsheet=spreadsheet):
            writer.writerow(row)
            n_lines += 1
    return n_lines - 1


def write_parquet(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write the result to a Parquet file, whole or not at all; geometry as well-known binary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with replacing(path) as temporary:
            reader = relation.to_arrow_reader(BATCH_ROWS)
            with pq.ParquetWriter(temporary, reader.schema, compression="zstd") as writer:
                for batch in reader:
                    writer.write_batch(batch)
    except (duckdb.Error, pa.ArrowException) as error:
        raise _failed(error) from error
