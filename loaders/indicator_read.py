"""Mean of a raster over the cells of each mine, for all wanted bands of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.fetch.copy import as_windows, is_copy, n_missing
from quarrydb.loaders.grid import Grid, cell_area_km2
from quarrydb.loaders.indicator_cells import MineCells, read_coverage
from quarrydb.loaders.indicator_scene import Scene, open_scene, plausible
from quarrydb.loaders.indicator_series import DatedFile, other_grid
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster, read_window
from quarrydb.loaders.raster_mask import hidden, is_void, masking_of
from quarrydb.store.shards import Store

KIND = "indicator"
PROBLEM = "problem"
SMALL_WINDOW = 1_000_000  # pixels that are read at once for all mines in them
MAX_WINDOW = 32_000_000  # pixels of all bands in memory at once
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
class Decoding:
    """How stored numbers become values (scale, offset None: the file's own), and what is void."""

    scale: float | None
    offset: float | None
    nodata: tuple[float, ...]
    valid_min: float | None
    valid_max: float | None
    crs: str | None


@dataclass(frozen=True)
class ReadTask:
    """One file over the mines of one coverage shard."""

    store: Store
    key: str
    indicator: str
    file: DatedFile | Scene
    grid: Grid
    coverage_key: str
    decoding: Decoding


def write_values(task: ReadTask) -> None:
    """Read the file in the mines and store a row a mine and date; done tasks are left alone.

    Images whose offset must be wrong give no rows, and say so in the shard (``problem_of``).
    """
    if task.store.has(KIND, task.key):
        return
    mines = list(read_coverage(task.store, task.coverage_key, task.grid.width))
    with gdal_environment(), open_cells(task) as cells:
        parts = [
            group_values(group, task, cells) for group in groups(mines, cells.n_planes, cells.lacks)
        ]
        problem = cells.problem()
    table = pa.concat_tables([SCHEMA.empty_table(), *([] if problem else parts)])
    task.store.write(
        KIND, task.key, table.replace_schema_metadata({PROBLEM: problem}) if problem else table
    )


def problem_of(shard: Path) -> str | None:
    """Why a stored shard holds no rows of its images; None where nothing was wrong with them."""
    found = (pq.read_schema(shard).metadata or {}).get(PROBLEM.encode())
    return found.decode() if found else None


def open_cells(task: ReadTask) -> AbstractContextManager[Cells]:
    """What a task reads, open."""
    if isinstance(task.file, Scene):
        return open_scene(task.file, task.grid)
    return open_rasters(task, task.file)


class Cells(Protocol):
    """An open source of values in cells of a grid.

    Where less than ``min_share`` of a mine has data at a date, it is as if none had.
    """

    @property
    def n_planes(self) -> int:
        """Bands that are read at once."""

    @property
    def min_share(self) -> float:
        """Share of a mine that must have data."""

    def read(
        self, cell: NDArray[np.int64], decoding: Decoding
    ) -> tuple[Floats, NDArray[np.bool_], Floats]:
        """Values, whether they are data, and weights; (dates, cells) each."""

    def lacks(self, window: tuple[int, int, int, int]) -> bool:
        """Whether parts of files under a window were not fetched."""

    def problem(self) -> str | None:
        """What is wrong with all that was read."""


@dataclass
class RasterCells:
    """Bands of a file, with the raster that weights them."""

    task: ReadTask
    file: DatedFile
    dataset: Any
    weights: Any
    min_share: float = 0.0

    @property
    def n_planes(self) -> int:
        """Bands that are read at once."""
        return len(self.file.bands) * (2 if self.weights else 1)

    def read(
        self, cell: NDArray[np.int64], decoding: Decoding
    ) -> tuple[Floats, NDArray[np.bool_], Floats]:
        """Values, whether they are data, and weights; (dates, cells) each."""
        file, grid = self.file, self.task.grid
        raw, valid = read_cells(self.dataset, file.path, file.bands, cell, grid, named_bands(file))
        values, valid = decode(raw, valid, self.dataset, file.bands, decoding)
        return values, valid, read_weights(self.weights, file, grid, cell, valid)

    def lacks(self, window: tuple[int, int, int, int]) -> bool:
        """Whether blocks of a partial copy under a window were not fetched: both rasters have one grid."""
        paths = [self.file.path, *([self.file.weight_path] if self.file.weight_path else [])]
        path = next((path for path in paths if is_copy(path)), None)
        return path is not None and n_missing(path, as_windows([window])) > 0

    def problem(self) -> str | None:
        """Nothing that values would show."""
        return None


@contextmanager
def open_rasters(task: ReadTask, file: DatedFile) -> Iterator[RasterCells]:
    """The file and its weights, open. SourceError where they are not on the grid of the task."""
    crs = task.decoding.crs
    with ExitStack() as stack:
        dataset = stack.enter_context(open_raster(file.path))
        if grid_of(dataset, file.path, crs) != task.grid:
            raise SourceError(f"{file.path} was changed while it was read. Run the build again.")
        weights = None
        if file.weight_path is not None:
            weights = stack.enter_context(open_raster(file.weight_path))
            if grid_of(weights, file.weight_path, crs) != task.grid:
                raise SourceError(other_grid(file))
        yield RasterCells(task, file, dataset, weights)


def groups(
    mines: Sequence[MineCells], n_planes: int, lacks: Callable[[tuple[int, int, int, int]], bool]
) -> Iterator[list[MineCells]]:
    """Mines to read together: where one window, none of which ``lacks``, holds few pixels besides theirs."""
    if not mines:
        return
    top, left = min(m.top for m in mines), min(m.left for m in mines)
    height = max(m.bottom for m in mines) - top
    width = max(m.right for m in mines) - left
    own = sum((m.bottom - m.top) * (m.right - m.left) for m in mines)
    is_small = height * width * n_planes <= max(SMALL_WINDOW, min(4 * own, MAX_WINDOW))
    if len(mines) == 1 or (is_small and not lacks((top, top + height, left, left + width))):
        yield list(mines)
        return
    ordered = sorted(mines, key=lambda m: (m.top, m.left) if height > width else (m.left, m.top))
    middle = len(ordered) // 2
    yield from groups(ordered[:middle], n_planes, lacks)
    yield from groups(ordered[middle:], n_planes, lacks)


def group_values(group: Sequence[MineCells], task: ReadTask, cells: Cells) -> pa.Table:
    """Rows of mines that are read together."""
    measured = [mine.cells() for mine in group]
    cell = np.concatenate([numbers for numbers, _ in measured])
    share = np.concatenate([shares for _, shares in measured])
    index = np.repeat(np.arange(len(group)), [len(numbers) for numbers, _ in measured])
    area = share * np.concatenate([cell_area_km2(task.grid, cells) for cells, _ in measured])
    inside = np.bincount(index, area, len(group)).astype(np.float64)
    values, valid, weight = cells.read(cell, task.decoding)
    if cells.min_share > 0:
        seen = np.array([np.bincount(index, area * row, len(group)) for row in valid])
        valid = valid & (seen >= cells.min_share * inside)[:, index]
    rows = [
        date_rows(
            group, task, number, index, area, values[number], valid[number], weight[number], inside
        )
        for number in range(len(task.file.dates))
    ]
    return pa.concat_tables(rows)


def date_rows(
    group: Sequence[MineCells],
    task: ReadTask,
    band: int,
    index: NDArray[np.int64],
    area: Floats,
    values: Floats,
    valid: NDArray[np.bool_],
    weight: Floats,
    inside: Floats,
) -> pa.Table:
    """Means over the valid cells of each mine for one band; NULL where no cell has data."""
    n = len(group)
    heavy = np.where(valid, area * weight, 0.0)
    total = np.bincount(index, heavy, n)
    summed = np.bincount(index, np.where(valid, values, 0.0) * heavy, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = summed / total
    date = task.file.dates[band]
    columns = [
        pa.array([task.indicator] * n, pa.string()),
        pa.array([mine.mine_id for mine in group], pa.string()),
        pa.array(np.full(n, date.year, np.int16)),
        pa.array(np.full(n, date.month, np.int8), mask=np.full(n, date.month == 0)),
        pa.array(np.full(n, date.day, np.int8), mask=np.full(n, date.day == 0)),
        pa.array(mean, mask=total <= 0),
        pa.array(total),
        pa.array(np.bincount(index, np.where(valid, area, 0.0), n)),
        pa.array(inside),
    ]
    return pa.table(columns, schema=SCHEMA)


def read_cells(
    dataset: Any,
    path: Path,
    bands: Sequence[int],
    cell: NDArray[np.int64],
    grid: Grid,
    data: Sequence[int],
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Stored numbers (band, cell) of some cells and whether the file's own masks let them pass.

    ``data`` are bands of the file that the project file names: none of them is alpha.
    """
    if dataset.count < max(bands):
        raise SourceError(
            f"{path} has {dataset.count} bands, but band {max(bands)} is wanted. "
            "Correct band or band_dates."
        )
    row, column = np.divmod(cell, grid.width)
    top, left = int(row.min()), int(column.min())
    height, width = int(row.max()) - top + 1, int(column.max()) - left + 1
    raw = np.empty((len(bands), len(cell)), dataset.dtypes[bands[0] - 1])
    valid = np.ones(raw.shape, bool)
    step = max(1, MAX_WINDOW // (width * len(bands)))
    masking = masking_of(dataset, data)
    for first in range(top, top + height, step):
        rows = min(step, top + height - first)
        here = (row >= first) & (row < first + rows)
        place = (slice(None), row[here] - first, column[here] - left)
        window = Window(left, first, width, rows)
        raw[:, here] = read_window(dataset, path, window, bands=bands)[place]
        is_hidden = hidden(dataset, path, masking, window, bands)
        if is_hidden is not None:
            valid[:, here] = ~is_hidden[place]
    return raw, valid


def named_bands(file: DatedFile) -> tuple[int, ...]:
    """Bands of a file that hold values or weights."""
    return (*file.bands, *file.weight_bands) if file.weight_path == file.path else file.bands


def decode(
    raw: NDArray[Any],
    valid: NDArray[np.bool_],
    dataset: Any,
    bands: Sequence[int],
    decoding: Decoding,
) -> tuple[Floats, NDArray[np.bool_]]:
    """Values in their unit, and which of them are data."""
    values = np.empty(raw.shape)
    for i, band in enumerate(bands):
        tagged = dataset.nodatavals[band - 1]
        void = [*decoding.nodata, *([] if tagged is None else [tagged])]
        valid[i] &= ~is_void(raw[i], void)
        scale = dataset.scales[band - 1] if decoding.scale is None else decoding.scale
        offset = dataset.offsets[band - 1] if decoding.offset is None else decoding.offset
        values[i] = raw[i].astype(np.float64) * scale + offset
    return values, valid & plausible(values, decoding.valid_min, decoding.valid_max)


def read_weights(
    weights: Any, file: DatedFile, grid: Grid, cell: NDArray[np.int64], valid: NDArray[np.bool_]
) -> Floats:
    """Weight (band, cell) of each cell: 1 without weights; cells of no weight are not data."""
    if weights is None or file.weight_path is None:
        return np.ones(valid.shape)
    path, bands = file.weight_path, file.weight_bands
    raw, known = read_cells(weights, path, bands, cell, grid, named_bands(file))
    own = Decoding(None, None, (), None, None, None)
    weight, known = decode(raw, known, weights, bands, own)
    valid &= known & (weight > 0)
    return np.where(valid, weight, 0.0)
