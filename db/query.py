"""Run a user's query on a database that it can't change, and print the result."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.connection import lock_down, quote_identifier
from quarrydb.errors import QueryError, TargetError
from quarrydb.store import beside, replace_atomically

BATCH_ROWS = 10_000
SHOWN_ROWS = 100
SHOWN_DIGITS = 6


def run_query(
    connection: duckdb.DuckDBPyConnection, query: str, *, unlocked: bool = False
) -> duckdb.DuckDBPyRelation | None:
    """The result of one statement; None where it gives no rows.

    The connection is read-only; unless ``unlocked``, it can't open other files either.
    """
    if not unlocked:
        lock_down(connection)
    try:
        return connection.sql(query)
    except duckdb.Error as error:
        hint = ""
        if isinstance(error, duckdb.PermissionException | duckdb.InvalidInputException):
            hint = (
                "\nquarry sql reads this database only; --unlocked lets a query read other files."
            )
        raise QueryError(f"The query failed: {error}{hint}") from error


def batches(relation: duckdb.DuckDBPyRelation) -> Iterator[pa.RecordBatch]:
    """The result in Arrow batches; QueryError where the query fails on the way."""
    try:
        yield from relation.to_arrow_reader(BATCH_ROWS)
    except (duckdb.Error, pa.ArrowException) as error:
        raise QueryError(f"The query failed: {error}") from error


def as_table(relation: duckdb.DuckDBPyRelation) -> None:
    """Print the first rows as a table."""
    try:
        shortened(relation).show(max_rows=SHOWN_ROWS, max_width=_width())
    except duckdb.Error as error:
        raise QueryError(f"The query failed: {error}") from error


def shortened(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The result with doubles cut to six significant digits, whole parts kept, for reading."""
    if len(set(relation.columns)) < len(relation.columns):
        return relation
    columns = [
        _shortened(quote_identifier(name)) if str(kind) == "DOUBLE" else quote_identifier(name)
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    return relation.select(", ".join(columns))


def _shortened(name: str) -> str:
    digits = f"greatest({SHOWN_DIGITS - 1} - floor(log10(abs({name})))::INTEGER, 0)"
    is_plain = f"isfinite({name}) AND abs({name}) BETWEEN 1e-12 AND 1e15"
    return f"CASE WHEN {is_plain} THEN round({name}, {digits}) ELSE {name} END AS {name}"


def _width() -> int:
    return max(80, shutil.get_terminal_size((160, 24)).columns)


def as_text(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """The result with geometry as well-known text, which CSV and JSON can hold."""
    columns = [
        f"ST_AsText({quote_identifier(name)}) AS {quote_identifier(name)}"
        if str(kind).startswith("GEOMETRY")
        else quote_identifier(name)
        for name, kind in zip(relation.columns, relation.types, strict=True)
    ]
    return relation.select(", ".join(columns))


def as_csv(relation: duckdb.DuckDBPyRelation) -> Iterator[str]:
    """CSV lines, header first."""
    rows = as_text(relation)
    for values in _with_header(rows):
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow(values)
        yield text.getvalue()


def _with_header(relation: duckdb.DuckDBPyRelation) -> Iterator[list[Any]]:
    yield list(relation.columns)
    for batch in batches(relation):
        for row in batch.to_pylist():
            yield ["" if value is None else value for value in row.values()]


def as_json_lines(relation: duckdb.DuckDBPyRelation) -> Iterator[str]:
    """One JSON object a row."""
    for batch in batches(as_text(relation)):
        for row in batch.to_pylist():
            yield json.dumps(row, default=str, ensure_ascii=False)


def write_parquet(relation: duckdb.DuckDBPyRelation, path: Path) -> None:
    """Write the result to a Parquet file, whole or not at all; geometry as well-known binary."""
    temporary = None
    try:
        temporary = beside(path)
        reader = relation.to_arrow_reader(BATCH_ROWS)
        with pq.ParquetWriter(temporary, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
        replace_atomically(temporary, path)
    except (duckdb.Error, pa.ArrowException) as error:
        raise QueryError(f"The query failed: {error}") from error
    except OSError as error:
        raise TargetError(f"{path} can't be written: {error}") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
