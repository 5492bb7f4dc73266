"""Planted Sentinel-2 scenes: one ground seen in many years, as items with a file a band."""

import json

import numpy as np
import rasterio
import shapely
from pyproj import Transformer
from rasterio.transform import from_origin

CRS, WEST, NORTH, PIXEL_M, SIZE = "EPSG:32721", 600_000.0, 9_300_000.0, 10.0, 256
TO_LONLAT = Transformer.from_crs(CRS, 4326, always_xy=True)
KEYS = ("red", "nir", "scl")


def lonlat(geometry):
    """From metres of the scenes to degrees."""
    return shapely.transform(geometry, lambda x, y: TO_LONLAT.transform(x, y), interleaved=False)


def metres(geometry):
    """From degrees to metres of the scenes."""

    def place(x, y):
        return TO_LONLAT.transform(x, y, direction="INVERSE")

    return shapely.transform(geometry, place, interleaved=False)


def circle(column, row, radius_px):
    """A mine by its middle in pixels."""
    return shapely.Point(WEST + column * PIXEL_M, NORTH - row * PIXEL_M).buffer(radius_px * PIXEL_M)


MINES = {"m1": circle(60.3, 70.8, 9.4), "m2": circle(180.5, 150.2, 21.7)}
BOUNDS = lonlat(shapely.box(WEST, NORTH - SIZE * PIXEL_M, WEST + SIZE * PIXEL_M, NORTH)).bounds


def ground(seed=3):
    """Counts of red and near infrared of a forest with bare mines in it."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIZE, 0:SIZE] + 0.5
    is_mine = np.zeros((SIZE, SIZE), bool)
    for mine in MINES.values():
        inside = shapely.contains_xy(mine, WEST + x * PIXEL_M, NORTH - y * PIXEL_M)
        is_mine |= inside
    red = np.where(is_mine, 2200, 350) + random.integers(-60, 60, is_mine.shape)
    nir = np.where(is_mine, 2700, 3300) + random.integers(-90, 90, is_mine.shape)
    return {"red": red, "nir": nir}


def write_band(path, values, step=PIXEL_M, overviews=()):
    """A band, uint16 with 0 for no data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint16", "nodata": 0, "crs": CRS}
    profile |= {"width": values.shape[1], "height": values.shape[0], "compress": "deflate"}
    profile |= {"tiled": True, "blockxsize": 64, "blockysize": 64}
    with rasterio.open(
        path, "w", transform=from_origin(WEST, NORTH, step, step), **profile
    ) as file:
        file.write(values.astype(np.uint16), 1)
    if overviews:
        with rasterio.open(path, "r+") as file:
            file.build_overviews(list(overviews), rasterio.enums.Resampling.average)


def write_scene(folder, date, bands, *, added=0, offset=0.0, classes=None, base="", **options):
    """Files of one scene, ``added`` counts in them, and its item with what it says of ``offset``."""
    name = options.pop("name", date)
    for band, values in bands.items():
        counts = np.where(values > 0, values + added, 0)
        write_band(folder / name / f"{band}.tif", counts, overviews=options.get("overviews", ()))
    classes = np.full((SIZE // 2, SIZE // 2), 4) if classes is None else classes
    write_band(folder / name / "scl.tif", classes, 2 * PIXEL_M)
    return item(name, date, offset, base, **options)


def item(
    name, date, offset, base, *, applied=None, cloud=10, has_grid=True, bands=("red", "nir"), **_
):
    """An item as Earth Search writes it."""
    grid = {"proj:shape": [SIZE, SIZE], "proj:transform": [PIXEL_M, 0, WEST, 0, -PIXEL_M, NORTH]}
    assets = {
        band: {
            "href": f"{base}{name}/{band}.tif",
            "gsd": 10,
            "eo:bands": [{"name": band, "common_name": band}],
            "raster:bands": [{"scale": 0.0001, "offset": offset}],
            **(grid if has_grid else {}),
        }
        for band in bands
    }
    assets["scl"] = {"href": f"{base}{name}/scl.tif"}
    properties = {"datetime": f"{date}T13:00:00Z", "eo:cloud_cover": cloud, "proj:code": CRS}
    if applied is not None:
        properties["earthsearch:boa_offset_applied"] = applied
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"S2_{name}",
        "collection": "sentinel-2-c1-l2a",
        "bbox": list(BOUNDS),
        "geometry": shapely.geometry.mapping(shapely.box(*BOUNDS)),
        "properties": properties,
        "assets": assets,
        "links": [],
    }


def write_items(path, items):
    """An item collection."""
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(items)}))
    return path


def expected_ndvi(bands, mine, coarsen=1, hidden=None):
    """Mean over a mine by exactextract, of bands averaged to coarser pixels first."""
    from exactextract import exact_extract
    from exactextract.raster import NumPyRasterSource

    red, nir = (
        bands[name].astype(float).reshape(SIZE // coarsen, coarsen, -1, coarsen).mean(axis=(1, 3))
        for name in ("red", "nir")
    )
    ndvi = (nir - red) / (nir + red)
    if hidden is not None:
        ndvi[hidden] = np.nan
    extent = {
        "xmin": WEST,
        "ymin": NORTH - SIZE * PIXEL_M,
        "xmax": WEST + SIZE * PIXEL_M,
        "ymax": NORTH,
    }
    raster = NumPyRasterSource(ndvi, nodata=np.nan, **extent)
    feature = {"type": "Feature", "properties": {}, "geometry": mine.__geo_interface__}
    return exact_extract(raster, [feature], ["mean"])[0]["properties"]["mean"]
