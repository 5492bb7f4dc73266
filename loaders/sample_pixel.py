"""Where the pixels of a sample lie: the land cover of their mines is read once more, pixel by pixel.

The database keeps histories of pixels, not their places. A pixel is named by its mine, its history
and its number among the mine's pixels with that history, by tile, row and column.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from quarrydb.contract import SILENT, Progress, told
from quarrydb.errors import SourceError
from quarrydb.loaders.coverage import cells_of
from quarrydb.loaders.grid import LONLAT, Grid
from quarrydb.loaders.landcover_cells import clip, window_grid
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.loaders.landcover_product import Tile, recognise
from quarrydb.loaders.landcover_read import TileReader, blocks, part_inside
from quarrydb.loaders.landcover_shard import place_mines
from quarrydb.loaders.landcover_years import naming_of
from quarrydb.project.landcover import LandcoverSource


@dataclass(frozen=True)
class DrawnPixel:
    """A pixel by mine, history (code by epoch, None without data) and number among its like."""

    mine_id: str
    classes: tuple[int | None, ...]
    pixel: int


Place = tuple[float, float]  # longitude, latitude


def locate(
    section: LandcoverSource,
    mines: Mapping[str, bytes],
    drawn: Sequence[DrawnPixel],
    progress: Progress = SILENT,
) -> list[Place]:
    """Centre of each drawn pixel, degrees.

    ``mines`` has the polygon (WKB, EPSG:4326) of every mine. SourceError where a pixel isn't found:
    the rasters are not those that the database was built from.
    """
    product = recognise(section.path, naming_of(section))
    legend = read_legend(section.legend)
    wanted = {pixel.mine_id for pixel in drawn}
    placed = place_mines(product, [(m, mines[m]) for m in sorted(wanted)])
    found: dict[tuple[str, bytes], list[Place]] = defaultdict(list)
    codes_of = {pixel: encode(pixel.classes, legend.fill) for pixel in drawn}
    histories = defaultdict(set)
    for pixel, code in codes_of.items():
        histories[pixel.mine_id].add(code)
    for tile in told(product.tiles, progress, "Sample", "tiles"):
        parts = [(m.mine_id, clip(shapely.from_wkb(m.wkb), tile)) for m in placed]
        parts = [(mine_id, part) for mine_id, part in parts if not part.is_empty]
        if not parts:
            continue
        with TileReader(tile, product.years, legend, record_gaps=True) as reader:
            for mine_id, part in parts:
                for codes, places in pixels_of(reader, tile, part):
                    for row in matching(codes, histories[mine_id]):
                        key = (mine_id, codes[row].tobytes())
                        found[key].append((float(places[0][row]), float(places[1][row])))
    return [place_of(pixel, found[pixel.mine_id, codes_of[pixel]]) for pixel in drawn]


def encode(classes: Sequence[int | None], fill: int) -> bytes:
    """A history as the bytes of its codes."""
    return bytes(fill if code is None else code for code in classes)


def matching(codes: NDArray[np.uint8], histories: set[bytes]) -> NDArray[np.int64]:
    """Rows whose history is one of ``histories``."""
    rows = np.zeros(len(codes), bool)
    for history in histories:
        rows |= (codes == np.frombuffer(history, np.uint8)).all(axis=1)
    return np.flatnonzero(rows)


def place_of(pixel: DrawnPixel, places: Sequence[Place]) -> Place:
    """The place of a pixel among those with its history."""
    if pixel.pixel >= len(places):
        raise SourceError(
            f"mine {pixel.mine_id} has {len(places)} pixels of a history that the database counts "
            f"more than {pixel.pixel} times: the rasters have changed since. Run quarry build."
        )
    return places[pixel.pixel]


def pixels_of(
    reader: TileReader, tile: Tile, polygon: shapely.Geometry
) -> Iterator[tuple[NDArray[np.uint8], tuple[NDArray[np.float64], NDArray[np.float64]]]]:
    """Codes (pixel, epoch) and centres (longitudes, latitudes) of a mine's pixels in a tile."""
    for codes, grid, cell_id in cells_read(reader, tile, polygon):
        yield codes, centres(grid, cell_id)


def cells_read(
    reader: TileReader, tile: Tile, polygon: shapely.Geometry
) -> Iterator[tuple[NDArray[np.uint8], Grid, NDArray[np.int64]]]:
    """Codes (pixel, epoch) of a polygon's pixels in a tile, and which cells of a grid they are."""
    for window in blocks(polygon, tile, reader.max_pixels):
        grid = window_grid(tile.grid, window)
        part = part_inside(polygon, grid)
        if part.is_empty:
            continue
        cell_id = cells_of([part], grid)[0].cell_id
        if len(cell_id):
            codes = reader.read_codes(window, cell_id, Counter())
            epochs = np.arange(codes.shape[1])
            yield reader.table[epochs, codes], grid, cell_id


def centres(
    grid: Grid, cell_id: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of the centres of cells."""
    left, bottom, right, top = grid.cell_bounds(cell_id)
    x, y = (left + right) / 2, (bottom + top) / 2
    to_lonlat = Transformer.from_crs(grid.projection, LONLAT, always_xy=True)
    longitude, latitude = to_lonlat.transform(x, y)
    return np.asarray(longitude), np.asarray(latitude)
