"""Given these rows in these tables, the project's own SQL files give those rows: views without a build."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import duckdb

import quarrydb
from quarrydb.catalog.objects import SqlObject, dependencies, in_order, read_catalog
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
    for schema in ("raw", "core"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    create_parameter_table(connection, Parameters(**parameters))
    for name, content in tables.items():
        connection.execute(f"CREATE TABLE {name} {'' if content[0] == '(' else 'AS '}{content}")
    wanted = needed(names, {*tables, "main.parameter"})
    register(connection, frozenset().union(*(item.functions for item in wanted)))
    for item in wanted:
        connection.execute(item.statement)
        if item.is_stored and (stored or item.name not in names):
            keep(connection, item.name)
    return connection


def needed(names: Iterable[str], given: Collection[str]) -> list[SqlObject]:
    """Everything that ``names`` are made from, short of what is ``given``, each after what it reads."""
    catalog = read_catalog()
    found, left = set(), [name for name in names if name not in given]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [d for d in dependencies(catalog[name], catalog) if d not in given]
    return in_order([catalog[name] for name in found], catalog)


def keep(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Turn a view into a table of its rows."""
    schema, _, bare = name.partition(".")
    connection.execute(f"CREATE TABLE {schema}.kept AS FROM {name}")
    connection.execute(f"DROP VIEW {name}")
    connection.execute(f"ALTER TABLE {schema}.kept RENAME TO {bare}")


def rows(connection: duckdb.DuckDBPyConnection, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """All rows of a query."""
    return connection.execute(query, list(values)).fetchall()
