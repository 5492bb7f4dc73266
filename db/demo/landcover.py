"""GLC_FCS30D tiles and CCDC break counts, rendered from planted histories, with their truth."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from quarrydb.demo.canvas import Canvas
from quarrydb.demo.coverage import coverage
from quarrydb.demo.deposit import Deposit
from quarrydb.demo.green_raster import GreenPixels, label_pixels
from quarrydb.demo.grid import PIXEL, TILE_PIXELS, Tile, pixel_area_km2, tiles_of
from quarrydb.demo.history import EPOCHS, FOREST, make_history
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World

ANNUAL = "landcover/GLC_FCS30D_20002022_{tile}_Annual_V1.1.tif"
FIVE_YEARS = "landcover/GLC_FCS30D_19851995_{tile}_5years_V1.1.tif"
BREAKS = "stable_green/ccdc_breaks_1999_2019_{tile}.tif"
# Room around a deposit's shapes that is rendered too, pixels.
MARGIN = 3
OFFSHORE_FAR = "offshore far"


@dataclass(frozen=True)
class Covered:
    """The part of one mine that lies in one tile: codes and areas of the pixels it covers.

    ``codes`` has shape (26, n); ``area_km2`` (n,) is covered share times geodesic pixel area.
    """

    mine: int
    codes: np.ndarray
    area_km2: np.ndarray


@dataclass(frozen=True)
class Placed:
    """A deposit's window in a tile's grid."""

    number: int
    deposit: Deposit
    top: int
    left: int
    height: int
    width: int


def pixel_window(tile: Tile, bounds: np.ndarray, margin: int) -> tuple[int, int, int, int]:
    """Top, left, height, width of the pixels of ``tile`` that a box meets, with a margin."""
    west, south, east, north = bounds
    left = max(0, int(np.floor((west - tile.west) / PIXEL)) - margin)
    top = max(0, int(np.floor((tile.north - north) / PIXEL)) - margin)
    right = min(TILE_PIXELS, int(np.ceil((east - tile.west) / PIXEL)) + margin)
    bottom = min(TILE_PIXELS, int(np.ceil((tile.north - south) / PIXEL)) + margin)
    return top, left, max(0, bottom - top), max(0, right - left)


def place_deposits(world: World) -> dict[Tile, list[Placed]]:
    """The deposits of each tile, tiles in order of their names' corners."""
    found: dict[Tile, list[Placed]] = defaultdict(list)
    for number, deposit in enumerate(world.deposits):
        shapes = [*deposit.outlines, *deposit.finals, *(g.geometry for g in deposit.green)]
        bounds = shapely.total_bounds(np.array(shapes, dtype=object))
        for tile in tiles_of(tuple(bounds + np.array([-1, -1, 1, 1]) * MARGIN * PIXEL)):
            top, left, height, width = pixel_window(tile, bounds, MARGIN)
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
    x, y = tile.centres(rows, columns)
    stack = make_history(placed.deposit.star, world.fates[placed.number], x, y, rng)
    labels = label_pixels(placed.deposit.green, x, y)
    stack[:, labels > 0] = FOREST
    if placed.deposit.star.slot.special == OFFSHORE_FAR:
        stack[:, :, placed.width // 2 :] = 0
    cover.paint(placed.top, placed.left, stack)
    counts = np.where(labels > 0, 0, rng.integers(1, 5, labels.shape)).astype(np.uint8)
    breaks.paint(placed.top, placed.left, counts[None])
    return GreenPixels(placed.number, tile, placed.top, placed.left, labels)


def covered_pixels(tile: Tile, cover: Canvas, mine: int, shape: shapely.Polygon) -> Covered | None:
    """The pixels of ``tile`` that a mine covers, within the tile's nominal box."""
    part = shapely.intersection(shape, shapely.box(*tile.box))
    if shapely.area(part) == 0:
        return None
    top, left, height, width = pixel_window(tile, np.array(part.bounds), 0)
    scaled = shapely.transform(part, lambda p: _to_pixels(tile, p) - [left, top])
    share = coverage(_polygons_only(scaled), (height, width))
    row, column = np.nonzero(share > 1e-12)
    area = share[row, column] * pixel_area_km2(tile, top + row)
    return Covered(mine, cover.read(top, left, height, width)[:, row, column], area)


def _polygons_only(shape: shapely.Geometry) -> shapely.Geometry:
    """The polygon parts of what an intersection gave."""
    parts = shapely.get_parts(shape)
    return shapely.multipolygons(parts[shapely.get_type_id(parts) == 3])


def _to_pixels(tile: Tile, points: np.ndarray) -> np.ndarray:
    """Degrees as columns and rows of the tile's grid, shape (n, 2)."""
    return (points - [tile.west, tile.north]) / [PIXEL, -PIXEL]


def render_landcover(world: World, folder: Path, green: list[GreenPixels]) -> Iterator[Covered]:
    """Write the tiles one after the other; yields what each mine covers in each.

    ``green`` is filled with the stable-green pixels around each deposit.
    """
    shapes = world.mines.geometry.to_numpy()
    mines_of = world.mines.groupby("deposit").mine.apply(list).to_dict()
    for tile, deposits in place_deposits(world).items():
        cover = Canvas(len(EPOCHS), (TILE_PIXELS, TILE_PIXELS), "uint8", world.scale.block)
        breaks = Canvas(1, (TILE_PIXELS, TILE_PIXELS), "uint8", world.scale.block)
        green += [paint_deposit(world, tile, placed, cover, breaks) for placed in deposits]
        write_tile(tile, cover, breaks, folder)
        for mine in (m for placed in deposits for m in mines_of.get(placed.number, [])):
            if found := covered_pixels(tile, cover, mine, shapes[mine]):
                yield found


def write_tile(tile: Tile, cover: Canvas, breaks: Canvas, folder: Path) -> None:
    """Write a tile's two land-cover files and its break counts."""
    origin = (float(tile.west), float(tile.north))
    n_early = int((EPOCHS < 2000).sum())
    early, late = slice(0, n_early), slice(n_early, None)
    cover.write(folder / FIVE_YEARS.format(tile=tile.name), origin, PIXEL, bands=early)
    cover.write(folder / ANNUAL.format(tile=tile.name), origin, PIXEL, bands=late)
    breaks.write(folder / BREAKS.format(tile=tile.name), origin, PIXEL)
