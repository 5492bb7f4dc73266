"""STAC items as the series of an indicator: which images, on which grids, what of each is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely

from quarrydb.contract import LoadContext
from quarrydb.errors import Faults, SourceError
from quarrydb.fetch.address import is_remote
from quarrydb.loaders.crs import normalised
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.image import ImageEntry, read_catalogue
from quarrydb.loaders.image_asset import SCENE_BAND, AssetGrid, BandAsset
from quarrydb.loaders.indicator_dates import Date
from quarrydb.loaders.indicator_region import region_of
from quarrydb.loaders.indicator_scene import (
    Layer,
    Scene,
    SceneBand,
    coarsened,
    full_grid,
    target_grid,
)
from quarrydb.project.expression import parse
from quarrydb.project.indicator import IndicatorSource


@dataclass(frozen=True)
class ScenePart:
    """One day's images on one grid, with the ground that they answer for (None: all), and their versions."""

    file: Scene
    grid: Grid
    region: shapely.Geometry | None
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Scenes:
    """The images of an indicator that show any of the mines."""

    entries: tuple[ImageEntry, ...]
    parts: tuple[ScenePart, ...]
    gone: tuple[str, ...]


def wanted_entries(source: IndicatorSource) -> list[ImageEntry]:
    """The items of the wanted years and months that are no cloud alone, newest versions first.

    SourceError names every item that lacks a band, or whose file is missing.
    """
    if source.items is None or source.expression is None:
        return []
    bands = parse(source.expression).bands
    faults = Faults()
    found = []
    for entry in read_catalogue(source.items):
        is_clear = entry.clarity is None or 1 - entry.clarity <= source.max_cloud / 100 + 1e-9
        is_of_years = source.years is None or entry.date.year in source.years
        if not (is_clear and is_of_years and source.in_season(entry.date.month)):
            continue
        with faults.gather():
            refuse_unfit(source, entry, bands)
            found.append(entry)
    faults.raise_all()
    if not found:
        raise SourceError(
            f"{source.items} has no item for indicator {source.name}. Correct years, months or max_cloud."
        )
    return sorted(found, key=lambda e: (e.date, e.version), reverse=True)


def refuse_unfit(source: IndicatorSource, entry: ImageEntry, bands: Sequence[str]) -> None:
    """SourceError where an item lacks a band of the expression, a file, or the size of its pixels."""
    named = [part.band for part in entry.parts] or list(entry.bands)
    missing = [band for band in bands if band not in named]
    if missing:
        raise SourceError(
            f"{source.items}, item {entry.image_id}: bands {', '.join(named) or 'without names'}; indicator "
            f"{source.name} needs {', '.join(missing)}. Correct expression, or take other items."
        )
    gone = [file for file in entry.local_files if not file.is_file()]
    if gone:
        raise SourceError(
            f"{source.items}, item {entry.image_id}: {gone[0]} does not exist. Put the file there."
        )
    wanted = [part for part in entry.parts if part.band in bands]
    if source.resolution_m is not None and any(pixel_of(part) is None for part in wanted):
        raise SourceError(
            f"{source.items}, item {entry.image_id} says neither gsd nor proj:transform, so which overview "
            "to read is not known. Leave resolution_m out."
        )


def pixel_of(asset: BandAsset) -> float | None:
    """Side of an asset's pixels, m; by its grid where that is in metres, else as the item says."""
    if asset.grid is not None and asset.grid.transform[0] >= 0.1:
        return asset.grid.transform[0]
    return asset.pixel_m


def local_files(entries: Iterable[ImageEntry]) -> list[Path]:
    """Files of this machine that items are made of."""
    return list(dict.fromkeys(file for entry in entries for file in entry.local_files))


def read_scenes(
    context: LoadContext, source: IndicatorSource, squares: Sequence[shapely.Geometry]
) -> Scenes:
    """The images that meet any of the squares, those of a day on one grid put together.

    Only items that do not say their grids need their files' headers.
    """
    tree = shapely.STRtree(list(squares))
    entries = [entry for entry in wanted_entries(source) if meets(entry, tree)]
    layers = {entry.image_id: layer_of(source, entry) for entry in entries}
    unplaced = {
        str(band.where): band.coarsen
        for entry in entries
        if not says_grids(source, entry)
        for band in layers[entry.image_id].bands
    }
    remote = {where: coarsen for where, coarsen in unplaced.items() if is_remote(where)}
    places = dict(context.rasters(remote, f"indicator {source.name}")) if remote else {}
    gone = {where for where in remote if where not in places}
    grids = {}
    for entry in entries:
        layer = layers[entry.image_id]
        if not any(str(band.where) in gone for band in layer.bands):
            grids[entry.image_id] = scene_grid(source, entry, layer, places)
    lost = tuple(entry.image_id for entry in entries if entry.image_id not in grids)
    kept = [entry for entry in entries if entry.image_id in grids]
    return Scenes(tuple(kept), tuple(parts_of(source, kept, layers, grids)), lost)


