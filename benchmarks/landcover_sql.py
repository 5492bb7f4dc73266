"""Cost of the land-cover SQL at ten million trajectories, in CPU seconds and memory.

    python benchmarks/landcover_sql.py [--rows 10000000] [--json FILE]

Stored views are computed into a table, public views are read whole, and one mine's history is asked
for in every view that has one. Two threads, a memory limit of 2 GB.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.world import with_macros
from quarrydb.catalog.objects import SqlObject, read_catalog
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.project.parameters import Parameters

YEARS = (1985, 1990, 1995, *range(2000, 2023))
CODES = np.array([10, 20, 51, 61, 120, 130, 150, 190, 200, 210], np.uint8)
PER_MINE = 222  # distinct trajectories of a km2, the mean size of a mine
CLASSES_A_MINE = 5
SHARES = np.array([0.4, 0.25, 0.17, 0.1, 0.08])
CHANGE_SHARE = 0.12  # of the trajectories from one epoch to the next: 2.2 changes each
CHUNK_MINES = 2_500
HISTORIES = (
    "landcover_trajectory",
    "landcover_change",
    "mine_landcover_yearly",
    "mine_disturbance_yearly",
    "mine_bare_surface",
    "mine_timeline",
)
PLACES = """
CREATE TABLE core.mine AS SELECT mine_id, tile_km2 AS area_km2 FROM raw.landcover_coverage;
CREATE TABLE core.mine_country AS
SELECT mine_id, 'C' || (h % 155) AS iso3, 'Country ' || (h % 155) AS country,
    'Continent ' || (h % 155 % 6) AS continent
FROM (SELECT mine_id, hash(mine_id) AS h FROM core.mine);
CREATE TABLE core.grid_mine AS
SELECT (h % 80)::INTEGER AS cell_x, (h // 80 % 50)::INTEGER AS cell_y, mine_id, area_km2
FROM (SELECT *, hash(mine_id) AS h FROM core.mine);
CREATE TABLE core.country AS SELECT DISTINCT iso3, country, continent FROM core.mine_country;
CREATE TABLE core.grid_cell AS
SELECT DISTINCT cell_x, cell_y, 'outline' AS geometry FROM core.grid_mine;
"""


def trajectories(n_mines: int, first: int, rng: np.random.Generator) -> pa.Table:
    """Histories of mines that each hold a few classes, as distinct trajectories are."""
    n = n_mines * PER_MINE
    mine = np.repeat(np.arange(n_mines), PER_MINE)
    palette = rng.permuted(np.tile(CODES, (n_mines, 1)), axis=1)[:, :CLASSES_A_MINE]
    edges = np.cumsum(SHARES)[:-1]

    def draw(rows: np.ndarray) -> np.ndarray:
        return palette[mine[rows], np.searchsorted(edges, rng.random(len(rows)))]

    codes = np.empty((n, len(YEARS)), np.uint8)
    codes[:, 0] = draw(np.arange(n))
    for epoch in range(1, len(YEARS)):
        codes[:, epoch] = codes[:, epoch - 1]
        changed = np.flatnonzero(rng.random(n, dtype=np.float32) < CHANGE_SHARE)
        codes[changed, epoch] = draw(changed)
    names = pa.array([f"{first + i:012x}" for i in range(n_mines)])
    area = np.rint(rng.exponential(0.0045, n) * 1e12) / 1e12
    offsets = np.arange(n + 1, dtype=np.int32) * len(YEARS)
    return pa.table(
        {
            "mine_id": pa.DictionaryArray.from_arrays(pa.array(mine), names).cast(pa.string()),
            "classes": pa.ListArray.from_arrays(offsets, pa.array(codes.ravel())),
            "n_pixels": np.maximum(1, area * 1100).astype(np.int64),
            "area_km2": area,
        }
    )


def write_trajectories(path: Path, rows: int) -> None:
    """Write a Parquet file of ``rows`` trajectories, a few thousand mines at a time."""
    rng = np.random.default_rng(0)
    n_mines = max(1, rows // PER_MINE)
    writer = None
    for first in range(0, n_mines, CHUNK_MINES):
        table = trajectories(min(CHUNK_MINES, n_mines - first), first, rng)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def measure(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, float]:
    """CPU and wall seconds of a query, its first number, and the process's peak memory so far."""
    before, start = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    row = connection.execute(query).fetchone()
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": cpu, "wall_s": wall, "rows": float(row[0]) if row else 0.0,
            "peak_gb": after.ru_maxrss / 1e6}  # fmt: skip


