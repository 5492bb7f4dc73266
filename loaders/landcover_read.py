"""Read the pixels of one mine in one tile, every epoch at once, and group them by trajectory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Self

import numpy as np
import shapely
from numpy.typing import NDArray
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.loaders.areal import areal
from quarrydb.loaders.coverage import CellCoverage, cells_of, margin_cells
from quarrydb.loaders.grid import Grid, cell_area_km2
from quarrydb.loaders.landcover_cells import (
    by_block,
    cropped,
    shifted,
    window_around,
    window_grid,
)
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_product import BandFile, Tile
from quarrydb.loaders.landcover_trajectory import (
    MM2_PER_KM2,
    Codes,
    Integers,
    Trajectories,
    group,
    inverse,
    part_of,
    recode,
)
from quarrydb.loaders.raster import gdal_environment, open_raster, read_window
from quarrydb.loaders.raster_mask import Masking, hidden, is_void, masking_of

BLOCK_BYTES = 192 * 2**20  # of pixels in memory at once, whatever the mine's size
WORK_BYTES_PER_PIXEL = 150  # coverage, cell number, padded codes and their hash
MAX_WINDOW_PIXELS = 2**33  # 8 million km2 of 30 m pixels: no mine, but a wrong grid

BATCH_PIXELS = 2**18  # in windows of mines that are measured together, whatever the number of maps

Part = tuple[str, shapely.Geometry]  # mine_id, and a polygon in the CRS of the grid
Unknown = Counter[tuple[int, int]]  # pixels by (epoch position, code)


@dataclass(frozen=True)
class Pixels:
    """Pixels under a mine: each one's number in the grid of its tile, and the area that counts, mm2."""

    cell_id: Integers
    area_mm2: Integers
    tile: NDArray[np.int16]

    def part(self, rows: slice) -> Pixels:
        """Some of them."""
        return Pixels(self.cell_id[rows], self.area_mm2[rows], self.tile[rows])


@dataclass
class Reading:
    """What one mine has in one tile: trajectories with every pixel, and what could not be told.

    ``pixels`` stand in the order of the trajectories' labels; None where there are too many to keep.
    """

    trajectories: list[Trajectories] = field(default_factory=list)
    unknown: Unknown = field(default_factory=Counter)
    problem: str | None = None
    first_unknown: str | None = None
    pixels: Pixels | None = None

    def keep(self, tile: int, n_most: int) -> int:
        """Note which tile the pixels lie in, or forget them where they are more; how many stay."""
        if self.pixels is None:
            return 0
        n = len(self.pixels.cell_id)
        self.pixels = replace(self.pixels, tile=np.full(n, tile, np.int16)) if n <= n_most else None
        return n if self.pixels is not None else 0


