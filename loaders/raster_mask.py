"""Which pixels of a raster are void: one rule for land cover, stable green, indicators and images.

A pixel is void where any of these says so: the nodata value of its band, NaN, a mask (inside the file,
beside it, or of several bands' nodata together), or an alpha band of 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from quarrydb.loaders.raster import read_window


@dataclass(frozen=True)
class Masking:
    """The masks of an open raster: one for all bands, bands with one of their own, the alpha band."""

    is_shared: bool
    own: tuple[int, ...]
    alpha: int | None

    @property
    def is_open(self) -> bool:
        """Whether nothing but a value can make a pixel void, so that no mask need be read."""
        return not (self.is_shared or self.own or self.alpha)


def masking_of(dataset: DatasetReader, data: Sequence[int] = ()) -> Masking:
    """What hides pixels of an open raster, besides nodata values.

    ``data`` are bands that hold data whatever they are tagged: GDAL tags the fourth of any four bands of
    bytes as alpha.
    """
    flags = [{flag.name for flag in band} for band in dataset.mask_flag_enums]
    alpha = next((n for n in dataset.indexes if n not in (*data_bands(dataset), *data)), None)
    shared = any("per_dataset" in names and "alpha" not in names for names in flags)
    own = tuple(n for n in dataset.indexes if not flags[n - 1])  # GDAL gives such a mask no flag
    return Masking(shared, own, alpha)


def data_bands(dataset: DatasetReader) -> tuple[int, ...]:
    """Numbers (from 1) of the bands that are no alpha."""
    meanings = dataset.colorinterp
    return tuple(n for n in dataset.indexes if meanings[n - 1] != ColorInterp.alpha)


def hidden(
    dataset: DatasetReader, path: Path, masking: Masking, window: Any, bands: Sequence[int]
) -> NDArray[np.bool_] | None:
    """Where masks hide pixels of a window, shape (1 or bands, rows, columns); None where no mask is."""
    if masking.is_open:
        return None
    found = np.zeros((1, int(window.height), int(window.width)), bool)
    if masking.is_shared:
        found = read_window(dataset, path, window, bands=bands[:1], masks=True) == 0
    if masking.alpha is not None:
        found = found | (read_window(dataset, path, window, bands=[masking.alpha]) == 0)
    own = [band for band in bands if band in masking.own]
    if own:
        found = np.repeat(found, len(bands), axis=0)
        of_bands = read_window(dataset, path, window, bands=own, masks=True) == 0
        for band, is_hidden in zip(own, of_bands, strict=True):
            found[list(bands).index(band)] |= is_hidden
    return found


def is_void(values: NDArray[Any], nodata: Sequence[float | None]) -> NDArray[np.bool_]:
    """Which stored numbers are NaN, or one of ``nodata`` as their number type holds it."""
    found = np.isnan(values) if values.dtype.kind in "fc" else np.zeros(values.shape, bool)
    for number in nodata:
        if number is None or np.isnan(number):
            continue
        if values.dtype.kind == "f":
            found |= values == values.dtype.type(number)
        elif float(number).is_integer():
            found |= values == int(number)
    return found
