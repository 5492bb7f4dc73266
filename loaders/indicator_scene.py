"""Scenes of satellite images as dates of an indicator: an expression of their bands, clouds left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from quarrydb.errors import SourceError
from quarrydb.fetch.copy import as_windows, n_missing
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.image_asset import SCENE_BAND
from quarrydb.loaders.image_offset import SENTINEL_COUNT, CountHistogram, ImageLevel
from quarrydb.loaders.image_reader import read_pixels
from quarrydb.loaders.indicator_covered import Covered, Runs, covered, near_groups
from quarrydb.loaders.indicator_dates import Date
from quarrydb.loaders.raster import grid_of, open_raster
from quarrydb.loaders.raster_header import read_header
from quarrydb.project.expression import parse

# Around each mine, so that the check of offsets sees darker ground than the mine's own.
MARGIN_M = 640.0

Floats = NDArray[np.float64]
Span = tuple[int, int, int, int]


class Limits(Protocol):
    """Values that are no data."""

    @property
    def valid_min(self) -> float | None:
        """Values below are none."""

    @property
    def valid_max(self) -> float | None:
        """Values above are none."""


def plausible(values: Floats, low: float | None, high: float | None) -> NDArray[np.bool_]:
    """Which values are numbers within limits."""
    found = np.isfinite(values)
    if low is not None:
        found &= values >= low
    if high is not None:
        found &= values <= high
    return np.asarray(found)


@dataclass(frozen=True)
class SceneBand:
    """One band of a file: reflectance = count * scale + offset (None: the file's own), read from its
    overview of ``coarsen`` pixels a side.
    """

    name: str
    where: Path | str
    number: int = 1
    scale: float | None = None
    offset: float | None = None
    coarsen: int = 1


@dataclass(frozen=True)
class Layer:
    """One image: its bands and the scene classification that tells clouds, if there is one."""

    image_id: str
    bands: tuple[SceneBand, ...]
    classes: SceneBand | None = None
    is_before_offset: bool = False

    @property
    def files(self) -> list[SceneBand]:
        """Everything that is read."""
        return [*self.bands, *([self.classes] if self.classes else [])]


@dataclass(frozen=True)
class Scene:
    """The images of one day on one grid: what one lacks comes from the next."""

    layers: tuple[Layer, ...]
    date: Date
    expression: str
    masked_classes: tuple[int, ...]
    check_offset: bool = True
    min_share: float = 0.0

    @property
    def dates(self) -> tuple[Date, ...]:
        """The one date, as a file of a series has them."""
        return (self.date,)

    @property
    def name(self) -> str:
        """Ids of the images."""
        return " and ".join(layer.image_id for layer in self.layers)

    @property
    def files(self) -> list[SceneBand]:
        """Everything that is read."""
        return [band for layer in self.layers for band in layer.files]

    def at(self, places: Mapping[str, Path]) -> Scene:
        """The scene with local paths in the place of addresses."""

        def here(band: SceneBand) -> SceneBand:
            return replace(band, where=places.get(str(band.where), band.where))

        layers = tuple(
            replace(
                layer,
                bands=tuple(map(here, layer.bands)),
                classes=here(layer.classes) if layer.classes else None,
            )
            for layer in self.layers
        )
        return replace(self, layers=layers)


@dataclass
class OpenBand:
    """A band's file, open at its overview, the grid of that, and the one that is wanted of it."""

    band: SceneBand
    dataset: Any
    grid: Grid
    wanted: Grid
    masked_classes: tuple[int, ...]

    @property
    def is_classes(self) -> bool:
        """Whether it is the scene classification."""
        return self.band.name == SCENE_BAND

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.band.where)

    def scaling(self) -> tuple[float, float]:
        """Scale and offset: the item's, else the file's own tags."""
        number = self.band.number - 1
        scale, offset = self.band.scale, self.band.offset
        return (
            self.dataset.scales[number] if scale is None else scale,
            self.dataset.offsets[number] if offset is None else offset,
        )


