"""Stable green as pixels: what polygonising the rasters must find, and what erasing it leaves."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.features import shapes
from rasterio.transform import from_origin
from scipy import ndimage

from quarrydb.demo.deposit import Deposit
from quarrydb.demo.green import Green
from quarrydb.demo.grid import PIXEL, Tile
from quarrydb.demo.measure import area_km2


@dataclass(frozen=True)
class GreenPixels:
    """Objects of one deposit in one tile: ``labels`` is 0 or the object's number from 1."""

    deposit: int
    tile: Tile
    top: int
    left: int
    labels: np.ndarray


def label_pixels(green: list[Green], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Pixels whose centre lies in an object, int32, shape (len(y), len(x)).

    Only the largest edge-connected part of an object is kept, so that it is one object whether or
    not corners connect.
    """
    labels = np.zeros((len(y), len(x)), np.int32)
    for number, (_, shape) in enumerate(green, start=1):
        west, south, east, north = shape.bounds
        columns = slice(*np.searchsorted(x, [west, east]))
        rows = slice(*np.searchsorted(-y, [-north, -south]))
        inside = shapely.contains_xy(shape, *np.meshgrid(x[columns], y[rows]))
        labels[rows, columns][_largest(inside)] = number
    return labels


def _largest(mask: np.ndarray) -> np.ndarray:
    """The largest edge-connected part of a mask."""
    parts, n = ndimage.label(mask)
    if n < 2:
        return mask
    return np.asarray(parts == 1 + np.argmax(np.bincount(parts.ravel())[1:]))


def object_shapes(found: GreenPixels) -> dict[int, shapely.Polygon]:
    """Pixel-exact outline of each object, by its number from 0 in the deposit's list."""
    west = found.tile.west + found.left * PIXEL
    north = found.tile.north - found.top * PIXEL
    transform = from_origin(west, north, PIXEL, PIXEL)
    pairs = shapes(found.labels, mask=found.labels > 0, transform=transform)
    return {int(number) - 1: shapely.geometry.shape(shape) for shape, number in pairs}


def object_table(deposits: list[Deposit], parts: list[GreenPixels]) -> gpd.GeoDataFrame:
    """Pixel objects: deposit, tile, role, is_erased (meets an outline's boundary), geometry."""
    records = []
    for part in parts:
        deposit = deposits[part.deposit]
        edge = shapely.boundary(shapely.union_all(np.array(deposit.outlines, dtype=object)))
        for number, shape in sorted(object_shapes(part).items()):
            record = {"deposit": part.deposit, "tile": part.tile.name}
            record["role"] = deposit.green[number].role
            records.append(record | {"is_erased": edge.intersects(shape), "geometry": shape})
    columns = ["deposit", "tile", "role", "is_erased", "geometry"]
    return gpd.GeoDataFrame(records, columns=columns, crs="EPSG:4326")


def outlines_after(outlines: gpd.GeoDataFrame, objects: gpd.GeoDataFrame) -> pd.DataFrame:
    """What erasing pixel objects leaves of each outline, before simplification.

    Columns: outline, deposit, n_tiles, area_km2. Outlines over a tile's edge (n_tiles > 1) have
    objects of two grids that differ by a part of a pixel.
    """
    erased = objects[objects.is_erased].groupby("deposit").geometry.apply(list).to_dict()
    n_tiles = objects.groupby("deposit").tile.nunique()
    left = []
    for deposit, shape in zip(outlines.deposit, outlines.geometry, strict=True):
        green = shapely.union_all(np.array(erased.get(deposit, []), dtype=object))
        left.append(shapely.difference(shape, green))
    frame = outlines[["outline", "deposit"]].copy()
    frame["n_tiles"] = frame.deposit.map(n_tiles).fillna(1).astype(int)
    frame["area_km2"] = area_km2(np.array(left, dtype=object))
    return pd.DataFrame(frame)
