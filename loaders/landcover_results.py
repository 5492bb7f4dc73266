"""What a shard of land cover comes to: trajectories and coverage of its mines, and labels of their pixels.

All mines at once: a row of ``Joined`` is a trajectory of one of them, those of each in a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quarrydb.loaders.landcover_label import Labels, meaning_of, outline_hash
from quarrydb.loaders.landcover_read import Pixels, Reading
from quarrydb.loaders.landcover_trajectory import (
    MM2_PER_KM2,
    NO_DATA,
    Codes,
    Integers,
    Trajectories,
    as_table,
    merge,
)

if TYPE_CHECKING:
    from quarrydb.loaders.landcover_shard import Mine, Shard

COVERAGE_SCHEMA = pa.schema(
    [
        ("mine_id", pa.string()),
        ("n_pixels", pa.int64()),
        ("tile_km2", pa.float64()),
        ("data_km2", pa.float64()),
        ("n_unknown_pixels", pa.int64()),
        ("problem", pa.string()),
    ]
)


@dataclass(frozen=True)
class Joined:
    """Trajectories of several mines: those of mine ``n`` are the rows from ``first[n]`` to ``first[n + 1]``.

    ``has_data`` says which of them have at least one known class: only these are stored.
    """

    codes: Codes
    n_pixels: Integers
    area_mm2: Integers
    first: Integers
    has_data: NDArray[np.bool_]

    def by_mine(self, values: Integers) -> Integers:
        """Sums of a whole number of each row."""
        sums = np.concatenate([[0], np.cumsum(values)])
        return np.asarray(sums[self.first[1:]] - sums[self.first[:-1]])


def shard_results(
    shard: Shard, readings: Mapping[str, Sequence[Reading]]
) -> tuple[pa.Table, pa.Table, Labels]:
    """Rows of both tables, by mine_id, and which pixel has which trajectory."""
    mines = sorted(shard.mines, key=lambda mine: mine.mine_id)
    parts = [readings.get(mine.mine_id, ()) for mine in mines]
    wholes = [
        merge([whole for one in found for whole in one.trajectories], len(shard.years))
        for found in parts
    ]
    joined = join(wholes, shard.legend.fill)
    problems = [problem_of(mine, found) for mine, found in zip(mines, parts, strict=True)]
    ids = [mine.mine_id for mine in mines]
    kept = joined.has_data
    stored = Trajectories(joined.codes[kept], joined.n_pixels[kept], joined.area_mm2[kept])
    n_rows = joined.by_mine(kept.astype(np.int64))
    return (
        as_table(ids, n_rows, stored, shard.legend.fill),
        coverage_table(ids, joined, [n_unknown(found) for found in parts], problems),
        labels_of(shard, mines, parts, wholes, joined, problems),
    )


def join(wholes: Sequence[Trajectories], fill: int) -> Joined:
    """The trajectories of all mines."""
    codes = np.concatenate([whole.codes for whole in wholes])
    return Joined(
        codes,
        np.concatenate([whole.n_pixels for whole in wholes]),
        np.concatenate([whole.area_mm2 for whole in wholes]),
        np.cumsum([0, *(len(whole.codes) for whole in wholes)]),
        (codes != fill).any(axis=1),
    )


def coverage_table(
    ids: Sequence[str], joined: Joined, unknown: Sequence[int], problems: Sequence[str | None]
) -> pa.Table:
    """Rows of raw.landcover_coverage."""
    columns = [
        ids,
        joined.by_mine(joined.n_pixels),
        joined.by_mine(joined.area_mm2) / MM2_PER_KM2,
        joined.by_mine(joined.area_mm2 * joined.has_data) / MM2_PER_KM2,
        unknown,
        problems,
    ]
    return pa.table(
        [
            pa.array(column, kind)
            for column, kind in zip(columns, COVERAGE_SCHEMA.types, strict=True)
        ],
        schema=COVERAGE_SCHEMA,
    )


def labels_of(
    shard: Shard,
    mines: Sequence[Mine],
    parts: Sequence[Sequence[Reading]],
    wholes: Sequence[Trajectories],
    joined: Joined,
    problems: Sequence[str | None],
) -> Labels:
    """Which pixel has which stored trajectory, of the mines that were measured and whose pixels were kept."""
    labels = Labels(shard.key, shard.place, shard.years, shard.maps, meaning_of(shard.legend))
    row = np.where(joined.has_data, np.cumsum(joined.has_data) - 1, NO_DATA).astype(np.int32)
    for mine, found, whole, first, problem in zip(
        mines, parts, wholes, joined.first[:-1].tolist(), problems, strict=True
    ):
        pixels = kept_pixels(found)
        if problem is None and pixels is not None and (whole.label is not None or not pixels):
            labels.add(outline_hash(mine.mine_id, mine.wkb), pixels)
            if pixels and whole.label is not None:
                labels.rows.append(row[first:].take(whole.label))
    return labels


def kept_pixels(readings: Sequence[Reading]) -> list[Pixels] | None:
    """The pixels of a mine by tile; None where those of a tile were too many to keep."""
    pixels = [one.pixels for one in readings if one.pixels is not None]
    return pixels if len(pixels) == len(readings) else None


def problem_of(mine: Mine, readings: Sequence[Reading]) -> str | None:
    """Why a mine, or a part of it, could not be measured or has unknown codes, if so."""
    codes = sorted({code for one in readings for _, code in one.unknown})
    unknown = f"codes {', '.join(map(str, codes))} are not in the legend" if codes else None
    return mine.problem or unknown or next((one.problem for one in readings if one.problem), None)


def n_unknown(readings: Sequence[Reading]) -> int:
    """Pixels with a code that the legend lacks, counted in each epoch."""
    return sum(sum(one.unknown.values()) for one in readings if one.unknown)
