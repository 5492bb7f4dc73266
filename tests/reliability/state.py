"""What a segmented and exported project holds, in values that compare: site-years and exported files."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from quarrydb.database.connection import quote_identifier

STYLES = "layer_styles"


def site_years(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """For each ``site year`` its status, how often it stands there, and a hash of its polygons."""
    years = connection.execute(
        "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'segmentation'"
    ).fetchall()
    polygons: dict[str, list[str]] = {}
    for (name,) in years:
        table = f"segmentation.{quote_identifier(name)}"
        for site, year, row in connection.execute(
            f"SELECT site_id, year, (footprint_id, threshold, ST_AsText(geometry))::VARCHAR FROM {table}"
        ).fetchall():
            polygons.setdefault(f"{site} {year}", []).append(row)
    rows = connection.execute(
        "SELECT site_id || ' ' || year, string_agg(status, ',' ORDER BY status), count(*) "
        "FROM raw.segmented_site GROUP BY ALL"
    ).fetchall()
    found = {key: f"{status} x{n} {_digest(polygons.pop(key, []))}" for key, status, n in rows}
    return {**found, **dict.fromkeys(polygons, "a polygon of no site-year")}


def _digest(rows: list[str]) -> str:
    return hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()


def is_between(there: Mapping[str, Any], new: Mapping[str, Any], fixed: Iterable[str]) -> bool:
    """Whether a database is the new one with a part of its site-years segmented, the rest pending.

    Each site-year must stand there once: as in the new database, or pending and without polygons.
    The tables ``fixed``, which don't come from the segmentation, must be the new ones.
    """
    if there["tables"] == new["tables"]:
        return True
    done, wanted = there["site_years"], new["site_years"]
    pending = f"pending x1 {_digest([])}"
    if done.keys() != wanted.keys() or any(v not in (wanted[k], pending) for k, v in done.items()):
        return False
    return all(there["tables"].get(name) == new["tables"][name] for name in fixed)


def export_hashes(folder: Path) -> dict[str, str]:
    """A hash of the rows of each exported file; of files without rows, that they are there."""
    found = {}
    for path in sorted(p for p in folder.glob("*") if p.is_file() and not p.name.startswith(".")):
        if path.suffix == ".parquet":
            found[path.name] = _digest([str(row) for row in pq.read_table(path).to_pylist()])
        elif path.suffix == ".gpkg":
            found[path.name] = _digest(geopackage_rows(path))
        elif path.suffix == ".csv":
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def geopackage_rows(path: Path) -> list[str]:
    """All rows of all layers; an error where SQLite finds the file damaged."""
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        (sound,) = connection.execute("PRAGMA quick_check").fetchone()
        if sound != "ok":
            raise ValueError(f"{path} is damaged: {sound}")
        names = connection.execute("SELECT table_name FROM gpkg_contents").fetchall()
        # Without the feature number, and the time at which a style was written.
        return [
            f"{name} {row[1:-1] if name == STYLES else row[1:]}"
            for (name,) in names
            for row in connection.execute(f"SELECT * FROM {quote_identifier(name)}").fetchall()
        ]
