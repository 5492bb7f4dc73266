"""Pixels of satellite images: opened safely, and placed on a chip's grid."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.vrt import WarpedVRT
from rasterio.warp import reproject
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.loaders.crs import normalised, period_of, unusable_crs
from quarrydb.loaders.raster import open_raster, read_window
from quarrydb.loaders.raster_mask import data_bands, hidden, is_void, masking_of

# Types whose every value is a float32 of its own.
EXACT_IN_FLOAT32 = {"uint8", "int8", "uint16", "int16", "float32"}
MAX_PIXELS = 400_000 * 400_000
MAX_WARPED_PIXELS = 100_000_000
WGS84 = Geod(ellps="WGS84")

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class BandFile:
    """One band in a file of its own; reflectance = count * scale + offset where these are known."""

    band: str
    path: Path | str
    scale: float | None = None
    offset: float | None = None


@dataclass(frozen=True)
class ImageSource:
    """One image of a mosaic: a file with the names of its bands, in order (empty where nobody named
    them), or a file for each band, and the classes of its scene classification that count as no data.
    """

    path: Path | str
    bands: tuple[str, ...] = ()
    parts: tuple[BandFile, ...] = ()
    masked_classes: tuple[int, ...] = ()
    image_id: str = ""


@dataclass(frozen=True)
class ChipGrid:
    """Where a chip's pixels lie: ``transform`` (a, b, c, d, e, f) in ``crs``, ``size_px`` square.

    ``inner`` is the site's own square in the chip, as rows and columns (top, left, bottom, right),
    in pixels.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    size_px: int
    inner: tuple[int, int, int, int]

    @property
    def affine(self) -> rasterio.Affine:
        """The transform as rasterio has it."""
        return rasterio.Affine(*self.transform)

    @property
    def middle_x(self) -> float:
        """The middle column's place on the map."""
        return self.transform[2] + self.transform[0] * self.size_px / 2


@contextmanager
def open_image(path: Path | str) -> Iterator[DatasetReader]:
    """Open a local image; SourceError for what is no raster, or without a CRS.

    Any error of GDAL inside the block becomes a SourceError that names the file.
    """
    if ":/" in str(path) or str(path).startswith("/vsi"):
        raise SourceError(f"{path} is no local file. Download the image and name the copy.")
    path = Path(path)
    try:
        with open_raster(path) as dataset:
            _check_image(dataset, path)
            yield dataset
    except (RasterioError, OSError, UnicodeDecodeError) as error:
        reason = str(error).rstrip(".")
        raise SourceError(
            f"{path} can't be read as an image: {reason}. Replace the file."
        ) from error


def _check_image(dataset: DatasetReader, path: Path) -> None:
    if dataset.crs is None:
        raise SourceError(
            f"{path} has no CRS. Write one into it, e.g. rio edit-info --crs EPSG:3857 FILE."
        )
    try:
        normalised(dataset.crs.to_wkt())
    except ProjError as error:
        raise unusable_crs(str(path), dataset.crs.to_wkt(), error) from error
    if dataset.width * dataset.height > MAX_PIXELS:
        raise SourceError(
            f"{path} claims {dataset.width} x {dataset.height} pixels, over "
            f"{MAX_PIXELS:.0e}. Check the file."
        )
    if any(str(dtype).startswith("complex") for dtype in dataset.dtypes):
        raise SourceError(
            f"{path} holds complex numbers, as radar images do: no model takes them. Write their amplitude."
        )
    if masking_of(dataset).own:
        raise SourceError(
            f"{path} has a mask of its own for each band. Write one mask for all with gdal_translate "
            "-mask 1, or NaN for void pixels."
        )


