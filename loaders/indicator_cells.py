"""Cells that mines cover on a grid, kept in the store so that every date on the grid reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from quarrydb.loaders.coverage import CellCoverage, Placer, cell_coverage
from quarrydb.loaders.grid import Grid, cell_area_km2
from quarrydb.loaders.indicator_blocks import expanded
from quarrydb.store.shards import Store, fingerprint

KIND = "coverage"
REVISION = 1
BLOCK_DEGREES = 30  # mines of one such square share a shard
MINES_AT_ONCE = 64  # whose cells are in memory together
SCHEMA = pa.schema(
    [
        ("mine_id", pa.string()),
        ("start", pa.list_(pa.int64())),
        ("length", pa.list_(pa.int32())),
        ("coverage", pa.list_(pa.float32())),
        ("inside_km2", pa.float64()),
        ("problem", pa.string()),
    ]
)


@dataclass(frozen=True)
class Mines:
    """Mines as arrays of one length: ids, WKB polygons, bounds (n, 4) in degrees and area, km2."""

    mine_id: NDArray[np.object_]
    wkb: NDArray[np.object_]
    bounds: NDArray[np.float64]
    area_km2: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.mine_id)

    def take(self, rows: NDArray[np.int64]) -> Mines:
        """Some of the mines."""
        return Mines(self.mine_id[rows], self.wkb[rows], self.bounds[rows], self.area_km2[rows])

    @property
    def square(self) -> int:
        """Number of the square of the globe that the first of them begins in."""
        return int(squares(self.bounds)[0])

    def key(self) -> str:
        """Hash of ids and polygons."""
        digest = hashlib.sha256()
        for mine_id, wkb in zip(self.mine_id, self.wkb, strict=True):
            digest.update(f"{mine_id}:{len(wkb)}:".encode())
            digest.update(wkb)
        return digest.hexdigest()


def mines_of(mine_id: Sequence[str], wkb: Sequence[bytes], area_km2: Sequence[float]) -> Mines:
    """Mines with the bounds of their polygons."""
    return Mines(
        np.array(mine_id, dtype=object),
        np.array([bytes(polygon) for polygon in wkb], dtype=object),
        shapely.bounds(shapely.from_wkb(list(wkb))).reshape(-1, 4),
        np.array(area_km2, dtype=np.float64),
    )


def blocks(mines: Mines) -> list[Mines]:
    """Mines by squares of the globe, so that a new mine changes one square's shards."""
    number = squares(mines.bounds)
    return [mines.take(np.flatnonzero(number == square)) for square in np.unique(number)]


def squares(bounds: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number of the square of the globe that each box (n, 4), in degrees, begins in."""
    place = np.floor((bounds[:, :2] + [180.0, 90.0]) / BLOCK_DEGREES).astype(np.int64)
    return place[:, 1] * 1000 + place[:, 0]


def reaching(mines: Mines, placer: Placer) -> Mines:
    """Mines whose bounds meet a grid, whole turns of longitude aside."""
    west, _, east, _ = placer.frame
    south, north = placer.latitudes
    xmin, ymin, xmax, ymax = mines.bounds.T
    across = np.zeros(len(mines), bool)
    for turn in (-360.0, 0.0, 360.0):
        across |= (xmax + turn >= west) & (xmin + turn <= east)
    return mines.take(np.flatnonzero(across & (ymax >= south) & (ymin <= north)))


def shard_key(grid: Grid, mines: Mines, region: shapely.Geometry | None = None) -> str:
    """Name of the coverage shard of some mines on a grid, or on a part of it."""
    part = [] if region is None else [shapely.to_wkb(shapely.normalize(region)).hex()]
    return fingerprint(KIND, REVISION, grid.key, mines.key(), *part)


@dataclass(frozen=True)
class CoverageTask:
    """Coverage of some mines on a grid, or on a ``region`` of it (in its CRS), to be put in the store."""

    store: Store
    grid: Grid
    mines: Mines
    key: str
    region: shapely.Geometry | None = None


def write_coverage(task: CoverageTask) -> None:
    """Measure and store; a task that was done is not done again."""
    if not task.store.has(KIND, task.key):
        found = cell_coverage(task.mines.wkb.tolist(), task.grid, task.region)
        task.store.write(KIND, task.key, coverage_table(task.mines, found, task.grid))


def coverage_table(mines: Mines, found: Iterable[CellCoverage], grid: Grid) -> pa.Table:
    """One row a mine; cells are runs of equal coverage, which makes them ten times fewer."""
    parts = [SCHEMA.empty_table()]
    cells = iter(found)
    for begin in range(0, len(mines), MINES_AT_ONCE):
        mine_id = mines.mine_id[begin : begin + MINES_AT_ONCE]
        parts.append(coverage_rows(mine_id, list(islice(cells, len(mine_id))), grid))
    return pa.concat_tables(parts).combine_chunks()


def coverage_rows(
    mine_id: NDArray[np.object_], found: Sequence[CellCoverage], grid: Grid
) -> pa.Table:
    """Rows of some mines, from their cells as one flat array: a loop costs more than the sums in it."""
    start, length, share, n_runs = runs(found)
    offsets = np.concatenate([[0], np.cumsum(n_runs)]).astype(np.int32)
    lists = [pa.ListArray.from_arrays(offsets, pa.array(part)) for part in (start, length, share)]
    n_cells = np.array([len(cells.cell_id) for cells in found])
    km2 = np.concatenate([cells.coverage for cells in found]) * areas_km2(
        grid, np.concatenate([cells.cell_id for cells in found]), n_cells
    )
    ends = np.cumsum(n_cells).tolist()
    inside = [float(km2[end - n : end].sum()) for end, n in zip(ends, n_cells, strict=True)]
    problems = pa.array([cells.problem for cells in found], pa.string())
    columns = [pa.array(mine_id, pa.string()), *lists, pa.array(inside, pa.float64()), problems]
    return pa.table(columns, schema=SCHEMA)


def runs(
    found: Sequence[CellCoverage],
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32], NDArray[np.int64]]:
    """First cell, number of cells and coverage of each run of neighbours with equal coverage.

    Those of one polygon stand after those of another; the last array counts the runs of each.
    """
    cell = np.concatenate([cells.cell_id for cells in found])
    share = np.concatenate([cells.coverage for cells in found]).astype(np.float32)
    ends = np.cumsum([len(cells.cell_id) for cells in found])
    begins = np.concatenate([[0], ends[:-1]])
    is_first = np.ones(len(cell), bool)
    is_first[1:] = (np.diff(cell) != 1) | (np.diff(share) != 0)
    is_first[begins[begins < ends]] = True
    first = np.flatnonzero(is_first)
    length = np.diff(np.append(first, len(cell))).astype(np.int32)
    n_runs = np.searchsorted(first, ends) - np.searchsorted(first, begins)
    return cell[first], length, share[first], n_runs


def areas_km2(
    grid: Grid, cell: NDArray[np.int64], n_cells: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Area of each cell: on a projected grid mine by mine, since it is interpolated over a small window."""
    if grid.is_lonlat:
        return cell_area_km2(grid, cell)
    parts = np.split(cell, np.cumsum(n_cells)[:-1])
    return np.concatenate([cell_area_km2(grid, part) for part in parts])


def cells_of_runs(
    start: NDArray[np.int64], length: NDArray[np.int32], share: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cell numbers and coverage of runs."""
    return expanded(start, length.astype(np.int64)), np.repeat(share.astype(np.float64), length)
