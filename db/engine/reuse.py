"""Begin a build with the database in place, where much of it stays as it is.

To fill an empty file takes as long whether one table changed or all: every object is made anew, every row
copied. A copy of the last database, less what this plan makes otherwise, is there at once. An object stays
where the hash of all that decides it, comments too, is the one it was made by, and its rows are not
computed again.

Only the very file is copied that a build put there, byte for byte and never touched since: a database that
came with a foreign project, or was moved, may hold views that are not ours, and is made from nothing.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from quarrydb.database.connection import quote_identifier
from quarrydb.engine.builder import Builder, PlannedStep
from quarrydb.engine.plan import Plan
from quarrydb.engine.record import objects_of

HOLES_BYTES = 32_000_000
OBJECTS = {
    "VIEW": "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal",
    "TABLE": "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal",
    "MACRO": "SELECT DISTINCT schema_name, function_name FROM duckdb_functions() "
    "WHERE NOT internal AND function_type = 'macro'",
    "MACRO TABLE": "SELECT DISTINCT schema_name, function_name FROM duckdb_functions() "
    "WHERE NOT internal AND function_type = 'table_macro'",
}
SCHEMAS = "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal"


def begin(
    builder: Builder, plan: Plan, steps: Sequence[PlannedStep], temporary: Path
) -> frozenset[str]:
    """Copy the database in place to ``temporary``; names of what it holds just as this plan makes it.

    None, and no copy, where there are none, and in any doubt.
    """
    names = same_objects(builder, plan, steps)
    return names if names and copy_in_place(builder, temporary) else frozenset()


def same_objects(builder: Builder, plan: Plan, steps: Sequence[PlannedStep]) -> frozenset[str]:
    """Names of what the database in place holds just as this plan makes it; none in any doubt."""
    is_known = builder.ledger.has_put(builder.database) and builder.damage is None
    if builder.made is None or not is_known:
        return frozenset()
    before, now = builder.made.objects, objects_of(plan)
    computed = {step.node.name for step in steps if step.will_run}
    return frozenset(
        node.name
        for node in plan.nodes
        if node.name in now
        and before.get(node.name) == now[node.name]
        and computed.isdisjoint((node.name, *node.writers))
    )


def copy_in_place(builder: Builder, temporary: Path) -> bool:
    """Copy the database in place; False where it was touched since it was looked at."""
    shutil.copyfile(builder.database, temporary)
    is_untouched = builder.ledger.made(builder.database) == builder.made
    if not is_untouched:
        temporary.unlink()
    return is_untouched


def keep_only(
    connection: duckdb.DuckDBPyConnection, kept: frozenset[str], plan: Plan
) -> frozenset[str]:
    """Drop what is not ``kept`` and return what stays: nothing, where the file would be hollow.

    What is dropped leaves holes, which the tables made next fill; a large file with more holes than content
    could stay larger than one made from nothing.
    """
    if not kept:
        return kept
    drop_others(connection, kept, plan)
    row = connection.execute(
        "SELECT free_blocks > used_blocks, free_blocks * block_size FROM pragma_database_size()"
    ).fetchone()
    if row and row[0] and row[1] > HOLES_BYTES:
        kept = frozenset()
        drop_others(connection, kept, plan)
    return kept


def drop_others(connection: duckdb.DuckDBPyConnection, kept: frozenset[str], plan: Plan) -> None:
    """Drop every object that is not ``kept``, and every schema of which ``plan`` knows none."""
    connection.begin()
    for kind, query in OBJECTS.items():
        for schema, name in connection.execute(query).fetchall():
            if f"{schema}.{name}" not in kept:
                names = f"{quote_identifier(schema)}.{quote_identifier(name)}"
                connection.execute(f"DROP {kind} {names}")
    for (schema,) in connection.execute(SCHEMAS).fetchall():
        if schema not in plan.schemas:
            connection.execute(f"DROP SCHEMA {quote_identifier(schema)}")
    connection.commit()
    connection.execute("CHECKPOINT")