def meets(entry: ImageEntry, tree: shapely.STRtree) -> bool:
    """Whether an item's outline meets any mine; one without an outline may."""
    return entry.geometry is None or len(tree.query(entry.geometry, predicate="intersects")) > 0


def layer_of(source: IndicatorSource, entry: ImageEntry) -> Layer:
    """The files of an item that the expression needs."""
    bands = parse(str(source.expression)).bands
    if not entry.parts:
        where = entry.address or entry.path
        numbers = {band: number for number, band in enumerate(entry.bands, start=1)}
        return Layer(entry.image_id, tuple(SceneBand(band, where, numbers[band]) for band in bands))
    assets = {part.band: part for part in entry.parts}
    classes = assets.get(SCENE_BAND) if source.masked_classes else None
    return Layer(
        entry.image_id,
        tuple(scene_band(source, assets[band]) for band in bands),
        SceneBand(SCENE_BAND, place(classes.href)) if classes else None,
        entry.is_before_offset,
    )


def scene_band(source: IndicatorSource, asset: BandAsset) -> SceneBand:
    """A band's file, with the overview to read."""
    coarsen, pixel = 1, pixel_of(asset)
    while source.resolution_m and pixel and pixel * coarsen * 2 <= source.resolution_m * (1 + 1e-9):
        coarsen *= 2
    return SceneBand(asset.band, place(asset.href), 1, asset.scale, asset.offset, coarsen)


def place(href: str) -> Path | str:
    """An address as it is, a local file as its path."""
    return href if is_remote(href) else Path(href).resolve()


def says_grids(source: IndicatorSource, entry: ImageEntry) -> bool:
    """Whether an item says where the pixels of all wanted bands lie."""
    wanted = parse(str(source.expression)).bands
    said = {part.band for part in entry.parts if part.grid is not None}
    return set(wanted) <= said


def scene_grid(
    source: IndicatorSource, entry: ImageEntry, layer: Layer, places: Mapping[str, Path]
) -> Grid:
    """The grid that an item's bands are read on."""
    said = {part.band: part.grid for part in entry.parts}
    if says_grids(source, entry):
        full = [(grid_as_said(said[band.name], entry), band.coarsen) for band in layer.bands]
    else:
        full = [(header_grid(band, places), band.coarsen) for band in layer.bands]
    return target_grid([coarsened(grid, coarsen) for grid, coarsen in full])


def grid_as_said(said: AssetGrid | None, entry: ImageEntry) -> Grid:
    """The grid of an item's projection fields."""
    if said is None:
        raise SourceError(f"item {entry.image_id} does not say its grid.")
    try:
        return Grid(normalised(said.crs), said.transform, said.shape[1], said.shape[0])
    except Exception as error:
        raise SourceError(
            f"item {entry.image_id}: its proj: fields give no grid: {str(error)[:150]}. Correct the item."
        ) from error


def header_grid(band: SceneBand, places: Mapping[str, Path]) -> Grid:
    """The full-size grid of a file, by its header."""
    return full_grid(Path(places.get(str(band.where), band.where)))


def parts_of(
    source: IndicatorSource,
    entries: Sequence[ImageEntry],
    layers: Mapping[str, Layer],
    grids: Mapping[str, Grid],
) -> Iterable[ScenePart]:
    """Scenes by day and grid, each with the ground that no other grid of its day answers for."""
    days: dict[Date, dict[Grid, list[ImageEntry]]] = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        day = Date(entry.date.year, entry.date.month, entry.date.day)
        days[day][grids[entry.image_id]].append(entry)
    for day, by_grid in sorted(days.items()):
        earlier: list[Grid] = []
        for grid in sorted(by_grid, key=lambda grid: grid.key):
            members = by_grid[grid]
            scene = Scene(
                tuple(layers[entry.image_id] for entry in members),
                day,
                str(source.expression),
                tuple(sorted(source.masked_classes)),
                source.check_offset,
                source.min_clear_share,
            )
            versions = {
                str(band.where): entry.version
                for entry in members
                for band in layers[entry.image_id].files
            }
            yield ScenePart(scene, grid, region_of(grid, earlier), versions)
            earlier.append(grid)
