"""Shards of the land-cover reading: mines of one place, in the tiles that they meet.

A shard is a pure function of its tiles' content and its mines; its result stands in the store
under the hash of both, so that a killed run goes on, and a changed mine costs one shard.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from math import ceil
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from quarrydb.loaders.areal import areal
from quarrydb.loaders.coverage import Placer
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.landcover_cells import parts_in
from quarrydb.loaders.landcover_extend import extended
from quarrydb.loaders.landcover_label import LABEL, LABELLED_PIXELS, Base, write_labels
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_product import Product, Tile
from quarrydb.loaders.landcover_read import Part, Reading, TileReader, Unknown, window_of
from quarrydb.loaders.landcover_results import shard_results
from quarrydb.loaders.landcover_trajectory import TRAJECTORY
from quarrydb.loaders.landcover_within import readings_within
from quarrydb.loaders.piece import PREFIX
from quarrydb.loaders.raster import content_of
from quarrydb.store.shards import Store, fingerprint

REVISION = 3  # raise when the same pixels give other rows
COVERAGE = "landcover_coverage"
SHARDS = (TRAJECTORY, COVERAGE, LABEL)
MAX_MINES = 256  # of a shard: minutes of work at most


@dataclass(frozen=True)
class Mine:
    """A mine in the CRS of the product, as WKB; ``problem`` where it can't be placed there.

    A piece knows the mine that it lies ``within``, where both are read in one pass.
    """

    mine_id: str
    wkb: bytes
    problem: str | None = None
    within: str | None = None


@dataclass(frozen=True)
class Shard:
    """One task of the pool; shards ``beside`` it lie in the same tiles and are read in the same pass.

    ``maps`` says of each year what decides its codes, ``place`` which pixels are read. ``bases`` are
    earlier results of the same outlines under other maps: what these have in common is not read again.
    """

    key: str
    store: Path
    years: tuple[int, ...]
    tiles: tuple[Tile, ...]
    legend: Legend
    record_gaps: bool
    mines: tuple[Mine, ...]
    maps: tuple[str, ...]
    place: str
    beside: tuple[Shard, ...] = ()
    bases: tuple[Base, ...] = ()

    def __str__(self) -> str:
        """Name of the shard in messages."""
        return f"shard of {len(self.mines)} mines in {', '.join(t.name for t in self.tiles)}"


@dataclass(frozen=True)
class UnknownCodes:
    """Codes that the legend lacks: pixels by (year, code), and where the first of them lies."""

    pixels: Mapping[tuple[int, int], int]
    first: str


def run_shard(shard: Shard) -> UnknownCodes | None:
    """Read a shard's mines, and those beside it, and store three tables each; nothing where they are there.

    Where unknown codes are an error, a shard that has some stores nothing and tells them.
    """
    store = Store(shard.store, is_checked=True)
    left = [one for one in (shard, *shard.beside) if not is_stored(store, one.key)]
    if not left:
        return None
    mines = tuple(mine for one in left for mine in one.mines)
    bases = tuple(base for one in left for base in one.bases)
    readings = read_mines(replace(shard, mines=mines, bases=bases))
    for one in left:
        if not one.record_gaps and (found := unknown_codes(one, readings)):
            return found
        trajectories, coverage, labels = shard_results(one, readings)
        write_labels(store, labels)
        store.write(COVERAGE, one.key, coverage)
        # Dictionaries of numbers and statistics cost a third of the writing, and nobody asks for them.
        store.write(
            TRAJECTORY, one.key, trajectories, use_dictionary=["mine_id"], write_statistics=False
        )
    return None


def is_stored(store: Store, key: str) -> bool:
    """Whether both tables of a shard are in the store."""
    return store.has(TRAJECTORY, key) and store.has(COVERAGE, key)


def read_shard(shard: Shard) -> tuple[pa.Table, pa.Table]:
    """Both tables of a shard, unknown codes as NULL."""
    return shard_tables(shard, read_mines(shard))


def read_mines(shard: Shard) -> dict[str, list[Reading]]:
    """What each mine of a shard has in each of its tiles; all at once where a base has a part of it."""
    known = extended(shard)
    readings: dict[str, list[Reading]] = defaultdict(list)
    readings |= {mine_id: [reading] for mine_id, reading in known.items()}
    readings |= readings_within(shard, known)
    left = replace(shard, mines=tuple(m for m in shard.mines if m.mine_id not in readings))
    n_most = LABELLED_PIXELS * (1 + len(shard.beside))
    n_kept = 0
    for number, tile in enumerate(left.tiles if left.mines else ()):
        for mine_id, reading in read_tile(tile, left):
            n_kept += reading.keep(number, n_most - n_kept)
            readings[mine_id].append(reading)
    return readings


def unknown_codes(shard: Shard, readings: Mapping[str, Sequence[Reading]]) -> UnknownCodes | None:
    """All codes under a shard's mines that the legend lacks; None where it has them all."""
    own = (readings.get(mine.mine_id, ()) for mine in shard.mines)
    parts = [one for found in own for one in found if one.unknown]
    if not parts:
        return None
    total: Unknown = sum((one.unknown for one in parts), Unknown())
    pixels = {(shard.years[at], code): n for (at, code), n in sorted(total.items())}
    return UnknownCodes(pixels, min(one.first_unknown or "" for one in parts))


