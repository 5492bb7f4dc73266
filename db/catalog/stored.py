"""The objects of a built database, read from the database itself."""

from pathlib import PurePosixPath

import duckdb

from quarrydb.catalog.objects import SqlObject


def stored_catalog(connection: duckdb.DuckDBPyConnection) -> dict[str, SqlObject]:
    """Every table, view and macro of a database by qualified name, as the build that made it knew them.

    A stored view is among them with its query, which the database itself has as a table.
    """
    rows = connection.execute(
        "SELECT name, kind, topic, header, sql FROM raw.object ORDER BY name"
    ).fetchall()
    return {
        name: SqlObject(
            name, kind, topic, PurePosixPath(f"{name.rpartition('.')[2]}.sql"), f"{header}\n{sql}"
        )
        for name, kind, topic, header, sql in rows
    }
