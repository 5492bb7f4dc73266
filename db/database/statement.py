"""What kind of statement a query is, before it runs: ``quarry sql`` runs those that read, and no other."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb

from quarrydb.database.connection import quote_literal
from quarrydb.errors import QueryError

READING = "SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN"
EXPLAIN = duckdb.StatementType.EXPLAIN
SELECT = duckdb.StatementType.SELECT
# Functions that change the connection for what comes after, and those that run text as a query.
REFUSED = {
    "checkpoint",
    "disable_logging",
    "disable_profiling",
    "enable_logging",
    "enable_profiling",
    "force_checkpoint",
    "json_execute_serialized_sql",
    "query",
    "truncate_duckdb_logs",
}
# An authority's code, or a PROJ string without a path, an init file and grids; True and False.
PLAIN_CRS = re.compile(
    r"True|False|[A-Za-z]+:[A-Za-z0-9]+|(?!.*(init|grids|file)=)\+proj=[^/@\\]*", re.I
)
# Options of EXPLAIN, as (ANALYZE, FORMAT json).
OPTIONS = (b"ANALYZE", b"FORMAT")
NAMES = {"CALL": "CALL or CHECKPOINT", "SET": "SET or USE", "MERGE_INTO": "MERGE"}


def check_reads(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    """QueryError unless ``query`` is one statement that reads, by two judgements of DuckDB itself.

    What the parser calls it, and whether it can be written down as a SELECT: no other parser is asked,
    since a second dialect would err on one side or the other.
    """
    statements = parsed(connection, query)
    if len(statements) != 1:
        kinds = ", ".join(_named(statement) for statement in statements)
        raise QueryError(f"quarry sql runs one statement; these are {len(statements)}: {kinds}.")
    kind = statements[0].type
    explained = _explained(query) if kind == EXPLAIN else query
    if kind not in (SELECT, EXPLAIN) or not is_select(connection, explained):
        raise QueryError(
            f"quarry sql only reads, and this is {_named(statements[0])}. Write {READING}; --unlocked "
            "runs any statement."
        )


def parsed(connection: duckdb.DuckDBPyConnection, query: str) -> list[duckdb.Statement]:
    """The statements of ``query``; QueryError where it can't be parsed or holds none."""
    if "\0" in query:
        raise QueryError("The query holds a NUL character. Remove it.")
    try:
        query.encode()
        statements = connection.extract_statements(query)
    except UnicodeEncodeError as error:
        raise QueryError("The query is not UTF-8 text. Save or send it as UTF-8.") from error
    except duckdb.Error as error:
        raise QueryError(f"The query failed: {error}") from error
    if not statements:
        raise QueryError("The query is empty.")
    return statements


def is_select(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether DuckDB can write the statement down as a SELECT, which it can of nothing that writes."""
    content = serialised(connection, query)
    if content["error"] or len(content["statements"]) != 1:
        return False
    for name, arguments in calls(content):
        check_call(name, arguments)
    return True


def is_ordered(connection: duckdb.DuckDBPyConnection, query: str) -> bool:
    """Whether a SELECT ends with an ORDER BY of its own."""
    content = serialised(connection, query)
    if content["error"]:
        return False
    modifiers = content["statements"][0]["node"]["modifiers"]
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in modifiers)


def serialised(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    """What DuckDB's parser makes of SELECT statements; ``error`` is true of all others."""
    # As a literal: the first parameter that is bound makes DuckDB import pandas, NumPy and Arrow.
    row = connection.execute(f"SELECT json_serialize_sql({quote_literal(query)})").fetchone()
    try:
        content: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    except RecursionError as error:
        raise QueryError("The query nests too deep. Write it flatter.") from error
    return content


def calls(content: object) -> Iterator[tuple[str, list[Any]]]:
    """Every function that a serialised statement calls, in lower case, with its arguments."""
    left = [content]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            if "function_name" in node:
                yield str(node["function_name"]).lower(), node.get("children", [])
            left.extend(node.values())
        elif isinstance(node, list):
            left.extend(node)


def check_call(name: str, arguments: Sequence[Any]) -> None:
    """QueryError for functions that change the connection, run text, or let PROJ open a file."""
    if name in REFUSED:
        raise QueryError(f"quarry sql only reads, and {name} does more. --unlocked lifts that.")
    if name == "st_transform" and not all(map(_is_plain_crs, arguments[1:])):
        raise QueryError(
            "ST_Transform takes a CRS here as text that names no file, such as 'EPSG:3857'. --unlocked "
            "lifts that."
        )


def _is_plain_crs(argument: dict[str, Any]) -> bool:
    """Whether an argument is a constant that is no CRS, or one that opens no file."""
    if argument.get("class") == "FUNCTION":
        return argument.get("function_name") == "igh_crs"
    value = argument.get("value") or {}
    text = value.get("value") if isinstance(value, dict) else value
    return argument.get("class") == "CONSTANT" and bool(PLAIN_CRS.fullmatch(str(text)))


def _named(statement: duckdb.Statement) -> str:
    return NAMES.get(statement.type.name, statement.type.name)


def _explained(query: str) -> str:
    """The statement behind EXPLAIN, ANALYZE and options in brackets; empty where there is none."""
    content = query.encode()
    rests = [content[place:] for place, _ in duckdb.tokenize(query)][1:]
    if rests and rests[0][:7].upper() == b"ANALYZE":
        del rests[0]
    if len(rests) > 1 and rests[0][:1] == b"(" and rests[1].upper().startswith(OPTIONS):
        end = next((n for n, rest in enumerate(rests) if rest[:1] == b")"), len(rests))
        rests = rests[end + 1 :]
    return rests[0].decode() if rests else ""
