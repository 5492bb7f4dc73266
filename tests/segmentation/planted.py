"""A small planted scene: yearly 4-band images with mines, roads and bare soil, and the outlines
that made them.
"""

from pathlib import Path

import numpy as np
import rasterio
import shapely
from rasterio import features
from rasterio.transform import from_origin
from scipy.ndimage import gaussian_filter

PIXEL_M = 10.0
CRS = "EPSG:32721"
ORIGIN = (500_000.0, 9_300_000.0)

# Reflectance of forest, mine and bare soil in blue, green, red, near infrared.
FOREST, MINE, SOIL = (300, 500, 300, 3000), (1400, 1700, 1900, 2100), (900, 1200, 1700, 2600)


def blob(random: np.random.Generator, x: float, y: float, radius: float) -> shapely.Polygon:
    """A rounded shape around a point, metres."""
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    waves = sum(
        random.normal(0, 0.12) * np.cos(k * angle + random.uniform(0, 6)) for k in (2, 3, 4)
    )
    r = radius * (1 + waves)
    return shapely.Polygon(np.column_stack([x + r * np.cos(angle), y + r * np.sin(angle)]))


def paint(random: np.random.Generator, size: int, mines: list, soil: list, transform) -> np.ndarray:
    """An image (4, size, size), uint16, with texture."""
    shape = (size, size)
    image = np.empty((4, *shape))
    texture = gaussian_filter(random.normal(size=shape), 2)
    texture = 1 + 0.15 * texture / texture.std()
    cover = np.zeros(shape, np.uint8)
    for value, shapes in ((2, soil), (1, mines)):
        if shapes:
            cover = np.where(
                features.rasterize(shapes, shape, transform=transform, fill=0), value, cover
            )
    for band in range(4):
        level = np.choose(cover, [FOREST[band], MINE[band], SOIL[band]])
        image[band] = level * texture + random.normal(0, 60, shape)
    return np.clip(image, 1, 10_000).astype(np.uint16)


def write_image(path: Path, image: np.ndarray, transform, crs: str = CRS) -> Path:
    """Write a tiled GeoTIFF with no data 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=image.shape[2],
        height=image.shape[1],
        count=image.shape[0],
        dtype=image.dtype,
        crs=crs,
        transform=transform,
        nodata=0,
        tiled=True,
        blockxsize=256,
        blockysize=256,
        compress="deflate",
    ) as dataset:
        dataset.descriptions = ("blue", "green", "red", "nir")[: image.shape[0]]
        dataset.write(image)
    return path


def scene(seed: int, n_mines: int = 12, size: int = 512) -> tuple[list, list, rasterio.Affine]:
    """Mines and bare soil of a scene, in metres of ``CRS``, and its transform."""
    random = np.random.default_rng(seed)
    extent = size * PIXEL_M
    left, top = ORIGIN
    mines, soil = [], []
    for index in range(2 * n_mines):
        x, y = random.uniform(0.06, 0.94, 2) * extent
        shape = blob(random, left + x, top - y, random.uniform(80, 260))
        (mines if index % 2 else soil).append(shape)
    return mines, soil, from_origin(left, top, PIXEL_M, PIXEL_M)
