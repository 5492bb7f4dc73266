"""Land cover under each piece of a mine that a border cuts: ``raw.piece_trajectory``.

A mine's own trajectories say how much of it went through what, not where.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.landcover_legend import legend_files, read_legend
from quarrydb.loaders.landcover_outlines import Outlines
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_shard import REVISION, SHARDS, place_mines
from quarrydb.loaders.landcover_years import naming_of
from quarrydb.loaders.piece import PIECE, read_pieces
from quarrydb.loaders.raster import input_files

if TYPE_CHECKING:
    from quarrydb.project import Project
    from quarrydb.project.landcover import LandcoverSource


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
            reads=(PIECE,),
            after=("raw.landcover_trajectory",),
            revision=REVISION,
            shards=SHARDS,
        )
    ]


def run_pieces(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Trajectories under every piece; those of new pieces were read with their mines, where these were."""
    product = recognise(section.path, naming_of(section))
    outlines = Outlines(product, read_legend(section.legend), section.records_gaps, context)
    pieces = [(piece.piece_id, piece.wkb) for piece in read_pieces(context)]
    rows, shards = outlines.rows(place_mines(product, pieces))
    ids = pc.cast(rows["piece_id"], pa.string())
    return {"raw.piece_trajectory": rows.set_column(0, "piece_id", ids), KEPT: shards}
