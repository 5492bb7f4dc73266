"""Load yearly mine footprints made elsewhere into the yearly tables ``segmentation.mine_YYYY``.

Every file is read once and its rows kept in the store, so that a new year reads the new file only. A step
is one source and year.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.footprint_file import (
    FILE_SHARD,
    REVISION,
    ROWS,
    FileFacts,
    facts_of,
    stored_file,
)
from quarrydb.loaders.footprint_years import YearFile, files_by_year
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_file import checksum, file_parts
from quarrydb.project import Project
from quarrydb.project.ground import Ground, setting
from quarrydb.project.segmentation import FootprintSource

SCHEMA = pa.schema(
    [
        ("footprint_id", pa.string()),
        ("year", pa.int32()),
        ("site_id", pa.string()),
        ("dataset", pa.string()),
        ("model_id", pa.string()),
        ("threshold", pa.float64()),
        ("mean_probability", pa.float64()),
        ("reported_km2", pa.float64()),
        ("geometry", pa.binary()),
    ]
)
SITE_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("site_id", pa.string()),
        ("year", pa.int32()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("seen_share", pa.float64()),
        ("mine_seen_share", pa.float64()),
        ("n_polygons", pa.int64()),
    ]
)


def yearly_table(year: int) -> str:
    """Name of a year's table."""
    return f"segmentation.mine_{year}"


def steps(project: Project) -> list[LoadStep]:
    """One step for each footprint source and year."""
    section = project.segmentation
    sources = section.footprint if section else []
    return [step for source in sources for step in source_steps(source, project.ground)]


def source_steps(source: FootprintSource, ground: Ground | None = None) -> list[LoadStep]:
    """The steps of one source; with ``cumulated`` a year needs the files of those before."""
    files = files_by_year(source)
    found = []
    for year, own in files.items():
        before = [one for other in files if other < year for one in files[other]]
        needed = [*before, *own] if source.cumulated else own
        found.append(year_step(source, year, own, needed, ground))
    return found


def year_step(
    source: FootprintSource,
    year: int,
    own: Sequence[YearFile],
    needed: Sequence[YearFile],
    ground: Ground | None,
) -> LoadStep:
    """A step that makes one year's table, of a restricted ``ground`` only."""
    paths = dict.fromkeys(part for one in needed for part in file_parts(one.path))
    return LoadStep(
        name=f"footprint {source.name} {year}",
        writes=(yearly_table(year), "raw.segmented_site", "raw.load_file", "raw.load_issue"),
        run=partial(run_year, source=source, year=year, own=own, needed=needed, ground=ground),
        files=tuple(paths),
        config={**source.reading("path"), **setting(ground)},
        revision=REVISION,
        terms=terms_of(source, "footprint", source.name),
        shards=(FILE_SHARD,),
    )


def run_year(
    context: LoadContext,
    *,
    source: FootprintSource,
    year: int,
    own: Sequence[YearFile],
    needed: Sequence[YearFile],
    ground: Ground | None,
) -> Loaded:
    """One year's table, with what was read and noted; files that the store knows are not read again."""
    shards = {one.path: stored_file(context, source, one.path) for one in needed}
    rows = {one: rows_of(source, one, shards[one.path], ground) for one in needed}
    parts = [yearly_rows(source, one, year, rows[one], needed) for one in needed]
    table = pa.concat_tables(parts)
    facts = {one: facts_of(shards[one.path]) for one in own}
    loads = [load_of(context, source, one, facts[one], rows[one]) for one in own]
    issues = [
        issue_of(source, one, own, row)
        for one in own
        if source.year is None or facts[one].first_year == year
        for row in facts[one].issues
    ]
    return {
        yearly_table(year): table,
        "raw.segmented_site": coverage(source.name, year, table.num_rows),
        "raw.load_file": load_table(loads),
        "raw.load_issue": issue_table(issues),
        KEPT: list(shards.values()),
    }


def load_of(
    context: LoadContext, source: FootprintSource, one: YearFile, facts: FileFacts, rows: pa.Table
) -> Load:
    """The row of ``raw.load_file`` of one file and year."""
    key = "all" if source.year is None else str(one.year)
    return Load(
        source=source.name,
        kind="footprint",
        path=relative_path(one.path, context.root),
        layer=facts.layer,
        sha256=checksum(one.path, context.checksums),
        driver=facts.driver,
        n_rows_read=facts.n_read.get(key, 0),
        n_rows_kept=pc.count_distinct(rows["feature_id"]).as_py(),
        crs=facts.crs,
    )


def feature_of(one: YearFile, files: Sequence[YearFile], feature: str) -> str:
    """A feature's id by its year, and by its file where the year has several."""
    several = sum(other.year == one.year for other in files) > 1
    return f"{one.year}-{one.path.stem}-{feature}" if several else f"{one.year}-{feature}"


def issue_of(
    source: FootprintSource, one: YearFile, files: Sequence[YearFile], row: Mapping[str, Any]
) -> Issue:
    """What was noted of a file, with ids as those of its footprints."""
    feature = row["feature_id"]
    named = None if feature is None else feature_of(one, files, feature)
    return Issue(**{**row, "source": source.name, "feature_id": named})


def rows_of(source: FootprintSource, one: YearFile, shard: Path, ground: Ground | None) -> pa.Table:
    """The rows of one file and year that are of the ground."""
    rows = pq.read_table(shard, schema=ROWS)
    if source.year is not None:
        rows = rows.filter(pc.equal(rows["year"], one.year))
    if ground is None or not ground.is_restricted:
        return rows
    return rows.filter(ground.keeps(shapely.from_wkb(rows["geometry"].to_numpy())))


def yearly_rows(
    source: FootprintSource, one: YearFile, year: int, rows: pa.Table, files: Sequence[YearFile]
) -> pa.Table:
    """One file's rows as they stand in a year's table: what was mined stays mined in later years.

    Ids name the file where a year has several.
    """
    later = f"@{year}" if one.year != year else ""
    ids = [
        f"{source.name}-{feature_of(one, files, feature)}{'' if part == 1 else f'.{part}'}{later}"
        for feature, part in zip(
            rows["feature_id"].to_pylist(), rows["part"].to_pylist(), strict=True
        )
    ]
    n = rows.num_rows
    columns: Mapping[str, pa.Array] = {
        "footprint_id": pa.array(ids, pa.string()),
        "year": pa.array([year] * n, pa.int32()),
        "site_id": pa.nulls(n, pa.string()),
        "dataset": pa.array([source.name] * n, pa.string()),
        "model_id": pa.array([source.name] * n, pa.string()),
        "threshold": pa.nulls(n, pa.float64()),
        "mean_probability": rows["mean_probability"],
        "reported_km2": rows["reported_km2"],
        "geometry": rows["geometry"],
    }
    return pa.table(columns, schema=SCHEMA)


def coverage(dataset: str, year: int, n_polygons: int) -> pa.Table:
    """The row of ``raw.segmented_site`` for a data set that covers everything in each of its years."""
    row = {"dataset": dataset, "year": year, "status": "done", "n_polygons": n_polygons}
    return pa.Table.from_pylist([row], schema=SITE_SCHEMA)
