"""Read the land cover under each mine's segmented footprint, with the footprint's own coverage
fractions.

A trajectory says how much of a mine went through what, not where: to know which of it lies under a
footprint, the pixels are read again, by the reader of the land cover itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.landcover import naming_of, run_missing
from quarrydb.loaders.landcover_legend import legend_files, read_legend
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_shard import (
    COVERAGE,
    REVISION,
    TRAJECTORY,
    make_shards,
    place_mines,
)
from quarrydb.loaders.raster import input_files

if TYPE_CHECKING:
    from quarrydb.project import Project
    from quarrydb.project.landcover import LandcoverSource

SCHEMA = pa.schema(
    [
        ("mine_id", pa.string()),
        ("footprint_year", pa.int32()),
        ("classes", pa.list_(pa.uint8())),
        ("area_km2", pa.float64()),
    ]
)


def steps(project: Project) -> list[LoadStep]:
    """One step where the project has both land cover and yearly footprints."""
    section = project.landcover
    if section is None or project.segmentation is None:
        return []
    return [
        LoadStep(
            name="footprint land cover",
            writes=("raw.footprint_trajectory",),
            run=partial(run_footprints, section),
            files=(*input_files(section.path), *legend_files(section.legend)),
            config=section.reading("path", "legend"),
            reads=("core.footprint_mine",),
            revision=REVISION,
            shards=(TRAJECTORY, COVERAGE),
        )
    ]


def run_footprints(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Trajectories under every footprint of a year that has a map."""
    product = recognise(section.path, naming_of(section))
    legend = read_legend(section.legend)
    rows = context.connection.execute(
        "SELECT mine_id || '@' || year, ST_AsWKB(geometry)::BLOB FROM core.footprint_mine "
        "WHERE list_contains(?, year) ORDER BY mine_id, year",
        [list(product.years)],
    ).fetchall()
    shards = make_shards(
        product,
        place_mines(product, rows),
        legend=legend,
        record_gaps=section.records_gaps,
        checksums=context.checksums,
        store=context.store.root,
    )
    run_missing(shards, context, legend)
    found = [context.store.path(TRAJECTORY, shard.key) for shard in shards]
    beside = [context.store.path(COVERAGE, shard.key) for shard in shards]
    table = by_mine_and_year([pq.read_table(path) for path in found])
    return {"raw.footprint_trajectory": table, KEPT: [*found, *beside]}


def by_mine_and_year(tables: list[pa.Table]) -> pa.Table:
    """Trajectories of pieces called ``mine_id@year`` as rows of ``raw.footprint_trajectory``."""
    if not tables:
        return SCHEMA.empty_table()
    table = pa.concat_tables(tables)
    parts = pc.split_pattern(table["mine_id"], "@")
    columns = [
        pc.list_element(parts, 0),
        pc.cast(pc.list_element(parts, 1), pa.int32()),
        table["classes"],
        table["area_km2"],
    ]
    return pa.table(columns, names=SCHEMA.names).cast(SCHEMA)
