"""Load raster series (NDVI, night-time light ...) as means over each mine: ``raw.indicator``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import shapely

from quarrydb.contract import KEPT, LoadContext, Loaded, LoadStep
from quarrydb.loaders.coverage import Placer
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.image import read_catalogue
from quarrydb.loaders.image_stac import catalogue_files
from quarrydb.loaders.indicator_bundle import bundles
from quarrydb.loaders.indicator_cells import KIND as COVERAGE
from quarrydb.loaders.indicator_cells import (
    CoverageTask,
    Mines,
    blocks,
    mines_of,
    reaching,
    shard_key,
    write_coverage,
)
from quarrydb.loaders.indicator_covered import forget
from quarrydb.loaders.indicator_items import (
    ScenePart,
    Scenes,
    local_files,
    read_scenes,
    wanted_entries,
)
from quarrydb.loaders.indicator_notes import load_of_scenes, scene_key, scene_notes
from quarrydb.loaders.indicator_offset import PARAMETERS, judged
from quarrydb.loaders.indicator_piece import coverage_of_pieces, outlines_of
from quarrydb.loaders.indicator_raster import Decoding
from quarrydb.loaders.indicator_read import (
    KIND,
    SCHEMA,
    ReadTask,
    batches,
    by_file,
    write_values,
)
from quarrydb.loaders.indicator_series import IMPLAUSIBLE_SCALE, Part, Series, read_series
from quarrydb.loaders.indicator_windows import need_blocks, with_files
from quarrydb.loaders.piece import PIECE, read_pieces
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.raster import content_of, content_sha256, input_files, kind_of
from quarrydb.loaders.terms import terms_of
from quarrydb.project import Project
from quarrydb.project.indicator import IndicatorSource
from quarrydb.store.shards import fingerprint
from quarrydb.workers.processes import map_shards

REVISION = 2
SERIAL_MEANS = 20_000  # fewer means are computed sooner than processes start


def steps(project: Project) -> list[LoadStep]:
    """One step for each indicator, those whose images were not searched for yet left out."""
    return [indicator_step(source) for source in project.indicator if source.is_there]


def indicator_step(source: IndicatorSource) -> LoadStep:
    """A step that reads all files of one indicator."""
    return LoadStep(
        name=f"indicator {source.name}",
        writes=("raw.indicator", "raw.load_file", "raw.load_issue"),
        run=partial(run_indicator, source=source),
        files=source_files(source),
        config=reading(source),
        reads=("core.mine",),
        parameters=PARAMETERS if source.items is not None else (),
        after=(PIECE,),
        revision=REVISION,
        shards=(COVERAGE, KIND),
        check=partial(check_series, source),
        terms=terms_of(source, "indicator", source.name),
    )


def source_files(source: IndicatorSource) -> tuple[Path, ...]:
    """All files on disk that decide what an indicator's values are."""
    if source.items is None:
        return input_files((*source.path, *(source.weight_path or ())))
    return (*catalogue_files(source.items), *local_files(read_catalogue(source.items)))


def reading(source: IndicatorSource) -> dict[str, object]:
    """What of the section shapes the rows; of where items came from nothing."""
    return source.reading("path", "weight_path", "items", "stac", "collection")


def check_series(source: IndicatorSource) -> None:
    """SourceError with every fault that items, or names and headers of the files, show."""
    if source.items is None:
        read_series(source)
    else:
        wanted_entries(source)


def run_indicator(context: LoadContext, *, source: IndicatorSource) -> Loaded:
    """Measure what is not in the store yet, and name the shards of all files."""
    squares = blocks(read_mines(context))
    series = series_of(context, source, squares)
    tasks = tasks_of(context, source, series, partial(coverage_tasks, squares=squares))
    # Images are opened one by one for each square: no pass to share.
    pieces = outlines_of(read_pieces(context) if isinstance(series, Series) else [])
    of_pieces = partial(coverage_of_pieces, pieces=pieces)
    beside = tasks_of(context, source, series, of_pieces, is_bundled=True)
    done = measure(context, source.name, tasks, beside)
    offsets = judged(context, source.name, done.reads)
    shards = [context.store.path(KIND, task.key) for task in offsets.reads]
    noted = [
        *notes_of(context, source, series, done, offsets.issues),
        *issues(source.name, squares, done.coverage, shards),
    ]
    return {
        "raw.indicator": shards or SCHEMA.empty_table(),
        "raw.load_file": load_table(loads_of(context, source, series)),
        "raw.load_issue": issue_table(noted),
        KEPT: [*done.coverage, *(context.store.path(KIND, key) for key in offsets.wrong)],
    }


