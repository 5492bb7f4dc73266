"""Rows of ``raw.load_file`` and ``raw.load_issue``: what was read, what was repaired or set aside."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

LOAD_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("kind", pa.string()),
        ("path", pa.string()),
        ("layer", pa.string()),
        ("sha256", pa.string()),
        ("driver", pa.string()),
        ("n_rows_read", pa.int64()),
        ("n_rows_kept", pa.int64()),
        ("crs", pa.string()),
        ("loaded_at", pa.timestamp("us")),
    ]
)
ISSUE_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("feature_id", pa.string()),
        ("problem", pa.string()),
        ("action", pa.string()),
        ("n", pa.int64()),
        ("area_change_km2", pa.float64()),
        ("detail", pa.string()),
        ("area_before_km2", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Issue:
    """What was wrong with a feature (``feature_id`` None: with ``n`` of them) and what was done."""

    source: str
    feature_id: str | None
    problem: str
    action: str
    n: int = 1
    area_change_km2: float | None = None
    detail: str | None = None
    area_before_km2: float | None = None


@dataclass(frozen=True)
class Load:
    """One file that was read."""

    source: str
    kind: str
    path: str
    layer: str | None
    sha256: str
    driver: str
    n_rows_read: int
    n_rows_kept: int
    crs: str | None


def issue_table(issues: Iterable[Issue]) -> pa.Table:
    """``issues`` as rows of ``raw.load_issue``."""
    rows = [asdict(issue) for issue in issues]
    return pa.Table.from_pylist(rows, schema=ISSUE_SCHEMA)


def load_table(loads: Iterable[Load]) -> pa.Table:
    """``loads`` as rows of ``raw.load_file``, stamped with the time in UTC."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    rows = [{**asdict(load), "loaded_at": now} for load in loads]
    return pa.Table.from_pylist(rows, schema=LOAD_SCHEMA)


def relative_path(path: Path, root: Path) -> str:
    """``path`` as seen from the project folder, so that a project can move."""
    return Path(os.path.relpath(path, root)).as_posix()