def shard_tables(
    shard: Shard, readings: Mapping[str, Sequence[Reading]]
) -> tuple[pa.Table, pa.Table]:
    """Rows of raw.landcover_trajectory and raw.landcover_coverage, by mine_id."""
    return shard_results(shard, readings)[:2]


def read_tile(tile: Tile, shard: Shard) -> Iterator[tuple[str, Reading]]:
    """Readings of the shard's mines in one tile, in the order that suits the files."""
    parts = parts_in(tile, {mine.mine_id: mine.wkb for mine in shard.mines})
    with TileReader(tile, shard.years, shard.legend, record_gaps=shard.record_gaps) as reader:
        order = reading_order([part for _, part in parts], tile)
        within = {mine.mine_id: mine.within for mine in shard.mines if mine.within is not None}
        yield from reader.read(pieces_last([parts[index] for index in order], within), within)


def pieces_last(parts: Sequence[Part], within: Mapping[str, str]) -> list[Part]:
    """Parts in their order, but pieces right after the mine that each lies ``within``."""
    place = {mine_id: number for number, (mine_id, _) in enumerate(parts)}
    whole = {mine_id: place.get(within.get(mine_id, ""), place[mine_id]) for mine_id in place}
    return sorted(parts, key=lambda part: (whole[part[0]], part[0] in within))


