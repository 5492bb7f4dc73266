"""Train, validation and test chips that share no ground."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

SPLITS = ("train", "validation", "test")
SPLIT_SHARES = (0.89, 0.10, 0.01)  # Sepin et al. 2025, Methods
# A chip between two splits: it belongs to neither.
SEAM = "seam"

# A chain of overlapping chips larger than this share of all, and this number, is cut.
LARGEST_SHARE = 0.02
LARGEST_NUMBER = 50
BLOCK_KM = 25.0
KM_PER_DEGREE = 111.2


def assign_splits(
    grounds: Sequence[shapely.Geometry],
    site_ids: Sequence[str],
    *,
    seed: int,
    shares: Sequence[float] = SPLIT_SHARES,
) -> list[str]:
    """Train, validation or test for each site, so that the ground (EPSG:4326) that chips of different
    splits show never overlaps.

    Chips that overlap, directly or in a chain, stay together. Groups are taken from the largest on,
    equal ones in an order that depends on ``seed`` and their smallest site id alone, and each goes to
    the split that is furthest below its share: reproducible, whatever the order of the sites. A chain
    too long for that is cut along blocks of 25 km, and chips across a cut are ``seam``: in no split.
    """
    first, second = shapely.STRtree(list(grounds)).query(list(grounds), predicate="intersects")
    groups = _groups(len(grounds), first, second, grounds, site_ids)
    chosen = _fill_shares(groups, site_ids, seed, shares)
    split_of = np.empty(len(grounds), dtype=object)
    for group, split in zip(groups, chosen, strict=True):
        split_of[group] = split
    return _without_seams(split_of, first, second)


def _groups(
    n: int,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    grounds: Sequence[shapely.Geometry],
    site_ids: Sequence[str],
) -> list[list[int]]:
    """Chips that must stay together, as positions: components of overlaps, long ones cut by blocks."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(first)), (first, second)), shape=(n, n))
    _, labels = connected_components(graph, directed=False)
    sizes = np.bincount(labels, minlength=1)
    is_long = sizes > max(LARGEST_NUMBER, LARGEST_SHARE * n)
    blocks = _blocks(grounds)
    found: dict[Any, list[int]] = {}
    for position in sorted(range(n), key=lambda i: site_ids[i]):
        label = int(labels[position])
        key = (label, *blocks[position]) if is_long[label] else (label,)
        found.setdefault(key, []).append(position)
    return list(found.values())


def _blocks(grounds: Sequence[shapely.Geometry]) -> list[tuple[int, int]]:
    """Row and column of the block of 25 km that each chip's middle lies in."""
    middles = shapely.get_coordinates(shapely.centroid(np.asarray(list(grounds), dtype=object)))
    rows = np.floor(middles[:, 1] * KM_PER_DEGREE / BLOCK_KM)
    stretch = np.cos(np.radians((rows + 0.5) * BLOCK_KM / KM_PER_DEGREE))
    columns = np.floor(middles[:, 0] * KM_PER_DEGREE * stretch / BLOCK_KM)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]


def _fill_shares(
    groups: Sequence[Sequence[int]], site_ids: Sequence[str], seed: int, shares: Sequence[float]
) -> list[str]:
    """The split of each group."""
    target = np.asarray(shares) / sum(shares) * len(site_ids)
    counts = np.zeros(len(SPLITS))
    chosen = [""] * len(groups)

    def rank(number: int) -> tuple[int, str]:
        first = min(site_ids[i] for i in groups[number])
        return -len(groups[number]), hashlib.sha256(f"{seed}:{first}".encode()).hexdigest()

    for number in sorted(range(len(groups)), key=rank):
        size = len(groups[number])
        room = target - counts
        fits = np.where((room >= size / 2) & (target > 0), room, -np.inf)
        best = int(np.argmax(fits if np.isfinite(fits).any() else room))
        counts[best] += size
        chosen[number] = SPLITS[best]
    return chosen


def _without_seams(
    split_of: NDArray[Any], first: NDArray[np.int64], second: NDArray[np.int64]
) -> list[str]:
    """Training chips that touch held-out ones, then validation chips that touch test chips, are seam."""
    for giving in ("train", "validation"):
        touches = (split_of[first] == giving) & ~np.isin(split_of[second], (giving, SEAM))
        split_of[first[touches]] = SEAM
    return [str(split) for split in split_of]


def parse_shares(text: str) -> tuple[float, float, float]:
    """Three shares such as ``0.8,0.1,0.1``, in any unit; ValueError for anything else."""
    values = [float(part) for part in text.split(",")]
    if (
        len(values) != len(SPLITS)
        or min(values) < 0
        or values[0] <= 0
        or not np.isfinite(values).all()
    ):
        raise ValueError("give three numbers of train, validation and test, such as 0.8,0.1,0.1")
    train, validation, test = (value / sum(values) for value in values)
    return train, validation, test


def counted(splits: Sequence[str]) -> dict[str, int]:
    """How many chips each split has, the empty ones too."""
    counts = Counter(splits)
    return {split: counts[split] for split in SPLITS}
