"""Windows in which a raster is read so that each block is decoded once, whatever the number of mines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Plan:
    """Windows (first row, first column, rows, columns) of whole blocks, cut to the wanted cells.

    Window w holds the cells ``bounds[w]:bounds[w + 1]`` of two arrays: ``inner`` is the place of each in
    the flat window, ``place`` that among the ``n`` wanted cells. No block lies in two windows, and none
    without a wanted cell in any.
    """

    n: int
    windows: list[tuple[int, int, int, int]]
    bounds: list[int]
    inner: Ints
    place: Ints


def plan_of(
    start: Ints, length: NDArray[np.int32], width: int, block: tuple[int, int], max_pixels: int
) -> Plan:
    """The plan for runs of cells on a grid of ``width`` columns.

    ``block`` is the height and width of the raster's blocks; those side by side share a window of up to
    ``max_pixels``, and one block at least.
    """
    _, begin, count = split(start, length.astype(np.int64), width)
    row, column = np.divmod(begin, width)
    piece, column, count = split(column, count, block[1])
    row = row[piece]
    across = -(-width // block[1])
    wanted, which = np.unique(row // block[0] * across + column // block[1], return_inverse=True)
    number = rectangles(wanted, across, max(1, max_pixels // (block[0] * block[1])))[which]
    order = np.argsort(number, kind="stable")
    cells_before = np.concatenate([[0], np.cumsum(count)])
    row, column, first, count = row[order], column[order], cells_before[order], count[order]
    edge = np.flatnonzero(np.diff(number[order], prepend=-1))
    top, left = np.minimum.reduceat(row, edge), np.minimum.reduceat(column, edge)
    height = np.maximum.reduceat(row, edge) - top + 1
    wide = np.maximum.reduceat(column + count, edge) - left
    own = number[order]
    ends = np.cumsum(count)
    return Plan(
        n=int(ends[-1]),
        windows=list(zip(*(side.tolist() for side in (top, left, height, wide)), strict=True)),
        bounds=[*(ends[edge] - count[edge]).tolist(), int(ends[-1])],
        inner=expanded((row - top[own]) * wide[own] + column - left[own], count),
        place=expanded(first, count),
    )


def split(start: Ints, length: Ints, period: int) -> tuple[Ints, Ints, Ints]:
    """Runs cut at whole multiples of ``period``: number of the run, start and length of each piece."""
    slot = start // period
    n_pieces = (start + length - 1) // period - slot + 1
    run = np.repeat(np.arange(len(start)), n_pieces)
    slot = expanded(slot, n_pieces)
    begin = np.maximum(start[run], slot * period)
    end = np.minimum((start + length)[run], (slot + 1) * period)
    return run, begin, end - begin


def expanded(start: Ints, length: Ints) -> Ints:
    """The numbers of all runs one after the other."""
    ends = np.cumsum(length, dtype=np.int64)
    return np.arange(int(ends[-1]) if len(ends) else 0) + np.repeat(start - (ends - length), length)


def rectangles(wanted: Ints, across: int, max_blocks: int) -> Ints:
    """Number of the window of each wanted block; ``wanted`` are ascending numbers, ``across`` a row.

    Neighbours in a row share a window, and rows below with the same columns join it: strips, whose rows
    are one block wide, are read many at a time.
    """
    line, column = np.divmod(wanted, across)
    is_first = np.concatenate([[True], (np.diff(wanted) != 1) | (np.diff(line) != 0)])
    since = np.arange(len(wanted)) - np.maximum.accumulate(
        np.where(is_first, np.arange(len(wanted)), 0)
    )
    is_first |= since % max_blocks == 0
    head = np.flatnonzero(is_first)
    size = np.diff(np.append(head, len(wanted)))
    numbers = np.empty(len(head), np.int64)
    below: dict[tuple[int, int], tuple[int, int, int]] = {}  # columns: last line, number, blocks
    n = 0
    spans = zip(line[head].tolist(), column[head].tolist(), size.tolist(), strict=True)
    for position, (at, first, wide) in enumerate(spans):
        last, number, held = below.get((first, wide), (-2, -1, 0))
        if last != at - 1 or held + wide > max_blocks:
            number, held, n = n, 0, n + 1
        below[first, wide] = at, number, held + wide
        numbers[position] = number
    return np.repeat(numbers, size)