def band_numbers(dataset: DatasetReader, source: ImageSource, wanted: Sequence[str]) -> list[int]:
    """Which bands of the file are ``wanted``: by name where the file or catalogue names them, else
    by order.

    Raises SourceError where a wanted band is missing or the number of bands differs.
    """
    numbers = list(colour_bands(dataset, source.bands))
    names = [name.lower() for name in source.bands] or [
        (dataset.descriptions[number - 1] or "").lower() for number in numbers
    ]
    lowered = [name.lower() for name in wanted]
    if all(name in names for name in lowered):
        return [numbers[names.index(name)] for name in lowered]
    if any(names) and any(name in names for name in lowered):
        missing = [name for name in lowered if name not in names]
        raise SourceError(
            f"{source.path} has bands {', '.join(names)}; the model needs {', '.join(missing)} too."
        )
    if len(numbers) != len(wanted):
        raise SourceError(
            f"{source.path} has {len(numbers)} bands; the model needs {len(wanted)} "
            f"({', '.join(wanted)}). Take images with those bands, or another model."
        )
    return numbers


def colour_bands(dataset: DatasetReader, named: Sequence[str] = ()) -> tuple[int, ...]:
    """Numbers (from 1) of the bands that are no alpha.

    All are colours where each has a name, in the catalogue or in the file: GDAL tags the fourth of any
    four bands of bytes as alpha.
    """
    names = named or [(name or "").lower() for name in dataset.descriptions]
    is_each_named = len(names) == dataset.count and all(names) and "alpha" not in names
    return tuple(dataset.indexes) if is_each_named else data_bands(dataset)


def square_grid(
    dataset: DatasetReader, longitude: float, latitude: float, side_m: float, size_px: int
) -> ChipGrid:
    """The grid of a chip around a point, in the image's own CRS and resolution.

    The site's square has sides of ``side_m`` metres. Where it has more than ``size_px`` pixels, the
    chip is the square, resampled; else the chip keeps the image's pixels and shows the surroundings
    too.
    """
    crs = crs_of(dataset)
    x, y, half_x, half_y = _square_in_crs(crs, longitude, latitude, side_m)
    res_x, res_y = dataset.res
    scale = max(2 * half_x / (res_x * size_px), 2 * half_y / (res_y * size_px), 1.0)
    step_x, step_y = res_x * scale, res_y * scale
    left, top = x - step_x * size_px / 2, y + step_y * size_px / 2
    if scale == 1.0:  # stay on the image's own pixels
        left = dataset.bounds.left + round((left - dataset.bounds.left) / res_x) * res_x
        top = dataset.bounds.top - round((dataset.bounds.top - top) / res_y) * res_y
    columns = _inner_range((x - half_x - left) / step_x, (x + half_x - left) / step_x, size_px)
    rows = _inner_range((top - y - half_y) / step_y, (top - y + half_y) / step_y, size_px)
    transform = (step_x, 0.0, left, 0.0, -step_y, top)
    return ChipGrid(crs.to_string(), transform, size_px, (rows[0], columns[0], rows[1], columns[1]))


def crs_of(dataset: DatasetReader) -> CRS:
    """An image's CRS."""
    return named_crs(dataset.crs.to_wkt())


@lru_cache(maxsize=256)
def named_crs(text: str) -> CRS:
    """A CRS from its WKT or code: the images of a project share a few."""
    return CRS.from_user_input(text)


@lru_cache(maxsize=256)
def transformer(source: str, target: str) -> Transformer:
    """What takes x, y of one CRS to another."""
    return Transformer.from_crs(source, target, always_xy=True)


def on_map(geometry: Any, crs: str, near_x: float) -> Any:
    """Geometries in EPSG:4326 (one, or an array) on the map of ``crs``, each in the place nearest to
    ``near_x`` where the map repeats itself.
    """
    period = period_of(named_crs(crs))
    to_crs = None if crs == "EPSG:4326" else transformer("EPSG:4326", crs)

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = xy[:, 0], xy[:, 1]
        if to_crs is not None:
            x, y = to_crs.transform(x, y)
        if period:
            x = x + period * np.round((near_x - x) / period)
        return np.column_stack([x, y])

    return shapely.transform(geometry, place)


