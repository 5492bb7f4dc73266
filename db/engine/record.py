"""What a build notes of itself: in the database, and in the store for the next one."""

from datetime import datetime

import duckdb
import pyarrow as pa

import quarrydb
from quarrydb.engine.plan import Plan
from quarrydb.project import Project
from quarrydb.store.ledger import Ledger


def record_build(
    connection: duckdb.DuckDBPyConnection, project: Project, plan: Plan, started: datetime
) -> None:
    """Write the one row of ``raw.build``."""
    connection.execute(
        "INSERT INTO raw.build VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            project.name,
            quarrydb.__version__,
            duckdb.__version__,
            quarrydb.SCHEMA_VERSION,
            "EPSG:4326",
            plan.fingerprint,
            started.replace(tzinfo=None),
            plan.is_partial,
            list(plan.until),
        ],
    )


def record_objects(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Write into ``raw.object`` what every table, view and macro of the database was made by."""
    items = [node.sql for node in plan.nodes if node.sql is not None]
    connection.register(
        "made",
        pa.table(
            {
                "name": [item.name for item in items],
                "kind": [item.kind for item in items],
                "topic": [item.topic for item in items],
                "is_stored": [item.is_stored for item in items],
                "sql": [item.statement for item in items],
                "header": ["\n".join(item.header_lines) for item in items],
            }
        ),
    )
    connection.execute("INSERT INTO raw.object BY NAME FROM made ORDER BY name")
    connection.unregister("made")


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