@dataclass
class SceneReader:
    """An open scene: values of the expression in cells of ``grid``, and what is wrong with its offset."""

    scene: Scene
    grid: Grid
    limits: Limits
    layers: list[list[OpenBand]]
    seen: list[CountHistogram] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Parse the expression once."""
        self.expression = parse(self.scene.expression)
        self.seen = [CountHistogram() for _ in self.layers]

    @property
    def min_share(self) -> float:
        """Share of a mine that must be seen."""
        return self.scene.min_share

    def parts(self, runs: Runs) -> Iterator[Covered]:
        """The cells of mines that one window holds, with few pixels besides theirs."""
        n_planes = sum(map(len, self.layers))
        for mine in near_groups(runs.windows(self.grid.width), n_planes, self.lacks):
            yield covered(runs, mine, self.grid)

    def read(self, cells: Covered) -> tuple[Floats, NDArray[np.bool_], None]:
        """Values of some cells, and whether they are data; (1, cells) each."""
        row, column = np.divmod(cells.cell, self.grid.width)
        window = padded((row.min(), row.max() + 1, column.min(), column.max() + 1), self.grid)
        top, bottom, left, right = window
        values = np.full((bottom - top, right - left), np.nan)
        for layer, seen in zip(self.layers, self.seen, strict=True):
            values = np.where(np.isnan(values), self.layer_values(layer, seen, window), values)
        found = values[row - top, column - left][None, :]
        return found, plausible(found, self.limits.valid_min, self.limits.valid_max), None

    def layer_values(self, layer: Sequence[OpenBand], seen: CountHistogram, window: Span) -> Floats:
        """The expression of one image on a window, NaN where its classification hides the ground."""
        clear = np.ones((window[1] - window[0], window[3] - window[2]), bool)
        reflectance: dict[str, Floats] = {}
        for one in layer:
            counts = on_grid(one, self.grid, window)
            if one.is_classes:
                clear = counts == 0.0
                continue
            scale, offset = one.scaling()
            reflectance[one.band.name] = counts * scale + offset
        for one in layer:
            if not one.is_classes and one.scaling()[0] == SENTINEL_COUNT:
                seen.add(one.band.name, reflectance[one.band.name], clear)
        values = self.expression.values(reflectance)
        return np.where(clear & np.isfinite(values), values, np.nan)

    def lacks(self, window: Span) -> bool:
        """Whether blocks under a window of the grid were not fetched."""
        window = padded(window, self.grid)
        return any(
            n_missing(one.path, as_windows([window_on(one.grid, self.grid, window)]))
            for layer in self.layers
            for one in layer
        )

    def problem(self) -> str | None:
        """What must be wrong with an image's offset, as far as it was read."""
        if not self.scene.check_offset:
            return None
        faults = (
            f"{layer.image_id}: {fault}"
            for layer, seen in zip(self.scene.layers, self.seen, strict=True)
            if (fault := seen.fault())
        )
        return next(faults, None)

    def levels(self) -> list[ImageLevel]:
        """How bright the images are, as far as they were read: those of which all bands are Sentinel-2's."""
        if not self.scene.check_offset:
            return []
        found = []
        for layer, opened, seen in zip(self.scene.layers, self.layers, self.seen, strict=True):
            offsets = {one.scaling()[1] for one in opened if not one.is_classes}
            taken_off = -offsets.pop() if len(offsets) == 1 else None
            level = seen.level(layer.image_id, taken_off)
            if level and len(seen.n) == len(layer.bands):
                found.append(level)
        return found


@contextmanager
def open_scene(scene: Scene, grid: Grid, limits: Limits) -> Iterator[SceneReader]:
    """All files of a scene open. SourceError where one lies in another projection than ``grid``."""
    masked = scene.masked_classes
    with ExitStack() as stack:
        layers = [
            [open_band(stack, band, grid, masked) for band in layer.files] for layer in scene.layers
        ]
        for layer, opened in zip(scene.layers, layers, strict=True):
            if target_grid([one.wanted for one in opened if not one.is_classes]) != grid:
                raise SourceError(
                    f"item {layer.image_id}: its files lie on another grid than the item says. Correct its "
                    "proj: fields, or take the item out."
                )
        yield SceneReader(scene, grid, limits, layers)


def open_band(stack: ExitStack, band: SceneBand, grid: Grid, masked: tuple[int, ...]) -> OpenBand:
    """A band's file, open."""
    path = Path(band.where)
    dataset = stack.enter_context(open_raster(path, coarsen=band.coarsen))
    if band.number > dataset.count:
        raise SourceError(
            f"{path} has {dataset.count} bands, its item says {band.number}. Correct it."
        )
    found = grid_of(dataset, path)
    if found.crs != grid.crs:
        raise SourceError(
            f"{path} is in {found.crs[:40]}, other bands of its item in {grid.crs[:40]}. Warp them to one."
        )
    return OpenBand(band, dataset, found, coarsened(full_grid(path), band.coarsen), masked)


