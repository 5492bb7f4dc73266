"""Other spatial engines at the same work: SedonaDB in its own process, PostGIS in a server of ours.

Both are asked as their users would ask them. Where one is not installed, the row says so.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Row, against, measure
from benchmarks.postgres import temporary_server

LARGEST = """
SELECT mine_id, iso3 FROM (
    SELECT mine_id, iso3, row_number() OVER (PARTITION BY mine_id ORDER BY area DESC) AS area_rank
    FROM (
        SELECT mine.mine_id, country.iso3,
            sum(ST_Area(ST_Intersection(mine.geometry, country.geometry))) AS area
        FROM mine INNER JOIN country ON ST_Intersects(mine.geometry, country.geometry)
        GROUP BY mine.mine_id, country.iso3
    ) AS part
) AS ranked
WHERE area_rank = 1
"""
UNITED = "SELECT ST_NumGeometries(shape), ST_Area(shape) FROM (SELECT {union} AS shape FROM polygon) AS u"
TICKS = os.sysconf("SC_CLK_TCK")
Frames = dict[str, Any]


def sedona(make: Callable[..., Frames], query: str, *arguments: Any) -> Callable[[], Any]:
    """A query of SedonaDB over the frames that ``make`` gives, by name."""
    import sedonadb

    context = sedonadb.connect()
    for name, rows in make(*arguments).items():
        context.create_data_frame(rows).to_view(name)
    return lambda: context.sql(query).to_pandas().values.tolist()


def with_sedona(
    ours: Measured, name: str, make: Callable[..., Frames], query: str, *arguments: Any,
    judge: Callable[[Any], str],
) -> Row:  # fmt: skip
    """SedonaDB's row."""
    try:
        import sedonadb  # noqa: F401
    except ImportError:
        return Row(name, None, note='not installed: pip install "quarrydb[benchmark]"')
    other = measure(sedona, make, query, *arguments)
    return against(ours, other, name, note=judge(other.answer))


def with_postgis(
    ours: Measured, name: str, frames: Frames, query: str, judge: Callable[[Any], str]
) -> Row:
    """PostGIS's row: indexed tables, one backend without parallel workers; the CPU seconds are the
    backend's.
    """
    try:
        with temporary_server() as server, tempfile.TemporaryDirectory() as folder:
            server.run("CREATE EXTENSION postgis")
            for table, rows in frames.items():
                server.run(_load(rows, table, Path(folder) / f"{table}.csv"))
            before, *answer, after, peak = server.run(_timed(query)).splitlines()
    except RuntimeError as error:
        return Row(name, None, note=f"not measured: {str(error).splitlines()[0]}")
    other = Measured(_cpu(after) - _cpu(before), int(peak.split()[1]) / 1024, None)
    return against(ours, other, name, note=judge([line.split("|") for line in answer]))


def _load(rows: Any, table: str, file: Path) -> str:
    """Statements that fill a table from a frame; its columns other than geometry are text."""
    rows.to_wkb(hex=True).to_csv(file, index=False, header=False)
    columns = ", ".join(
        f"{name} {'geometry(Geometry, 4326)' if name == 'geometry' else 'text'}" for name in rows
    )
    return (
        f"CREATE TABLE {table} ({columns});\n\\copy {table} FROM '{file}' CSV\n"
        f"CREATE INDEX ON {table} USING gist (geometry); ANALYZE {table};"
    )


def _timed(query: str) -> str:
    """A psql script that prints the backend's CPU time before and after the query, then its peak."""
    return (
        "SET max_parallel_workers_per_gather = 0;\nSELECT pg_backend_pid() AS pid \\gset\n"
        f"\\setenv PID :pid\n\\! cat /proc/$PID/stat\n{query};\n"
        "\\! cat /proc/$PID/stat\n\\! grep VmHWM /proc/$PID/status\n"
    )


def _cpu(stat: str) -> float:
    """CPU seconds from a line of /proc/PID/stat."""
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / TICKS
