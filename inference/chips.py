"""Chips: one square image around each site, its mask of mines, and the split into train, validation
and test.

Sepin et al. 2025, Methods: a square of twice the polygon's longest side, 512 pixels at most, 89 %
train, 10 % validation, 1 % test. Here sides are metres, and sites whose squares overlap share a
split.
"""

from __future__ import annotations

import hashlib
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
from quarrydb.loaders.image_reader import (
    ChipGrid,
    ImageSource,
    Pixels,
    on_map,
    open_image,
    read_square,
)

SPLITS = ("train", "validation", "test")
SPLIT_SHARES = (0.89, 0.10, 0.01)

Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Site:
    """One location to segment: a square of ``side_m`` metres around a point in degrees."""

    site_id: str
    longitude: float
    latitude: float
    side_m: float


@dataclass(frozen=True)
class Chip:
    """Pixels (bands, size, size) as stored in the image, NaN where no image has data, and where
    they lie.
    """

    pixels: Pixels
    grid: ChipGrid


def read_chip(
    site: Site, sources: Sequence[ImageSource], bands: Sequence[str], size_px: int
) -> Chip:
    """Read a site's chip from its images, the clearest first, on the clearest one's grid.

    Raises SourceError where a file can't be read or no image has a pixel inside the site's square.
    """
    if not sources:
        raise SourceError(f"No image covers site {site.site_id}.")
    pixels, grid = read_square(
        sources,
        bands,
        longitude=site.longitude,
        latitude=site.latitude,
        side_m=site.side_m,
        size_px=size_px,
    )
    top, left, bottom, right = grid.inner
    if np.isnan(pixels[:, top:bottom, left:right]).all():
        paths = ", ".join(str(source.path) for source in sources)
        raise SourceError(f"No pixel of {paths} has data inside site {site.site_id}.")
    return Chip(pixels, grid)


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


def assign_splits(
    windows: Sequence[shapely.Polygon],
    site_ids: Sequence[str],
    *,
    seed: int,
    shares: Sequence[float] = SPLIT_SHARES,
) -> list[str]:
    """Train, validation or test for each site; sites whose squares overlap, directly or in a chain,
    stay together.

    Groups are taken in an order that depends on ``seed`` and their smallest site id alone, and each
    goes to the split that is furthest below its share: reproducible, and independent of the order
    of the sites.
    """
    groups = _overlap_groups(windows, site_ids)
    order = sorted(groups, key=lambda members: _seeded_hash(seed, members[0]))
    counts = np.zeros(len(SPLITS))
    target = np.asarray(shares) * len(site_ids)
    split_of: dict[str, str] = {}
    for members in order:
        room = target - counts
        chosen = int(np.argmax(np.where(room >= len(members) / 2, room, -np.inf)))
        counts[chosen] += len(members)
        split_of.update(dict.fromkeys(members, SPLITS[chosen]))
    return [split_of[site_id] for site_id in site_ids]


def _seeded_hash(seed: int, text: str) -> str:
    return hashlib.sha256(f"{seed}:{text}".encode()).hexdigest()


def _overlap_groups(windows: Sequence[shapely.Polygon], site_ids: Sequence[str]) -> list[list[str]]:
    """Connected components of overlapping squares, each a sorted list of site ids."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = shapely.STRtree(windows).query(windows, predicate="intersects")
    graph = coo_array((np.ones(len(first)), (first, second)), shape=(len(windows), len(windows)))
    _, labels = connected_components(graph, directed=False)
    groups: dict[int, list[str]] = {}
    for label, site_id in zip(labels, site_ids, strict=True):
        groups.setdefault(int(label), []).append(site_id)
    return [sorted(members) for members in groups.values()]


def write_chip(folder: Path, name: str, chip: Chip, mask: Mask) -> tuple[Path, Path]:
    """Write ``image/NAME.tif`` (float32, NaN without data) and ``mask/NAME.tif`` (0 or 1),
    georeferenced.
    """
    paths = (folder / "image" / f"{name}.tif", folder / "mask" / f"{name}.tif")
    layers: list[NDArray[Any]] = [chip.pixels, mask[None]]
    for path, values in zip(paths, layers, strict=True):
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
                nodata=np.nan if values.dtype == np.float32 else None,
                compress="deflate",
            ) as dataset:
                dataset.write(values)
    return paths


def read_pair(image: Path, mask: Path) -> tuple[Pixels, Mask]:
    """Read a chip and its mask as ``write_chip`` left them."""
    with open_image(image) as dataset:
        pixels = dataset.read().astype(np.float32)
    with open_image(mask) as dataset:
        return pixels, dataset.read(1)