def series_of(
    context: LoadContext, source: IndicatorSource, squares: Sequence[Mines]
) -> Series | Scenes:
    """The files of an indicator, or the images that show any of the outlines."""
    if source.items is None:
        return read_series(source)
    return read_scenes(
        context, source, [shapely.box(*box) for mines in squares for box in mines.bounds]
    )


def loads_of(context: LoadContext, source: IndicatorSource, series: Series | Scenes) -> list[Load]:
    """One row of ``raw.load_file`` a file, or one for all images."""
    if isinstance(series, Scenes):
        return [load_of_scenes(context, source, series)]
    return loads(context, source, series)


def notes_of(
    context: LoadContext,
    source: IndicatorSource,
    series: Series | Scenes,
    done: Measured,
    offsets: Sequence[Issue],
) -> list[Issue]:
    """What a reader should know of the files."""
    if isinstance(series, Scenes):
        shards = [context.store.path(KIND, task.key) for task in done.reads]
        return scene_notes(source, series, done.reads, shards, done.lost, offsets)
    return notes(source, series)


@dataclass(frozen=True)
class Measured:
    """Tasks whose values are stored, the shards of their coverage, and tasks whose files are gone."""

    reads: list[ReadTask]
    coverage: list[Path]
    lost: list[ReadTask]


@dataclass(frozen=True)
class Tasks:
    """All that is to be known of some outlines: their cells on each grid by key, and files read over them."""

    coverage: Mapping[str, CoverageTask]
    reads: Sequence[ReadTask]


NO_TASKS = Tasks({}, ())


def tasks_of(
    context: LoadContext,
    source: IndicatorSource,
    series: Series | Scenes,
    coverage_on: Callable[..., list[CoverageTask]],
    *,
    is_bundled: bool = False,
) -> Tasks:
    """Tasks of all files over the outlines whose coverage ``coverage_on`` a grid and region gives."""
    places = dict.fromkeys((part.grid, part.region) for part in series.parts)
    tasks = {place: coverage_on(context, *place) for place in places}
    coverage = {task.key: task for found in tasks.values() for task in found}
    reads = [
        replace(read_task(context, source, part, task.key), is_bundled=is_bundled)
        for part in series.parts
        for task in tasks[part.grid, part.region]
    ]
    return Tasks(coverage, reads)


def measure(context: LoadContext, name: str, own: Tasks, beside: Tasks = NO_TASKS) -> Measured:
    """Values of the ``own`` tasks and their coverage, those that the store lacks read first.

    Tasks ``beside`` them are read in the same pass, each block once for both; another step asks for them.
    """
    coverage = {**own.coverage, **beside.coverage}
    reads = [*own.reads, *beside.reads]
    reads.sort(
        key=lambda task: coverage[task.coverage_key].mines.square
    )  # what lies near goes together
    lost = run_missing(context, name, list(coverage.values()), reads)
    kept = [task for task in own.reads if task not in lost]
    return Measured(
        kept,
        [context.store.path(COVERAGE, key) for key in own.coverage],
        [task for task in lost if task.coverage_key in own.coverage],
    )


def coverage_tasks(
    context: LoadContext, grid: Grid, region: shapely.Geometry | None, squares: Sequence[Mines]
) -> list[CoverageTask]:
    """Coverage of the mines that may lie on a grid, a task a square of the globe."""
    if region is not None and region.is_empty:
        return []
    placer = Placer(grid)
    reached = [mines for mines in (reaching(square, placer) for square in squares) if len(mines)]
    return [
        CoverageTask(context.store, grid, mines, shard_key(grid, mines, region), region)
        for mines in reached
    ]


def read_mines(context: LoadContext) -> Mines:
    """All final mines."""
    table = context.connection.execute(
        "SELECT mine_id, ST_AsWKB(geometry) AS geometry, area_km2 FROM core.mine ORDER BY mine_id"
    ).to_arrow_table()
    return mines_of(*(table.column(name).to_pylist() for name in table.column_names))


def read_task(
    context: LoadContext, source: IndicatorSource, part: Part | ScenePart, coverage_key: str
) -> ReadTask:
    """One file over the mines of one coverage shard, under a name made from all that decides it."""
    decoding = Decoding(
        source.scale,
        source.offset,
        tuple(source.nodata),
        source.valid_min,
        source.valid_max,
        source.crs,
    )
    if isinstance(part, ScenePart):
        limits = (source.valid_min, source.valid_max)
        key = scene_key(context, source.name, part, limits, coverage_key)
        return ReadTask(
            context.store, key, source.name, part.file, part.grid, coverage_key, decoding
        )
    file = part.file
    weight = content_of(file.weight_path, context.checksums) if file.weight_path else None
    key = fingerprint(
        KIND,
        REVISION,
        source.name,
        content_of(file.path, context.checksums),
        [[band, str(date)] for band, date in zip(file.bands, file.dates, strict=True)],
        [weight, list(file.weight_bands)],
        vars(decoding),
        coverage_key,
    )
    return ReadTask(context.store, key, source.name, file, part.grid, coverage_key, decoding)


