"""Land cover of outlines whose pixels were read before, under other maps: only what differs is read.

A map is read where no base has it. Where a base has another one of that year, as with a new edition of a
file of several years, its codes under the outlines are compared: where they are equal, nothing changes.
Results equal those of a reading of all maps bit for bit: pixels, areas and sums are the same whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from quarrydb.loaders.landcover_label import LABEL, Base
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_read import Pixels, Reading, TileReader
from quarrydb.loaders.landcover_trajectory import (
    NO_DATA,
    TRAJECTORY,
    Codes,
    Integers,
    Trajectories,
    distinct,
    inverse,
    words_of,
)
from quarrydb.store.shards import Store

if TYPE_CHECKING:
    from quarrydb.loaders.landcover_shard import Shard


@dataclass(frozen=True)
class Held:
    """Pixels of a base, by outline, each with its history: a row of ``codes`` (n, epochs) and ``outline``.

    The pixels of outline ``n``, as they are numbered here, are those from ``first[n]`` to ``first[n + 1]``.
    """

    base: Base
    first: Integers
    pixels: Pixels
    history: Integers
    codes: Codes
    outline: Integers


def extended(shard: Shard) -> dict[str, Reading]:
    """Readings of all outlines that the bases hold, except those with codes that the legend lacks."""
    if not shard.bases:
        return {}
    store = Store(shard.store, is_checked=True)
    bases = [held_by(base, store, shard.legend) for base in shard.bases]
    held = [one for one in bases if one is not None]
    if not held:
        return {}
    years = [
        year
        for year, map_of_year in zip(shard.years, shard.maps, strict=True)
        if not all(one.base.has(year, map_of_year) for one in held)
    ]
    codes, is_doubtful = read_years(shard, years, [one.pixels for one in held])
    readings: dict[str, Reading] = {}
    start = 0
    for one in held:
        rows = slice(start, start + len(one.history))
        doubtful = {*one.outline[one.history[is_doubtful[rows]]].tolist()}
        found = readings_of(with_maps(one, shard, years, codes[rows]))
        for number, (_, mine_id) in enumerate(one.base.outlines):
            if number not in doubtful:
                readings[mine_id] = found[number]
        start = rows.stop
    return readings


def held_by(base: Base, store: Store, legend: Legend) -> Held | None:
    """What a base knows of its outlines; None where the legend now reads some of its codes differently."""
    classes = store.read(TRAJECTORY, base.shard)["classes"].combine_chunks().flatten()
    if not keeps_meaning(base, {*pc.unique(classes.drop_null()).to_pylist()}, legend):
        return None
    epochs = len(base.years)
    codes = classes.fill_null(legend.fill).to_numpy(zero_copy_only=False).reshape(-1, epochs)
    numbers = [number for number, _ in base.outlines]
    table = store.read(LABEL, base.key)
    if numbers != [*range(table["outline"][-1].as_py() + 1 if len(table) else 0)]:
        table = table.filter(pc.is_in(table["outline"], pa.array(numbers, pa.int32())))
    column = {name: table[name].to_numpy() for name in table.column_names}
    outline = np.searchsorted(numbers, column["outline"])
    # Pixels without any data have a history of their own in each outline, after those with data.
    row = np.where(column["label"] == NO_DATA, len(codes) + outline, column["label"])
    codes = np.vstack([codes, np.full((len(numbers), epochs), legend.fill, np.uint8)])
    outline_of_row = np.full(len(codes), NO_DATA, np.int64)
    outline_of_row[row] = outline
    is_used = outline_of_row != NO_DATA
    return Held(
        base,
        np.searchsorted(outline, np.arange(len(numbers) + 1)),
        Pixels(column["cell"], column["area_mm2"], column["tile"]),
        (np.cumsum(is_used) - 1)[row],
        codes[is_used],
        outline_of_row[is_used],
    )


def keeps_meaning(base: Base, codes: set[int], legend: Legend) -> bool:
    """Whether pixels with some codes, and those without data, would have these codes by ``legend``, too."""
    before = dict(base.meaning["stored"])
    now = {row.code: row.stored for row in legend.classes if row.code not in legend.filled}
    return {*base.meaning["filled"]} <= legend.filled and all(
        before.get(code) == now.get(code, NO_DATA) for code in codes
    )


def read_years(
    shard: Shard, years: Sequence[int], pixels: Sequence[Pixels]
) -> tuple[Codes, NDArray[np.bool_]]:
    """Codes of some years (n, years) under pixels, and where one may be none of the legend's."""
    tile_of = np.concatenate([one.tile for one in pixels])
    cell_id = np.concatenate([one.cell_id for one in pixels])
    codes = np.full((len(cell_id), len(years)), shard.legend.fill, np.uint8)
    is_doubtful = np.zeros(len(cell_id), bool)
    for number, tile in enumerate(shard.tiles):
        files = tuple(file.only(years) for file in tile.files if {*file.years} & {*years})
        rows = np.flatnonzero(tile_of == number)
        if len(rows) and files:
            part = replace(tile, files=files)
            with TileReader(part, years, shard.legend, record_gaps=shard.record_gaps) as reader:
                codes[rows], is_doubtful[rows] = reader.read_cells(cell_id[rows])
    return codes, is_doubtful


