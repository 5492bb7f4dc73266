"""One raster read on the grid of another: for each pixel the value at its centre, and whether it is void."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.io import DatasetReader
from rasterio.windows import Window

from quarrydb.loaders.grid import Grid
from quarrydb.loaders.raster import read_window
from quarrydb.loaders.raster_mask import hidden, is_void, masking_of

BLOCK_PIXELS = 4_000_000
SNAP = 1e-6  # of a pixel: a centre this near to an edge belongs to the pixel after it, however it is rounded


def read_band(
    dataset: DatasetReader, path: Path, window: Window, band: int = 1
) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Stored numbers of a window, and which of them are data."""
    values = read_window(dataset, path, window, bands=[band])[0]
    void = is_void(values, [dataset.nodatavals[band - 1]])
    is_hidden = hidden(dataset, path, masking_of(dataset, [band]), window, [band])
    return values, ~void if is_hidden is None else ~(void | is_hidden[0])


class NearestReader:
    """A band of an open raster, to be read on other grids."""

    def __init__(self, dataset: DatasetReader, path: Path, grid: Grid, band: int) -> None:
        self.dataset, self.path, self.grid, self.band = dataset, path, grid, band

    def read(self, grid: Grid, window: Window) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Stored numbers at the centres of a window of ``grid``, and which of them are data."""
        shape = int(window.height), int(window.width)
        values = np.zeros(shape, self.dataset.dtypes[self.band - 1])
        known = np.zeros(shape, bool)
        for first, rows in blocks(*shape):
            row, column = self.places(grid, window, first, rows)
            inside = (
                (row >= 0) & (row < self.grid.height) & (column >= 0) & (column < self.grid.width)
            )
            if not inside.any():
                continue
            top, left = int(row[inside].min()), int(column[inside].min())
            high, wide = int(row[inside].max()) - top + 1, int(column[inside].max()) - left + 1
            found, is_data = read_band(
                self.dataset, self.path, Window(left, top, wide, high), self.band
            )
            place = row[inside] - top, column[inside] - left
            values[first : first + rows][inside] = found[place]
            known[first : first + rows][inside] = is_data[place]
        return values, known

    def windows(self, grid: Grid, window: Window) -> Iterator[tuple[int, int, int, int]]:
        """Windows (first row, end row, first column, end column) of this raster that ``read`` reads."""
        for first, rows in blocks(int(window.height), int(window.width)):
            row, column = self.places(grid, window, first, rows)
            inside = (
                (row >= 0) & (row < self.grid.height) & (column >= 0) & (column < self.grid.width)
            )
            if inside.any():
                row, column = row[inside], column[inside]
                yield int(row.min()), int(row.max()) + 1, int(column.min()), int(column.max()) + 1

    def places(
        self, grid: Grid, window: Window, first: int, rows: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column, in this raster, of the centres of some rows of a window of ``grid``."""
        a, _, c, _, e, f = grid.transform
        x = c + a * (window.col_off + np.arange(int(window.width)) + 0.5)
        y = f + e * (window.row_off + first + np.arange(rows) + 0.5)
        x, y = np.meshgrid(x, y)
        if grid.crs != self.grid.crs:
            to_own = Transformer.from_crs(grid.projection, self.grid.projection, always_xy=True)
            x, y = to_own.transform(x, y)
        a, _, c, _, e, f = self.grid.transform
        row, column = np.floor((y - f) / e + SNAP), np.floor((x - c) / a + SNAP)
        off_map = ~(np.isfinite(row) & np.isfinite(column))
        row[off_map], column[off_map] = -1, -1
        return row.astype(np.int64), column.astype(np.int64)


def blocks(height: int, width: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of parts of a window that fit into memory."""
    step = max(1, BLOCK_PIXELS // max(width, 1))
    for first in range(0, height, step):
        yield first, min(step, height - first)
