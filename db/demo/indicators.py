"""NDVI and night-time light rasters, rendered from planted series, with their truth."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from quarrydb.contract import SILENT, Progress, told
from quarrydb.demo.grid import Grid
from quarrydb.demo.random_streams import stream
from quarrydb.demo.series import YEARS, clear_months, ndvi_levels, ntl_levels
from quarrydb.demo.sparse_layer import MinePixels, SparseLayer, make_layer, mine_pixels
from quarrydb.demo.world import World

# A part of an Earth Engine export, by the row and column of its first pixel.
NDVI = "ndvi/S2_NDVI_{year}-{row:010d}-{column:010d}.tif"
NDVI_PART = 23_296
# A monthly tile of the Earth Observation Group: radiance, and the number of cloud-free views.
STEM = "ntl/SVDNB_npp_{first:%Y%m%d}-{last:%Y%m%d}_{tile}_vcmslcfg_v10_c{made:%Y%m%d}1200"
NTL, CLEAR = STEM + ".avg_rade9h.tif", STEM + ".cf_cvg.tif"
# North-west corner and height of each of the six tiles, degrees; all are 120 degrees wide.
NTL_TILES = {
    f"{name}{west}": (longitude, north, height)
    for name, north, height in (("75N", 75, 75), ("00N", 0, 65))
    for west, longitude in (("180W", -180), ("060W", -60), ("060E", 60))
}
NTL_TILE_DEGREES = 120
NDVI_SCALE = 0.0001
NDVI_NODATA = -32768
NDVI_BLOCK = 256
NTL_PIXELS = 240  # a degree
NTL_PIXEL = 1 / NTL_PIXELS
# One deposit has no NDVI at all, another lacks a part of it in one year.
NEVER_SEEN, PARTLY_SEEN = "offshore far", "offshore near"
PARTLY_SEEN_YEAR = 2020


def render_indicators(world: World, folder: Path, progress: Progress = SILENT) -> pd.DataFrame:
    """Write all rasters; the truth: mine, indicator, year, month (0: yearly), value, share."""
    found = [*_render_ndvi(world, folder, progress), *_render_ntl(world, folder, progress)]
    return pd.concat(found, ignore_index=True)


def _render_ndvi(world: World, folder: Path, progress: Progress) -> list[pd.DataFrame]:
    """Yearly NDVI, int16 with scale 0.0001 and nodata -32768, in the parts of an export that hold any."""
    layer = make_layer(world, world.scale.ndvi_pixel, NDVI_BLOCK)
    pixels, levels = mine_pixels(world, layer), ndvi_levels(world)
    texture = stream(world.seed, "ndvi texture").normal(0, 0.03, len(layer.row))
    specials = np.array([d.star.slot.special for d in world.deposits])[layer.deposit]
    parts = export_parts(layer)
    found = []
    for i, year in told(list(enumerate(YEARS)), progress, "NDVI", "years"):
        value = np.round((levels[layer.deposit, i] + texture) / NDVI_SCALE)
        is_void = specials == NEVER_SEEN
        if year == PARTLY_SEEN_YEAR:
            is_void |= (specials == PARTLY_SEEN) & (texture > 0)
        image = layer.image(np.where(is_void, NDVI_NODATA, value), NDVI_NODATA, "int16")
        for (row, column), grid in parts.items():
            path = folder / NDVI.format(year=year, row=row, column=column)
            layer.write(image, path, grid, nodata=NDVI_NODATA, scale=NDVI_SCALE)
        seen = image[pixels.index]
        table = means(pixels, seen * NDVI_SCALE, seen != NDVI_NODATA)
        found.append(table.assign(indicator="ndvi", year=year, month=0))
    return found


def export_parts(layer: SparseLayer) -> dict[tuple[int, int], Grid]:
    """Parts of a layer that hold painted blocks, by the row and column of their first pixels."""
    rows, columns = layer.grid.shape
    parts = {}
    for row in range(0, rows, NDVI_PART):
        for column in range(0, columns, NDVI_PART):
            shape = min(NDVI_PART, rows - row), min(NDVI_PART, columns - column)
            west = layer.grid.west + column * layer.grid.pixel
            north = layer.grid.north - row * layer.grid.pixel
            grid = Grid(west, north, layer.grid.pixel, shape)
            if layer.places(grid):
                parts[row, column] = grid
    return parts


def _render_ntl(world: World, folder: Path, progress: Progress) -> list[pd.DataFrame]:
    """Monthly lights (float32) with the number of cloud-free views (uint16) beside them, six tiles each."""
    layer = make_layer(world, NTL_PIXEL, world.scale.light_block)
    pixels, levels, clear = mine_pixels(world, layer), ntl_levels(world), clear_months(world)
    rng = stream(world.seed, "ntl texture")
    texture = rng.lognormal(0, 0.15, len(layer.row))
    found = []
    for i in told(range(levels.shape[1]), progress, "Night-time light", "months"):
        year, month = int(YEARS[i // 12]), i % 12 + 1
        views = rng.integers(1, 25, len(layer.row)) * clear[layer.deposit, i]
        value = np.where(views > 0, levels[layer.deposit, i] * texture, 0)
        light = layer.image(value, 0, "float32")
        weight = layer.image(views, 0, "uint16")
        write_month(layer, folder, date(year, month, 1), light, weight)
        table = means(pixels, light[pixels.index].astype(float), weight[pixels.index])
        found.append(table.assign(indicator="ntl", year=year, month=month))
    return found


def write_month(
    layer: SparseLayer, folder: Path, first: date, light: np.ndarray, weight: np.ndarray
) -> None:
    """Write one month's six tiles of lights, each with its weights."""
    after = (first + timedelta(days=31)).replace(day=1)
    days = {"first": first, "last": after - timedelta(days=1), "made": after + timedelta(days=9)}
    for tile, (west, north, height) in NTL_TILES.items():
        shape = height * NTL_PIXELS, NTL_TILE_DEGREES * NTL_PIXELS
        grid = Grid(west, north, NTL_PIXEL, shape)
        layer.write(light, folder / NTL.format(tile=tile, **days), grid)
        layer.write(weight, folder / CLEAR.format(tile=tile, **days), grid)


def means(pixels: MinePixels, value: np.ndarray, weight: np.ndarray) -> pd.DataFrame:
    """Weighted mean by mine (mine, value, coverage_share); mines without data have no row.

    A pixel weighs its covered area times ``weight``; coverage_share is the part of the mine's area
    whose weight is above 0.
    """
    n = int(pixels.mine.max()) + 1
    area = pixels.area_km2
    total = np.bincount(pixels.mine, area * weight, n)
    mean = np.bincount(pixels.mine, area * weight * value, n) / np.where(total > 0, total, 1)
    seen = np.bincount(pixels.mine, area * (weight > 0), n) / np.bincount(pixels.mine, area, n)
    mine = np.flatnonzero(total > 0)
    return pd.DataFrame({"mine": mine, "value": mean[mine], "coverage_share": seen[mine]})
