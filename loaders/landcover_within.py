"""Land cover of outlines that lie within mines, by what is known of the mines' pixels: no map is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from quarrydb.loaders.coverage import cells_of
from quarrydb.loaders.landcover_cells import cropped, parts_in
from quarrydb.loaders.landcover_read import Reading, TileReader, batches, n_window_pixels

if TYPE_CHECKING:
    from quarrydb.loaders.landcover_shard import Shard


def readings_within(shard: Shard, known: Mapping[str, Reading]) -> dict[str, list[Reading]]:
    """Readings of those outlines of a shard that the ``known`` readings of their mines tell whole."""
    inside = {
        mine.mine_id: (mine.wkb, known[mine.within])
        for mine in shard.mines
        if mine.within is not None and mine.within in known and mine.mine_id not in known
    }
    found: dict[str, list[Reading]] = defaultdict(list)
    lacking: set[str] = set()
    for number, tile in enumerate(shard.tiles if inside else ()):
        reader = TileReader(tile, shard.years, shard.legend, record_gaps=shard.record_gaps)
        outlines = {name: wkb for name, (wkb, _) in inside.items()}
        mines = {name: in_tile(whole, number) for name, (_, whole) in inside.items()}
        for name, reading in tile_readings(reader, outlines, mines):
            if reading is None:
                lacking.add(name)
            else:
                reading.keep(number, n_most=reader.max_pixels)  # no more than its mine's
                found[name].append(reading)
    return {name: parts for name, parts in found.items() if name not in lacking}


def tile_readings(
    reader: TileReader, outlines: Mapping[str, bytes], mines: Mapping[str, Reading]
) -> Iterator[tuple[str, Reading | None]]:
    """Readings of outlines in a tile, whose files stay closed; None where a mine does not tell all."""
    grid = reader.tile.grid
    small = []
    for name, part in parts_in(reader.tile, outlines):
        if n_window_pixels(part, grid) > reader.max_pixels // 2:
            yield name, None
        else:
            small.append((name, part))
    for batch in batches(small, grid):
        for (name, _), covered in zip(batch, cells_of([p for _, p in batch], grid), strict=True):
            yield name, reader.piece(mines[name], *cropped(covered, grid.width), covered.cell_id)


def in_tile(whole: Reading, number: int) -> Reading:
    """The part of a reading over all tiles of a shard that lies in one of them."""
    pixels, trajectories = whole.pixels, whole.trajectories[0]
    if pixels is None or trajectories.label is None or (pixels.tile == number).all():
        return whole
    rows = np.flatnonzero(pixels.tile == number)
    label = trajectories.label[rows]
    inside = replace(
        pixels,
        cell_id=pixels.cell_id[rows],
        area_mm2=pixels.area_mm2[rows],
        tile=pixels.tile[rows],
    )
    return replace(whole, trajectories=[replace(trajectories, label=label)], pixels=inside)
