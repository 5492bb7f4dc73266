"""Mean of a raster over the cells of each mine, for all wanted bands of a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.fetch.copy import as_windows, is_copy, n_missing
from quarrydb.loaders.grid import Grid, cell_area_km2
from quarrydb.loaders.indicator_cells import MineCells, read_coverage
from quarrydb.loaders.indicator_series import DatedFile, other_grid
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster, read_window
from quarrydb.loaders.raster_mask import hidden, is_void, masking_of
from quarrydb.store.shards import Store

KIND = "indicator"
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
    file: DatedFile
    grid: Grid
    coverage_key: str
    decoding: Decoding


def write_values(task: ReadTask) -> None:
    """Read the file in the mines and store a row a mine and date; done tasks are left alone."""
    if task.store.has(KIND, task.key):
        return
    mines = list(read_coverage(task.store, task.coverage_key, task.grid.width))
    with ExitStack() as stack:
        stack.enter_context(gdal_environment())
        dataset = stack.enter_context(open_raster(task.file.path))
        if grid_of(dataset, task.file.path, task.decoding.crs) != task.grid:
            raise SourceError(
                f"{task.file.path} was changed while it was read. Run the build again."
            )
        weights = None
        if task.file.weight_path is not None:
            weights = stack.enter_context(open_raster(task.file.weight_path))
            if grid_of(weights, task.file.weight_path, task.decoding.crs) != task.grid:
                raise SourceError(other_grid(task.file))
        parts = [
            group_values(group, task, dataset, weights)
            for group in groups(
                mines, len(task.file.bands) * (2 if weights else 1), copied(task.file)
            )
        ]
    task.store.write(KIND, task.key, pa.concat_tables([SCHEMA.empty_table(), *parts]))


def copied(file: DatedFile) -> Path | None:
    """The partial copy among the two rasters of a date, which have the same grid; None for whole files."""
    paths = [file.path, *([file.weight_path] if file.weight_path else [])]
    return next((path for path in paths if is_copy(path)), None)


def groups(
    mines: Sequence[MineCells], n_bands: int, path: Path | None = None
) -> Iterator[list[MineCells]]:
    """Mines to read together: where one window holds few pixels besides their own.

    Of a partial copy (``path``) such a window is read only where all its blocks are there.
    """
    if not mines:
        return
    top, left = min(m.top for m in mines), min(m.left for m in mines)
    height = max(m.bottom for m in mines) - top
    width = max(m.right for m in mines) - left
    own = sum((m.bottom - m.top) * (m.right - m.left) for m in mines)
    is_small = height * width * n_bands <= max(SMALL_WINDOW, min(4 * own, MAX_WINDOW))
    whole = as_windows([(top, top + height, left, left + width)])
    if len(mines) == 1 or (is_small and (path is None or not n_missing(path, whole))):
        yield list(mines)
        return
    ordered = sorted(mines, key=lambda m: (m.top, m.left) if height > width else (m.left, m.top))
    middle = len(ordered) // 2
    yield from groups(ordered[:middle], n_bands, path)
    yield from groups(ordered[middle:], n_bands, path)


def group_values(
    group: Sequence[MineCells], task: ReadTask, dataset: Any, weights: Any
) -> pa.Table:
    """Rows of mines that are read together."""
    measured = [mine.cells() for mine in group]
    cell = np.concatenate([cells for cells, _ in measured])
    share = np.concatenate([shares for _, shares in measured])
    index = np.repeat(np.arange(len(group)), [len(cells) for cells, _ in measured])
    area = share * np.concatenate([cell_area_km2(task.grid, cells) for cells, _ in measured])
    inside = np.bincount(index, area, len(group)).astype(np.float64)
    raw, valid = read_cells(
        dataset, task.file.path, task.file.bands, cell, task.grid, named_bands(task.file)
    )
    values, valid = decode(raw, valid, dataset, task.file.bands, task.decoding)
    weight = read_weights(weights, task, cell, valid)
    rows = [
        date_rows(group, task, band, index, area, values[band], valid[band], weight[band], inside)
        for band in range(len(task.file.bands))
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
    valid &= np.isfinite(values)
    if decoding.valid_min is not None:
        valid &= values >= decoding.valid_min
    if decoding.valid_max is not None:
        valid &= values <= decoding.valid_max
    return values, valid


def read_weights(
    weights: Any, task: ReadTask, cell: NDArray[np.int64], valid: NDArray[np.bool_]
) -> Floats:
    """Weight (band, cell) of each cell: 1 without weights; cells of no weight are not data."""
    if weights is None or task.file.weight_path is None:
        return np.ones(valid.shape)
    path, bands = task.file.weight_path, task.file.weight_bands
    raw, known = read_cells(weights, path, bands, cell, task.grid, named_bands(task.file))
    own = Decoding(None, None, (), None, None, None)
    weight, known = decode(raw, known, weights, bands, own)
    valid &= known & (weight > 0)
    return np.where(valid, weight, 0.0)
