"""The pixels of a site's square from its images: clouds masked, offsets off, the clearest first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quarrydb.errors import SourceError
from quarrydb.loaders.image_asset import SCENE_BAND
from quarrydb.loaders.image_offset import (
    DARK_BANDS,
    DARK_PERCENT,
    ENOUGH_PIXELS,
    MIDDLE_PERCENT,
    SENTINEL_COUNT,
    ImageLevel,
    offset_fault,
)
from quarrydb.loaders.image_reader import (
    BandFile,
    ChipGrid,
    ImageSource,
    Pixels,
    band_numbers,
    open_image,
    read_on_grid,
    square_grid,
)


def read_square(
    sources: Sequence[ImageSource],
    bands: Sequence[str],
    *,
    longitude: float,
    latitude: float,
    side_m: float,
    size_px: int,
    median_of: int = 1,
) -> tuple[Pixels, ChipGrid, list[ImageLevel]]:
    """Pixels (bands, size, size) of a square from its images, the clearest first, their grid (the
    clearest one's own), and how bright each Sentinel-2 image is that was read. NaN where no image has data.

    Images with a scene classification are taken by how clear they are over the square. ``median_of``
    above 1 takes the median of so many. Values are counts, of which 0 is no reflectance. Raises
    SourceError naming the file that can't be read.
    """
    grid = grid_of(sources[0], longitude, latitude, side_m, size_px, bands)
    sources = clearest_first(sources, grid)
    n_first = max(median_of, 1)
    read = [read_image(source, bands, grid) for source in sources[:n_first]]
    levels = [level for _, level in read if level]
    if median_of > 1:
        return _median([pixels for pixels, _ in read]), grid, levels
    mosaic = read[0][0]
    for source in sources[n_first:]:
        gap = np.isnan(mosaic).any(axis=0)
        if not gap.any():
            break
        pixels, level = read_image(source, bands, grid)
        levels += [level] if level else []
        mosaic = pixels if gap.all() else np.where(gap, pixels, mosaic)
    return mosaic, grid, levels


def grid_of(
    source: ImageSource,
    longitude: float,
    latitude: float,
    side_m: float,
    size_px: int,
    bands: Sequence[str] = (),
) -> ChipGrid:
    """The grid of a chip in the pixels of an image, of several files the finest that is wanted."""
    lowered = [band.lower() for band in bands]
    files = [part.path for part in source.parts if part.band in lowered or not lowered]
    grids = []
    for path in files or [source.path]:
        with open_image(path) as dataset:
            grids.append(
                (dataset.res[0], square_grid(dataset, longitude, latitude, side_m, size_px))
            )
    return min(grids, key=lambda pair: pair[0])[1]


def clearest_first(sources: Sequence[ImageSource], grid: ChipGrid) -> list[ImageSource]:
    """Images by the share of the site's own square that their scene classification leaves, the clearest
    first; those without one keep their order, behind the ones with.
    """
    if not any(source.masked_classes and scene_file(source) for source in sources):
        return list(sources)
    shares = [clear_share(source, grid) for source in sources]
    order = sorted(range(len(sources)), key=lambda i: -worth(shares[i]))
    return [sources[i] for i in order]


def worth(share: float | None) -> float:
    """A clear share to sort by: unknown is less than none."""
    return -1.0 if share is None else share


def clear_share(source: ImageSource, grid: ChipGrid) -> float | None:
    """Share of the site's own square that the scene classification leaves; None without one."""
    clear = clear_pixels(source, grid)
    top, left, bottom, right = grid.inner
    return None if clear is None else float(clear[top:bottom, left:right].mean())


def scene_file(source: ImageSource) -> BandFile | None:
    """The scene classification of an image that has one."""
    return next((part for part in source.parts if part.band == SCENE_BAND), None)


def clear_pixels(source: ImageSource, grid: ChipGrid) -> NDArray[np.bool_] | None:
    """Where the scene classification sees ground; None for an image without one."""
    part = scene_file(source)
    if part is None or not source.masked_classes:
        return None
    with open_image(part.path) as dataset:
        classes = read_on_grid(dataset, part.path, [1], grid, are_classes=True)[0]
    return np.asarray(np.isfinite(classes) & ~np.isin(classes, source.masked_classes))


def read_image(
    source: ImageSource, bands: Sequence[str], grid: ChipGrid
) -> tuple[Pixels, ImageLevel | None]:
    """The wanted bands of an image on a grid, NaN without data or under masked classes, offsets taken
    off: in counts of which 0 is no reflectance. And how bright they are, of Sentinel-2.
    """
    if not source.parts:
        with open_image(source.path) as dataset:
            numbers = band_numbers(dataset, source, bands)
            pixels = read_on_grid(dataset, source.path, numbers, grid)
            for row, number in enumerate(numbers):
                scale, offset = dataset.scales[number - 1], dataset.offsets[number - 1]
                pixels[row] += np.float32(zero_count(scale, offset))
            return pixels, None
    files = {part.band: part for part in source.parts}
    missing = [band for band in bands if band.lower() not in files]
    if missing:
        raise SourceError(
            f"{source.path} has bands {', '.join(sorted(files))}; the model needs {', '.join(missing)} too."
        )
    rows = []
    for band in bands:
        part = files[band.lower()]
        with open_image(part.path) as dataset:
            row = read_on_grid(dataset, part.path, [1], grid)[0]
            scale = dataset.scales[0] if part.scale is None else part.scale
            offset = dataset.offsets[0] if part.offset is None else part.offset
        rows.append(row + np.float32(zero_count(scale, offset)))
    pixels = np.stack(rows)
    clear = clear_pixels(source, grid)
    if clear is not None:
        pixels[:, ~clear] = np.nan
    return pixels, checked_level(source, bands, pixels)


def zero_count(scale: float | None, offset: float | None) -> float:
    """What to add to counts so that 0 is no reflectance; 0 where nothing says that it is not."""
    return (offset or 0.0) / (scale or 1.0)


def checked_level(source: ImageSource, bands: Sequence[str], pixels: Pixels) -> ImageLevel | None:
    """How bright the pixels of a Sentinel-2 image are; None for other images, or without any data.

    SourceError where its metadata must be wrong about the 1,000 counts that Sentinel-2 carries since
    baseline 04.00.
    """
    parts = {part.band: part for part in source.parts}
    own = [parts.get(band.lower()) for band in bands]
    counted = [part for part in own if part is not None and part.scale == SENTINEL_COUNT]
    has_data = np.isfinite(pixels).all(axis=0)
    if not counted or not has_data.any():
        return None
    n_seen = int(has_data.sum())
    seen = pixels[:, has_data][:, :: max(1, n_seen // ENOUGH_PIXELS)]
    dark, middle = np.percentile(seen, (DARK_PERCENT, MIDDLE_PERCENT), axis=1)
    checked = [row for row, part in enumerate(own) if part in counted and part.band in DARK_BANDS]
    if checked:
        fault = offset_fault(n_seen, float((seen[checked] < 0).mean()), float(dark[checked].min()))
        if fault:
            raise SourceError(f"{source.path}: {fault}.")
    if len(counted) < len(bands):
        return None
    offsets = {part.offset or 0.0 for part in counted}
    return ImageLevel(
        source.image_id,
        -offsets.pop() if len(offsets) == 1 else None,
        n_seen / has_data.size,
        tuple((dark * SENTINEL_COUNT).tolist()),
        tuple((middle * SENTINEL_COUNT).tolist()),
    )


def _median(stack: Sequence[Pixels]) -> Pixels:
    """Median of several images, pixel by pixel and band by band, over those that have data."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nothing was seen by any
        found: Pixels = np.nanmedian(np.stack(stack), axis=0)
    return found
