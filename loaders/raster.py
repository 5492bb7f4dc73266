"""Raster files as the loaders see them: on an axis-aligned grid with a known CRS, void pixels told.

This is the one place where a raster is opened, wherever it lies: a file, a member of an archive, a variable
of a netCDF file, a VRT of local tiles.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj.exceptions import ProjError
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from quarrydb.errors import Faults, SourceError
from quarrydb.fetch.copy import as_windows, require
from quarrydb.fetch.gdal import OFFLINE
from quarrydb.loaders.archive import (
    expand,
    gdal_file,
    head_of,
    holder_of,
    inside,
    is_tar,
    is_zip,
)
from quarrydb.loaders.crs import normalised, unusable_crs
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.raster_format import FORMATS, VRT_SUFFIX, driver_of
from quarrydb.loaders.raster_hdf5 import refuse_other_files
from quarrydb.loaders.raster_netcdf import is_lonlat, netcdf_name
from quarrydb.loaders.raster_side import SIDE_SUFFIXES, side_files, with_side_files
from quarrydb.loaders.raster_vrt import CheckedVrt, check_vrt
from quarrydb.memory import budget

MAX_SIDE = 2**26  # the planet at half a metre; what claims more is damaged or hostile
GDAL_OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",  # no side files: .aux.xml could rename the CRS
    "GDAL_CACHEMAX": 128,
    "GDAL_NUM_THREADS": 1,
    "CPL_LOG_ERRORS": "OFF",
    **OFFLINE,
}
LONLAT_LIMIT = 720.0


def gdal_environment() -> rasterio.Env:
    """GDAL settings of every reader: one thread, a bounded cache, nothing but the named file."""
    return rasterio.Env(**GDAL_OPTIONS)


@contextmanager
def open_raster(
    path: Path, *, header_only: bool = False, coarsen: int = 1
) -> Iterator[DatasetReader]:
    """Open a GeoTIFF, JPEG 2000, netCDF variable or VRT, on disk or in an archive.

    What lies beside the file and hides or scales pixels is part of it. ``header_only`` spares unpacking
    a member of a tar: its pixels can't be read then. ``coarsen`` above 1 opens the coarsest overview of a
    GeoTIFF that divides it without a rest, where there is one. SourceError for anything else; any other
    virtual format is refused whatever its name: they read other files and URLs.
    """
    with ExitStack() as stack:
        stack.enter_context(gdal_environment())
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NotGeoreferencedWarning)  # grid_of says so
                dataset = stack.enter_context(opened(path, header_only=header_only))
                if coarsen > 1 and (level := overview_level(dataset, coarsen)) is not None:
                    dataset = stack.enter_context(
                        rasterio.open(dataset.name, driver=dataset.driver, OVERVIEW_LEVEL=level)
                    )
        except (RasterioError, ValueError) as error:  # ValueError: its header's text is no text
            raise unreadable(path, error) from error
        if max(dataset.width, dataset.height) > MAX_SIDE:
            raise SourceError(
                f"{path} claims {dataset.width} x {dataset.height} pixels, more than {MAX_SIDE} a side. "
                "The file is damaged; download it again."
            )
        refuse_large_blocks(dataset, path)
        yield dataset


def refuse_large_blocks(dataset: DatasetReader, path: Path) -> None:
    """SourceError where one block, which GDAL reads whole, takes more memory than a file may."""
    together = dataset.count if dataset.interleaving == Interleaving.pixel else 1
    for (height, width), dtype in zip(dataset.block_shapes, dataset.dtypes, strict=True):
        n_bytes = height * width * np.dtype(dtype).itemsize * together
        limit = budget()
        if n_bytes > limit.n_bytes:
            raise limit.refuse(
                f"{path}, whose blocks are {width:,} x {height:,} pixels (gdal_translate -co TILED=YES makes "
                "small ones),"
            )


def overview_level(dataset: DatasetReader, coarsen: int) -> int | None:
    """Number of the coarsest overview that divides ``coarsen`` and the raster's size; None for none."""
    fitting = {
        factor: level
        for level, factor in enumerate(dataset.overviews(1))
        if coarsen % factor == dataset.width % factor == dataset.height % factor == 0
    }
    return fitting[max(fitting)] if fitting and dataset.driver == "GTiff" else None


@contextmanager
def opened(path: Path, *, header_only: bool) -> Iterator[DatasetReader]:
    """The file by the driver that its first bytes ask for, with what lies beside it."""
    head, size = head_of(path)
    driver = driver_of(head, str(path), size)
    if driver in ("VRT", "netCDF") and (is_zip(holder_of(path)) or is_tar(holder_of(path))):
        raise SourceError(f"{path}: a {driver} file can't be read inside an archive. Unpack it.")
    if driver == "VRT":
        with rasterio.open(checked_vrt(path).text, driver=driver) as dataset:
            yield dataset
        return
    with ExitStack() as stack:
        name = stack.enter_context(gdal_file(path, header_only=header_only))
        if driver == "netCDF":
            refuse_other_files(holder_of(path))
            name = netcdf_name(holder_of(path), inside(path))
        try:
            dataset = stack.enter_context(rasterio.open(name, driver=driver))
        except RasterioError:
            if not (header_only and is_tar(holder_of(path))):
                raise
            name = stack.enter_context(gdal_file(path))  # its header stands at the end
            dataset = stack.enter_context(rasterio.open(name, driver=driver))
        yield stack.enter_context(with_side_files(dataset, name, path))


