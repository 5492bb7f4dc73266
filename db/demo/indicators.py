"""NDVI and night-time light rasters, rendered from planted series, with their truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from quarrydb.demo.random_streams import stream
from quarrydb.demo.series import YEARS, clear_months, ndvi_levels, ntl_levels
from quarrydb.demo.sparse_layer import MinePixels, make_layer, mine_pixels
from quarrydb.demo.world import World

NDVI = "ndvi/S2_NDVI_{year}.tif"
NTL = "ntl/SVDNB_npp_{year}{month:02d}01_global_vcmslcfg_v10.avg_rade9h.tif"
CLEAR = "ntl/SVDNB_npp_{year}{month:02d}01_global_vcmslcfg_v10.cf_cvg.tif"
NDVI_SCALE = 0.0001
NDVI_NODATA = -32768
NTL_PIXEL = 15 / 3600
# One deposit has no NDVI at all, another lacks a part of it in one year.
NEVER_SEEN, PARTLY_SEEN = "offshore far", "offshore near"
PARTLY_SEEN_YEAR = 2020


def render_indicators(world: World, folder: Path) -> pd.DataFrame:
    """Write all rasters; the truth: mine, indicator, year, month (0: yearly), value, share."""
    found = [*_render_ndvi(world, folder), *_render_ntl(world, folder)]
    return pd.concat(found, ignore_index=True)


def _render_ndvi(world: World, folder: Path) -> list[pd.DataFrame]:
    """Yearly NDVI, int16 with scale 0.0001 and nodata -32768."""
    layer = make_layer(world, world.scale.ndvi_pixel, world.scale.layer_block)
    pixels, levels = mine_pixels(world, layer), ndvi_levels(world)
    texture = stream(world.seed, "ndvi texture").normal(0, 0.03, len(layer.row))
    specials = np.array([d.star.slot.special for d in world.deposits])[layer.deposit]
    found = []
    for i, year in enumerate(YEARS):
        value = np.round((levels[layer.deposit, i] + texture) / NDVI_SCALE)
        is_void = specials == NEVER_SEEN
        if year == PARTLY_SEEN_YEAR:
            is_void |= (specials == PARTLY_SEEN) & (texture > 0)
        image = layer.image(np.where(is_void, NDVI_NODATA, value), NDVI_NODATA, "int16")
        path = folder / NDVI.format(year=year)
        layer.write(image, path, nodata=NDVI_NODATA, scale=NDVI_SCALE)
        seen = image[pixels.index]
        table = means(pixels, seen * NDVI_SCALE, seen != NDVI_NODATA)
        found.append(table.assign(indicator="ndvi", year=year, month=0))
    return found


def _render_ntl(world: World, folder: Path) -> list[pd.DataFrame]:
    """Monthly lights (float32) with the number of cloud-free views (uint16) in a second file."""
    layer = make_layer(world, NTL_PIXEL, world.scale.layer_block // 2)
    pixels, levels, clear = mine_pixels(world, layer), ntl_levels(world), clear_months(world)
    rng = stream(world.seed, "ntl texture")
    texture = rng.lognormal(0, 0.15, len(layer.row))
    found = []
    for i in range(levels.shape[1]):
        year, month = int(YEARS[i // 12]), i % 12 + 1
        views = rng.integers(1, 25, len(layer.row)) * clear[layer.deposit, i]
        value = np.where(views > 0, levels[layer.deposit, i] * texture, 0)
        light = layer.image(value, 0, "float32")
        weight = layer.image(views, 0, "uint16")
        layer.write(light, folder / NTL.format(year=year, month=month))
        layer.write(weight, folder / CLEAR.format(year=year, month=month))
        table = means(pixels, light[pixels.index].astype(float), weight[pixels.index])
        found.append(table.assign(indicator="ntl", year=year, month=month))
    return found


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
