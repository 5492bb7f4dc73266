"""Small projects, loaders run alone, and comparisons of whole databases."""

import hashlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from quarrydb.contract import LoadContext, SilentProgress
from quarrydb.database.connection import connect, quote_identifier
from quarrydb.errors import QuarryError
from quarrydb.loaders import vector
from quarrydb.project import load_project
from quarrydb.store.checksum import sha256_of
from quarrydb.store.shards import Store

Tables = Mapping[str, pa.Table]
# When something was done is no part of what a build says about mines.
TIMES = ("loaded_at", "built_at")


def refusal(call: Callable[[], object]) -> str:
    """The error that ``call`` ends with, as the command line prints it, with its exit code."""
    with pytest.raises(QuarryError) as caught:
        call()
    error = caught.value
    return f"Refused, exit code {error.exit_code}: {error}"


def toml(value: object) -> str:
    """A TOML value."""
    return f'"{value}"' if isinstance(value, str | Path) else str(value)


def load_polygons(folder: Path, path: Path, **section: object) -> Tables:
    """Run the loader of one polygon source alone: raw.polygon, raw.load, raw.load_issue."""
    keys = {"name": "mines", "path": path, **section}
    lines = ["[project]", 'name = "test"', "[[polygons]]"]
    lines += [f"{key} = {toml(value)}" for key, value in keys.items()]
    (folder / "quarry.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return run_first_step(folder)


def run_first_step(folder: Path) -> Tables:
    """Run the first vector step of a project by itself."""
    step = vector.steps(load_project(folder))[0]
    return step.run(context_of(folder, step.files))


def context_of(folder: Path, files: Sequence[Path]) -> LoadContext:
    """What a step that reads ``files`` gets in a build of the project in ``folder``."""
    return LoadContext(
        connection=duckdb.connect(),
        store=Store(folder / ".quarry"),
        progress=SilentProgress(),
        workers=1,
        checksums={file: sha256_of(file) for file in files},
        root=folder,
    )


def issues(tables: Tables) -> str:
    """What the loader noted, as the page shows it: problem: action (how many)."""
    counts: Counter[str] = Counter()
    for row in tables["raw.load_issue"].to_pylist():
        counts[f"{row['problem']}: {row['action']}"] += row["n"]
    return "; ".join(f"{text} ({n})" for text, n in counts.items())


def outcome(tables: Tables) -> str:
    """Rows read and kept, and what was noted."""
    load = tables["raw.load_file"].to_pylist()[0]
    kept = f"Loaded: {load['n_rows_kept']} of {load['n_rows_read']} features kept"
    noted = issues(tables)
    return f"{kept}; {noted}." if noted else f"{kept}."


def table_hashes(database: Path) -> dict[str, str]:
    """A hash of the rows of every table of a database, whatever their order and time of loading."""
    with connect(database) as connection:
        return hashes_in(connection)


def hashes_in(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """As ``table_hashes``, of an open database."""
    names = connection.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
    ).fetchall()
    return {f"{schema}.{name}": _hash(connection, schema, name) for schema, name in names}


def _hash(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> str:
    table = f"{quote_identifier(schema)}.{quote_identifier(name)}"
    columns = [row[:2] for row in connection.execute(f"DESCRIBE {table}").fetchall()]
    shown = ", ".join(
        f"ST_AsWKB({quote_identifier(name)})"
        if kind.startswith("GEOMETRY")
        else quote_identifier(name)
        for name, kind in columns
        if name not in TIMES
    )
    rows = connection.execute(f"SELECT ROW({shown})::VARCHAR FROM {table} ORDER BY 1").fetchall()
    digest = hashlib.sha256("\n".join(str(row[0]) for row in rows).encode())
    return f"{len(rows)} rows {digest.hexdigest()}"


def leftovers(folder: Path) -> list[Path]:
    """Temporary files below a project folder, other than the store's own lasting files."""
    patterns = ("*.tmp", "*building*", "*.wal", ".tmp-*", "*-journal")
    found = {path for pattern in patterns for path in folder.rglob(pattern)}
    return sorted(path.relative_to(folder) for path in found)


def hears_interrupts() -> None:
    """In a child: a group of its own, and Ctrl-C not ignored, as it is below a shell's background job."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