def _square_in_crs(
    crs: CRS, longitude: float, latitude: float, side_m: float
) -> tuple[float, float, float, float]:
    """Centre and half width and height of a square of ``side_m`` metres, in units of ``crs``."""
    to_crs = transformer("EPSG:4326", crs.to_wkt())
    azimuths = [0, 90, 180, 270]
    lon, lat, _ = WGS84.fwd([longitude] * 4, [latitude] * 4, azimuths, [side_m / 2] * 4)
    xs, ys = to_crs.transform(lon, lat)
    x, y = to_crs.transform(longitude, latitude)
    if period := period_of(crs):  # beyond the edge of the map, not on its other side
        xs = [value + period * round((x - value) / period) for value in xs]
    return x, y, (max(xs) - min(xs)) / 2, (max(ys) - min(ys)) / 2


def _inner_range(start: float, stop: float, size_px: int) -> tuple[int, int]:
    return max(0, int(np.floor(start + 1e-6))), min(size_px, int(np.ceil(stop - 1e-6)))


def read_on_grid(
    dataset: DatasetReader,
    path: Path | str,
    numbers: list[int],
    grid: ChipGrid,
    *,
    are_classes: bool = False,
) -> Pixels:
    """Pixels on the grid, NaN where they are void; classes are never mixed.

    A grid that reaches past the edge of the map is read on its other side, too.
    """
    path = Path(path)
    period = period_of(named_crs(grid.crs)) if crs_of(dataset) == named_crs(grid.crs) else None
    pixels = _read_here(dataset, path, numbers, grid, are_classes)
    for shift in (-period, period) if period else ():
        a, b, left, d, e, top = grid.transform
        bounds = dataset.bounds
        if left + shift < bounds.right and left + shift + a * grid.size_px > bounds.left:
            beyond = replace(grid, transform=(a, b, left + shift, d, e, top))
            more = _read_here(dataset, path, numbers, beyond, are_classes)
            pixels = np.where(np.isnan(pixels), more, pixels)
    return pixels


def _read_here(
    dataset: DatasetReader, path: Path, numbers: list[int], grid: ChipGrid, are_classes: bool
) -> Pixels:
    offset = _aligned_offset(dataset, grid)
    if offset is not None:
        return _read_aligned(dataset, path, numbers, grid, *offset)
    return _read_warped(dataset, path, numbers, grid, are_classes)


def _aligned_offset(dataset: DatasetReader, grid: ChipGrid) -> tuple[int, int] | None:
    """Column and row of the chip's corner in the image where both share one grid, else None."""
    transform = dataset.transform
    a, _, left, _, e, top = grid.transform
    same_step = np.isclose(transform.a, a, rtol=1e-9) and np.isclose(transform.e, e, rtol=1e-9)
    if not same_step or transform.b or transform.d or crs_of(dataset) != named_crs(grid.crs):
        return None
    column, row = (left - transform.c) / a, (top - transform.f) / e
    if abs(column - round(column)) > 1e-3 or abs(row - round(row)) > 1e-3:
        return None
    return round(column), round(row)


def _read_aligned(
    dataset: DatasetReader, path: Path, numbers: list[int], grid: ChipGrid, column: int, row: int
) -> Pixels:
    size = grid.size_px
    left, top = max(column, 0), max(row, 0)
    right, bottom = min(column + size, dataset.width), min(row + size, dataset.height)
    if (left, top, right, bottom) == (column, row, column + size, row + size):
        return read_pixels(dataset, path, numbers, Window(left, top, size, size))
    pixels = np.full((len(numbers), size, size), np.nan, dtype=np.float32)
    if right <= left or bottom <= top:
        return pixels
    found = read_pixels(dataset, path, numbers, Window(left, top, right - left, bottom - top))
    pixels[:, top - row : bottom - row, left - column : right - column] = found
    return pixels


