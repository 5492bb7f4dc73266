"""Cells under many mines as flat arrays, and sums over them without a loop over mines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quarrydb.loaders.grid import Grid
from quarrydb.loaders.indicator_blocks import Plan, expanded, plan_of
from quarrydb.loaders.indicator_cells import KIND, areas_km2, cells_of_runs
from quarrydb.store.shards import Store

SMALL_WINDOW = 1_000_000  # pixels that are read at once for all mines in them
MAX_WINDOW = 32_000_000  # pixels of all bands in memory at once
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Runs:
    """Runs of cells of the mines of some coverage shards that have any.

    Those of mine i stand at ``first[i]:first[i + 1]`` of ``start``, ``length`` and ``share``; ``shard`` is
    the number of the shard that holds it.
    """

    mine_id: NDArray[np.object_]
    shard: Ints
    first: Ints
    start: Ints
    length: NDArray[np.int32]
    share: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.mine_id)

    @cached_property
    def n_cells(self) -> Ints:
        """Number of cells of each mine."""
        return np.diff(np.concatenate([[0], np.cumsum(self.length, dtype=np.int64)])[self.first])

    def windows(self, width: int) -> Ints:
        """First row, end row, first column and end column of each mine on a grid of this width (mines, 4)."""
        if not len(self):
            return np.empty((0, 4), np.int64)
        row, column = np.divmod(self.start, width)
        last_row, last_column = np.divmod(self.start + self.length - 1, width)
        head = self.first[:-1]
        # A run may go on from the end of a row to the next: such a mine takes whole rows.
        goes_on = np.maximum.reduceat(last_row - row, head) > 0
        return np.column_stack(
            [
                np.minimum.reduceat(row, head),
                np.maximum.reduceat(last_row, head) + 1,
                np.where(goes_on, 0, np.minimum.reduceat(column, head)),
                np.where(goes_on, width, np.maximum.reduceat(last_column, head) + 1),
            ]
        )


@lru_cache(maxsize=1)
def read_runs(root: Path, keys: tuple[str, ...]) -> Runs:
    """The runs of some coverage shards of the store at ``root``; remembered for the next date."""
    store = Store(root, is_checked=True)
    parts = [shard_runs(store, key, number) for number, key in enumerate(keys)]
    n_runs = np.cumsum([0, *(len(part.start) for part in parts)])
    heads = [part.first[:-1] + before for part, before in zip(parts, n_runs[:-1], strict=True)]
    return Runs(
        np.concatenate([part.mine_id for part in parts]),
        np.concatenate([part.shard for part in parts]),
        np.concatenate([*heads, n_runs[-1:]]),
        np.concatenate([part.start for part in parts]),
        np.concatenate([part.length for part in parts]),
        np.concatenate([part.share for part in parts]),
    )


def shard_runs(store: Store, key: str, number: int) -> Runs:
    """The runs of one coverage shard."""
    table = store.read(KIND, key).combine_chunks()
    lists = [table.column(name).combine_chunks() for name in ("start", "length", "coverage")]
    offsets = lists[0].offsets.to_numpy().astype(np.int64)
    start, length, share = (values.flatten().to_numpy() for values in lists)
    has_cells = np.diff(offsets) > 0
    mine_id = np.array(table.column("mine_id").to_pylist(), dtype=object)[has_cells]
    first = np.append(offsets[:-1][has_cells], offsets[-1:]) - offsets[0]
    return Runs(mine_id, np.full(len(mine_id), number), first, start, length, share)


@dataclass(frozen=True, eq=False)
class Covered:
    """Cells of some mines of ``Runs``, one mine after the other; ``mine`` are their positions there.

    ``cell`` and ``area`` (km2 of the cell inside the mine) have one length; ``n_cells`` is how many each
    mine has, ``inside`` its area, km2; ``start`` and ``length`` are the runs of the cells.
    """

    mine: Ints
    start: Ints
    length: NDArray[np.int32]
    cell: Ints
    n_cells: Ints
    area: Floats

    @cached_property
    def inside(self) -> Floats:
        """Area of each mine on the grid, km2."""
        return self.sums(self.area)

    def sums(self, numbers: Floats) -> Floats:
        """Sum of numbers over the cells of each mine, added in their order: the same in any company."""
        return np.asarray(self._adding @ numbers)

    def of_cells(self, of_mines: NDArray[Any]) -> NDArray[Any]:
        """What is said of mines (dates, mines), for each of their cells."""
        return np.repeat(of_mines, self.n_cells, axis=-1)

    @cached_property
    def _adding(self) -> Any:
        """The sparse matrix (mines, cells) of ones: its product takes a seventh of bincount's time."""
        from scipy.sparse import csr_array  # slow to import

        ends = np.concatenate([[0], np.cumsum(self.n_cells)])
        ones, columns = np.ones(len(self.cell)), np.arange(len(self.cell))
        return csr_array((ones, columns, ends), shape=(len(self.mine), len(self.cell)))

    def plan(self, width: int, block: tuple[int, int], max_pixels: int) -> Plan:
        """How these cells are read from a raster with such blocks; the last two plans are remembered."""
        return _plan(self, width, block, max_pixels)


