"""A DuckLake on PostgreSQL with ten readers and two writers at once: rows a second, and nothing torn.

    python -m benchmarks --only lake

Each writer publishes two builds of one world in turn into a schema of its own, while readers read three
tables of a schema in one transaction: what they see must be all of the one build or all of the other.
"""

from __future__ import annotations

import multiprocessing
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.build import render
from benchmarks.harness import Row, measure
from benchmarks.postgres import temporary_server
from benchmarks.world import SCALES
from quarrydb.engine.build import build
from quarrydb.export.ducklake import attach, publish
from quarrydb.project import load_project

PARTS = ("polygons", "landcover")
SCHEMAS = ("north", "south")
N_READERS = 10
ROUNDS = 3  # publications of each writer
TABLES = ("mine", "mine_bare_surface", "country_summary")
CHANGE = "\n[parameters]\nmin_area_km2 = 0.1\n"
SPAWN = multiprocessing.get_context("spawn")
Seen = tuple[tuple[int, int], ...]  # of each table: rows, and a sum over all their values


@dataclass(frozen=True)
class Lake:
    """Catalogue and data of a DuckLake, and the file that tells readers to end."""

    catalogue: str
    data: str
    ended: Path


def run(size: str, folder: Path) -> list[Row]:
    """Two builds of a world, published and read at once."""
    one = folder / f"scale-{SCALES[size]}"
    measure(render, one, SCALES[size], PARTS)
    build(load_project(one), workers=1)
    other = folder / "other"
    shutil.copytree(one, other)
    with (other / "quarry.toml").open("a") as file:
        file.write(CHANGE)
    build(load_project(other), workers=1)
    databases = [place / "mines.duckdb" for place in (one, other)]
    with temporary_server() as server:
        server.create("lake")
        lake = Lake(f"postgres:{server.conninfo('lake')}", f"{folder / 'lake'}/", folder / "ended")
        return rows(*together(lake, databases))


def together(
    lake: Lake, databases: Sequence[Path]
) -> tuple[list[tuple[int, float]], list[tuple[int, int, float]], int]:
    """Rows and seconds of each writer; transactions, rows and seconds of each reader; torn readings."""
    first = zip(databases, SCHEMAS, strict=True)
    whole = {published(lake, database, schema) for database, schema in first}
    if len(whole) != len(databases):
        raise ValueError("the two builds have the same rows: readers could not tell them apart")
    with SPAWN.Pool(N_READERS + len(SCHEMAS)) as pool:
        readers = [
            pool.apply_async(read_on, (lake, SCHEMAS[i % 2], whole)) for i in range(N_READERS)
        ]
        writers = [
            pool.apply_async(write_on, (lake, databases[::turn], schema))
            for schema, turn in zip(SCHEMAS, (-1, 1), strict=True)
        ]
        written = [writer.get() for writer in writers]
        lake.ended.touch()
        read = [reader.get() for reader in readers]
    return written, [reader[:3] for reader in read], sum(reader[3] for reader in read)


def published(lake: Lake, database: Path, schema: str) -> Seen:
    """What readers see of a build once it is published."""
    publish(database, lake.catalogue, data=lake.data, schema=schema)
    with duckdb.connect() as connection:
        attach(connection, lake.catalogue, None, read_only=True)
        return look(connection, schema)


def look(connection: duckdb.DuckDBPyConnection, schema: str) -> Seen:
    """Every value of every row of the tables, in one transaction."""
    connection.execute("BEGIN")
    seen = tuple(
        connection.execute(
            f"SELECT count(*), bit_xor(hash(t)) FROM lake.{schema}.{table} AS t"
        ).fetchall()[0]
        for table in TABLES
    )
    connection.execute("COMMIT")
    return seen


def write_on(lake: Lake, databases: Sequence[Path], schema: str) -> tuple[int, float]:
    """Publish one build after the other; rows written, and seconds."""
    started, n_rows = time.monotonic(), 0
    for number in range(ROUNDS):
        done = publish(databases[number % 2], lake.catalogue, schema=schema)
        n_rows += sum(done.rows.values())
    return n_rows, time.monotonic() - started


def read_on(lake: Lake, schema: str, whole: set[Seen]) -> tuple[int, int, float, int]:
    """Read until the writers are done: transactions, rows, seconds, and those that saw a mixture."""
    started, n, n_rows, n_torn = time.monotonic(), 0, 0, 0
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET enable_progress_bar = false")
        attach(connection, lake.catalogue, None, read_only=True)
        while not lake.ended.exists():
            seen = look(connection, schema)
            n, n_rows = n + 1, n_rows + sum(rows for rows, _ in seen)
            n_torn += seen not in whole
    return n, n_rows, time.monotonic() - started, n_torn


def rows(
    written: Sequence[tuple[int, float]], read: Sequence[tuple[int, int, float]], n_torn: int
) -> list[Row]:
    """One line for the writers, one for the readers."""
    if n_torn:
        raise ValueError(f"{n_torn} readings saw parts of two builds")
    rate_in = sum(n / seconds for n, seconds in written)
    rate_out = sum(n_rows / seconds for _, n_rows, seconds in read)
    n_written, n_read = sum(n for n, _ in written), sum(n for n, _, _ in read)
    return [
        Row(f"{len(written)} writers at once", None,
            note=f"{ROUNDS * len(written)} publications, {n_written:,} rows, {rate_in:,.0f} rows a second"),
        Row(f"{len(read)} readers beside them", None,
            note=f"{n_read:,} transactions over {len(TABLES)} tables, {rate_out:,.0f} rows a second, each "
            "of one build whole"),
    ]  # fmt: skip
