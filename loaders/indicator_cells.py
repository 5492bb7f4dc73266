"""Cells that mines cover on a grid, kept in the store so that every date on the grid reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

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
        found = list(cell_coverage(task.mines.wkb.tolist(), task.grid, task.region))
        task.store.write(KIND, task.key, coverage_table(task.mines, found, task.grid))


def coverage_table(mines: Mines, found: Sequence[CellCoverage], grid: Grid) -> pa.Table:
    """One row a mine; cells are runs of equal coverage, which makes them ten times fewer."""
    rows = []
    for mine_id, cells in zip(mines.mine_id, found, strict=True):
        start, length, share = runs(cells)
        inside = float((cells.coverage * cell_area_km2(grid, cells.cell_id)).sum())
        rows.append((mine_id, start, length, share, inside, cells.problem))
    if not rows:
        return SCHEMA.empty_table()
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
    return pa.table(arrays, schema=SCHEMA)


def runs(
    cells: CellCoverage,
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]:
    """First cell, number of cells and coverage of each run of neighbours with equal coverage."""
    if len(cells.cell_id) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.float32)
    share = cells.coverage.astype(np.float32)
    breaks = (np.diff(cells.cell_id) != 1) | (np.diff(share) != 0)
    first = np.concatenate([[0], np.flatnonzero(breaks) + 1])
    length = np.diff(np.concatenate([first, [len(share)]])).astype(np.int32)
    return cells.cell_id[first], length, share[first]


def cells_of_runs(
    start: NDArray[np.int64], length: NDArray[np.int32], share: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Cell numbers and coverage of runs."""
    return expanded(start, length.astype(np.int64)), np.repeat(share.astype(np.float64), length)
