"""Are two databases of the same project equal, view by view? For a change that must not change a number.

    python -m benchmarks.same_views BEFORE.duckdb AFTER.duckdb [--names OLD=NEW ...]

Every public view of BEFORE must be in AFTER with the same rows, under its new name where ``--names`` gives
one (views and columns alike). Columns and views that are only in AFTER change nothing.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import duckdb

from quarrydb.database.connection import load_spatial, quote_identifier, quote_literal

# What says when and by which program a database was made.
UNCOMPARED = {"build_info"}


def columns_of(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[str]]:
    """The columns of every public view of an attached database, in their order."""
    rows = connection.execute(
        "SELECT table_name, list(column_name ORDER BY column_index) FROM duckdb_columns() "
        "WHERE database_name = ? AND schema_name = 'main' AND NOT internal GROUP BY ALL",
        [database],
    ).fetchall()
    return dict(rows)


def comparable(column: str, is_geometry: bool) -> str:
    """A column as ``EXCEPT`` can compare it: geometry by its bytes."""
    name = quote_identifier(column)
    return f"ST_AsWKB({name})" if is_geometry else name


def differences(
    connection: duckdb.DuckDBPyConnection, view: str, names: Mapping[str, str]
) -> tuple[int, int]:
    """How many rows of ``view`` are only before, and only after."""
    before = columns_of(connection, "before")[view]
    kinds = dict(
        connection.execute(
            "SELECT column_name, data_type FROM duckdb_columns() "
            "WHERE database_name = 'before' AND schema_name = 'main' AND table_name = ?",
            [view],
        ).fetchall()
    )
    geometries = {column for column in before if kinds[column].startswith("GEOMETRY")}
    old = ", ".join(comparable(column, column in geometries) for column in before)
    new = ", ".join(comparable(names.get(c, c), c in geometries) for c in before)
    one = f"SELECT {old} FROM before.main.{quote_identifier(view)}"
    other = f"SELECT {new} FROM after.main.{quote_identifier(names.get(view, view))}"
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {other})), "
        f"(SELECT count(*) FROM ({other} EXCEPT ALL {one}))"
    ).fetchone()
    assert row is not None
    return row


def compare(before: Path, after: Path, names: Mapping[str, str]) -> list[str]:
    """What differs, a line each."""
    found = []
    with duckdb.connect() as connection:
        load_spatial(connection)
        for name, path in (("before", before), ("after", after)):
            connection.execute(f"ATTACH {quote_literal(path)} AS {name} (READ_ONLY)")
        old, new = columns_of(connection, "before"), columns_of(connection, "after")
        for view in sorted(set(old) - UNCOMPARED):
            columns = {names.get(column, column) for column in old[view]}
            missing = columns - set(new.get(names.get(view, view), []))
            if missing:
                found.append(f"{view}: not there any more: {', '.join(sorted(missing))}")
                continue
            gone, fresh = differences(connection, view, names)
            if gone or fresh:
                found.append(f"{view}: {gone} rows only before, {fresh} only after")
    return found


def main() -> None:
    """Print what differs; exit code 1 where anything does."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    parser.add_argument("--names", nargs="*", default=[], metavar="OLD=NEW")
    arguments = parser.parse_args()
    names = dict(pair.split("=", 1) for pair in arguments.names)
    found = compare(arguments.before, arguments.after, names)
    print("\n".join(found) or "Every public view is equal.")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
