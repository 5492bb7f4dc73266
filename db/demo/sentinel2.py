"""The demo's yearly images as Sentinel-2: STAC items with a file a band, and a static catalogue of them.

Items are laid out as Earth Search writes collection 1 (``sentinel-2-c1-l2a``): since processing baseline
04.00, in January 2022, 1,000 counts are in every pixel and the item says so (``raster:bands`` offset). Two
items say something wrong of it. Grid and pixels are those of the demo's own images.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.transform import Affine

from quarrydb.demo.canvas import GDAL_OPTIONS
from quarrydb.demo.images import BANDS, CATALOGUE
from quarrydb.demo.mercator import from_mercator

FOLDER = "sentinel2"
COLLECTION = "sentinel-2-c1-l2a"
BASELINE_DATE = "2022-01-25"  # of 04.00
ADDED = 1000  # counts, since then
SCALE = 1e-4
# Of the scene classification: vegetation, cloud of high probability, nothing.
CLEAR, CLOUD, NO_DATA = 4, 9, 0
CLOUD_COUNTS = 4500  # of blue: clouds have 7,000, the brightest rock has 2,600
BLOCK = 128

PROJECT = f"""
[segmentation]
reference_year = 2019
model = "demo"
years = [2016, 2024]

[segmentation.images]
path = "{FOLDER}/items"

[[indicator]]
name = "ndvi"
expression = "(nir - red) / (nir + red)"
items = "{FOLDER}/items"
unit = "1"
"""


@dataclass(frozen=True)
class Told:
    """What an item says of the 1,000 counts, and whether they are in its pixels."""

    offset: float
    is_applied: bool
    is_in: bool


def told_of(date: str) -> Told:
    """The truth: nothing before the new baseline, since then the counts and their offset."""
    is_new = date >= BASELINE_DATE
    return Told(-ADDED * SCALE if is_new else 0.0, is_applied=False, is_in=is_new)


# In the pixels, though the item says that they are off; and not in them, though it says that they are.
WRONG = (
    Told(-ADDED * SCALE, is_applied=True, is_in=True),
    Told(-ADDED * SCALE, False, is_in=False),
)


def write_sentinel2(folder: Path, target: Path, images: Iterable[str] | None = None) -> list[str]:
    """Write the images of a rendered demo world under ``target/sentinel2``; the ids of the wrong items.

    ``images`` are those to write, all where not given. The wrong ones are of clear images: the darkest of
    2023, since over bright ground nobody can tell, and the last of 2024.
    """
    rows = pd.read_csv(folder / CATALOGUE, dtype={"date": str})
    rows = rows if images is None else rows[rows.image_id.isin(list(images))]
    wrong = dict(zip(wrong_ids(folder, rows), WRONG, strict=False))
    links = []
    for row in rows.itertuples():
        told = wrong.get(row.image_id) or told_of(row.date)
        item = write_scene(folder / "images" / row.path, target / FOLDER, row, told)
        write_json(target / FOLDER / "items" / f"{row.image_id}.json", item)
        links.append({"rel": "item", "href": f"items/{row.image_id}.json"})
    catalogue = {"type": "Catalog", "id": "demo", "stac_version": "1.0.0"}
    description = "Invented images, laid out as Sentinel-2."
    write_json(
        target / FOLDER / "catalog.json", {**catalogue, "description": description, "links": links}
    )
    return list(wrong)


def wrong_ids(folder: Path, rows: pd.DataFrame) -> list[str]:
    """The images whose items will say something wrong, in the order of ``WRONG``."""
    clear = rows[rows.clarity >= 1]
    first = clear[clear.date.str.startswith("2023")]
    last = clear[clear.date.str.startswith("2024")]
    counts = [darkest(folder / "images" / path) for path in first.path]
    return [*first.image_id.iloc[np.argsort(counts, kind="stable")[:1]], *last.image_id.tail(1)]


def darkest(image: Path) -> float:
    """The 1st percentile of blue and of red in an image, the higher of them; without data the last of all."""
    with rasterio.Env(**GDAL_OPTIONS), rasterio.open(image) as raster:
        bands = [band[band > 0] for band in raster.read([1, 3])]
    return max((float(np.percentile(band, 1)) for band in bands if band.size), default=np.inf)


def write_scene(image: Path, target: Path, row: Any, told: Told) -> dict[str, Any]:
    """Write the bands and the classes of one image; its item."""
    with rasterio.Env(**GDAL_OPTIONS), rasterio.open(image) as raster:
        pixels, transform = raster.read().astype(np.int64), raster.transform
    counts = np.where(pixels > 0, pixels + ADDED * told.is_in, 0)
    data = target / "data" / row.image_id
    for band, values in zip(BANDS, counts, strict=True):
        write_band(data / f"{band}.tif", values, transform)
    classes = classes_of(pixels)
    write_band(data / "scl.tif", classes, transform @ Affine.scale(2))
    share = 100 * float((classes == CLOUD).mean())
    height, width = pixels.shape[1:]
    corner = np.array([transform.c, transform.f])
    side = np.array([width * transform.a, height * transform.e])
    box = shapely.transform(shapely.box(*corner, *(corner + side)), from_mercator)
    return item_of(row, told, box, share)


def classes_of(pixels: NDArray[np.int64]) -> NDArray[np.int64]:
    """The scene classification, at half the resolution as the product's: clouds by their brightness."""
    blue = pixels[0, ::2, ::2]
    return np.where(blue > CLOUD_COUNTS, CLOUD, np.where(blue > 0, CLEAR, NO_DATA))


def item_of(row: Any, told: Told, ground: shapely.Geometry, cloud: float) -> dict[str, Any]:
    """The STAC item of one image; ``cloud`` in percent."""
    assets: dict[str, Any] = {
        band: {
            "href": f"../data/{row.image_id}/{band}.tif",
            "type": "image/tiff; application=geotiff; profile=cloud-optimized",
            "eo:bands": [{"name": band, "common_name": band}],
            "raster:bands": [{"scale": SCALE, "offset": told.offset, "nodata": 0}],
            "roles": ["data", "reflectance"],
        }
        for band in BANDS
    }
    assets["scl"] = {"href": f"../data/{row.image_id}/scl.tif", "roles": ["data"]}
    properties = {"datetime": f"{row.date}T10:30:00Z", "eo:cloud_cover": round(cloud, 2)}
    properties["s2:processing_baseline"] = "05.09" if row.date >= BASELINE_DATE else "03.01"
    if told.is_applied:
        properties["earthsearch:boa_offset_applied"] = True
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": row.image_id,
        "collection": COLLECTION,
        "bbox": list(ground.bounds),
        "geometry": shapely.geometry.mapping(ground),
        "properties": properties,
        "assets": assets,
        "links": [],
    }


def write_band(path: Path, values: NDArray[np.int64], transform: Affine) -> None:
    """One band, uint16 with 0 for no data, in EPSG:3857."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile: dict[str, Any] = {"driver": "GTiff", "dtype": "uint16", "count": 1, "nodata": 0}
    profile |= {"height": values.shape[0], "width": values.shape[1], "crs": "EPSG:3857"}
    profile |= {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK, "transform": transform}
    profile |= {"compress": "deflate", "predictor": 2, "zlevel": 1}
    with rasterio.Env(**GDAL_OPTIONS), rasterio.open(path, "w", **profile) as raster:
        raster.write(values.astype(np.uint16), 1)


def write_json(path: Path, content: object) -> None:
    """Write a JSON file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
