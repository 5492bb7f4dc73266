"""Ranges of bytes: what is there, what lacks, what to ask for at once."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

Range = tuple[int, int]  # first byte, end (exclusive)

GAP_BYTES = 1024  # nearer ranges are one request: the bytes between cost less than another request
INDEX_GAP_BYTES = 2**15  # the same for parts of an index: a few bytes each, one a row of blocks
LARGEST_BYTES = 8 * 2**20  # of a request: a fault costs no more than this


class Ranges:
    """A set of bytes, kept as sorted ranges that do not touch."""

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        """Unite ``ranges``, which may overlap and come in any order."""
        merged = list(united(ranges, 0))
        self.starts = np.array([first for first, _ in merged], np.int64)
        self.ends = np.array([end for _, end in merged], np.int64)

    def covers(self, first: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some ranges lie inside whole; empty ones do."""
        if not len(self.starts):
            return np.asarray(end <= first)
        place = np.searchsorted(self.starts, first, side="right") - 1
        inside = (place >= 0) & (self.ends[np.maximum(place, 0)] >= end)
        return np.asarray(inside | (end <= first))

    def covers_one(self, first: int, end: int) -> bool:
        """Whether one range lies inside whole."""
        return bool(self.covers(np.array([first]), np.array([end]))[0])


def united(ranges: Iterable[Range], gap: int) -> Iterator[Range]:
    """Ranges in order, those at most ``gap`` bytes apart as one."""
    start = end = -1
    for first, last in sorted(ranges):
        if last <= first:
            continue
        if start >= 0 and first <= end + gap:
            end = max(end, last)
            continue
        if start >= 0:
            yield start, end
        start, end = first, last
    if start >= 0:
        yield start, end


def requests(ranges: Iterable[Range]) -> Iterator[Range]:
    """What to ask for: near ranges together, large ones in parts."""
    for first, end in united(ranges, GAP_BYTES):
        for start in range(first, end, LARGEST_BYTES):
            yield start, min(start + LARGEST_BYTES, end)