def with_maps(held: Held, shard: Shard, years: Sequence[int], read: Codes) -> Held:
    """What a base holds under the maps of a shard, of which those of ``years`` were ``read``."""
    kept: dict[int, int] = {}  # column in the base by position
    new: dict[int, Codes] = {}  # codes by position
    for position, year in enumerate(shard.years):
        column = held.base.years.index(year) if year in held.base.years else None
        if column is not None and held.base.has(year, shard.maps[position]):
            kept[position] = column
            continue
        codes = read[:, years.index(year)]
        if column is not None and np.array_equal(codes, held.codes[:, column][held.history]):
            kept[position] = column
        else:
            new[position] = codes
    found = with_columns(held, list(kept.values()))
    for codes in new.values():
        found = with_column(found, codes)
    codes = np.empty_like(found.codes)
    codes[:, [*kept, *new]] = found.codes
    return in_order(replace(found, codes=codes))


def with_columns(held: Held, columns: Sequence[int]) -> Held:
    """With some of the maps only: histories that are now equal become one."""
    codes = held.codes[:, columns]
    if len(columns) == held.codes.shape[1]:
        return replace(held, codes=codes)
    outline = held.outline.astype(">u4").view(np.uint8).reshape(-1, 4)
    first, label = distinct(np.hstack([outline, codes]))
    return replace(
        held, history=label[held.history], codes=codes[first], outline=held.outline[first]
    )


def with_column(held: Held, codes: NDArray[np.uint8]) -> Held:
    """With one more map, whose codes are given by pixel."""
    import pandas as pd  # slow to import, and not every build reads land cover

    history, pairs = pd.factorize(held.history << 8 | codes)
    before, last = pairs >> 8, (pairs & 255).astype(np.uint8)
    return replace(
        held,
        history=history.astype(np.int64, copy=False),
        codes=np.column_stack([held.codes[before], last]),
        outline=held.outline[before],
    )


def in_order(held: Held) -> Held:
    """With histories by outline, and in ascending order of their codes, as ``group`` has them."""
    words = words_of(held.codes).view(">u8").astype(np.uint64)
    order = np.lexsort((*words.T[::-1], held.outline))
    return replace(
        held,
        history=inverse(order)[held.history],
        codes=held.codes[order],
        outline=held.outline[order],
    )


def readings_of(held: Held) -> list[Reading]:
    """A reading of each outline, over all its tiles."""
    n_pixels = np.bincount(held.history, minlength=len(held.codes))
    area_mm2 = np.zeros(len(held.codes), np.int64)
    np.add.at(area_mm2, held.history, held.pixels.area_mm2)
    begin = np.searchsorted(held.outline, np.arange(len(held.first)))
    found = []
    for number in range(len(held.first) - 1):
        rows = slice(begin[number], begin[number + 1])
        part = slice(held.first[number], held.first[number + 1])
        label = held.history[part] - begin[number]
        whole = Trajectories(held.codes[rows], n_pixels[rows], area_mm2[rows], label)
        found.append(Reading([whole], pixels=held.pixels.part(part)))
    return found
