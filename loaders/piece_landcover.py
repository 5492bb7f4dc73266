"""Read the land cover under each piece of a mine that a border cuts: ``raw.piece_trajectory``.

A mine's own trajectories say how much of it went through what, not where. Pieces are read in shards of
their own, so that a new region layer leaves the mines' shards alone; and of pieces only those that no
shard of an earlier run holds, so that it reads pixels under the mines that it cuts and no others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.landcover import naming_of, run_missing
from quarrydb.loaders.landcover_legend import Legend, legend_files, read_legend
from quarrydb.loaders.landcover_product import Product, recognise
from quarrydb.loaders.landcover_shard import (
    COVERAGE,
    REVISION,
    TRAJECTORY,
    Mine,
    Shard,
    by_tiles,
    is_stored,
    make_shards,
    place_mines,
    tile_content,
)
from quarrydb.loaders.raster import input_files
from quarrydb.store.shards import fingerprint

if TYPE_CHECKING:
    from quarrydb.project import Project
    from quarrydb.project.landcover import LandcoverSource

SCHEMA = pa.schema(
    [("piece_id", pa.string()), ("classes", pa.list_(pa.uint8())), ("area_km2", pa.float64())]
)
PREFIX = 32  # hex digits of a shard's name that say which tiles and legend it was read with
PIECES = (
    "SELECT piece_id, ST_AsWKB(geometry)::BLOB FROM core.mine_piece WHERE NOT is_whole ORDER BY 1"
)


def steps(project: Project) -> list[LoadStep]:
    """One step where the project has land cover."""
    section = project.landcover
    if section is None:
        return []
    return [
        LoadStep(
            name="land cover of pieces",
            writes=("raw.piece_trajectory",),
            run=partial(run_pieces, section),
            files=(*input_files(section.path), *legend_files(section.legend)),
            config=section.reading("path", "legend"),
            reads=("core.mine_piece",),
            revision=REVISION,
            shards=(TRAJECTORY, COVERAGE),
        )
    ]


def run_pieces(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Trajectories under every piece of the mines that a border cuts."""
    product = recognise(section.path, naming_of(section))
    pieces = place_mines(product, context.connection.execute(PIECES).fetchall())
    reading = Reading(product, read_legend(section.legend), section.records_gaps, context)
    keys = reading.of_all(pieces)
    wanted = pa.array(sorted(piece.mine_id for piece in pieces), pa.string())
    found = [context.store.path(TRAJECTORY, key) for key in keys]
    beside = [context.store.path(COVERAGE, key) for key in keys]
    return {"raw.piece_trajectory": table_of(found, wanted), KEPT: [*found, *beside]}


@dataclass(frozen=True)
class Reading:
    """How pieces are read: what decides their shards, beside themselves.

    ``what`` they are keeps the shards of one kind apart from those of another.
    """

    product: Product
    legend: Legend
    record_gaps: bool
    context: LoadContext
    what: str = "pieces"

    def of_all(self, pieces: Sequence[Mine]) -> list[str]:
        """Shards that hold pieces, whose ids say what they are to the last vertex."""
        groups = by_tiles(self.product, pieces).values()
        return [key for members in groups for key in self.keys(members)]

    def keys(self, members: Sequence[Mine]) -> list[str]:
        """Shards that hold the pieces of some tiles, those that lacked read first."""
        shards = self.shards(members)
        if not shards:
            return []
        prefix = shards[0].key[:PREFIX]
        known = self.known(prefix)
        lacking = [piece for piece in members if piece.mine_id not in known]
        new = self.shards(lacking)
        run_missing(new, self.context, self.legend)
        old = {known[piece.mine_id] for piece in members if piece.mine_id in known}
        return sorted({*old, *(shard.key for shard in new)})

    def shards(self, members: Sequence[Mine]) -> list[Shard]:
        """Shards of pieces in the same tiles, named by tiles and legend first, then by the pieces."""
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
        content = common_content(shard, self.context.checksums, self.legend)
        return fingerprint(self.what, content)[:PREFIX]

    def known(self, prefix: str) -> Mapping[str, str]:
        """Which shard of an earlier run holds each piece."""
        folder = self.context.store.path(COVERAGE, prefix).parent
        held: dict[str, str] = {}
        for path in sorted(folder.glob(f"{prefix}*.parquet")):
            if is_stored(self.context.store, path.stem):
                ids = pq.read_table(path, columns=["mine_id"])["mine_id"].to_pylist()
                held.update(dict.fromkeys(ids, path.stem))
        return held


def common_content(shard: Shard, checksums: Mapping[Path, str], legend: Legend) -> list[object]:
    """What of a shard is not its pieces."""
    content = [tile_content(tile, checksums) for tile in shard.tiles]
    meaning = [sorted(legend.known), sorted(legend.filled), sorted(legend.code_of.items())]
    return [REVISION, shard.years, content, meaning, shard.record_gaps]


def table_of(paths: Sequence[Path], wanted: pa.Array) -> pa.Table:
    """Rows of ``raw.piece_trajectory``; a piece that two shards hold counts once."""
    parts = [SCHEMA.empty_table()]
    for path in paths:
        rows = pq.read_table(path, columns=["mine_id", "classes", "area_km2"])
        rows = rows.rename_columns(SCHEMA.names).cast(SCHEMA)
        rows = rows.filter(pc.is_in(rows["piece_id"], wanted))
        held = pc.unique(rows["piece_id"])
        parts.append(rows)
        wanted = wanted.filter(pc.invert(pc.is_in(wanted, held)))
    return pa.concat_tables(parts)
