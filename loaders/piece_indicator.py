"""Means of raster series over each piece of a mine that a border cuts: ``raw.piece_indicator``."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.indicator import REVISION, measure, reading, series_of, source_files
from quarrydb.loaders.indicator_cells import KIND as COVERAGE
from quarrydb.loaders.indicator_cells import Mines, blocks, mines_of
from quarrydb.loaders.indicator_read import KIND, SCHEMA
from quarrydb.project import Project
from quarrydb.project.indicator import IndicatorSource

PIECES = (
    "SELECT piece_id, ST_AsWKB(geometry) AS geometry, area_km2 FROM core.mine_piece "
    "WHERE NOT is_whole ORDER BY piece_id"
)


def steps(project: Project) -> list[LoadStep]:
    """One step for each indicator."""
    return [
        LoadStep(
            name=f"indicator {source.name} of pieces",
            writes=("raw.piece_indicator",),
            run=partial(run_pieces, source=source),
            files=source_files(source),
            config=reading(source),
            reads=("core.mine_piece",),
            revision=REVISION,
            shards=(COVERAGE, KIND),
        )
        for source in project.indicator
        if source.is_there
    ]


def run_pieces(context: LoadContext, *, source: IndicatorSource) -> Loaded:
    """Means over every piece of the mines that a border cuts, by the reader of the mines' own."""
    squares = blocks(read_pieces(context))
    done = measure(context, source, series_of(context, source, squares), squares)
    tables = [pq.read_table(path).replace_schema_metadata() for path in done.shards]
    table = pa.concat_tables([SCHEMA.empty_table(), *tables])
    names = ["piece_id" if name == "mine_id" else name for name in table.column_names]
    return {
        "raw.piece_indicator": table.rename_columns(names),
        KEPT: [*done.shards, *done.coverage],
    }


def read_pieces(context: LoadContext) -> Mines:
    """The pieces of all mines that a border cuts."""
    table = context.connection.execute(PIECES).to_arrow_table()
    return mines_of(*(table.column(name).to_pylist() for name in table.column_names))
