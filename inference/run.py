"""The runs behind ``quarry segment`` and ``quarry chips``: what to do is asked of the project's
database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from quarrydb.contract import Progress
from quarrydb.database.connection import connect
from quarrydb.errors import SourceError
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.inference.extras import require
from quarrydb.inference.image_fetch import has_remote, with_local_files
from quarrydb.inference.predict import Engine, Outcome, PredictSettings, SiteYear, predict
from quarrydb.inference.prediction import stored_status
from quarrydb.inference.record import ModelRecord, read_record
from quarrydb.inference.site_plan import find_model, median_of, plan_site_years, sensor_of
from quarrydb.loaders.image import SOURCE as IMAGES
from quarrydb.loaders.image import UNUSABLE, read_catalogue
from quarrydb.store.shards import Store
from quarrydb.workers.dask_cluster import Workers, workers_for

if TYPE_CHECKING:
    import duckdb

    from quarrydb.project import Project


BATCH_SIZE = {"cpu": 1, "cuda": 16}


@dataclass(frozen=True)
class SegmentResult:
    """Site-years that were wanted, already stored, done now, what failed, and damaged images."""

    n_planned: int
    n_kept: int
    n_done: int
    failures: tuple[str, ...]
    damaged_images: tuple[str, ...] = ()


def chosen_years(project: Project, wanted: tuple[int, int] | None) -> list[int]:
    """The project's years, or those of them from the first to the last that is ``wanted``."""
    section = project.segmentation
    if section is None or not section.image_years:
        raise SourceError(
            f"{project.file} names no images to segment. Add [segmentation] with images, model, years."
        )
    if wanted is None:
        return section.image_years
    first, last = wanted
    years = [year for year in section.image_years if first <= year <= last]
    if not years:
        raise SourceError(
            f"{first}-{last} lies outside the project's years {section.image_years[0]}-"
            f"{section.image_years[-1]}. Change years in [segmentation]."
        )
    return years


def segment(
    project: Project,
    years: Sequence[int],
    *,
    workers: int,
    device: str,
    progress: Progress,
    batch_size: int | None = None,
    scheduler: str | None = None,
    use_dask: bool = False,
    engine: Engine = "torch",
    fetch: bool = False,
    everywhere: bool = False,
) -> SegmentResult:
    """Predict every site and year that the store lacks; failed ones are tried again.

    On a CPU chips go through the model one by one: a batch is no faster there, and its sums are
    rounded otherwise, so that a run that was stopped would not end with the same digits.

    ``scheduler`` and ``use_dask`` as for a build.

    The project's database must be built: it says where the sites are and which images to take.
    """
    model, sensor, store = find_model(project), sensor_of(project), Store(project.cache)
    record = read_record(model).for_sensor(sensor)
    with connect(project.database) as connection:
        plan = plan_site_years(connection, years, record, project.root, median_of(project))
        damaged = damaged_images(connection, project, years)
    plan = sites_and_blocks(plan, project) if everywhere else sites(plan)
    status = stored_status(store, [item.key for item in plan])
    left = [item for item in plan if status.get(item.key) != "done"]
    left = fetched_images(left, project, record, fetch=fetch, progress=progress)
    if not left:  # a model takes seconds to load
        return SegmentResult(len(plan), len(plan), 0, (), damaged)
    device = pick_device(device, engine)
    settings = PredictSettings(
        model,
        batch_size=batch_size or BATCH_SIZE[device],
        device=device,
        precision="no" if device == "cpu" else "bf16",
        engine=engine,
        sensor=sensor,
    )
    where = workers_for(workers, scheduler=scheduler, use_dask=use_dask, store=store.root)
    with where as pool, progress.task("Segment", len(left), "chips") as task:
        outcome = predict_all(left, store, settings, pool, task.advance)
    n_kept = len(plan) - len(left)
    return SegmentResult(len(plan), n_kept, outcome.n_done, outcome.failures, damaged)


