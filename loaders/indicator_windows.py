"""Which windows of an indicator's rasters the mines will be read in, so that they can be fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quarrydb.contract import LoadContext
from quarrydb.fetch.copy import is_copy
from quarrydb.loaders.indicator_cells import read_coverage
from quarrydb.loaders.indicator_read import ReadTask


def need_blocks(reads: Sequence[ReadTask], context: LoadContext) -> None:
    """Have the blocks fetched that some reads need; the cells of their mines are stored already."""
    found: dict[Path, list[NDArray[np.int64]]] = defaultdict(list)
    windows: dict[str, NDArray[np.int64]] = {}
    for task in reads:
        for path in {task.file.path, task.file.weight_path} - {None}:
            if path is None or not is_copy(path):
                continue
            if task.coverage_key not in windows:
                windows[task.coverage_key] = mine_windows(context, task)
            found[path].append(windows[task.coverage_key])
    context.need({path: np.concatenate(parts) for path, parts in found.items()})


def mine_windows(context: LoadContext, task: ReadTask) -> NDArray[np.int64]:
    """Windows (first row, end row, first column, end column) of the mines of one coverage shard."""
    mines = read_coverage(context.store, task.coverage_key, task.grid.width)
    rows = [(mine.top, mine.bottom, mine.left, mine.right) for mine in mines]
    return np.array(rows, np.int64).reshape(-1, 4)
