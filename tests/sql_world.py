"""Given these rows in these tables, the project's own SQL files give those rows: views without a build."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

import quarrydb
from quarrydb.catalog.objects import PARAMETER, chain, read_catalog
from quarrydb.database.connection import quote_identifier
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.project.parameters import Parameters
from quarrydb.udfs import register


def database(
    names: Sequence[str], tables: Mapping[str, str], *, stored: bool = True, **parameters: Any
) -> duckdb.DuckDBPyConnection:
    """A connection with ``tables`` and the views ``names`` on them, with all that they are made from.

    A table is given as a query, or as the columns of an empty one in parentheses, for a test to fill.
    What a build stores is stored. Without ``stored`` the ``names`` themselves are left as views, so
    that they follow what is inserted later, and EXPLAIN shows their plan.
    """
    connection = quarrydb.connect(read_only=False)
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw; CREATE SCHEMA IF NOT EXISTS core")
    create_parameter_table(connection, Parameters(**parameters))
    for name, content in tables.items():
        made_by = content if content.startswith("(") else f"AS {content}"
        connection.execute(f"CREATE TABLE {quoted(name)} {made_by}")
    wanted = chain(names, {*tables, PARAMETER}, read_catalog())
    register(connection, frozenset().union(*(item.functions for item in wanted)))
    for item in wanted:
        connection.execute(item.statement)
        if item.is_stored and (stored or item.name not in names):
            keep(connection, item.name)
    return connection


def keep(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Turn a view into a table of its rows."""
    schema, bare = map(quote_identifier, name.split("."))
    connection.execute(f"CREATE TABLE {schema}.kept AS FROM {schema}.{bare}")
    connection.execute(f"DROP VIEW {schema}.{bare}")
    connection.execute(f"ALTER TABLE {schema}.kept RENAME TO {bare}")


def quoted(name: str) -> str:
    """A name with its schema, as SQL has it."""
    return ".".join(map(quote_identifier, name.split(".")))


def rows(connection: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query, list(values)).fetchall()
