"""Whether the metadata of a Sentinel-2 image are wrong about its 1,000 counts since baseline 04.00.

What one image shows by itself is judged here; images of a place in several years are compared by the
view ``image_offset``, from the levels that are measured here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SENTINEL_COUNT = 1e-4  # reflectance of one count
# Counts of the 1st percentile in blue or red: what no ground but desert reaches, and what deserts do.
SURELY_TOO_BRIGHT, MAYBE_DESERT = 850.0, 1300.0
NEGATIVE_SHARE = 0.05
MIN_CHECKED_PIXELS = 1_000
ENOUGH_PIXELS = 50_000  # of which percentiles are as good as of all
LOWEST, HIGHEST = -20_000, 70_000
DARK_BANDS = ("blue", "red")
DARK_PERCENT, MIDDLE_PERCENT = 1, 50


@dataclass(frozen=True)
class ImageLevel:
    """How bright an image is over the ground of a chip: reflectance of the 1st percentile (``dark``) and
    of the median (``middle``) of each band, and what was taken off its counts, as reflectance (None:
    not the same of all bands). ``seen_share`` is the share of the chip with data, 0-1.
    """

    image_id: str
    taken_off: float | None
    seen_share: float
    dark: tuple[float, ...]
    middle: tuple[float, ...]


def offset_fault(n_pixels: int, negative_share: float, darkest: float) -> str | None:
    """What must be wrong with an offset, if anything: it is still in, or was taken off twice.

    ``darkest`` is the 1st percentile of counts in the darker of blue and red, ``negative_share`` that of
    counts below 0 in both. Only deserts and snow are as bright as 1,000 counts more; above a bound that they
    reach nobody can say. Many counts below zero never are in a right image.
    """
    if n_pixels < MIN_CHECKED_PIXELS:
        return None
    if negative_share > NEGATIVE_SHARE:
        return (
            f"{100 * negative_share:.0f} % of its reflectances are negative: an offset was taken off twice. "
            "Correct the item, or take another collection"
        )
    if SURELY_TOO_BRIGHT <= darkest <= MAYBE_DESERT:
        return (
            f"its darkest pixels have {darkest:.0f} counts, so that the 1,000 of Sentinel-2's baseline 04.00 "
            "are still in them. Correct the item, or take another collection"
        )
    return None


class CountHistogram:
    """Counts of an image's bands, as they are read window by window."""

    def __init__(self) -> None:
        self.n: dict[str, NDArray[np.int64]] = {}
        self.n_read: dict[str, int] = {}

    def add(self, band: str, reflectance: NDArray[np.float64], clear: NDArray[np.bool_]) -> None:
        """Count the ``clear`` pixels of a band; those without data don't count."""
        self.n_read[band] = self.n_read.get(band, 0) + reflectance.size
        reflectance = reflectance[clear]
        counts = np.round(reflectance[np.isfinite(reflectance)] / SENTINEL_COUNT).astype(np.int64)
        found = np.bincount(
            np.clip(counts, LOWEST, HIGHEST) - LOWEST, minlength=HIGHEST - LOWEST + 1
        )
        self.n[band] = self.n.get(band, 0) + found

    def fault(self) -> str | None:
        """What must be wrong with the offset, if anything."""
        dark = {band: found for band, found in self.n.items() if band in DARK_BANDS}
        totals = [int(found.sum()) for found in dark.values()]
        if not totals or min(totals) == 0:
            return None
        negative = sum(int(found[:-LOWEST].sum()) for found in dark.values())
        darkest = min(percentile(found, DARK_PERCENT) for found in dark.values())
        return offset_fault(min(totals), negative / sum(totals), darkest)

    def level(self, image_id: str, taken_off: float | None) -> ImageLevel | None:
        """How bright the bands are; None where too few pixels say."""
        totals = {band: int(found.sum()) for band, found in self.n.items()}
        if not totals or min(totals.values()) < MIN_CHECKED_PIXELS:
            return None
        dark, middle = (
            tuple(percentile(found, percent) * SENTINEL_COUNT for found in self.n.values())
            for percent in (DARK_PERCENT, MIDDLE_PERCENT)
        )
        seen_share = min(n / self.n_read[band] for band, n in totals.items())
        return ImageLevel(image_id, taken_off, seen_share, dark, middle)


def percentile(found: NDArray[np.int64], percent: float) -> float:
    """A percentile of counts, by how many pixels have each."""
    below = np.cumsum(found)
    return float(np.searchsorted(below, percent / 100 * below[-1]) + LOWEST)