@lru_cache(maxsize=2)
def _plan(covered: Covered, width: int, block: tuple[int, int], max_pixels: int) -> Plan:
    return plan_of(covered.start, covered.length, width, block, max_pixels)


@lru_cache(maxsize=1)
def all_covered(runs: Runs, grid: Grid) -> Covered:
    """The cells of all mines; remembered for the next date."""
    return covered(runs, np.arange(len(runs)), grid)


def forget() -> None:
    """Free what is remembered for the next date: there is none."""
    for remembered in (read_runs, all_covered, _plan):
        remembered.cache_clear()


def covered(runs: Runs, mine: Ints, grid: Grid) -> Covered:
    """The cells of some mines."""
    own = expanded(runs.first[mine], np.diff(runs.first)[mine])
    start, length = runs.start[own], runs.length[own]
    cell, share = cells_of_runs(start, length, runs.share[own])
    n_cells = runs.n_cells[mine]
    return Covered(mine, start, length, cell, n_cells, share * areas_km2(grid, cell, n_cells))


@dataclass
class Sums:
    """Sums over cells: weighted values, weights, km2 with data (dates, mines); km2 inside (mines)."""

    n_dates: int
    n_mines: int
    summed: Floats = field(init=False)
    weight: Floats = field(init=False)
    valid: Floats = field(init=False)
    inside: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Begin with zeros."""
        self.summed, self.weight, self.valid = np.zeros((3, self.n_dates, self.n_mines))
        self.inside = np.zeros(self.n_mines)

    def add(self, cells: Covered, values: Floats, valid: Bools, weight: Floats | None) -> None:
        """Values, whether they are data, and weights (None: all 1) of some mines; (dates, cells) each."""
        self.inside[cells.mine] = cells.inside
        for date, is_data in enumerate(valid):
            own, value, own_km2 = cells.area, values[date], cells.inside
            if not is_data.all():
                own, value = np.where(is_data, own, 0.0), np.where(is_data, value, 0.0)
                own_km2 = cells.sums(own)
            heavy = own if weight is None else own * weight[date]
            self.summed[date, cells.mine] = cells.sums(value * heavy)
            self.weight[date, cells.mine] = own_km2 if weight is None else cells.sums(heavy)
            self.valid[date, cells.mine] = own_km2


def in_blocks(runs: Runs, width: int, block: tuple[int, int], max_cells: int) -> list[Ints]:
    """Mines in the order of the blocks that they begin in, up to ``max_cells`` cells at a time."""
    row, column = np.divmod(runs.start[runs.first[:-1]], width)
    order = np.lexsort((column // block[1], row // block[0]))
    return by_size(order, runs.n_cells[order], max_cells)


def by_size(order: Ints, sizes: Ints, most: int) -> list[Ints]:
    """An order cut where the next would be too many; one that is too large alone stands alone."""
    parts: list[Ints] = []
    begin, held = 0, 0
    for position, size in enumerate(sizes.tolist()):
        if held and held + size > most:
            parts.append(order[begin:position])
            begin, held = position, 0
        held += size
    return [*parts, order[begin:]]


def near_groups(
    windows: Ints, n_planes: int, lacks: Callable[[tuple[int, int, int, int]], bool]
) -> Iterator[Ints]:
    """Mines to read together, by their ``windows`` (first row, end row, first column, end column each).

    One window around them, no part of which ``lacks``, holds few pixels besides theirs.
    """
    waiting = [np.arange(len(windows))]
    while waiting:
        mine = waiting.pop()
        own = windows[mine]
        top, left = int(own[:, 0].min()), int(own[:, 2].min())
        bottom, right = int(own[:, 1].max()), int(own[:, 3].max())
        height, width = bottom - top, right - left
        n_own = int(((own[:, 1] - own[:, 0]) * (own[:, 3] - own[:, 2])).sum())
        is_small = height * width * n_planes <= max(SMALL_WINDOW, min(4 * n_own, MAX_WINDOW))
        if len(mine) == 1 or (is_small and not lacks((top, bottom, left, right))):
            yield mine
            continue
        first, second = (own[:, 0], own[:, 2]) if height > width else (own[:, 2], own[:, 0])
        ordered = mine[np.lexsort((second, first))]
        middle = len(ordered) // 2
        waiting += [ordered[middle:], ordered[:middle]]