def read_pixels(dataset: DatasetReader, path: Path, numbers: list[int], window: Window) -> Pixels:
    """A window's pixels (bands, rows, columns), NaN where they are void."""
    masking = masking_of(dataset, numbers)
    nodata = [dataset.nodatavals[number - 1] for number in numbers]
    is_exact = all(dataset.dtypes[number - 1] in EXACT_IN_FLOAT32 for number in numbers)
    dtype = "float32" if is_exact else None
    values = read_window(dataset, path, window, bands=numbers, dtype=dtype)
    found: Pixels = values if is_exact else values.astype(np.float32)
    for band, value, number in zip(found, values, nodata, strict=True):
        if number is not None:
            band[is_void(value, [number])] = np.nan
    is_hidden = hidden(dataset, path, masking, window, numbers)
    if is_hidden is not None:
        found[np.broadcast_to(is_hidden, found.shape)] = np.nan
    return found


def _read_warped(
    dataset: DatasetReader, path: Path, numbers: list[int], grid: ChipGrid, are_classes: bool
) -> Pixels:
    """Resample onto the grid: averages where the chip's pixels are coarser, else bilinear; of classes
    the nearest.
    """
    is_coarser = abs(grid.transform[0]) > 1.5 * dataset.res[0] and named_crs(grid.crs) == crs_of(
        dataset
    )
    resampling = Resampling.average if is_coarser else Resampling.bilinear
    resampling = Resampling.nearest if are_classes else resampling
    if not masking_of(dataset, numbers).is_open or len(data_bands(dataset)) < dataset.count:
        return _warp_pixels(dataset, path, numbers, grid, resampling)
    nodata = dataset.nodata
    with WarpedVRT(
        dataset,
        crs=grid.crs,
        transform=grid.affine,
        width=grid.size_px,
        height=grid.size_px,
        resampling=resampling,
        add_alpha=nodata is None,
        dtype="float32" if nodata is not None else None,
    ) as vrt:
        found: Pixels = vrt.read(numbers).astype(np.float32)
        found[is_void(found, [nodata])] = np.nan
        if nodata is None:
            found[:, vrt.read(vrt.count) == 0] = np.nan
    return found


def _warp_pixels(
    dataset: DatasetReader, path: Path, numbers: list[int], grid: ChipGrid, resampling: Resampling
) -> Pixels:
    """As ``_read_warped``, where masks hide pixels: GDAL's warper does not heed all that do."""
    size = grid.size_px
    found = np.full((len(numbers), size, size), np.nan, np.float32)
    window = window_under(dataset, grid)
    if window is None:
        return found
    if window.width * window.height > MAX_WARPED_PIXELS:
        raise SourceError(
            f"{path} has {window.width:.0f} x {window.height:.0f} pixels in one site, and a mask. "
            "Write its void pixels as a nodata value, or make the image coarser."
        )
    reproject(
        read_pixels(dataset, path, numbers, window),
        found,
        src_transform=dataset.window_transform(window),
        src_crs=dataset.crs,
        src_nodata=np.nan,
        dst_transform=grid.affine,
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=resampling,
    )
    return found


def window_under(dataset: DatasetReader, grid: ChipGrid) -> Window | None:
    """The pixels of an image around a chip; None where it lies outside."""
    along = np.linspace(0, grid.size_px, 22)
    near, far = np.zeros(22), np.full(22, grid.size_px)
    columns = np.concatenate([along, along, near, far])
    rows = np.concatenate([near, far, along, along])
    to_image = transformer(grid.crs, dataset.crs.to_wkt())
    x, y = to_image.transform(*(grid.affine * (columns, rows)))
    column, row = ~dataset.transform * (np.asarray(x), np.asarray(y))
    pad = 2 * max(1.0, float(np.ptp(column)) / grid.size_px)
    left, top = max(0, int(column.min() - pad)), max(0, int(row.min() - pad))
    right = min(dataset.width, int(np.ceil(column.max() + pad)))
    bottom = min(dataset.height, int(np.ceil(row.max() + pad)))
    return Window(left, top, right - left, bottom - top) if right > left and bottom > top else None
