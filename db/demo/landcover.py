"""GLC_FCS30D tiles and CCDC break counts, rendered from planted histories, with their truth."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from quarrydb.contract import SILENT, Progress, told
from quarrydb.demo.canvas import Canvas
from quarrydb.demo.coverage import pixel_areas
from quarrydb.demo.deposit import Deposit
from quarrydb.demo.green_raster import GreenPixels, label_pixels, object_table
from quarrydb.demo.grid import PIXEL, TILE_DEGREES, TILE_PIXELS, Tile, tiles_of
from quarrydb.demo.history import EPOCHS, FOREST, make_history
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World

ANNUAL = "landcover/{folder}/GLC_FCS30D_20002022_{tile}_Annual_V1.1.tif"
FIVE_YEARS = "landcover/{folder}/GLC_FCS30D_19852000_{tile}_5years_V1.1.tif"
BREAKS = "stable_green/ccdc_breaks_1999_2019_{tile}.tif"
# Room around a deposit's shapes that is rendered too, pixels.
MARGIN = 3
OFFSHORE_FAR = "offshore far"
# The product's two fill values; truth says 0 for both.
FILLS = (0, 250)


@dataclass(frozen=True)
class Covered:
    """The part of one mine that lies in one tile: codes and areas of the pixels it covers.

    ``codes`` has shape (26, n); ``area_km2`` (n,) is covered share times geodesic pixel area;
    ``points`` (n, 2) are the pixels' centres, ``is_whole`` (n,) whether all of a pixel is covered.
    """

    mine: int
    codes: np.ndarray
    area_km2: np.ndarray
    points: np.ndarray
    is_whole: np.ndarray


@dataclass(frozen=True)
class Placed:
    """A deposit's window in a tile's grid."""

    number: int
    deposit: Deposit
    top: int
    left: int
    height: int
    width: int


def place_deposits(world: World) -> dict[Tile, list[Placed]]:
    """The deposits of each tile, tiles in order of their names' corners."""
    found: dict[Tile, list[Placed]] = defaultdict(list)
    for number, deposit in enumerate(world.deposits):
        shapes = [*deposit.outlines, *deposit.finals]
        if not world.scale.is_large:
            shapes += [green.geometry for green in deposit.green]
        bounds = shapely.total_bounds(np.array(shapes, dtype=object))
        for tile in tiles_of(tuple(bounds + np.array([-1, -1, 1, 1]) * MARGIN * PIXEL)):
            top, left, height, width = tile.grid.window(bounds, MARGIN)
            if height and width:
                found[tile].append(Placed(number, deposit, top, left, height, width))
    return dict(sorted(found.items()))


def paint_deposit(
    world: World, tile: Tile, placed: Placed, cover: Canvas, breaks: Canvas
) -> GreenPixels:
    """Paint one deposit's land cover and break counts; tells which pixels are stable green."""
    # The stream hangs on deposit and tile: parts in two tiles need not match.
    rng = stream(world.seed, "history", placed.number, tile.name)
    rows = placed.top + np.arange(placed.height)
    columns = placed.left + np.arange(placed.width)
    x, y = tile.grid.centres(rows, columns)
    stack = make_history(placed.deposit.star, world.fates[placed.number], x, y, rng)
    labels = label_pixels(placed.deposit.green, x, y)
    stack[:, labels > 0] = FOREST
    if placed.deposit.star.slot.special == OFFSHORE_FAR:
        stack[:, :, placed.width // 2 :] = FILLS[0]
        stack[:, :, placed.width * 3 // 4 :] = FILLS[1]
    cover.paint(placed.top, placed.left, stack)
    counts = np.where(labels > 0, 0, rng.integers(1, 5, labels.shape)).astype(np.uint8)
    breaks.paint(placed.top, placed.left, counts[None])
    return GreenPixels(placed.number, tile, placed.top, placed.left, labels)


def covered_pixels(tile: Tile, cover: Canvas, mine: int, shape: shapely.Polygon) -> Covered | None:
    """The pixels of ``tile`` that a mine covers, within the tile's nominal box."""
    part = shapely.intersection(shape, shapely.box(*tile.box))
    if shapely.area(part) == 0:
        return None
    row, column, area = pixel_areas(tile.grid, _polygons_only(part))
    top, left = row.min(), column.min()
    window = cover.read(top, left, int(np.ptp(row)) + 1, int(np.ptp(column)) + 1)
    codes = window[:, row - top, column - left]
    codes = np.where(np.isin(codes, FILLS), 0, codes)
    points = np.stack(tile.grid.centres(row, column), axis=1)
    is_whole = area > 0.999999 * tile.grid.pixel_area_km2(row)
    return Covered(mine, codes, area, points, is_whole)


def _polygons_only(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygon parts of what an intersection gave."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def render_landcover(
    world: World,
    folder: Path,
    green: list[gpd.GeoDataFrame],
    progress: Progress = SILENT,
) -> Iterator[Covered]:
    """Write the tiles one after the other; yields what each mine covers in each.

    ``green`` is filled with the stable-green pixel objects of each tile.
    """
    shapes = world.mines.geometry.to_numpy()
    mines_of = world.mines.groupby("deposit").mine.apply(list).to_dict()
    placed_by_tile = list(place_deposits(world).items())
    for tile, deposits in told(placed_by_tile, progress, "Land cover", "tiles"):
        cover = Canvas(len(EPOCHS), (TILE_PIXELS, TILE_PIXELS), "uint8", world.scale.block)
        breaks = Canvas(1, (TILE_PIXELS, TILE_PIXELS), "uint8", world.scale.block)
        parts = [paint_deposit(world, tile, placed, cover, breaks) for placed in deposits]
        green.append(object_table(world.deposits, parts))
        write_tile(tile, cover, breaks, folder)
        for mine in (m for placed in deposits for m in mines_of.get(placed.number, [])):
            if found := covered_pixels(tile, cover, mine, shapes[mine]):
                yield found


def write_tile(tile: Tile, cover: Canvas, breaks: Canvas, folder: Path) -> None:
    """Write a tile's two land-cover files and its break counts.

    The five-yearly file is known with 2000 as a fourth band and without: here every other tile has it.
    """
    origin = (float(tile.west), float(tile.north))
    n_early = int((EPOCHS < 2000).sum())
    early, late = slice(0, n_early + (tile.west // TILE_DEGREES) % 2), slice(n_early, None)
    names = {"folder": tile.folder, "tile": tile.name}
    cover.write(folder / FIVE_YEARS.format(**names), origin, PIXEL, bands=early)
    cover.write(folder / ANNUAL.format(**names), origin, PIXEL, bands=late)
    breaks.write(folder / BREAKS.format(tile=tile.name), origin, PIXEL)