def full_grid(path: Path) -> Grid:
    """The grid of a file at its full size, by its header."""
    return read_header(path, None).grid


def target_grid(grids: Sequence[Grid]) -> Grid:
    """The grid that a scene is read on: that of its finest band."""
    return min(grids, key=lambda grid: grid.transform[0])


def coarsened(grid: Grid, coarsen: int) -> Grid:
    """A grid with pixels of the largest power of two, up to ``coarsen``, that divides it without a rest."""
    while grid.width % coarsen or grid.height % coarsen:
        coarsen //= 2
    a, b, c, d, e, f = grid.transform
    return Grid(
        grid.crs,
        (a * coarsen, b, c, d, e * coarsen, f),
        grid.width // coarsen,
        grid.height // coarsen,
    )


def padded(window: Sequence[int], grid: Grid) -> Span:
    """A window (first row, end row, first column, end column) with a margin, inside the grid."""
    margin = int(
        np.ceil(MARGIN_M / (abs(grid.transform[4]) * (111_320.0 if grid.is_lonlat else 1.0)))
    )
    top, bottom, left, right = map(int, window)
    return (
        max(0, top - margin),
        min(grid.height, bottom + margin),
        max(0, left - margin),
        min(grid.width, right + margin),
    )


def window_on(grid: Grid, other: Grid, window: Sequence[int]) -> Span:
    """The pixels of ``grid`` under a window of ``other``, which may reach beyond it."""
    top, bottom, left, right = window
    a, _, c, _, e, f = grid.transform
    step_x, _, origin_x, _, step_y, origin_y = other.transform
    rows = [(origin_y + step_y * row - f) / e for row in (top, bottom)]
    columns = [(origin_x + step_x * column - c) / a for column in (left, right)]
    slack = 1e-6
    return (
        int(np.floor(min(rows) + slack)),
        int(np.ceil(max(rows) - slack)),
        int(np.floor(min(columns) + slack)),
        int(np.ceil(max(columns) - slack)),
    )


def on_grid(one: OpenBand, grid: Grid, window: Span) -> Floats:
    """A file's numbers on a window of a grid, NaN where void: means of finer pixels, else the nearest."""
    top, bottom, left, right = window_on(one.grid, grid, window)
    found = read_beyond(one, top, bottom, left, right)
    height, width = window[1] - window[0], window[3] - window[2]
    step = (bottom - top) // height
    if (bottom - top, right - left) == (step * height, step * width):
        blocks = found.reshape(height, step, width, step)
        is_data = np.isfinite(blocks)
        n = is_data.sum(axis=(1, 3))
        total = np.where(is_data, blocks, 0.0).sum(axis=(1, 3))
        return np.where(n > 0, total / np.maximum(n, 1), np.nan)
    row = nearest(one.grid.transform[4:], grid.transform[4:], window[:2])
    column = nearest(one.grid.transform[0:3:2], grid.transform[0:3:2], window[2:])
    return np.asarray(found[np.ix_(row - top, column - left)])


def nearest(own: Sequence[float], other: Sequence[float], span: Sequence[int]) -> NDArray[np.int64]:
    """Rows (or columns) of a file under the middles of a grid's; both by step and origin."""
    middle = other[1] + other[0] * (np.arange(*span) + 0.5)
    return np.floor((middle - own[1]) / own[0]).astype(np.int64)


def read_beyond(one: OpenBand, top: int, bottom: int, left: int, right: int) -> Floats:
    """Numbers of a window that may reach beyond the file, NaN there; of a classification 1 where the ground
    is hidden or unknown, else 0.
    """
    found = np.full((bottom - top, right - left), np.nan)
    rows = max(top, 0), min(bottom, one.grid.height)
    columns = max(left, 0), min(right, one.grid.width)
    if rows[0] < rows[1] and columns[0] < columns[1]:
        window = Window(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
        pixels = read_pixels(one.dataset, one.path, [one.band.number], window)[0]
        found[rows[0] - top : rows[1] - top, columns[0] - left : columns[1] - left] = pixels
    if one.is_classes:
        hidden = ~np.isfinite(found) | np.isin(found, one.masked_classes)
        return hidden.astype(np.float64)
    return found
