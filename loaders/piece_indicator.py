"""Means of raster series over each piece of a mine that a border cuts: ``raw.piece_indicator``."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.indicator import (
    REVISION,
    measure,
    reading,
    series_of,
    source_files,
    tasks_of,
)
from quarrydb.loaders.indicator_cells import KIND as COVERAGE
from quarrydb.loaders.indicator_piece import coverage_of_pieces, outlines_of
from quarrydb.loaders.indicator_read import KIND, SCHEMA
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
    tasks = tasks_of(context, source, series, partial(coverage_of_pieces, pieces=pieces))
    done = measure(context, source.name, tasks)
    tables = [pq.ParquetFile(path).read().replace_schema_metadata() for path in done.shards]
    table = pa.concat_tables([SCHEMA.empty_table(), *tables])
    table = table.filter(pc.is_in(table["mine_id"], pa.array(pieces.mine_id, pa.string())))
    names = ["piece_id" if name == "mine_id" else name for name in table.column_names]
    return {
        "raw.piece_indicator": table.rename_columns(names),
        KEPT: [*done.shards, *done.coverage],
    }