def unreadable(path: Path, error: Exception) -> SourceError:
    """The error that names a file which GDAL can't open."""
    holder = holder_of(path)
    if not holder.exists():
        return SourceError(f"{path} is gone. Put it back, or correct the path.")
    return SourceError(
        f"{path} ({holder.stat().st_size} bytes) is not a {FORMATS} that can be read: "
        f"{str(error).rstrip('.')}. Download it again, or convert it with gdal_translate -of GTiff."
    )


def checked_vrt(path: Path) -> CheckedVrt:
    """A VRT after all its references were checked; remembered while the file stays as it is."""
    status = path.stat()
    return _checked_vrt(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _checked_vrt(path: Path, size: int, changed_ns: int) -> CheckedVrt:
    del size, changed_ns
    return check_vrt(path)


def find_rasters(paths: Sequence[Path]) -> list[Path]:
    """The rasters that ``paths`` stand for, those in archives among them.

    Files that belong to another of them (masks, notes, tiles of a VRT) are no rasters of their own.
    SourceError names every archive or VRT that can't be used.
    """
    faults = Faults()
    found: dict[Path, None] = {}
    tiles: set[Path] = set()
    for path in paths:
        with faults.gather():
            found |= dict.fromkeys(expand([path]))
            if path.suffix.lower() == VRT_SUFFIX:
                tiles |= {tile.resolve() for tile in checked_vrt(path).sources}
    faults.raise_all()
    return [p for p in found if p not in tiles and not is_beside(p, found)]


def is_beside(path: Path, rasters: Collection[Path]) -> bool:
    """Whether a file is the mask or the notes of another."""
    suffix = next((s for s in SIDE_SUFFIXES if path.name.endswith(s)), None)
    return suffix is not None and path.with_name(path.name.removesuffix(suffix)) in rasters


def input_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """All files on disk that decide what the rasters at ``paths`` hold, each once.

    The rasters' own files or archives, masks and notes beside them, and tiles of VRTs. A file that is no
    raster counts alone: whoever reads it says what is wrong.
    """
    found: dict[Path, None] = {}
    for path in paths:
        found[holder_of(path)] = None
        try:
            found |= dict.fromkeys(files_besides(path))
        except SourceError:
            continue
    return tuple(found)


def files_besides(path: Path) -> tuple[Path, ...]:
    """Files on disk, other than its own, that a raster is made from."""
    holder = holder_of(path)
    if holder.suffix.lower() == VRT_SUFFIX:
        return checked_vrt(holder).sources
    return () if is_zip(holder) or is_tar(holder) else side_files(holder).paths


def content_of(path: Path, checksums: Mapping[Path, str]) -> object:
    """What decides a raster's pixels, for a fingerprint: its checksum, place in an archive, files beside."""
    holder = holder_of(path)
    parts = [checksums[holder], *(checksums[file] for file in files_besides(path))]
    member = inside(path)
    return parts[0] if len(parts) == 1 and not member else [*parts, member]


def content_sha256(path: Path, checksums: Mapping[Path, str]) -> str:
    """Checksum of a raster's file, or of the archive that holds it."""
    return checksums[holder_of(path)]


def kind_of(path: Path) -> str:
    """GDAL's driver of a raster, by its first bytes."""
    head, size = head_of(path)
    return driver_of(head, str(path), size)


def crs_text(dataset: Any, path: Path, declared: str | None) -> str:
    """CRS of a file as EPSG code or WKT; ``declared`` serves where the file names none."""
    text = dataset.crs.to_wkt() if dataset.crs else declared
    if not text and is_lonlat(dataset):
        text = "EPSG:4326"
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
    dtype: str | None = None,
) -> Any:
    """Bands of a window (as ``dtype``), or their masks, band first; all of them where ``bands`` is None.

    SourceError names file and rows where decoding fails, or where a partial copy lacks blocks.
    """
    first, last = int(window.row_off), int(window.row_off + window.height) - 1
    left, right = int(window.col_off), int(window.col_off + window.width)
    require(path, as_windows([(first, last + 1, left, right)]), bands)
    n_values = (last + 1 - first) * (right - left) * len(bands or dataset.indexes)
    size = np.dtype("uint8" if masks else dtype or dataset.dtypes[0]).itemsize
    if n_values * size > (limit := budget()).n_bytes:
        raise limit.refuse(f"{path}, rows {first} to {last},")
    return decoded(dataset, path, window, bands, masks=masks, dtype=dtype)


def read_windows(
    dataset: Any, path: Path, windows: Sequence[Any], bands: Sequence[int]
) -> Iterator[Any]:
    """As ``read_window`` for many windows, each of a few blocks: what was fetched is asked once for all."""
    spans = [(w.row_off, w.row_off + w.height, w.col_off, w.col_off + w.width) for w in windows]
    require(path, as_windows(spans), bands)
    for window in windows:
        yield decoded(dataset, path, window, bands)


def decoded(
    dataset: Any,
    path: Path,
    window: Any,
    bands: Sequence[int] | None,
    *,
    masks: bool = False,
    dtype: str | None = None,
) -> Any:
    """Bands or masks of a window. SourceError where decoding fails."""
    try:
        wanted = None if bands is None else list(bands)
        if masks:
            return dataset.read_masks(wanted, window=window)
        return dataset.read(wanted, window=window, out_dtype=dtype)
    except (RasterioError, MemoryError) as error:
        first, last = int(window.row_off), int(window.row_off + window.height) - 1
        raise SourceError(
            f"{path}: rows {first} to {last} can't be read ({error}). "
            "The file is truncated or damaged; download it again."
        ) from error
