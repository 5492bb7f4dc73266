"""Cells under the pieces of mines: shards found by the pieces that they hold, one a grid where one will do.

Of the pieces on a grid only those that no shard of an earlier run holds are measured and read, so that a new
layer of regions reads under the mines that it cuts and no others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from quarrydb.contract import LoadContext
from quarrydb.loaders.coverage import Placer
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.indicator_cells import (
    KIND,
    CoverageTask,
    Mines,
    mines_of,
    reaching,
    shard_key,
)
from quarrydb.loaders.piece import PREFIX, Piece, holders


def outlines_of(pieces: Sequence[Piece]) -> Mines:
    """Pieces as the reader of series takes outlines."""
    return mines_of(
        [piece.piece_id for piece in pieces],
        [piece.wkb for piece in pieces],
        [piece.area_km2 for piece in pieces],
    )


def coverage_of_pieces(
    context: LoadContext, grid: Grid, region: shapely.Geometry | None, pieces: Mines
) -> list[CoverageTask]:
    """Coverage of the pieces that may lie on a grid: shards that hold them, new ones for the others."""
    if region is not None and region.is_empty:
        return []
    reached = reaching(pieces, Placer(grid))
    if not len(reached):
        return []
    prefix = "p" + shard_key(grid, reached.take(np.empty(0, np.int64)), region)[: PREFIX - 1]
    held = holders(context.store, prefix, (KIND,))
    keys = np.array([held.get(piece, "") for piece in reached.mine_id])
    tasks = [
        CoverageTask(context.store, grid, reached.take(np.flatnonzero(keys == key)), key, region)
        for key in sorted(set(keys) - {""})
    ]
    if len(new := reached.take(np.flatnonzero(keys == ""))):
        key = prefix + shard_key(grid, new, region)[:PREFIX]
        tasks.append(CoverageTask(context.store, grid, new, key, region))
    return tasks
