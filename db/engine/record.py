"""What a build notes of itself: in the database, and in the store for the next one."""

from datetime import datetime

import duckdb

import quarrydb
from quarrydb.catalog.objects import PARAMETER
from quarrydb.database.connection import quote_value
from quarrydb.engine.builder import Builder
from quarrydb.engine.plan import Plan
from quarrydb.project import Project
from quarrydb.store.databases import Made
from quarrydb.store.ledger import Ledger
from quarrydb.store.shards import fingerprint

# Written by every build, whatever its plan.
ALWAYS_MADE = frozenset({PARAMETER, "raw.build", "raw.object"})


def record_build(
    connection: duckdb.DuckDBPyConnection, project: Project, plan: Plan, started: datetime
) -> None:
    """Write the one row of ``raw.build``."""
    values = (
        project.name,
        quarrydb.__version__,
        duckdb.__version__,
        quarrydb.SCHEMA_VERSION,
        "EPSG:4326",
        plan.fingerprint,
        started.replace(tzinfo=None),
        plan.is_partial,
        plan.until,
    )
    connection.execute(f"INSERT INTO raw.build VALUES ({', '.join(map(quote_value, values))})")  # noqa: S608 quoted


def record_objects(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Write into ``raw.object`` what every table, view and macro of the database was made by."""
    items = [node.sql for node in plan.nodes if node.sql is not None]
    rows = (
        (
            item.name,
            item.kind,
            item.topic,
            item.is_stored,
            item.statement,
            "\n".join(item.header_lines),
        )
        for item in sorted(items, key=lambda item: item.name)
    )
    values = ", ".join(f"({', '.join(map(quote_value, row))})" for row in rows)
    connection.execute(
        f"INSERT INTO raw.object (name, kind, topic, is_stored, sql, header) VALUES {values}"  # noqa: S608 quoted
    )


def note_build(builder: Builder, plan: Plan) -> None:
    """Note in the store what was put in place: its checksum, what it was made by, and the steps."""
    builder.ledger.note_database(builder.database)
    builder.ledger.note_made(builder.database, Made(plan.fingerprint, objects_of(plan)))
    builder.ledger.write_history(history_of(plan, builder.ledger))


def objects_of(plan: Plan) -> dict[str, str]:
    """What each object of a plan is made by, as one hash: its rows, its statement, its comments."""
    return {
        node.name: fingerprint(
            node.fingerprint,
            node.sql.text if node.sql else "",
            quarrydb.__version__,
            duckdb.__version__,
        )
        for node in plan.nodes
        if not node.load and node.name not in ALWAYS_MADE
    }


def history_of(plan: Plan, ledger: Ledger) -> dict[str, dict[str, object]]:
    """Ingredients and seconds of each step, for the next plan's reasons and time estimate."""
    history = {name: dict(step) for name, step in (ledger.history() or {}).items()}
    if not plan.is_partial:
        history = {}
    for node in plan.steps:
        record = ledger.find(node.fingerprint)
        seconds = record.seconds if record else 0.0
        history[node.name] = {"ingredients": dict(node.ingredients), "seconds": seconds}
    return history
