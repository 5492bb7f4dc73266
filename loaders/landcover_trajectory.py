"""Pixels of a mine as its distinct trajectories: the class in every epoch, with the area it has.

Areas are whole square millimetres while they are summed, so that no order of pixels, blocks or
tiles changes a sum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

TRAJECTORY = "landcover_trajectory"
MM2_PER_KM2 = 1e12
WORD = 8
NO_DATA = -1  # label of pixels without any known class
SPREAD = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio: spreads each word over all bits
SHIFT = np.uint64(29)

Codes = NDArray[np.uint8]
Integers = NDArray[np.int64]

TRAJECTORY_SCHEMA = pa.schema(
    [
        ("mine_id", pa.string()),
        ("classes", pa.list_(pa.uint8())),
        ("n_pixels", pa.int64()),
        ("area_km2", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Trajectories:
    """Distinct trajectories: ``codes`` (n, epochs), ``n_pixels`` (n), ``area_mm2`` (n).

    ``label`` says of each row that was grouped which of them it has; None where nobody will ask.
    """

    codes: Codes
    n_pixels: Integers
    area_mm2: Integers
    label: Integers | None = None


def words_of(codes: Codes) -> NDArray[np.uint64]:
    """Rows of codes as big-endian 64-bit words, padded with zeros: they sort as the codes do."""
    n, epochs = codes.shape
    padded = np.zeros((n, -(-epochs // WORD) * WORD), np.uint8)
    padded[:, :epochs] = codes
    return padded.view(np.uint64)


def hash_rows(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """One 64-bit number a row; different rows may share one."""
    mixed = words[:, 0] * SPREAD
    for column in range(1, words.shape[1]):
        mixed ^= mixed >> SHIFT
        mixed += words[:, column]
        mixed *= SPREAD
    mixed ^= mixed >> SHIFT
    return mixed


def distinct(codes: Codes) -> tuple[Integers, Integers]:
    """First row of each distinct row of ``codes``, and for every row the number of its like.

    Rows are told apart by a hash, and then compared in full: on a collision they are sorted.
    """
    import pandas as pd  # slow to import, and not every build reads land cover

    words = words_of(codes)
    label, _ = pd.factorize(hash_rows(words))
    label = label.astype(np.int64, copy=False)
    first = first_of_each(label)
    if np.array_equal(words[first][label], words):
        return first, label
    whole = words.view(np.dtype((np.void, words.shape[1] * WORD))).ravel()
    _, first, label = np.unique(whole, return_index=True, return_inverse=True)
    return first, label.ravel()


def first_of_each(label: Integers) -> Integers:
    """Position of the first of each label; labels are numbered as they appear."""
    seen = np.maximum.accumulate(label)
    return np.flatnonzero(np.diff(seen, prepend=-1))


def group(codes: Codes, area_mm2: Integers, n_pixels: Integers | None = None) -> Trajectories:
    """Distinct rows of ``codes`` (n, epochs) in ascending order, with summed area and count."""
    if len(codes) == 0:
        nothing = np.empty(0, np.int64)
        return Trajectories(codes, nothing, nothing, nothing)
    first, label = distinct(codes)
    area = np.zeros(len(first), np.int64)
    np.add.at(area, label, area_mm2)
    count = np.zeros(len(first), np.int64)
    np.add.at(count, label, 1 if n_pixels is None else n_pixels)
    rows = codes[first]
    order = np.lexsort(rows.T[::-1])
    return Trajectories(rows[order], count[order], area[order], inverse(order)[label])


def inverse(order: Integers) -> Integers:
    """Where each row goes when rows are taken in ``order``."""
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    return place


def merge(parts: Sequence[Trajectories], epochs: int) -> Trajectories:
    """Trajectories of a mine from those of its disjoint parts."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return group(np.empty((0, epochs), np.uint8), np.empty(0, np.int64))
    whole = group(
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.area_mm2 for part in parts]),
        np.concatenate([part.n_pixels for part in parts]),
    )
    if whole.label is None or any(part.label is None for part in parts):
        return replace(whole, label=None)
    first = np.cumsum([0, *(len(part.codes) for part in parts)])
    labels = [whole.label[n + part.label] for n, part in zip(first, parts, strict=False)]
    return replace(whole, label=np.concatenate(labels))


def part_of(
    whole: Trajectories, pixels: Integers, own: Integers, area_mm2: Integers
) -> Trajectories | None:
    """Trajectories of some ``own`` of the ``pixels`` of a whole, each with an area of its own.

    Both are ascending numbers, those of the whole in the order of its labels. None where the whole has no
    labels, or lacks a pixel: the edge of a piece may touch one more.
    """
    at = np.searchsorted(pixels, own)
    if (
        whole.label is None
        or at.max(initial=0) >= len(pixels)
        or not np.array_equal(pixels[at], own)
    ):
        return None
    label = whole.label[at]
    count = np.bincount(label, minlength=len(whole.codes))
    area = np.zeros(len(whole.codes), np.int64)
    np.add.at(area, label, area_mm2)
    there = count > 0
    number = np.cumsum(there) - 1
    return Trajectories(whole.codes[there], count[there], area[there], number[label])


def recode(found: Trajectories, table: Codes) -> Trajectories:
    """Trajectories with codes replaced: ``table`` (epochs, 256) has the new code of each."""
    codes = table[np.arange(found.codes.shape[1]), found.codes]
    if np.array_equal(codes, found.codes):
        return found
    again = group(codes, found.area_mm2, found.n_pixels)
    if again.label is None or found.label is None:
        return replace(again, label=None)
    return replace(again, label=again.label[found.label])


def as_table(mine_ids: Sequence[str], n_rows: Integers, found: Trajectories, fill: int) -> pa.Table:
    """Rows of raw.landcover_trajectory, ``n_rows`` of each mine; ``fill`` becomes NULL among the classes."""
    if not len(found.codes):
        return TRAJECTORY_SCHEMA.empty_table()
    offsets = np.arange(len(found.codes) + 1, dtype=np.int32) * found.codes.shape[1]
    flat = found.codes.ravel()
    number = np.repeat(np.arange(len(mine_ids), dtype=np.int32), n_rows)
    return pa.table(
        [
            pa.array(mine_ids, pa.string()).take(pa.array(number)),
            pa.ListArray.from_arrays(offsets, pa.array(flat, pa.uint8(), mask=flat == fill)),
            pa.array(found.n_pixels),
            pa.array(found.area_mm2 / MM2_PER_KM2),
        ],
        schema=TRAJECTORY_SCHEMA,
    )
