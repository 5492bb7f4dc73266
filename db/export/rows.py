"""The rows of a view in one order, so that two exports of a database are equal byte for byte."""

import re

import duckdb

from quarrydb.database.connection import quote_identifier
from quarrydb.database.statement import is_ordered

GEOMETRY = "geometry"
CREATES = re.compile(r"CREATE .*? AS ", re.S)


def in_order(connection: duckdb.DuckDBPyConnection, view: str) -> str:
    """The query for all rows of ``view``, in one order.

    Large views have none, since sorting would cost every query of them: their rows go by all columns
    from the left, but for the geometry. What is no view of the database, such as a part of one that
    was written down in order, is left as it is.
    """
    query = f"SELECT * FROM {quote_identifier(view)}"  # noqa: S608 quoted
    row = connection.execute(
        "SELECT sql FROM duckdb_views() "
        "WHERE view_name = ? AND schema_name = 'main' AND database_name = current_database()",
        [view],
    ).fetchone()
    if row is None or is_ordered(connection, CREATES.sub("", row[0], count=1)):
        return query
    columns = connection.table(view).columns
    names = [quote_identifier(name) for name in columns if name != GEOMETRY]
    return f"{query} ORDER BY {', '.join(names)}" if names else query