class TileReader:
    """The open files of a tile. Use as a context manager; not shared between processes."""

    def __init__(
        self, tile: Tile, years: Sequence[int], legend: Legend, *, record_gaps: bool
    ) -> None:
        self.tile = tile
        self.years = tuple(years)
        self.legend = legend
        self.record_gaps = record_gaps
        itemsize = max(np.dtype(file.dtype).itemsize for file in tile.files)
        self.max_pixels = BLOCK_BYTES // (len(self.years) * itemsize + WORK_BYTES_PER_PIXEL)
        self.row_areas_km2 = row_areas_km2(tile.grid)
        self.stack = ExitStack()
        self.datasets: list[Any] = []
        self.maskings: list[Masking] = []
        self.table: Codes = np.empty((0, 256), np.uint8)
        self.is_unknown: NDArray[np.bool_] = np.empty((0, 256), bool)

    def __enter__(self) -> Self:
        """Open every file once."""
        self.stack.enter_context(gdal_environment())
        self.datasets = [self.stack.enter_context(open_raster(f.path)) for f in self.tile.files]
        opened = zip(self.datasets, self.tile.files, strict=True)
        self.maskings = [masking_of(dataset, file.data_bands) for dataset, file in opened]
        files = zip(self.tile.files, self.maskings, strict=True)
        plain = [f for f, masking in files if masking.is_open and f.dtype == "uint8"]
        self.table, self.is_unknown = code_tables(plain, self.years, self.legend)
        return self

    def __exit__(self, *problem: object) -> None:
        """Close the files."""
        self.stack.close()

    def read(
        self, parts: Sequence[Part], within: Mapping[str, str] | None = None
    ) -> Iterator[tuple[str, Reading]]:
        """Trajectories under each part of a mine, in the CRS of the tile's grid, in their order.

        A pixel counts with its geodesic area times the share of it that lies inside. ``within`` names the
        mine that a piece was cut from: where it stands right before its pieces, their pixels are its own.
        """
        within = within or {}
        last_id, last = "", Reading()
        for batch in batches(parts, self.tile.grid):
            whole = [polygon for _, polygon in batch]
            if len(batch) == 1 and n_window_pixels(whole[0], self.tile.grid) > self.max_pixels:
                yield batch[0][0], self.read_blocks(*batch[0])
                continue
            for (mine_id, _), covered in zip(batch, cells_of(whole, self.tile.grid), strict=True):
                window, cells = cropped(covered, self.tile.grid.width)
                own = within.get(mine_id) == last_id
                reading = self.piece(last, window, cells, covered.cell_id) if own else None
                if reading is None:
                    reading = Reading()
                    # With more maps a larger one would be read in blocks.
                    is_kept = window.width * window.height <= self.max_pixels // 2
                    self.add(mine_id, reading, window, cells, covered.cell_id if is_kept else None)
                if mine_id not in within:
                    last_id, last = mine_id, replace(reading)  # as it is, whatever is made of it
                yield mine_id, reading

    def piece(
        self, whole: Reading, window: Window, covered: CellCoverage, cell_id: Integers
    ) -> Reading | None:
        """The reading of a piece by its mine's, no pixel read twice; None where that does not tell all."""
        if whole.unknown or whole.pixels is None or covered.problem or not len(cell_id):
            return None
        area_mm2 = self.areas_mm2(window, covered)
        found = part_of(whole.trajectories[0], whole.pixels.cell_id, cell_id, area_mm2)
        if found is None:
            return None
        pixels = Pixels(cell_id, area_mm2, np.zeros(len(cell_id), np.int16))
        return Reading([found], pixels=pixels)

    def read_blocks(self, mine_id: str, polygon: shapely.Geometry) -> Reading:
        """A mine that is too large to be held at once, block by block."""
        reading = Reading()
        for window in blocks(polygon, self.tile, self.max_pixels):
            grid = window_grid(self.tile.grid, window)
            part = part_inside(polygon, grid)
            if not part.is_empty:
                self.add(mine_id, reading, window, cells_of([part], grid)[0])
        return reading

    def add(
        self,
        mine_id: str,
        reading: Reading,
        window: Window,
        covered: CellCoverage,
        cell_id: Integers | None = None,
    ) -> None:
        """Add the covered cells of one window to ``reading``; with their numbers in the tile, keep them."""
        if covered.problem and not self.record_gaps:
            raise SourceError(f"mine {mine_id} in {self.tile.files[0].path}: {covered.problem}.")
        reading.problem = reading.problem or covered.problem
        if len(covered.cell_id) == 0:
            return
        codes = self.read_codes(window, covered.cell_id, reading.unknown)
        area_mm2 = self.areas_mm2(window, covered)
        found = group(codes, area_mm2)
        bad = self.is_unknown[np.arange(len(self.years)), found.codes]
        if bad.any():
            count_unknown(found, bad, reading.unknown)
        if reading.unknown and not reading.first_unknown:
            reading.first_unknown = self.place_of_unknown(
                mine_id, window, covered, codes, reading.unknown
            )
        found = recode(found, self.table)
        if cell_id is None:
            found = replace(found, label=None)
        else:
            reading.pixels = Pixels(cell_id, area_mm2, np.zeros(len(cell_id), np.int16))
        reading.trajectories.append(found)

    def read_cells(self, cell_id: Integers) -> tuple[Codes, NDArray[np.bool_]]:
        """Codes (n, epochs) of any cells of the tile's grid, and where one may be none of the legend's.

        Each block is decoded once, whatever the number of mines in it.
        """
        codes = np.empty((len(cell_id), len(self.years)), np.uint8)
        is_doubtful = np.zeros(len(cell_id), bool)
        order, cuts = by_block(cell_id, self.tile, self.max_pixels)
        for start, stop in pairwise(cuts):
            rows = slice(start, stop)
            unknown: Unknown = Counter()
            window, cells = window_around(cell_id[order[rows]], self.tile.grid.width)
            codes[rows] = self.read_codes(window, cells, unknown)
            is_doubtful[rows] = bool(unknown)
        for position in range(len(self.years)):
            self.translate(codes, is_doubtful, position)
        place = inverse(order)
        return codes[place], is_doubtful[place]

    def translate(self, codes: Codes, is_doubtful: NDArray[np.bool_], position: int) -> None:
        """Replace the codes of one epoch by those of the legend, and note which are none."""
        column = codes[:, position]
        there = np.flatnonzero(np.bincount(column, minlength=256))
        if self.is_unknown[position, there].any():
            is_doubtful |= self.is_unknown[position, column]
        if not np.array_equal(self.table[position, there], there):
            codes[:, position] = self.table[position, column]

    def areas_mm2(self, window: Window, covered: CellCoverage) -> NDArray[np.int64]:
        """Geodesic area of the covered part of each cell, in whole square millimetres."""
        if self.row_areas_km2 is None:
            area = cell_area_km2(window_grid(self.tile.grid, window), covered.cell_id)
        else:
            area = self.row_areas_km2[covered.cell_id // window.width + window.row_off]
        return np.rint(covered.coverage * area * MM2_PER_KM2).astype(np.int64)

    def read_codes(self, window: Window, cell_id: NDArray[np.int64], unknown: Unknown) -> Codes:
        """Codes (pixels, epochs) of the covered cells of a window; each file is read once."""
        codes = np.full((len(cell_id), len(self.years)), self.legend.fill, np.uint8)
        for file, dataset, masking in zip(
            self.tile.files, self.datasets, self.maskings, strict=True
        ):
            place = shifted(window, file)
            bands = None if len(file.bands) == file.n_bands else file.bands
            pixels = read_window(dataset, file.path, place, bands=bands)
            void = hidden(dataset, file.path, masking, place, file.bands)
            flat = pixels.reshape(len(file.years), -1)
            for band, year in enumerate(file.years):
                position = self.years.index(year)
                values = flat[band].take(cell_id)
                if void is not None:
                    is_hidden = void[band % len(void)].ravel().take(cell_id)
                    codes[:, position] = self.as_codes(values, file, band, unknown, is_hidden)
                elif values.dtype != np.uint8 or self.legend.is_recoded:
                    codes[:, position] = self.as_codes(values, file, band, unknown)
                else:
                    codes[:, position] = values
        return codes

    def as_codes(
        self,
        values: NDArray[Any],
        file: BandFile,
        band: int,
        unknown: Unknown,
        is_hidden: NDArray[np.bool_] | bool = False,
    ) -> Codes:
        """Stored values of any number type as codes; void ones and those no code can be as ``fill``."""
        fill = self.legend.fill
        position = self.years.index(file.years[band])
        missing = ~np.isfinite(values) | is_void(values, [file.nodata[band]]) | is_hidden
        codes, possible = self.legend.decoded(values)
        if fill not in self.legend.known:
            possible &= codes != fill
        for value, n in Counter(values[~missing & ~possible].tolist()).items():
            unknown[position, value] += n
        return np.where(missing | ~possible, fill, codes).astype(np.uint8)

    def place_of_unknown(
        self,
        mine_id: str,
        window: Window,
        covered: CellCoverage,
        codes: Codes,
        unknown: Unknown,
    ) -> str:
        """Where a pixel has a code that the legend lacks, in words."""
        position, code = min(unknown)
        year = self.years[position]
        file = next(file for file in self.tile.files if year in file.years)
        at = np.flatnonzero(codes[:, position] == code)
        row, column = divmod(int(covered.cell_id[at[0]]), int(window.width)) if len(at) else (0, 0)
        row += int(window.row_off) + file.row_offset
        column += int(window.col_off) + file.column_offset
        band = file.bands[file.years.index(year)]
        return (
            f"{file.path}, band {band} ({year}) has code {code} at or after "
            f"row {row}, column {column} in mine {mine_id}"
        )


def code_tables(
    plain: Sequence[BandFile], years: Sequence[int], legend: Legend
) -> tuple[Codes, NDArray[np.bool_]]:
    """For each epoch, what each of 256 codes becomes, and whether the legend lacks it.

    ``plain`` are the files whose bytes are taken as they are, nodata among them.
    """
    known = np.isin(np.arange(256), list(legend.known))
    table = np.tile(np.arange(256, dtype=np.uint8), (len(years), 1))
    table[:, ~known | np.isin(np.arange(256), list(legend.filled))] = legend.fill
    is_unknown = np.tile(~known, (len(years), 1))
    for position, year in enumerate(years):
        file = next((file for file in plain if year in file.years), None)
        if file is None or legend.is_recoded:
            is_unknown[position, legend.fill] = False
        elif (nodata := file.nodata[file.years.index(year)]) in range(256):
            table[position, int(nodata or 0)] = legend.fill
            is_unknown[position, int(nodata or 0)] = False
    return table, is_unknown


def count_unknown(found: Trajectories, bad: NDArray[np.bool_], unknown: Unknown) -> None:
    """Count the pixels of each unknown code by epoch."""
    for row, position in np.argwhere(bad):
        unknown[int(position), int(found.codes[row, position])] += int(found.n_pixels[row])


def batches(parts: Sequence[Part], grid: Grid) -> Iterator[list[Part]]:
    """Parts in their order, several at a time while their windows stay small together.

    A part at the edge of the grid is measured alone: what is added around the grid for it would be added
    for its neighbours too, and might change the last digit of their cells.
    """
    batch: list[Part] = []
    pixels = 0
    for part in parts:
        size = n_window_pixels(part[1], grid)
        alone = any(margin_cells(np.asarray(part[1].bounds), grid))
        if batch and (alone or pixels + size > BATCH_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(part)
        pixels += BATCH_PIXELS if alone else size
    if batch:
        yield batch


def n_window_pixels(polygon: shapely.Geometry, grid: Grid) -> int:
    """Pixels in the window that holds a polygon."""
    top, left, bottom, right = window_of(polygon, grid)
    return (bottom - top) * (right - left)


def part_inside(polygon: shapely.Geometry, grid: Grid) -> shapely.Geometry:
    """The polygon, or where it reaches beyond the grid, the part inside."""
    left, bottom, right, top = grid.extent
    xmin, ymin, xmax, ymax = polygon.bounds
    if left <= xmin and bottom <= ymin and xmax <= right and ymax <= top:
        return polygon
    return areal(polygon.intersection(shapely.box(*grid.extent)))


def row_areas_km2(grid: Grid) -> NDArray[np.float64] | None:
    """Area of the cells of each row of a lon/lat grid; None for a projected one."""
    if not grid.is_lonlat:
        return None
    return cell_area_km2(grid, np.arange(grid.height, dtype=np.int64) * grid.width)


def window_of(polygon: shapely.Geometry, grid: Grid) -> tuple[int, int, int, int]:
    """First row and column, last row and column (exclusive) that the bounds of a polygon meet."""
    a, _, left, _, e, top = grid.transform
    xmin, ymin, xmax, ymax = polygon.bounds
    first, last = sorted(((ymax - top) / e, (ymin - top) / e))
    rows = np.clip([np.floor(first), np.ceil(last)], 0, grid.height)
    columns = np.clip([np.floor((xmin - left) / a), np.ceil((xmax - left) / a)], 0, grid.width)
    return int(rows[0]), int(columns[0]), int(rows[1]), int(columns[1])


def blocks(polygon: shapely.Geometry, tile: Tile, max_pixels: int) -> Iterator[Window]:
    """Windows of at most ``max_pixels`` that hold a polygon, along the file's own blocks."""
    top, left, bottom, right = window_of(polygon, tile.grid)
    if (bottom - top) * (right - left) > MAX_WINDOW_PIXELS:
        raise SourceError(
            f"{tile.files[0].path}: one mine has {bottom - top} x {right - left} pixels. "
            "The pixel size in the file's header is wrong, or the mine is: correct it."
        )
    n_columns = min(right - left, max_pixels)
    n_rows = max(1, max_pixels // max(n_columns, 1))
    step = tile.files[0].block[0]
    if n_rows > step:
        n_rows -= n_rows % step
    for row in range(top - top % n_rows, bottom, n_rows):
        first, last = max(row, top), min(row + n_rows, bottom)
        for column in range(left, right, max(n_columns, 1)):
            yield Window(column, first, min(n_columns, right - column), last - first)
