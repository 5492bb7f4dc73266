"""One band of a world-wide raster, painted around all deposits at once, date after date."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from quarrydb.demo.canvas import Canvas
from quarrydb.demo.coverage import pixel_areas
from quarrydb.demo.grid import Grid
from quarrydb.demo.world import World


@dataclass(frozen=True)
class MinePixels:
    """Pixels that mines cover, all mines in a row: mine, place in the layer, area (km2)."""

    mine: np.ndarray
    index: np.ndarray
    area_km2: np.ndarray


@dataclass
class SparseLayer:
    """The painted pixels of a grid: ``row`` and ``column`` of each, and its ``deposit``."""

    grid: Grid
    block: int
    row: np.ndarray
    column: np.ndarray
    deposit: np.ndarray
    keys: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        """Number the blocks that hold pixels."""
        self.keys = np.unique(self._key(self.row, self.column))

    def _key(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Number of each pixel's block, counted along the rows of blocks."""
        n_columns = -(-self.grid.shape[1] // self.block)
        return np.asarray(row // self.block * n_columns + column // self.block)

    def index_of(self, row: np.ndarray, column: np.ndarray) -> np.ndarray:
        """Place of each pixel in the flat array of all painted blocks."""
        position = np.searchsorted(self.keys, self._key(row, column))
        inner = row % self.block * self.block + column % self.block
        return np.asarray(position * self.block**2 + inner)

    @cached_property
    def index(self) -> np.ndarray:
        """Place of each painted pixel."""
        return self.index_of(self.row, self.column)

    def image(self, values: np.ndarray, fill: float, dtype: str) -> np.ndarray:
        """All blocks, flat, with ``values`` at the painted pixels."""
        image = np.full(len(self.keys) * self.block**2, fill, dtype)
        image[self.index] = values
        return image

    def write(self, image: np.ndarray, path: Path, grid: Grid, **tags: Any) -> None:
        """Write what of an image lies in ``grid`` as a sparse GeoTIFF.

        ``grid`` has the layer's pixels, and begins a whole number of blocks from it.
        """
        canvas = Canvas(1, grid.shape, image.dtype.name, self.block)
        blocks = image.reshape(-1, 1, self.block, self.block)
        places = self.places(grid)
        canvas.blocks = {place: blocks[number] for number, place in places.items()}
        canvas.write(path, (grid.west, grid.north), grid.pixel, tags=tags)

    def places(self, grid: Grid) -> dict[int, tuple[int, int]]:
        """Row and column of blocks in ``grid`` of those painted blocks that lie there, by their number."""
        down = round((grid.north - self.grid.north) / grid.pixel / self.block)
        across = round((self.grid.west - grid.west) / grid.pixel / self.block)
        row, column = np.divmod(self.keys, -(-self.grid.shape[1] // self.block))
        row, column = row + down, column + across
        height, width = (-(-size // self.block) for size in grid.shape)
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        numbers = np.flatnonzero(inside)
        return {int(n): (int(row[n]), int(column[n])) for n in numbers}


def make_layer(world: World, pixel: float, block: int) -> SparseLayer:
    """A layer with pixels around every deposit, on a grid that holds the whole world."""
    grid = world_grid(world, pixel)
    rows, columns, owners = [], [], []
    for number, deposit in enumerate(world.deposits):
        shapes = np.array([*deposit.outlines, *deposit.finals], dtype=object)
        top, left, height, width = grid.window(shapely.total_bounds(shapes), 2)
        row, column = np.mgrid[top : top + height, left : left + width]
        rows.append(row.ravel())
        columns.append(column.ravel())
        owners.append(np.full(row.size, number))
    row, column, owner = (np.concatenate(part) for part in (rows, columns, owners))
    return SparseLayer(grid, block, row, column, owner)


def world_grid(world: World, pixel: float) -> Grid:
    """A grid over all land and mines, its corner on a whole multiple of five degrees."""
    bounds = np.concatenate([world.countries.total_bounds, world.mines.total_bounds]).reshape(2, 4)
    west, south = np.floor(bounds[:, :2].min(axis=0) / 5) * 5
    east, north = np.ceil(bounds[:, 2:].max(axis=0) / 5) * 5
    shape = round((north - south) / pixel), round((east - west) / pixel)
    return Grid(float(west), float(north), pixel, shape)


def mine_pixels(world: World, layer: SparseLayer) -> MinePixels:
    """The pixels of the layer that each mine covers."""
    found = [pixel_areas(layer.grid, shape) for shape in world.mines.geometry]
    row, column, area = (np.concatenate([part[k] for part in found]) for k in range(3))
    mine = np.repeat(np.arange(len(found)), [len(part[0]) for part in found])
    return MinePixels(mine, layer.index_of(row, column), area)
