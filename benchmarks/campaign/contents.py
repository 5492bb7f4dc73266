"""What a folder holds, in hashes that compare whatever order rows were written in."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.campaign.outcome import must
from quarrydb.database.connection import quote_identifier
from tests.reliability.state import geopackage_rows
from tests.reliability.tools import leftovers, table_hashes

CACHE = "cache"  # of fetched data: a copy of what a server holds, block by block
FILES_OF_LAKE = "files"  # its catalogue says which of them count
LOG_OF_LAKE = "lake.ducklake.wal"  # DuckDB's own, replayed when it is opened


def fresh(folder: Path) -> None:
    """An empty folder in the place of whatever is there."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def must_leave_nothing(folder: Path, label: str) -> None:
    """CampaignError where a temporary file is there."""
    left = [path for path in leftovers(folder) if path.name != LOG_OF_LAKE]
    must(not left, f"{label}: left behind {left}")


def contents(folder: Path) -> dict[str, str]:
    """A hash of what each lasting file of a folder says; of databases, of each table's rows."""
    found: dict[str, str] = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") or part in (CACHE, LOG_OF_LAKE) for part in parts):
            continue  # the store, and what is under way
        name = "/".join(parts)
        if path.name == "mines.duckdb":
            found |= {f"{name} {table}": rows for table, rows in table_hashes(path).items()}
        elif path.suffix == ".ducklake":
            found |= published(path)
        elif path.suffix == ".gpkg" and path.name == "quarrydb.gpkg":
            found[name] = digest("\n".join(sorted(geopackage_rows(path))).encode())
        elif path.suffix == ".parquet" and FILES_OF_LAKE not in parts:
            rows = pq.read_table(path).to_pylist()  # of views without an order in any order
            found[name] = digest("\n".join(sorted(map(str, rows))).encode())
        elif path.suffix == ".csv":
            found[name] = digest(
                b"\n".join(sorted(path.read_bytes().splitlines()))
            )  # in any order too
        elif FILES_OF_LAKE not in parts:
            found[name] = digest(path.read_bytes())
    return found


def digest(content: bytes) -> str:
    """A hash of bytes."""
    return hashlib.sha256(content).hexdigest()


def published(catalogue: Path) -> dict[str, str]:
    """A hash of the rows of each table of a DuckLake; nothing where its catalogue is none yet."""
    from quarrydb.database.connection import empty_instance
    from quarrydb.errors import DatabaseError
    from quarrydb.export.ducklake import attach

    with empty_instance() as connection:
        try:
            attach(connection, str(catalogue), None)
        except DatabaseError:
            return {}
        names = connection.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'lake'"
        ).fetchall()
        found = {}
        for (name,) in names:
            rows = connection.execute(f"FROM lake.main.{quote_identifier(name)}").fetchall()
            found[f"table {name}"] = digest(str(sorted(map(str, rows))).encode())
        return found
