"""Means of raster series over each piece of a mine that a border cuts: ``raw.piece_indicator``."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.indicator import (
    REVISION,
    measure,
    reading,
    series_of,
    source_files,
    tasks_of,
)
from quarrydb.loaders.indicator_bundle import KIND, bundles, read_bundles
from quarrydb.loaders.indicator_cells import KIND as COVERAGE
from quarrydb.loaders.indicator_piece import coverage_of_pieces, outlines_of
from quarrydb.loaders.indicator_read import SCHEMA
from quarrydb.loaders.piece import PIECE, read_pieces
from quarrydb.project import Project
from quarrydb.project.indicator import IndicatorSource


def steps(project: Project) -> list[LoadStep]:
    """One step for each indicator."""
    return [
        LoadStep(
            name=f"indicator {source.name} of pieces",
            writes=("raw.piece_indicator",),
            run=partial(run_pieces, source=source),
            files=source_files(source),
            config=reading(source),
            reads=(PIECE,),
            after=("raw.indicator",),
            revision=REVISION,
            shards=(COVERAGE, KIND),
        )
        for source in project.indicator
        if source.is_there
    ]


def run_pieces(context: LoadContext, *, source: IndicatorSource) -> Loaded:
    """Means over every piece; those over new pieces were read with their mines', where these were."""
    pieces = outlines_of(read_pieces(context))
    series = series_of(context, source, [pieces])
    coverage_on = partial(coverage_of_pieces, pieces=pieces)
    tasks = tasks_of(context, source, series, coverage_on, is_bundled=True)
    done = measure(context, source.name, tasks)
    held = bundles(context.store)
    keys = [task.key for task in done.reads]
    table = read_bundles(held, keys, SCHEMA)
    table = table.filter(pc.is_in(table["mine_id"], pa.array(pieces.mine_id, pa.string())))
    names = ["piece_id" if name == "mine_id" else name for name in table.column_names]
    return {
        "raw.piece_indicator": table.rename_columns(names),
        KEPT: [*sorted({held[key] for key in keys}), *done.coverage],
    }
