"""Land cover under outlines that come and go, pieces of mines and yearly footprints.

Their shards are found by the outlines that they hold, not by their own names: only outlines that no shard
of an earlier run holds are read, so that a new layer of regions, or a new year, reads pixels under its own
and no others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.contract import LoadContext
from quarrydb.loaders.landcover_label import stored_labels
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_product import Product
from quarrydb.loaders.landcover_run import run_missing
from quarrydb.loaders.landcover_shard import (
    COVERAGE,
    REVISION,
    Mine,
    Shard,
    by_tiles,
    make_shards,
    tile_content,
)
from quarrydb.loaders.landcover_trajectory import TRAJECTORY
from quarrydb.loaders.piece import PREFIX, holders
from quarrydb.store.shards import fingerprint

ROWS = pa.schema(
    [
        ("piece_id", pa.dictionary(pa.int32(), pa.string())),
        ("classes", pa.list_(pa.uint8())),
        ("area_km2", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Outlines:
    """How outlines are read: what decides their shards, beside themselves.

    ``what`` they are keeps the shards of one kind apart from those of another. Their ids say what they are
    to the last vertex.
    """

    product: Product
    legend: Legend
    record_gaps: bool
    context: LoadContext
    what: str = "pieces"

    def rows(self, outlines: Sequence[Mine]) -> tuple[pa.Table, list[Path]]:
        """Trajectories of all, those that no shard holds read first, and the shards that hold them."""
        held = self.holders(outlines)
        new = self.shards([one for one in outlines if one.mine_id not in held])
        run_missing(new, self.context, self.legend)
        keys = sorted({*held.values(), *(shard.key for shard in new)})
        store = self.context.store
        found = [store.path(TRAJECTORY, key) for key in keys]
        return table_of(found, [outline.mine_id for outline in outlines]), [
            *found,
            *(store.path(COVERAGE, key) for key in keys),
            *stored_labels(store, keys),
        ]

    def beside(
        self, shards: Sequence[Shard], outlines: Sequence[Mine], within: Mapping[str, str]
    ) -> list[Shard]:
        """``shards`` of mines with those of outlines that no shard holds, to be read in one pass.

        ``within`` names the mine that each outline is a part of: its blocks are decoded once for both.
        """
        number = {mine.mine_id: n for n, shard in enumerate(shards) for mine in shard.mines}
        held = self.holders(outlines)
        groups: dict[int, list[Mine]] = defaultdict(list)
        for one in outlines:
            if one.mine_id not in held:
                mine_id = within[one.mine_id]
                groups[number.get(mine_id, -1)].append(replace(one, within=mine_id))
        found = list(shards)
        for n, members in groups.items():
            for new in self.shards(members):
                if n >= 0 and new.tiles == found[n].tiles:
                    found[n] = replace(found[n], beside=(*found[n].beside, new))
                else:  # of a mine over several tiles, but in one of them
                    found.append(new)
        return found

    def shards(self, members: Sequence[Mine]) -> list[Shard]:
        """Shards of outlines, named by tiles and legend first, then by the outlines."""
        shards = make_shards(
            self.product,
            members,
            legend=self.legend,
            record_gaps=self.record_gaps,
            checksums=self.context.checksums,
            store=self.context.store.root,
        )
        return [replace(shard, key=self.common(shard) + shard.key[:PREFIX]) for shard in shards]

    def common(self, shard: Shard) -> str:
        """What the shards of the same tiles, years and legend have in common."""
        content = [tile_content(tile, self.context.checksums) for tile in shard.tiles]
        legend = self.legend
        meaning = [sorted(legend.known), sorted(legend.filled), sorted(legend.code_of.items())]
        what = [REVISION, shard.years, content, meaning, shard.record_gaps]
        return fingerprint(self.what, what)[:PREFIX]

    def holders(self, outlines: Sequence[Mine]) -> dict[str, str]:
        """Which stored shard holds each outline, of those that one holds."""
        found: dict[str, str] = {}
        for members in by_tiles(self.product, outlines).values():
            prefix = self.common(self.shards(members[:1])[0])
            held = holders(self.context.store, prefix, (COVERAGE, TRAJECTORY))
            found |= {m.mine_id: held[m.mine_id] for m in members if m.mine_id in held}
        return found


def table_of(paths: Sequence[Path], wanted: Collection[str]) -> pa.Table:
    """Rows of ``raw.piece_trajectory``, ids as a dictionary; a piece that two shards hold counts once."""
    left = {*wanted}
    parts = [ROWS.empty_table()]
    for path in paths:
        file = pq.ParquetFile(path, read_dictionary=["mine_id"])
        rows = file.read(columns=["mine_id", "classes", "area_km2"])
        rows = rows.rename_columns(ROWS.names).cast(ROWS).unify_dictionaries().combine_chunks()
        for names in rows["piece_id"].chunks:
            ids = names.dictionary.to_pylist()
            is_wanted = np.array([name in left for name in ids], bool)
            if not is_wanted.all():
                rows = rows.filter(pa.array(is_wanted[names.indices.to_numpy()]))
            left.difference_update(ids)
        parts.append(rows)
    return pa.concat_tables(parts)
