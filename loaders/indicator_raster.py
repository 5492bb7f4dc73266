"""Bands of a raster of a series, read where mines have cells, each block once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Interleaving
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.image_offset import ImageLevel
from quarrydb.loaders.indicator_blocks import Plan
from quarrydb.loaders.indicator_covered import Covered, Runs, all_covered, covered, in_blocks
from quarrydb.loaders.indicator_scene import plausible
from quarrydb.loaders.indicator_series import DatedFile, other_grid
from quarrydb.loaders.raster import grid_of, open_raster, read_windows
from quarrydb.loaders.raster_mask import hidden, is_void, masking_of

MAX_CELLS = 4_000_000  # of all dates, in memory at once
MAX_WINDOW_BYTES = 32 * 2**20  # of blocks that are read at once
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Decoding:
    """How stored numbers become values (scale, offset None: the file's own), and what is void."""

    scale: float | None
    offset: float | None
    nodata: tuple[float, ...]
    valid_min: float | None
    valid_max: float | None
    crs: str | None


PLAIN = Decoding(None, None, (), None, None, None)


@dataclass
class RasterCells:
    """Bands of a file, with the raster that weights them."""

    file: DatedFile
    grid: Grid
    decoding: Decoding
    dataset: Any
    weights: Any
    min_share: float = 0.0

    def parts(self, runs: Runs) -> Iterator[Covered]:
        """The cells of mines, as many together as fit into memory, along the blocks of the file."""
        most = max(1, MAX_CELLS // len(self.file.dates))
        if int(runs.n_cells.sum()) <= most:
            yield all_covered(runs, self.grid)
            return
        for mine in in_blocks(runs, self.grid.width, self.dataset.block_shapes[0], most):
            yield covered(runs, mine, self.grid)

    def read(self, cells: Covered) -> tuple[Floats, Bools, Floats | None]:
        """Values, whether they are data, and weights (None: all 1); (dates, cells) each."""
        file, dataset = self.file, self.dataset
        if self.weights is None:
            values, valid = self.stored(dataset, file.path, file.bands, cells)
            return *decode(values, valid, dataset, file.bands, self.decoding), None
        if self.weights is dataset:
            n = len(file.bands)
            both, passed = self.stored(dataset, file.path, named_bands(file), cells)
            values, valid, heavy, known = both[:n], passed[:n], both[n:], passed[n:]
        else:
            values, valid = self.stored(dataset, file.path, file.bands, cells)
            heavy, known = self.stored(
                self.weights, file.weight_path or file.path, file.weight_bands, cells
            )
        values, valid = decode(values, valid, dataset, file.bands, self.decoding)
        weight, known = decode(heavy, known, self.weights, file.weight_bands, PLAIN)
        valid &= known & (weight > 0)  # cells of no weight are no data
        return values, valid, np.where(valid, weight, 0.0)

    def stored(
        self, dataset: Any, path: Path, bands: Sequence[int], cells: Covered
    ) -> tuple[NDArray[Any], Bools]:
        """Stored numbers of some cells (bands, cells), and whether the file's own masks let them pass."""
        if dataset.count < max(bands):
            raise SourceError(
                f"{path} has {dataset.count} bands, but band {max(bands)} is wanted. "
                "Correct band or band_dates."
            )
        together = dataset.count if dataset.interleaving == Interleaving.pixel else len(bands)
        size = np.dtype(dataset.dtypes[bands[0] - 1]).itemsize * together
        plan = cells.plan(
            self.grid.width, dataset.block_shapes[bands[0] - 1], MAX_WINDOW_BYTES // size
        )
        return read_plan(dataset, path, bands, plan, named_bands(self.file))

    def problem(self) -> str | None:
        """Nothing that values would show."""
        return None

    def levels(self) -> list[ImageLevel]:
        """None: these are no images."""
        return []


@contextmanager
def open_rasters(file: DatedFile, grid: Grid, decoding: Decoding) -> Iterator[RasterCells]:
    """The file and its weights, open. SourceError where they are not on ``grid``."""
    with ExitStack() as stack:
        dataset = stack.enter_context(open_raster(file.path))
        if grid_of(dataset, file.path, decoding.crs) != grid:
            raise SourceError(f"{file.path} was changed while it was read. Run the build again.")
        weights = None
        if file.weight_path is not None:
            weights = dataset
            if file.weight_path != file.path or not is_of_one_kind(dataset, file):
                weights = stack.enter_context(open_raster(file.weight_path))
            if grid_of(weights, file.weight_path, decoding.crs) != grid:
                raise SourceError(other_grid(file))
        yield RasterCells(file, grid, decoding, dataset, weights)


def is_of_one_kind(dataset: Any, file: DatedFile) -> bool:
    """Whether one read serves values and weights of a file: one number type, blocks of one shape."""
    bands = [band - 1 for band in named_bands(file) if band <= dataset.count]
    return len({(dataset.dtypes[band], dataset.block_shapes[band]) for band in bands}) == 1


def named_bands(file: DatedFile) -> tuple[int, ...]:
    """Bands of a file that hold values or weights: none of them is alpha, whatever it is tagged."""
    return (*file.bands, *file.weight_bands) if file.weight_path == file.path else file.bands


def read_plan(
    dataset: Any, path: Path, bands: Sequence[int], plan: Plan, data: Sequence[int]
) -> tuple[NDArray[Any], Bools]:
    """Stored numbers of the cells of a plan (bands, cells), and whether the file's masks let them pass.

    ``data`` are bands that hold no alpha.
    """
    raw = np.empty((len(bands), plan.n), dataset.dtypes[bands[0] - 1])
    valid = np.ones(raw.shape, bool)
    masking = masking_of(dataset, data)
    windows = [Window(left, top, width, height) for top, left, height, width in plan.windows]
    for number, found in enumerate(read_windows(dataset, path, windows, bands)):
        here = slice(plan.bounds[number], plan.bounds[number + 1])
        inner, place = plan.inner[here], plan.place[here]
        for own, pixels in zip(raw, found, strict=True):
            own[place] = pixels.ravel().take(inner)
        is_hidden = hidden(dataset, path, masking, windows[number], bands)
        if is_hidden is not None:
            valid[:, place] = ~is_hidden.reshape(len(is_hidden), -1)[:, inner]
    return raw, valid


def decode(
    raw: NDArray[Any], valid: Bools, dataset: Any, bands: Sequence[int], decoding: Decoding
) -> tuple[Floats, Bools]:
    """Values in their unit, and which of them are data."""
    values = np.empty(raw.shape)
    for i, band in enumerate(bands):
        tagged = dataset.nodatavals[band - 1]
        void = [*decoding.nodata, *([] if tagged is None else [tagged])]
        valid[i] &= ~is_void(raw[i], void)
        scale = dataset.scales[band - 1] if decoding.scale is None else decoding.scale
        offset = dataset.offsets[band - 1] if decoding.offset is None else decoding.offset
        values[i] = raw[i].astype(np.float64) * scale + offset
    return values, valid & plausible(values, decoding.valid_min, decoding.valid_max)
