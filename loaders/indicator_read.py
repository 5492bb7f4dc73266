"""Mean of a raster over the cells of each mine, for all wanted bands of a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quarrydb.loaders.grid import Grid
from quarrydb.loaders.image_offset import ImageLevel
from quarrydb.loaders.indicator_bundle import write_bundle
from quarrydb.loaders.indicator_cells import KIND as COVERAGE
from quarrydb.loaders.indicator_covered import Covered, Runs, Sums, read_runs
from quarrydb.loaders.indicator_raster import Decoding, open_rasters
from quarrydb.loaders.indicator_scene import Scene, open_scene
from quarrydb.loaders.indicator_series import DatedFile
from quarrydb.loaders.raster import gdal_environment
from quarrydb.store.shards import Store

KIND = "indicator"
PROBLEM, LEVELS = "problem", "levels"
POOL_BYTES = 32 * 2**20  # of coverage shards whose mines are in memory at once
PARTS_PER_WORKER = 4
BUNDLED_FILES = 16  # rasters whose values over pieces share a file
SCHEMA = pa.schema(
    [
        ("indicator", pa.string()),
        ("mine_id", pa.string()),
        ("year", pa.int16()),
        ("month", pa.int8()),
        ("day", pa.int8()),
        ("value", pa.float64()),
        ("weight_km2", pa.float64()),
        ("valid_km2", pa.float64()),
        ("inside_km2", pa.float64()),
    ]
)
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReadTask:
    """One file over the mines, or the pieces of mines, of one coverage shard.

    Where it ``is_bundled``, its rows go into one file of the store with those of other rasters.
    """

    store: Store
    key: str
    indicator: str
    file: DatedFile | Scene
    grid: Grid
    coverage_key: str
    decoding: Decoding
    is_bundled: bool = False


class Cells(Protocol):
    """An open source of values in cells of a grid.

    Where less than ``min_share`` of a mine has data at a date, it is as if none had.
    """

    @property
    def min_share(self) -> float:
        """Share of a mine that must have data."""

    def parts(self, runs: Runs) -> Iterator[Covered]:
        """The cells of mines that are read together."""

    def read(self, cells: Covered) -> tuple[Floats, NDArray[np.bool_], Floats | None]:
        """Values, whether they are data, and weights (None: all 1); (dates, cells) each."""

    def problem(self) -> str | None:
        """What is wrong with all that was read."""

    def levels(self) -> list[ImageLevel]:
        """How bright images are, whose offsets can be compared with those of other dates."""


def by_file(tasks: Sequence[ReadTask], workers: int) -> list[tuple[ReadTask, ...]]:
    """Tasks of one file together, so that it is opened once; files of one grid one after the other.

    A scene's tasks stay apart: what is wrong with its offset is told by the ground of one. Where files are
    few, each is cut among the workers.
    """
    files: dict[object, list[ReadTask]] = {}
    grids: dict[Grid, int] = {}
    for task in tasks:
        grids.setdefault(task.grid, len(grids))
        files.setdefault(task.key if isinstance(task.file, Scene) else task.file, []).append(task)
    n_parts = 1 if workers <= 1 else -(-PARTS_PER_WORKER * workers // max(len(files), 1))
    found = []
    for own in sorted(files.values(), key=lambda own: grids[own[0].grid]):
        step = -(-len(own) // n_parts)
        found += [tuple(own[first : first + step]) for first in range(0, len(own), step)]
    return found


def batches(
    files: Sequence[tuple[ReadTask, ...]], workers: int
) -> list[tuple[tuple[ReadTask, ...], ...]]:
    """Files by the pass that reads them: several together where rows are bundled, else one by one."""
    most = BUNDLED_FILES if any(task.is_bundled for own in files for task in own) else 1
    step = max(1, min(most, len(files) // (PARTS_PER_WORKER * workers if workers > 1 else 1)))
    return [tuple(files[first : first + step]) for first in range(0, len(files), step)]


def write_values(files: Sequence[Sequence[ReadTask]]) -> None:
    """Read files in the mines of some coverage shards, and store a row a mine and date for each.

    Done tasks are left alone. Images whose offset must be wrong give no rows, and say so in the shard
    (``problem_of``).
    """
    bundled: dict[str, pa.Table] = {}
    for tasks in files:
        for task, rows in read_values(tasks):
            if task.is_bundled:
                bundled[task.key] = rows
            else:
                task.store.write(KIND, task.key, rows)
    if bundled:
        write_bundle(files[0][0].store, bundled)


def read_values(tasks: Sequence[ReadTask]) -> Iterator[tuple[ReadTask, pa.Table]]:
    """The rows of one file over the mines of each coverage shard."""
    left = [task for task in tasks if task.is_bundled or not task.store.has(KIND, task.key)]
    if not left:
        return
    with gdal_environment(), open_cells(left[0]) as cells:
        for pool in pools(left):
            runs = read_runs(pool[0].store.root, tuple(task.coverage_key for task in pool))
            sums = read_sums(cells, runs, len(pool[0].file.dates))
            for number, task in enumerate(pool):
                rows = value_rows(task, runs, sums, np.flatnonzero(runs.shard == number))
                yield task, noted(rows, cells.problem(), cells.levels())


def pools(tasks: Sequence[ReadTask]) -> Iterator[list[ReadTask]]:
    """Tasks whose coverage fits into memory together."""
    pool: list[ReadTask] = []
    held = 0
    for task in tasks:
        size = task.store.path(COVERAGE, task.coverage_key).stat().st_size
        if pool and held + size > POOL_BYTES:
            yield pool
            pool, held = [], 0
        pool.append(task)
        held += size
    yield pool


def open_cells(task: ReadTask) -> AbstractContextManager[Cells]:
    """What a task reads, open."""
    if isinstance(task.file, Scene):
        return open_scene(task.file, task.grid, task.decoding)
    return open_rasters(task.file, task.grid, task.decoding)


def read_sums(cells: Cells, runs: Runs, n_dates: int) -> Sums:
    """The sums of all mines."""
    sums = Sums(n_dates, len(runs))
    if not len(runs):
        return sums
    for part in cells.parts(runs):
        values, valid, weight = cells.read(part)
        if cells.min_share > 0:
            seen = np.array([part.sums(part.area * row) for row in valid])
            valid = valid & part.of_cells(seen >= cells.min_share * part.inside)
        sums.add(part, values, valid, weight)
    return sums


def value_rows(task: ReadTask, runs: Runs, sums: Sums, mine: NDArray[np.int64]) -> pa.Table:
    """Means over the valid cells of some mines, date by date; NULL where no cell has data."""
    dates = task.file.dates
    weight = sums.weight[:, mine].ravel()
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = sums.summed[:, mine].ravel() / weight
    year, month, day = (
        np.repeat(np.array([getattr(date, part) for date in dates], np.int16), len(mine))
        for part in ("year", "month", "day")
    )
    columns = [
        pa.array(np.full(len(mean), task.indicator, dtype=object), pa.string()),
        pa.array(np.tile(runs.mine_id[mine], len(dates)), pa.string()),
        pa.array(year),
        pa.array(month.astype(np.int8), mask=month == 0),
        pa.array(day.astype(np.int8), mask=day == 0),
        pa.array(mean, mask=weight <= 0),
        pa.array(weight),
        pa.array(sums.valid[:, mine].ravel()),
        pa.array(np.tile(sums.inside[mine], len(dates))),
    ]
    return pa.table(columns, schema=SCHEMA)


def noted(rows: pa.Table, problem: str | None, levels: Sequence[ImageLevel]) -> pa.Table:
    """No row of images that a ``problem`` sets aside, and what it is; else the rows, with ``levels``."""
    if problem:
        return rows.slice(0, 0).replace_schema_metadata({PROBLEM: problem})
    if levels:
        return rows.replace_schema_metadata({LEVELS: json.dumps([asdict(one) for one in levels])})
    return rows


def problem_of(shard: Path) -> str | None:
    """Why a stored shard holds no rows of its images; None where nothing was wrong with them."""
    return note_of(shard, PROBLEM)


def levels_of(shard: Path) -> list[dict[str, Any]]:
    """How bright the images of a stored shard are: the fields of ``ImageLevel``."""
    found: list[dict[str, Any]] = json.loads(note_of(shard, LEVELS) or "[]")
    return found


def note_of(shard: Path, name: str) -> str | None:
    """What a stored shard says beside its rows; None for nothing."""
    found = (pq.read_schema(shard).metadata or {}).get(name.encode())
    return found.decode() if found else None