def run_missing(
    context: LoadContext, name: str, coverage: Sequence[CoverageTask], reads: Sequence[ReadTask]
) -> list[ReadTask]:
    """Compute the shards that the store lacks: coverage first, then values. Tasks whose files are gone."""
    bundled = bundles(context.store)
    missing = [
        task
        for task in reads
        if task.key not in bundled and (task.is_bundled or not context.store.has(KIND, task.key))
    ]
    needed = {task.coverage_key for task in missing}
    grids = [
        task for task in coverage if task.key in needed or not context.store.has(COVERAGE, task.key)
    ]
    size = {task.key: len(task.mines) for task in coverage}
    n_means = sum(size[task.coverage_key] * len(task.file.dates) for task in missing)
    run = partial(map_shards, workers=1)
    if n_means > SERIAL_MEANS:
        run = partial(map_shards, workers=context.workers, scheduler=context.scheduler)
    with context.progress.task(f"{name}: cells of mines", len(grids), "grids") as bar:
        run(write_coverage, grids, progress=lambda _: bar.advance())
    here = with_files(missing, context, f"indicator {name}")
    need_blocks(here, context)
    workers = context.workers if n_means > SERIAL_MEANS else 1
    files = by_file(here, workers)
    with context.progress.task(f"{name}: rasters", len(files), "files") as bar:
        run(write_values, batches(files, workers), progress=lambda own: bar.advance(len(own)))
    forget()
    keys = {task.key for task in here}
    return [task for task in missing if task.key not in keys]


def loads(context: LoadContext, source: IndicatorSource, series: Series) -> list[Load]:
    """One row of ``raw.load_file`` a file, counted in bands."""
    return [
        Load(
            source=source.name,
            kind="indicator",
            path=relative_path(file.path, context.root),
            layer=", ".join(str(date) for date in file.dates),
            sha256=content_sha256(file.path, context.checksums),
            driver=kind_of(file.path),
            n_rows_read=len(file.bands),
            n_rows_kept=len(file.bands),
            crs=series.headers[file.path].grid.crs,
        )
        for file in series.files
    ]


def notes(source: IndicatorSource, series: Series) -> list[Issue]:
    """What headers say that a reader should know: a scale that looks upside down, files not needed."""
    found = []
    for file in series.files:
        header, band = series.headers[file.path], file.bands[0] - 1
        scale, is_integer = header.scales[band], np.dtype(header.dtypes[band]).kind in "iu"
        if source.scale is None and is_integer and abs(scale) >= IMPLAUSIBLE_SCALE:
            detail = f"{file.path.name} says scale {scale:g}: if it means divide, set scale = {1 / scale:g}"
            found.append(Issue(source.name, None, "implausible scale", "multiplied", detail=detail))
    for part in series.parts:
        if part.region is not None and part.region.is_empty:
            dates = ", ".join(str(date) for date in part.file.dates)
            detail = f"{part.file.path.name}: other files of {dates} cover all of it"
            found.append(Issue(source.name, None, "raster under others", "not read", detail=detail))
    return found


def issues(
    name: str, squares: Sequence[Mines], measured: Sequence[Path], shards: Sequence[Path]
) -> list[Issue]:
    """Mines without any value of an indicator, each with the reason."""
    lacking = {mine for square in squares for mine in square.mine_id}
    for path in shards:  # the first dates know nearly all
        if not lacking:
            return []
        lacking -= ids_where(path, "value", pc.is_valid)
    problems = problems_of(measured)
    touched = set[str]().union(*(ids_where(path, "inside_km2", is_above_0) for path in measured))
    return [
        Issue(
            name,
            mine_id,
            problems.get(mine_id)
            or ("no pixel with data" if mine_id in touched else "outside all rasters"),
            "no value of this indicator",
        )
        for mine_id in sorted(lacking)
    ]


def ids_where(path: Path, column: str, test: Callable[[Any], Any]) -> set[str]:
    """Mines with a row in a shard where ``test`` of a column holds."""
    table = pq.read_table(path, columns=["mine_id", column])
    return set(table.column(0).filter(test(table.column(1))).unique().to_pylist())


def is_above_0(column: Any) -> Any:
    """Which numbers are."""
    return pc.greater(column, 0)


def problems_of(coverage: Sequence[Path]) -> dict[str, str]:
    """What kept mines from being measured, by some shards of coverage."""
    tables = [pq.read_table(path, columns=["mine_id", "problem"]) for path in coverage]
    rows = (
        row for table in tables for row in table.filter(pc.is_valid(table["problem"])).to_pylist()
    )
    return {row["mine_id"]: row["problem"] for row in rows}
