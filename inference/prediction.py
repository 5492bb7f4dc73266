"""Load what ``quarry segment`` stored into the yearly tables ``segmentation.mine_YYYY``.

The same plan that says what to segment says which stored probabilities belong to this build: those
made from the sites, images and model as they are now. Nothing is predicted here; thresholds and
outlines are, so that another threshold runs no network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.database.connection import empty_instance
from quarrydb.errors import BuildError
from quarrydb.inference import prediction_sql
from quarrydb.inference.predict import SiteYear
from quarrydb.inference.probability import KIND
from quarrydb.inference.probability import SCHEMA as STORED
from quarrydb.inference.record import RECORD_FILE, ModelRecord
from quarrydb.inference.shaping import OUTLINE, SEEN, Shape, ShapeJob, Wanted, shape_job
from quarrydb.inference.site_plan import (
    READS,
    find_model,
    has_model,
    median_of,
    plan_site_years,
    project_record,
)
from quarrydb.loaders.footprint import SCHEMA, SITE_SCHEMA, yearly_table
from quarrydb.loaders.image import SOURCE as IMAGES
from quarrydb.loaders.provenance import Issue, issue_table
from quarrydb.project import Project
from quarrydb.project.segmentation import Segmentation
from quarrydb.store.lock import exclusive
from quarrydb.store.shards import Store
from quarrydb.workers.processes import map_shards

REVISION = 4
# Fewer site-years than this are shaped sooner than workers start.
WORTH_WORKERS = 400


@dataclass(frozen=True)
class StaleShard:
    """A stored shard of predictions of no use now: what made it, and how much it holds."""

    model_id: str
    first_year: int
    last_year: int
    n_site_years: int


def steps(project: Project) -> list[LoadStep]:
    """One step where the project has images and its model is there, else none."""
    section = project.segmentation
    if section is None or not section.image_years or not has_model(project):
        return []
    folder, record = find_model(project), project_record(project)
    shards = shard_files(Store(project.cache))
    return [
        LoadStep(
            name="predictions",
            writes=(
                *(yearly_table(year) for year in section.image_years),
                "raw.segmented_site",
                "raw.segmented_threshold",
                "raw.point_probability",
                "raw.image_level",
            ),
            run=partial(run_predictions, section=section, record=record),
            files=(folder / RECORD_FILE,),
            config={
                "years": section.image_years,
                "results": stored_results(shards),
                "shape": asdict(shape_of(section, record)),
            },
            reads=(*READS, "raw.point", "core.mine"),
            revision=REVISION,
            keeps=tuple(shards),
            shards=(OUTLINE, SEEN),
        ),
        LoadStep(
            name="image offsets",
            writes=("raw.load_issue",),
            run=offset_issues,
            reads=("main.image_offset",),
        ),
    ]


def shape_of(section: Segmentation, record: ModelRecord) -> Shape:
    """How a section's probabilities become polygons; without a threshold the model's own."""
    return Shape(
        thresholds=section.threshold or (record.threshold,),
        mode=section.outline,
        tolerance_px=section.simplify_px,
        minimum_px2=section.smallest_px,
    )


def shard_files(store: Store) -> list[Path]:
    """All stored shards of probabilities; BuildError where one is damaged: a build can't predict."""
    damaged = damaged_shards(store)
    if damaged:
        raise damage(damaged)
    return all_shards(store)


def all_shards(store: Store) -> list[Path]:
    """All stored shards of probabilities, damaged ones included."""
    return sorted(store.path(KIND, "x").parent.glob("*.parquet"))


def damaged_shards(store: Store) -> list[Path]:
    """Shards that do not hold what their seals say."""
    return [shard for shard in all_shards(store) if not store.is_sound(shard)]


def discard_damaged(project: Project) -> list[Path]:
    """Delete damaged shards, so that their sites and years are predicted again; returns them."""
    with exclusive(project.cache):
        store = Store(project.cache)
        for shard in damaged_shards(store):
            store.discard(shard)
    return store.harmed


