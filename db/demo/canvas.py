"""A large raster of which only the blocks around mines exist."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rasterio
from rasterio.io import DatasetWriter
from rasterio.transform import from_origin
from rasterio.windows import Window

GDAL_OPTIONS = {"GDAL_CACHEMAX": 128, "GDAL_NUM_THREADS": 1, "GTIFF_WRITE_TOWGS84": "NO"}


@dataclass
class Canvas:
    """Bands of a raster by block; unpainted blocks are ``fill`` here and absent in the file."""

    n_bands: int
    shape: tuple[int, int]
    dtype: str
    block: int = 128
    fill: float = 0
    blocks: dict[tuple[int, int], np.ndarray] = field(default_factory=dict)

    def block_at(self, row: int, column: int) -> np.ndarray:
        """The block in this row and column of blocks, made when it is not there."""
        if (row, column) not in self.blocks:
            empty = np.full((self.n_bands, self.block, self.block), self.fill, self.dtype)
            self.blocks[row, column] = empty
        return self.blocks[row, column]

    def pieces(self, top: int, left: int, height: int, width: int) -> list[tuple[int, int]]:
        """Blocks that a window meets."""
        rows = range(top // self.block, (top + height - 1) // self.block + 1)
        columns = range(left // self.block, (left + width - 1) // self.block + 1)
        return [(r, c) for r in rows for c in columns]

    def paint(
        self, top: int, left: int, values: np.ndarray, where: np.ndarray | None = None
    ) -> None:
        """Set a window to ``values`` (bands, rows, columns), where ``where`` is true if given."""
        for r, c in self.pieces(top, left, *values.shape[1:]):
            target, source = self._overlap(r, c, top, left, values.shape[1:])
            view = self.block_at(r, c)[(slice(None), *target)]
            if where is None:
                view[...] = values[(slice(None), *source)]
            else:
                np.copyto(view, values[(slice(None), *source)], where=where[source])

    def read(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """Values of a window, shape (bands, height, width)."""
        values = np.full((self.n_bands, height, width), self.fill, self.dtype)
        for r, c in self.pieces(top, left, height, width):
            if (r, c) in self.blocks:
                target, source = self._overlap(r, c, top, left, (height, width))
                values[(slice(None), *source)] = self.blocks[r, c][(slice(None), *target)]
        return values

    def _overlap(
        self, row: int, column: int, top: int, left: int, shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Slices of the block and of the window that cover the same pixels."""
        target, source = [], []
        for first, start, size in ((row, top, shape[0]), (column, left, shape[1])):
            a = max(first * self.block, start)
            b = min((first + 1) * self.block, start + size)
            target.append(slice(a - first * self.block, b - first * self.block))
            source.append(slice(a - start, b - start))
        return (target[0], target[1]), (source[0], source[1])

    def write(
        self,
        path: Path,
        origin: tuple[float, float],
        pixel: float,
        *,
        bands: slice = slice(None),
        tags: Mapping[str, object] | None = None,
    ) -> None:
        """Write these bands as a tiled, compressed, sparse GeoTIFF in EPSG:4326.

        ``tags`` may set ``nodata``, ``scale`` and ``descriptions``.
        """
        tags = tags or {}
        n_bands = len(range(*bands.indices(self.n_bands)))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        profile = {
            "driver": "GTiff",
            "dtype": self.dtype,
            "count": n_bands,
            "height": self.shape[0],
            "width": self.shape[1],
            "crs": "EPSG:4326",
            "transform": from_origin(*origin, pixel, pixel),
            "nodata": tags.get("nodata"),
            "tiled": True,
            "blockxsize": self.block,
            "blockysize": self.block,
            "compress": "deflate",
            "zlevel": 1,
            "interleave": "pixel",
            "sparse_ok": True,
        }
        with rasterio.Env(**GDAL_OPTIONS), rasterio.open(path, "w", **profile) as raster:
            if "scale" in tags:
                raster.scales = [tags["scale"]] * n_bands
            if "descriptions" in tags:
                raster.descriptions = tags["descriptions"]
            self._write_blocks(raster, bands)

    def _write_blocks(self, raster: DatasetWriter, bands: slice) -> None:
        """Write the painted blocks in file order, cut at the raster's edge."""
        for (r, c), values in sorted(self.blocks.items()):
            top, left = r * self.block, c * self.block
            height = min(self.block, self.shape[0] - top)
            width = min(self.block, self.shape[1] - left)
            if height > 0 and width > 0:
                window = Window(left, top, width, height)
                raster.write(values[bands, :height, :width], window=window)
