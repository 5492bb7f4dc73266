"""Cells of a tile's grid as windows and blocks of its files."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from rasterio.windows import Window

from quarrydb.loaders.areal import areal
from quarrydb.loaders.coverage import CellCoverage
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.landcover_product import BandFile, Tile, sub_grid
from quarrydb.loaders.landcover_trajectory import Integers


def parts_in(tile: Tile, outlines: Mapping[str, bytes]) -> list[tuple[str, shapely.Geometry]]:
    """The parts of outlines (id, WKB in the tile's CRS) that a tile answers for, of those that have one."""
    parts = [(name, clip(shapely.from_wkb(wkb), tile)) for name, wkb in outlines.items()]
    return [(name, part) for name, part in parts if not part.is_empty]


def clip(polygon: shapely.Geometry, tile: Tile) -> shapely.Geometry:
    """The part of a mine that a tile answers for, without lines and points."""
    if polygon.is_empty or tile.region.contains(polygon):
        return polygon
    return areal(polygon.intersection(tile.region))


def by_block(cell_id: Integers, tile: Tile, max_pixels: int) -> tuple[Integers, list[int]]:
    """The order of cells by the blocks of the tile's first file, and where in it each block begins and ends.

    Of blocks with more than ``max_pixels`` some rows are taken at a time.
    """
    file = tile.files[0]
    width = min(file.block[1], file.grid.width)
    height = max(1, min(file.block[0], max_pixels // width))
    row, column = np.divmod(cell_id, tile.grid.width)
    across = -(-file.grid.width // width)
    block = (row + file.row_offset) // height * across + (column + file.column_offset) // width
    order = np.argsort(block, kind="stable")
    inner = np.flatnonzero(np.diff(block[order])) + 1
    return order, [0, *inner.tolist(), len(order)]


def window_around(cell_id: Integers, width: int) -> tuple[Window, Integers]:
    """The window that holds cells of a grid in any order, and the cells as numbered in it."""
    row, column = np.divmod(cell_id, width)
    top, left = int(row.min()), int(column.min())
    window = Window(left, top, int(column.max()) - left + 1, int(row.max()) - top + 1)
    return window, (row - top) * window.width + (column - left)


def cropped(covered: CellCoverage, width: int) -> tuple[Window, CellCoverage]:
    """The window that holds covered cells of a grid, and the cells as numbered in it."""
    if len(covered.cell_id) == 0:
        return Window(0, 0, 0, 0), covered
    window, cell_id = window_around(covered.cell_id, width)
    return window, CellCoverage(cell_id, covered.coverage, covered.problem)


def window_grid(grid: Grid, window: Window) -> Grid:
    """The grid of a window."""
    return sub_grid(
        grid, int(window.row_off), int(window.col_off), int(window.height), int(window.width)
    )


def shifted(window: Window, file: BandFile) -> Window:
    """A window of the tile's grid as a window of the file."""
    return Window(
        window.col_off + file.column_offset,
        window.row_off + file.row_offset,
        window.width,
        window.height,
    )