def damage(shards: Sequence[Path]) -> BuildError:
    """What to do about damaged predictions."""
    return BuildError(
        f"Stored predictions are damaged: {', '.join(map(str, shards))}. Run quarry segment: it predicts "
        "their sites and years again."
    )


def stored_results(shards: Sequence[Path]) -> str:
    """Hash of what the shards hold, however it is spread over them: a killed run spreads it otherwise."""
    if not shards:
        return ""
    with empty_instance() as connection:
        rows = connection.execute(prediction_sql.RESULTS, [[str(s) for s in shards]]).fetchall()
    return str(rows[0][0])


def stored_status(store: Store, keys: Sequence[str]) -> dict[str, str]:
    """Whether each key that is stored is done or failed; a key that was done once is done."""
    files = shard_files(store)
    if not files:
        return {}
    with empty_instance() as connection:
        rows = connection.execute(
            "SELECT key, min(status) FROM read_parquet(?, hive_partitioning = false) GROUP BY key",
            [[str(f) for f in files]],
        ).fetchall()
    wanted = set(keys)
    return {key: status for key, status in rows if key in wanted}


def stale_shards(connection: duckdb.DuckDBPyConnection, project: Project) -> dict[Path, StaleShard]:
    """Shards that hold no row the project, as it is now, would load: made by another model, from
    other images or for sites that are gone. ``connection`` reads the project's database, just built.

    All are stale in a project without images to segment; none where its model is not there.
    """
    files = shard_files(Store(project.cache))
    section = project.segmentation
    wanted: list[str] = []
    if section is not None and section.image_years and section.model is not None:
        if not has_model(project):
            return {}
        record = project_record(project)
        plan = plan_site_years(
            connection, section.image_years, record, project.root, median_of(project)
        )
        wanted = [item.key for item in plan]
    if not files:
        return {}
    with empty_instance() as reader:  # the database's own connection opens no other file
        rows = reader.execute(
            """
            SELECT filename, any_value(model_id), min(year), max(year), count(*)
            FROM read_parquet(?, filename = true, hive_partitioning = false)
            GROUP BY filename
            HAVING NOT bool_or(list_contains(?::VARCHAR[], key))
            ORDER BY filename
            """,
            [[str(file) for file in files], wanted],
        ).fetchall()
    return {Path(name): StaleShard(*facts) for name, *facts in rows}


def run_predictions(context: LoadContext, *, section: Segmentation, record: ModelRecord) -> Loaded:
    """The stored rows of the current plan, one table a year, and what became
    of each site and year.
    """
    shape = shape_of(section, record)
    n_median = section.images.median_of if section.images else 1
    plan = plan_site_years(context.connection, section.image_years, record, context.root, n_median)
    shards = shard_files(context.store)
    cursor = context.connection.cursor()
    choose_rows(cursor, plan, shards)
    files = shape_chosen(cursor, context, plan, shape)
    read_shaped(cursor, files)
    main = shape.thresholds[0]
    return {
        **{
            yearly_table(year): _query(cursor, prediction_sql.POLYGONS, [main, year]).cast(SCHEMA)
            for year in section.image_years
        },
        "raw.segmented_site": _query(
            cursor, prediction_sql.STATUS, [list(section.image_years), main]
        ).cast(SITE_SCHEMA),
        "raw.segmented_threshold": threshold_table(shape.thresholds),
        "raw.point_probability": _query(cursor, prediction_sql.POINTS),
        "raw.image_level": _query(cursor, prediction_sql.LEVELS),
        KEPT: [path for pair in files for path in pair],
    }