def reading_order(parts: Sequence[shapely.Geometry], tile: Tile) -> NDArray[np.int64]:
    """By the rows of the files' blocks, then by their columns: what shares a block is read in turn."""
    file = tile.files[0]
    corners = np.array([window_of(part, tile.grid)[:2] for part in parts], np.int64).reshape(-1, 2)
    row, column = corners[:, 0] + file.row_offset, corners[:, 1] + file.column_offset
    n_rows, n_columns = file.block
    return np.lexsort((row, column // n_columns, row // n_rows))


def frame(product: Product) -> Grid:
    """A grid over all tiles, to place mines in their CRS."""
    first = product.tiles[0].grid
    a, b, _, d, e, _ = first.transform
    bounds = shapely.total_bounds([tile.region for tile in product.tiles])
    width, height = ceil((bounds[2] - bounds[0]) / a), ceil((bounds[3] - bounds[1]) / abs(e))
    y = bounds[3] if e < 0 else bounds[1]
    return Grid(first.crs, (a, b, float(bounds[0]), d, e, float(y)), width, height)


def place_mines(product: Product, mines: Sequence[tuple[str, bytes]]) -> list[Mine]:
    """Mines (id, WKB in EPSG:4326) in the CRS of the product; far ones keep an empty geometry."""
    placer = Placer(frame(product))
    geometries = shapely.from_wkb([wkb for _, wkb in mines])
    problems: dict[int, str | None] = {}
    for number in np.flatnonzero(~placer.stays(geometries)).tolist():
        parts, problems[number] = placer.place(geometries[number])
        whole = parts[0] if len(parts) == 1 else areal(shapely.GeometryCollection(parts))
        geometries[number] = whole
    named = zip((mine_id for mine_id, _ in mines), shapely.to_wkb(geometries), strict=True)
    return [Mine(mine_id, wkb, problems.get(n)) for n, (mine_id, wkb) in enumerate(named)]


def make_shards(
    product: Product,
    mines: Sequence[Mine],
    *,
    legend: Legend,
    record_gaps: bool,
    checksums: Mapping[Path, str],
    store: Path,
) -> list[Shard]:
    """Shards of all mines that meet a tile, in the order of the tiles."""
    shards = []
    meaning: list[object] = [sorted(legend.known), sorted(legend.filled)]
    if legend.is_recoded:
        meaning.append(sorted(legend.code_of.items()))
    for numbers, members in sorted(by_tiles(product, mines).items()):
        tiles = tuple(product.tiles[number] for number in numbers)
        content = [tile_content(tile, checksums) for tile in tiles]
        maps = maps_of(product.years, tiles, checksums)
        place = fingerprint(REVISION, [(region_text(tile), tile.grid) for tile in tiles])[:PREFIX]
        for group in split(members, shapely.total_bounds([tile.region for tile in tiles])):
            ids = sorted((mine.mine_id, sha256(mine.wkb).hexdigest()) for mine in group)
            key = fingerprint(
                REVISION, product.years, content, *meaning, record_gaps, ids,
            )  # fmt: skip
            shards.append(
                Shard(
                    key, store, product.years, tiles, legend, record_gaps, tuple(group), maps, place
                )
            )
    return shards


def tile_content(tile: Tile, checksums: Mapping[Path, str]) -> list[object]:
    """What of a tile decides its shards: content and years of its files, and its region."""
    return [region_text(tile)] + [
        (content_of(file.path, checksums), file.years, file.grid.crs) for file in tile.files
    ]


def region_text(tile: Tile) -> str:
    """What a tile answers for, to the last digit."""
    return shapely.to_wkt(tile.region, rounding_precision=-1)


def maps_of(
    years: Sequence[int], tiles: Sequence[Tile], checksums: Mapping[Path, str]
) -> tuple[str, ...]:
    """For each year what decides the codes that pixels of some tiles have in it."""
    found: dict[int, list[object]] = defaultdict(list)
    for number, tile in enumerate(tiles):
        for file in tile.files:
            content = content_of(file.path, checksums)
            where = (number, file.row_offset, file.column_offset)
            for year, band in zip(file.years, file.bands, strict=True):
                found[year].append((content, file.grid.crs, band, where))
    return tuple(fingerprint(found[year])[:PREFIX] for year in years)


def by_tiles(product: Product, mines: Sequence[Mine]) -> dict[tuple[int, ...], list[Mine]]:
    """Mines by the numbers of the tiles that they meet; those that meet none are left out."""
    tree = shapely.STRtree([tile.region for tile in product.tiles])
    geometries = shapely.from_wkb([mine.wkb for mine in mines])
    tiles_of: dict[int, list[int]] = defaultdict(list)
    for mine, tile in tree.query(geometries, predicate="intersects").T:
        tiles_of[int(mine)].append(int(tile))
    groups: dict[tuple[int, ...], list[Mine]] = defaultdict(list)
    for number in sorted(tiles_of):
        groups[tuple(sorted(tiles_of[number]))].append(mines[number])
    return groups


def split(mines: Sequence[Mine], box: NDArray[np.float64]) -> Iterator[list[Mine]]:
    """Quarter a box until no part holds more than MAX_MINES: a new mine touches one part only."""
    if len(mines) <= MAX_MINES:
        if mines:
            yield list(mines)
        return
    left, bottom, right, top = box
    x, y = (left + right) / 2, (bottom + top) / 2
    if right - left < 1e-9 * max(1.0, abs(left)):
        yield list(mines)
        return
    bounds = shapely.bounds(shapely.from_wkb([mine.wkb for mine in mines]))
    east = bounds[:, 0] + bounds[:, 2] >= 2 * x
    north = bounds[:, 1] + bounds[:, 3] >= 2 * y
    for is_east, is_north in ((False, False), (False, True), (True, False), (True, True)):
        inside = (east == is_east) & (north == is_north)
        part = np.array(
            [x if is_east else left, y if is_north else bottom,
             right if is_east else x, top if is_north else y]
        )  # fmt: skip
        yield from split([mine for mine, here in zip(mines, inside, strict=True) if here], part)
