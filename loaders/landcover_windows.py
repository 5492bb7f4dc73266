"""Which windows of the land-cover files the mines of shards will be read in, so that they can be fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray

from quarrydb.contract import PixelWindows
from quarrydb.fetch.copy import is_copy
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.landcover_cells import clip
from quarrydb.loaders.landcover_product import Tile
from quarrydb.loaders.landcover_shard import Shard, is_stored
from quarrydb.store.shards import Store


def windows_of(shards: Sequence[Shard], store: Store) -> PixelWindows:
    """Windows of partial copies that the shards which are not stored yet will read."""
    paths = {file.path for shard in shards for tile in shard.tiles for file in tile.files}
    copies = {path for path in paths if is_copy(path)}
    found: dict[Path, list[NDArray[np.int64]]] = defaultdict(list)
    for shard in shards if copies else ():
        if is_stored(store, shard.key):
            continue
        for tile in shard.tiles:
            windows = tile_windows(shard, tile)
            for file in tile.files:
                if file.path in copies:
                    row, column = file.row_offset, file.column_offset
                    found[file.path].append(windows + np.array([row, row, column, column]))
    return {path: np.concatenate(parts) for path, parts in found.items()}


def tile_windows(shard: Shard, tile: Tile) -> NDArray[np.int64]:
    """Windows (first row, end row, first column, end column) of a shard's mines in a tile's grid."""
    parts = [clip(shapely.from_wkb(mine.wkb), tile) for mine in shard.mines]
    bounds = shapely.bounds(np.array([part for part in parts if not part.is_empty], dtype=object))
    return pixel_windows(bounds.reshape(-1, 4), tile.grid)


def n_values(shard: Shard) -> int:
    """About how many values (pixels times years) a shard's mines take: those of the boxes around them."""
    bounds = shapely.bounds(shapely.from_wkb([mine.wkb for mine in shard.mines]))
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    windows = [pixel_windows(bounds, tile.grid) for tile in shard.tiles]
    sides = np.concatenate([window[:, [1, 3]] - window[:, [0, 2]] for window in windows])
    return int(sides.prod(axis=1).sum()) * len(shard.years)


def pixel_windows(bounds: NDArray[np.float64], grid: Grid) -> NDArray[np.int64]:
    """Windows of the pixels that boxes (n, 4: xmin, ymin, xmax, ymax) meet, clipped to the grid.

    A box that ends on a pixel's edge may be read with the next pixel, since rounding decides.
    """
    a, _, left, _, e, top = grid.transform
    columns = (bounds[:, [0, 2]] - left) / a
    rows = np.sort((bounds[:, [1, 3]] - top) / e, axis=1)
    tiny = 1e-6
    found = np.stack(
        [
            np.floor(rows[:, 0] - tiny),
            np.ceil(rows[:, 1] + tiny),
            np.floor(columns[:, 0] - tiny),
            np.ceil(columns[:, 1] + tiny),
        ],
        axis=1,
    )
    limits = np.array([grid.height, grid.height, grid.width, grid.width])
    return np.clip(found, 0, limits).astype(np.int64)
