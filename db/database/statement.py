"""What kind of statement a query is, before it runs: ``quarry sql`` runs those that read, and no other."""

import json
from typing import Any

import duckdb

from quarrydb.errors import QueryError

READING = "SELECT, FROM, WITH, VALUES, DESCRIBE, SUMMARIZE, SHOW or EXPLAIN"
EXPLAIN = duckdb.StatementType.EXPLAIN
SELECT = duckdb.StatementType.SELECT
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
    row = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchone()
    content: dict[str, Any] = json.loads(row[0]) if row else {"error": True}
    return not content["error"] and len(content["statements"]) == 1


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
