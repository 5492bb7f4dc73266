"""Read the land cover under each mine's segmented footprint, with the footprint's own coverage
fractions.

A trajectory says how much of a mine went through what, not where. So footprints that are known when mines
are read are read with these, by the labels of the mines' pixels; others here, but only those that no shard of
an earlier run holds: a new year costs its own outlines, and those of other years that it changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.landcover_legend import legend_files, read_legend
from quarrydb.loaders.landcover_outlines import Outlines
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_shard import REVISION, SHARDS, place_mines
from quarrydb.loaders.landcover_years import naming_of
from quarrydb.loaders.raster import input_files

if TYPE_CHECKING:
    from quarrydb.project import Project
    from quarrydb.project.landcover import LandcoverSource

FOOTPRINT = "core.footprint_mine"
WHAT = "footprints"
OUTLINE_DIGITS = 32  # hex digits of its hash in the name of an outline
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
            reads=(FOOTPRINT,),
            after=("raw.landcover_trajectory",),
            revision=REVISION,
            shards=SHARDS,
        )
    ]


def run_footprints(section: LandcoverSource, context: LoadContext) -> Loaded:
    """Trajectories under every footprint of a year that has a map."""
    product = recognise(section.path, naming_of(section))
    legend = read_legend(section.legend)
    reading = Outlines(product, legend, section.records_gaps, context, WHAT)
    named = [(name, wkb) for name, _, wkb in fetch_footprints(context, product.years)]
    rows, shards = reading.rows(place_mines(product, named))
    return {"raw.footprint_trajectory": by_mine_and_year(rows), KEPT: shards}


def fetch_footprints(context: LoadContext, years: Sequence[int]) -> list[tuple[str, str, bytes]]:
    """Name, mine and WKB of every footprint of some years; none where the build makes none."""
    if not context.has(FOOTPRINT):
        return []
    rows = context.connection.execute(
        "SELECT mine_id, year, ST_AsWKB(geometry)::BLOB FROM core.footprint_mine "
        "WHERE list_contains(?, year) ORDER BY mine_id, year",
        [list(years)],
    ).fetchall()
    return [(outline_id(*row), row[0], row[2]) for row in rows]


def outline_id(mine_id: str, year: int, wkb: bytes) -> str:
    """Name of a mine's footprint of a year that changes with its outline."""
    return f"{mine_id}@{year}@{sha256(wkb).hexdigest()[:OUTLINE_DIGITS]}"


def by_mine_and_year(rows: pa.Table) -> pa.Table:
    """Trajectories of pieces named by ``outline_id`` as rows of ``raw.footprint_trajectory``."""
    names = rows["piece_id"].unify_dictionaries().combine_chunks()
    parts = pc.split_pattern(names.dictionary, "@")
    mine_id = pc.list_element(parts, 0)
    year = pc.cast(pc.list_element(parts, 1), pa.int32())
    columns = [
        mine_id.take(names.indices),
        year.take(names.indices),
        rows["classes"],
        rows["area_km2"],
    ]
    return pa.table(columns, names=SCHEMA.names).cast(SCHEMA)
