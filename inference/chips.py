"""Chips: one square image around each site, and its mask of mines.

Sepin et al. 2025, Methods: a square of twice the polygon's longest side, 512 pixels at most. Here
sides are metres.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio import features

from quarrydb.errors import SourceError
from quarrydb.files import writing
from quarrydb.inference.ground import to_degrees
from quarrydb.loaders.image_mosaic import grid_of, read_square
from quarrydb.loaders.image_offset import ImageLevel
from quarrydb.loaders.image_reader import (
    ChipGrid,
    ImageSource,
    Pixels,
    on_map,
    open_image,
)

Mask = NDArray[np.uint8]


# As builds name sites. A database or a store may come from anybody, and an id in it may be any text.
SITE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")


@dataclass(frozen=True)
class Site:
    """One location to segment: a square of ``side_m`` metres around a point in degrees."""

    site_id: str
    longitude: float
    latitude: float
    side_m: float


@dataclass(frozen=True)
class Chip:
    """Pixels (bands, size, size) as stored in the image, NaN where no image has data, where they lie,
    and how bright each Sentinel-2 image is that they come from.
    """

    pixels: Pixels
    grid: ChipGrid
    levels: tuple[ImageLevel, ...] = ()


def read_chip(
    site: Site,
    sources: Sequence[ImageSource],
    bands: Sequence[str],
    size_px: int,
    median_of: int = 1,
) -> Chip:
    """Read a site's chip from its images, the clearest first, on the clearest one's grid.

    Raises SourceError where a file can't be read or no image has a pixel inside the site's square.
    """
    if not sources:
        raise SourceError(f"No image covers site {site.site_id}.")
    pixels, grid, levels = read_square(
        sources,
        bands,
        longitude=site.longitude,
        latitude=site.latitude,
        side_m=site.side_m,
        size_px=size_px,
        median_of=median_of,
    )
    top, left, bottom, right = grid.inner
    if np.isnan(pixels[:, top:bottom, left:right]).all():
        paths = ", ".join(str(source.path) for source in sources)
        raise SourceError(f"No pixel of {paths} has data inside site {site.site_id}.")
    return Chip(pixels, grid, tuple(levels))


def mine_mask(grid: ChipGrid, mines: Sequence[shapely.Polygon]) -> Mask:
    """1 where a pixel's centre lies in a mine (polygons in EPSG:4326), else 0;
    shape (size, size).
    """
    shape = (grid.size_px, grid.size_px)
    if not len(mines):
        return np.zeros(shape, np.uint8)
    placed = on_map(np.asarray(mines, dtype=object), grid.crs, grid.middle_x)
    return features.rasterize(
        list(placed), out_shape=shape, transform=grid.affine, fill=0, dtype="uint8"
    )


def chip_ground(site: Site, source: ImageSource, size_px: int) -> shapely.Geometry:
    """The ground that a site's chip shows, EPSG:4326: more than the site's square where that is small."""
    grid = grid_of(source, site.longitude, site.latitude, site.side_m, size_px)
    frame = shapely.segmentize(shapely.box(0, 0, size_px, size_px), size_px / 4)
    parts, _ = to_degrees([frame], grid.transform, grid.crs)
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def site_year_name(site_id: str, year: int) -> str:
    """The name of a site and year's file; SourceError for an id that no build gives, such as a path."""
    if not SITE_ID.fullmatch(site_id):
        raise SourceError(
            f"The site {ascii(site_id)[:80]} can't name a file: no build of quarrydb gives such an id. Build "
            "the project again, from its own sources."
        )
    return f"{site_id}_{int(year)}"


def write_chip(folder: Path, name: str, chip: Chip, mask: Mask) -> tuple[Path, Path]:
    """Write ``image/NAME.tif`` and ``mask/NAME.tif`` (0 or 1), georeferenced.

    Whole numbers stay uint16, with a value that no pixel has for no data; others are float32 with
    NaN.
    """
    paths = (folder / "image" / f"{name}.tif", folder / "mask" / f"{name}.tif")
    pixels, nodata = compact(chip.pixels)
    layers: list[tuple[NDArray[Any], float | None]] = [(pixels, nodata), (mask[None], None)]
    for path, (values, no_value) in zip(paths, layers, strict=True):
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with rasterio.open(
                path,
                "w",
                driver="GTiff",
                width=values.shape[2],
                height=values.shape[1],
                count=values.shape[0],
                dtype=values.dtype,
                crs=chip.grid.crs,
                transform=chip.grid.affine,
                nodata=no_value,
                compress="deflate",
                predictor=1 if values.dtype == np.uint8 else 2 if values.dtype == np.uint16 else 3,
            ) as dataset:
                dataset.write(values)
    return paths


def compact(pixels: Pixels) -> tuple[NDArray[Any], float]:
    """Pixels as uint16 where that holds them exactly, with the value that stands for no data."""
    seen = pixels[np.isfinite(pixels)]
    if seen.size and seen.min() >= 0 and seen.max() <= 65_535 and (seen == np.rint(seen)).all():
        for nodata in (0, 65_535):
            if not (seen == nodata).any():
                return np.where(np.isnan(pixels), nodata, pixels).astype(np.uint16), float(nodata)
    return pixels, float("nan")


def read_pair(image: Path, mask: Path) -> tuple[Pixels, Mask]:
    """Read a chip, NaN without data, and its mask, as ``write_chip`` left them."""
    with open_image(image) as dataset:
        pixels = dataset.read(out_dtype="float32")
        if dataset.nodata is not None and not np.isnan(dataset.nodata):
            pixels[pixels == dataset.nodata] = np.nan
    with open_image(mask) as dataset:
        return pixels, dataset.read(1)
