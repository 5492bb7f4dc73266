"""Which windows of an indicator's rasters the mines will be read in, so that they can be fetched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from quarrydb.contract import LoadContext
from quarrydb.fetch.address import is_remote
from quarrydb.fetch.copy import is_copy
from quarrydb.loaders.indicator_covered import read_runs
from quarrydb.loaders.indicator_read import ReadTask
from quarrydb.loaders.indicator_scene import Scene, padded, window_on
from quarrydb.loaders.indicator_series import DatedFile
from quarrydb.loaders.raster import grid_of, open_raster


def with_files(reads: Sequence[ReadTask], context: LoadContext, label: str) -> list[ReadTask]:
    """The reads with local paths in the place of addresses; without those whose files are gone."""
    wanted = {
        str(band.where): band.coarsen
        for task in reads
        if isinstance(task.file, Scene)
        for band in task.file.files
        if is_remote(band.where)
    }
    if not wanted:
        return list(reads)
    places = context.rasters(wanted, label)
    found = [
        replace(task, file=task.file.at(places)) if isinstance(task.file, Scene) else task
        for task in reads
    ]
    return [task for task in found if not isinstance(task.file, Scene) or is_here(task.file)]


def is_here(scene: Scene) -> bool:
    """Whether all files of a scene are local."""
    return not any(is_remote(band.where) for band in scene.files)


def need_blocks(reads: Sequence[ReadTask], context: LoadContext) -> None:
    """Have the blocks fetched that some reads need; the cells of their mines are stored already."""
    found: dict[Path, list[NDArray[np.int64]]] = defaultdict(list)
    windows: dict[str, NDArray[np.int64]] = {}
    for task in reads:
        if not any(is_copy(path) for path in paths_of(task.file)):
            continue
        if task.coverage_key not in windows:
            windows[task.coverage_key] = mine_windows(context, task)
        for path, part in windows_by_path(task, windows[task.coverage_key]):
            found[path].append(part)
    context.need({path: np.concatenate(parts) for path, parts in found.items()})


def paths_of(file: DatedFile | Scene) -> list[Path]:
    """The rasters of a file of a series, or of a scene."""
    if isinstance(file, Scene):
        return [Path(band.where) for band in file.files]
    return [file.path, *([file.weight_path] if file.weight_path else [])]


def windows_by_path(
    task: ReadTask, windows: NDArray[np.int64]
) -> Iterator[tuple[Path, NDArray[np.int64]]]:
    """The windows of each partial copy: of a scene with their margin, on the grid of each of its files."""
    if not isinstance(task.file, Scene):
        yield from ((path, windows) for path in paths_of(task.file) if is_copy(path))
        return
    around = [padded(window, task.grid) for window in windows.tolist()]
    for band in task.file.files:
        path = Path(band.where)
        if not is_copy(path):
            continue
        with open_raster(path, coarsen=band.coarsen) as dataset:
            grid = grid_of(dataset, path)
        spans = [window_on(grid, task.grid, window) for window in around]
        yield path, np.array(spans, np.int64).reshape(-1, 4)


def mine_windows(context: LoadContext, task: ReadTask) -> NDArray[np.int64]:
    """Windows (first row, end row, first column, end column) of the mines of one coverage shard."""
    return read_runs(context.store.root, (task.coverage_key,)).windows(task.grid.width)
