"""What a project takes from servers: how many files and megabytes, whence, the licence, what is here."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from quarrydb.engine.remote import RemoteFiles
from quarrydb.fetch.address import host_of
from quarrydb.fetch.copy import is_copy, open_index, stored_bytes
from quarrydb.fetch.remote import Remote
from quarrydb.loaders.landcover_windows import pixel_windows
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster
from quarrydb.project.ground import Ground


@dataclass(frozen=True)
class Transfer:
    """One kind of remote files of a section. Sizes in MB; ``mb`` None where nobody says."""

    section: str
    dataset: str | None
    host: str
    licence: str | None
    n_files: int
    n_here: int
    mb: float | None
    mb_here: float
    is_estimate: bool = False
    note: str = ""


def transfers(remote: RemoteFiles) -> list[Transfer]:
    """All that a project takes from servers, by section, as far as it is known."""
    known = [(found.remote, path) for path, found in remote.located.items()]
    waiting = [(one, None) for one in remote.pending]
    rows = sorted([*known, *waiting], key=lambda item: _place(item[0]))
    return [
        _transfer([one for one, _ in group], [path for _, path in group if path], remote)
        for group in (list(items) for _, items in groupby(rows, key=lambda item: _place(item[0])))
    ]


def _place(remote: Remote) -> tuple[str, str, str, str]:
    return remote.section, remote.dataset or "", host_of(remote.address), remote.kind


def _transfer(remotes: list[Remote], paths: list[Path], files: RemoteFiles) -> Transfer:
    first = remotes[0]
    here = [path for path in paths if path.is_file()]
    mb_here = sum(stored_bytes(p) if is_copy(p) else p.stat().st_size for p in here) / 1e6
    mb, is_estimate, note = _size(remotes, paths, files, mb_here)
    return Transfer(
        first.section, first.dataset, host_of(first.address), first.licence,
        len(remotes), len(here), mb, mb_here, is_estimate, note,
    )  # fmt: skip


def _size(
    remotes: list[Remote], paths: list[Path], files: RemoteFiles, mb_here: float
) -> tuple[float | None, bool, str]:
    first = remotes[0]
    if first.is_by_tile and not paths:
        return None, False, "tiles under the mines, once the polygons are here"
    if first.kind == "windows":
        is_known = len(paths) == len(remotes)
        estimate = lacking_mb(paths, files.ground) if is_known else None
        if estimate is not None:
            return mb_here + estimate, True, "blocks under the mines"
        estimate = windows_mb(remotes, files.ground)
        if estimate is None:
            return None, False, "blocks under the mines, once the polygons are here"
        return max(estimate, mb_here), True, "blocks under the mines"
    sizes = [files.located[path].entry.size for path in paths]
    if first.kind == "whole" and sizes and None not in sizes:
        return sum(size or 0 for size in sizes) / 1e6, False, ""
    published = [one.size_mb for one in remotes if one.size_mb]
    return (sum(published) if published else None), True, ""


def lacking_mb(paths: Iterable[Path], ground: Ground | None) -> float | None:
    """MB of blocks under the ground's boxes that copies lack; None where their index is not known."""
    total = 0
    with gdal_environment():
        for path in paths:
            if ground is None or not is_copy(path):
                return None
            with open_raster(path) as dataset:
                grid = grid_of(dataset, path)
            if not grid.is_lonlat:
                return None
            index, windows = open_index(path), pixel_windows(ground.boxes, grid)
            if not index.knows(windows):
                return None
            total += sum(end - first for first, end in index.missing(windows)[1])
    return total / 1e6


def windows_mb(remotes: Iterable[Remote], ground: Ground | None) -> float | None:
    """Estimated MB of the blocks under the ground's boxes, from the published pixel and block sizes."""
    total = 0.0
    for remote in remotes:
        if remote.blocks is None or ground is None:
            return None
        total += remote.blocks.n_under(ground.boxes) * remote.blocks.block_kb / 1000
    return total


def lines(found: Iterable[Transfer]) -> Iterator[tuple[str, ...]]:
    """Rows of a table: what, from where, licence, files, MB, here."""
    for one in found:
        name = f"{one.section} ({one.dataset})" if one.dataset else one.section
        size = "?" if one.mb is None else f"{'about ' if one.is_estimate else ''}{one.mb:,.1f}"
        here = f"{one.n_here} files, {one.mb_here:,.1f} MB" if one.n_here else "nothing"
        yield name, one.host, one.licence or "?", f"{one.n_files:,}", size, here, one.note


def missing_mb(found: Iterable[Transfer]) -> float:
    """MB that are still to fetch, as far as known."""
    return float(np.sum([max(0.0, (one.mb or 0.0) - one.mb_here) for one in found]))