def sites(plan: Sequence[SiteYear]) -> list[SiteYear]:
    """The known sites of a plan, without the blocks between them."""
    return [item for item in plan if not is_block(item)]


def sites_and_blocks(plan: list[SiteYear], project: Project) -> list[SiteYear]:
    """All of a plan; SourceError where it has no block."""
    if not any(is_block(item) for item in plan):
        raise SourceError(
            f"{project.file} has no block with an image. Name an area: [segmentation.area] path, or set "
            "block_scenes in [parameters], and check the images' years."
        )
    return plan


def predict_all(
    items: Sequence[SiteYear],
    store: Store,
    settings: PredictSettings,
    pool: Workers,
    advance: Callable[[int], None],
) -> Outcome:
    """Predict sites and years into the store; what became of all of them together."""
    n_done, failures = 0, list[str]()
    size = shard_rows(items, pool.n)
    for outcome in predict(
        items, store, settings, workers=pool.n, shard_rows=size, scheduler=pool.make
    ):
        n_done += outcome.n_done
        failures.extend(outcome.failures)
        advance(outcome.n_done + len(outcome.failures))
    return Outcome(n_done, tuple(failures))


def is_block(item: SiteYear) -> bool:
    """Whether a site is a block between the known ones."""
    return item.site.site_id.startswith("block-")


def fetched_images(
    items: Sequence[SiteYear],
    project: Project,
    record: ModelRecord,
    *,
    fetch: bool,
    progress: Progress,
) -> list[SiteYear]:
    """The items with local copies of what their images have on servers, fetched where that is allowed."""
    n_remote = sum(map(has_remote, items))
    if not n_remote:
        return list(items)
    fetcher = Fetcher(project.network.policy(may_fetch=fetch), Cache(project.network.cache))
    try:
        with progress.task("Fetch images", len(items), "sites and years") as task:
            return with_local_files(items, fetcher, record.bands, record.chip_px, task.advance)
    finally:
        fetcher.close()


def damaged_images(
    connection: duckdb.DuckDBPyConnection, project: Project, years: Sequence[int]
) -> tuple[str, ...]:
    """Images of these years that are damaged, missing or can't be placed: their sites aren't known."""
    section = project.segmentation
    if section is None or section.images is None or not section.images.is_there:
        return ()
    wanted = [item.image_id for item in read_catalogue(section.images.path) if item.year in years]
    query = """
        SELECT feature_id || ': ' || detail FROM raw.load_issue
        WHERE
            source = ?
            AND problem IN (SELECT unnest(?::VARCHAR[]))
            AND feature_id IN (SELECT unnest(?::VARCHAR[]))
        ORDER BY feature_id
    """
    return tuple(
        line for (line,) in connection.execute(query, [IMAGES, list(UNUSABLE), wanted]).fetchall()
    )


def shard_rows(items: Sequence[SiteYear], workers: int) -> int:
    """Rows of a shard: enough work for every process, at most 64, so that little is lost when
    killed.
    """
    return max(1, min(64, -(-len(items) // (4 * workers))))


def pick_engine(wanted: str) -> Engine:
    """``torch`` or ``openvino``; SourceError for anything else, MissingExtraError without it."""
    if wanted == "openvino":
        require("openvino")
        return "openvino"
    if wanted != "torch":
        raise SourceError(f"There is no engine {wanted}. Take torch or openvino.")
    return "torch"


def pick_device(wanted: str, engine: Engine = "torch") -> str:
    """``cpu`` or ``cuda``; ``auto`` takes a GPU where torch sees one and the engine runs on it."""
    torch = require("torch")
    if wanted not in ("auto", *BATCH_SIZE):
        raise SourceError(f"There is no device {wanted}. Take auto, {' or '.join(BATCH_SIZE)}.")
    if wanted == "auto" and engine == "openvino":
        return "cpu"
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise SourceError("torch sees no GPU here. Take --device cpu.")
    return wanted