def prepare(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """The tables that the views read."""
    catalog = read_catalog()
    connection.execute("SET threads = 2; SET memory_limit = '1800MB'")
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA core")
    for name in ("class", "epoch", "trajectory", "coverage"):
        connection.execute(catalog[f"raw.landcover_{name}"].statement)
    legend = read_legend("glc_fcs30d").table()
    connection.register("legend", legend)
    connection.execute("INSERT INTO raw.landcover_class FROM legend")
    connection.executemany(
        "INSERT INTO raw.landcover_epoch VALUES (?, ?)", list(enumerate(YEARS, 1))
    )
    connection.execute("INSERT INTO raw.landcover_trajectory FROM read_parquet(?)", [str(path)])
    connection.execute(
        "INSERT INTO raw.landcover_coverage SELECT mine_id, sum(n_pixels), sum(area_km2), "
        "sum(area_km2), 0, NULL FROM raw.landcover_trajectory GROUP BY mine_id"
    )
    connection.execute(PLACES)
    create_parameter_table(connection, Parameters())


def run(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """Measure stored views, then public ones, then one mine."""
    catalog = read_catalog()
    names = answerable(connection, catalog)
    objects = with_macros([*names, "main.transition_between"])
    found = {item.name: store(connection, item) for item in objects if make(connection, item)}
    for item in objects:
        if item.is_public:
            found[item.name] = measure(connection, read_whole(connection, item.name))
    found["transition_between(1985, 2022)"] = measure(
        connection, "SELECT count(*), sum(area_km2) FROM transition_between(1985, 2022)"
    )
    middle = connection.execute("SELECT median(mine_id) FROM core.mine").fetchone()
    for view in HISTORIES:
        query = f"SELECT count(*) FROM {view} WHERE mine_id = '{middle[0] if middle else ''}'"
        found[f"one mine of {view}"] = measure(connection, query)
    return found


def answerable(
    connection: duckdb.DuckDBPyConnection, catalog: Mapping[str, SqlObject]
) -> list[str]:
    """The land-cover views that rest on the tables that are here, not on pieces of mines."""
    rows = connection.execute("SELECT schema_name || '.' || table_name FROM duckdb_tables()")
    there = {name for (name,) in rows.fetchall()}
    waiting = {name: item for name, item in catalog.items() if item.topic == "landcover"}
    found: list[str] = []
    while more := [name for name, item in waiting.items() if there.issuperset(item.reads)]:
        found += more
        there.update(more)
        waiting = {name: item for name, item in waiting.items() if name not in there}
    return found


def make(connection: duckdb.DuckDBPyConnection, item: SqlObject) -> bool:
    """Create an object, and say whether its rows are to be stored."""
    connection.execute(item.statement)
    return item.is_stored


def store(connection: duckdb.DuckDBPyConnection, item: SqlObject) -> dict[str, float]:
    """Replace a stored view by a table with its rows."""
    found = measure(connection, f"CREATE TABLE {item.name}__rows AS FROM {item.name}")
    connection.execute(f"DROP VIEW {item.name}")
    connection.execute(f"ALTER TABLE {item.name}__rows RENAME TO {item.path.stem}")
    return found


def read_whole(connection: duckdb.DuckDBPyConnection, view: str) -> str:
    """A query that needs every column of every row."""
    columns = [row[0] for row in connection.execute(f"DESCRIBE {view}").fetchall()]
    maxima = ", ".join(f"max({name})" for name in columns if name != "classes")
    return f"SELECT count(*), {maxima} FROM {view}"


def main(arguments: Sequence[str]) -> None:
    """Run and print; ``--json`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "trajectory.parquet"
        write_trajectories(path, options.rows)
        with duckdb.connect(str(Path(name) / "landcover.duckdb")) as connection:
            prepare(connection, path)
            found = run(connection)
    print("| what | rows | CPU s | wall s | peak GB so far |\n|---|---|---|---|---|")
    for what, row in found.items():
        print(f"| {what} | {row['rows']:,.0f} | {row['cpu_s']:.2f} | {row['wall_s']:.3f} "
              f"| {row['peak_gb']:.2f} |")  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