def offset_issues(context: LoadContext) -> Loaded:
    """Images whose items must be wrong about their offset, or that disagree about it, by site and year."""
    found = context.connection.execute(prediction_sql.WRONG_OFFSETS).fetchall()
    issues = [
        Issue(IMAGES, image_id, "wrong offset", "set aside" if is_wrong else "noted", detail=detail)
        for image_id, is_wrong, detail in found
    ]
    return {"raw.load_issue": issue_table(issues)}


def threshold_table(thresholds: Sequence[float]) -> pa.Table:
    """Thresholds in the order of the project file, the first being the main one."""
    return pa.table(
        {
            "threshold": pa.array(thresholds, pa.float64()),
            "is_main": pa.array([i == 0 for i in range(len(thresholds))], pa.bool_()),
        }
    )


def choose_rows(
    connection: duckdb.DuckDBPyConnection, plan: Sequence[SiteYear], shards: Sequence[Path]
) -> None:
    """Table ``chosen``: one stored row for each key of the plan that has any, done before failed."""
    wanted = {
        "key": pa.array([item.key for item in plan], pa.string()),
        "site_id": pa.array([item.site.site_id for item in plan], pa.string()),
        "year": pa.array([item.year for item in plan], pa.int32()),
    }
    connection.register("planned", pa.table(wanted))
    connection.execute("CREATE TEMP TABLE wanted AS SELECT DISTINCT * FROM planned")
    connection.register("no_levels", pa.schema([STORED.field("levels")]).empty_table())
    if shards:
        connection.execute(prediction_sql.CHOSEN, [[str(shard) for shard in shards]])
    else:
        connection.execute(prediction_sql.NOTHING_CHOSEN)


def shape_chosen(
    connection: duckdb.DuckDBPyConnection,
    context: LoadContext,
    plan: Sequence[SiteYear],
    shape: Shape,
) -> list[tuple[Path, Path]]:
    """Shape every chosen row that is done; the files of the store that hold polygons, and what was seen."""
    points = points_by_site(connection)
    mines = dict(connection.execute(prediction_sql.MINES).fetchall())
    years = {item.key: item.year for item in plan}
    jobs = []
    for file, keys, sites in connection.execute(prediction_sql.FILES).fetchall():
        wanted = tuple(
            Wanted(key, site, mines.get(site), tuple(points.get((site, years[key]), ())))
            for key, site in zip(keys, sites, strict=True)
        )
        jobs.append(ShapeJob(Path(file), wanted, shape, context.store))
    left = sum(len(job.wanted) for job in jobs if not job.outlines.exists())
    with context.progress.task("Outlines", len(jobs), "shards") as task:
        return map_shards(
            shape_job,
            jobs,
            workers=context.workers if left >= WORTH_WORKERS else 1,
            scheduler=context.scheduler if left >= WORTH_WORKERS else None,
            progress=lambda _: task.advance(),
        )


def points_by_site(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, int], list[tuple[str, float, float]]]:
    """Labelled points (id, longitude, latitude) inside each site's square, by site and year."""
    found: dict[tuple[str, int], list[tuple[str, float, float]]] = {}
    for site_id, year, *point in connection.execute(prediction_sql.SITE_POINTS).fetchall():
        found.setdefault((site_id, year), []).append(tuple(point))
    return found


def read_shaped(connection: duckdb.DuckDBPyConnection, files: Sequence[tuple[Path, Path]]) -> None:
    """Tables ``outlined`` and ``seen``: what the files of ``shape_chosen`` hold, by key."""
    if not files:
        connection.execute(prediction_sql.NOTHING_OUTLINED)
        connection.execute(prediction_sql.NOTHING_SEEN)
        return
    outlines, seen = zip(*files, strict=True)
    connection.execute(prediction_sql.OUTLINED, [[str(file) for file in outlines]])
    connection.execute(prediction_sql.SEEN, [[str(file) for file in seen]])


def _query(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    values: Sequence[Any] | Mapping[str, Any] = (),
) -> pa.Table:
    return connection.execute(query, values).to_arrow_table()
