"""Raster files as the loaders see them: GeoTIFF only, on an axis-aligned grid with a known CRS."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import rasterio
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT

from quarrydb.errors import SourceError
from quarrydb.fetch.copy import as_windows, require
from quarrydb.loaders.crs import normalised, unusable_crs
from quarrydb.loaders.grid import Grid

DRIVER = "GTiff"
MAX_SIDE = 2**26  # the planet at half a metre; what claims more is damaged or hostile
GDAL_OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no side files: .aux.xml could rename the CRS
    "GDAL_CACHEMAX": 128,
    "GDAL_NUM_THREADS": 1,
    "CPL_LOG_ERRORS": "OFF",
}
LONLAT_LIMIT = 720.0


def gdal_environment() -> rasterio.Env:
    """GDAL settings of every reader: one thread, a bounded cache, nothing but the named file."""
    return rasterio.Env(**GDAL_OPTIONS)


def open_raster(path: Path) -> Any:
    """Open a GeoTIFF (tiled, striped or cloud-optimised). SourceError for anything else.

    Virtual formats are refused whatever their name: they read other files and URLs.
    """
    try:
        dataset = rasterio.open(path, driver=DRIVER)
    except (RasterioError, ValueError) as error:  # ValueError: its header's text is no text
        if not path.exists():
            raise SourceError(f"{path} is gone. Put it back, or correct the path.") from error
        size = path.stat().st_size
        raise SourceError(
            f"{path} ({size} bytes) is not a GeoTIFF that can be read: {str(error).rstrip('.')}. "
            "Download it again, or convert it with gdal_translate -of GTiff."
        ) from error
    if max(dataset.width, dataset.height) > MAX_SIDE:
        width, height = dataset.width, dataset.height
        dataset.close()
        raise SourceError(
            f"{path} claims {width} x {height} pixels, more than {MAX_SIDE} a side. "
            "The file is damaged; download it again."
        )
    return dataset


def crs_text(dataset: Any, path: Path, declared: str | None) -> str:
    """CRS of a file as EPSG code or WKT; ``declared`` serves where the file names none."""
    text = dataset.crs.to_wkt() if dataset.crs else declared
    if not text:
        raise SourceError(
            f'{path} names no CRS. Set crs = "EPSG:..." for this source in the project file, '
            "or write it into the file with gdal_edit -a_srs."
        )
    try:
        return normalised(text)
    except ProjError as error:
        raise unusable_crs(str(path), text, error) from error


def grid_of(dataset: Any, path: Path, declared: str | None = None) -> Grid:
    """The grid of an open raster. SourceError where it is rotated, mirrored or without place."""
    transform = dataset.transform
    if transform.is_identity:
        raise SourceError(
            f"{path} has no georeference: its pixels have no place. "
            "Write it with gdal_edit -a_ullr, or take the publisher's file."
        )
    crs = crs_text(dataset, path, declared)
    try:
        grid = Grid(crs, tuple(transform)[:6], dataset.width, dataset.height)
    except SourceError as error:
        raise SourceError(f"{path}: {error}") from error
    refuse_metres_called_degrees(grid, path)
    return grid


def refuse_metres_called_degrees(grid: Grid, path: Path) -> None:
    """A lon/lat raster whose corners lie far off the globe is in another CRS than it says."""
    left, bottom, right, top = grid.extent
    if grid.is_lonlat and (max(abs(left), abs(right)) > LONLAT_LIMIT or max(-bottom, top) > 91):
        raise SourceError(
            f"{path} says {grid.crs[:40]}, but spans {left:.1f} to {right:.1f} by "
            f"{bottom:.1f} to {top:.1f}: these are not degrees. Correct its CRS."
        )


def read_window(
    dataset: Any,
    path: Path,
    window: Any,
    *,
    bands: Sequence[int] | None = None,
    masks: bool = False,
) -> Any:
    """Bands of a window, or their masks, band first; all of them where ``bands`` is None.

    SourceError names file and rows where decoding fails, or where a partial copy lacks blocks.
    """
    first, last = int(window.row_off), int(window.row_off + window.height) - 1
    left, right = int(window.col_off), int(window.col_off + window.width)
    if not isinstance(dataset, WarpedVRT):  # whose window lies on another grid than the file's
        require(path, as_windows([(first, last + 1, left, right)]), bands)
    try:
        reader = dataset.read_masks if masks else dataset.read
        return reader(None if bands is None else list(bands), window=window)
    except (RasterioError, MemoryError) as error:
        raise SourceError(
            f"{path}: rows {first} to {last} can't be read ({error}). "
            "The file is truncated or damaged; download it again."
        ) from error
