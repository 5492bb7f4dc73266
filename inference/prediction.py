"""Load what ``quarry segment`` stored into the yearly tables ``segmentation.mine_YYYY``.

The same plan that says what to segment says which stored rows belong to this build: those made from
the sites, images, model and settings as they are now. Nothing is predicted here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.database.connection import connect
from quarrydb.errors import BuildError, SourceError
from quarrydb.inference.chips import Site
from quarrydb.inference.model import model_folder
from quarrydb.inference.predict import KIND, REVISION, PredictSettings, SiteYear
from quarrydb.inference.record import RECORD_FILE, ModelRecord, read_record
from quarrydb.loaders.footprint import SCHEMA, SITE_SCHEMA, yearly_table
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.project import Project
from quarrydb.project.segmentation import Segmentation
from quarrydb.store.shards import Store, fingerprint

READS = ("core.site", "main.image_choice", "raw.image", "raw.point")
# What of a model's record says nothing about its predictions.
BESIDE_THE_POINT = {"name", "licence", "source", "metric"}


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
    shards = shard_files(Store(project.cache))
    return [
        LoadStep(
            name="predictions",
            writes=(
                *(yearly_table(year) for year in section.image_years),
                "raw.segmented_site",
                "raw.point_probability",
            ),
            run=partial(run_predictions, section=section, folder=find_model(project)),
            files=(find_model(project) / RECORD_FILE,),
            config={
                "years": section.image_years,
                "results": stored_results(shards),
                "settings": settings_of(project).shaping(),
            },
            reads=READS,
            revision=REVISION,
            keeps=tuple(shards),
        )
    ]


def find_model(project: Project) -> Path:
    """The folder of the project's model; SourceError where it names none."""
    section = project.segmentation
    if section is None or section.model is None:
        raise SourceError(f'{project.file} names no model. Add model = "..." to [segmentation].')
    near = project.root / section.model
    if (near / RECORD_FILE).is_file():
        return near
    shipped = model_folder(section.model)
    return shipped if (shipped / RECORD_FILE).is_file() else near


def has_model(project: Project) -> bool:
    """Whether the model's folder is there: a project may be built before its model is trained."""
    return (find_model(project) / RECORD_FILE).is_file()


def settings_of(project: Project) -> PredictSettings:
    """How this project's probabilities become polygons."""
    folder = find_model(project)
    section = project.segmentation
    return settings_in(section, folder) if section else PredictSettings(folder)


def settings_in(section: Segmentation, folder: Path) -> PredictSettings:
    """How a section's probabilities become polygons, with the model in ``folder``."""
    return PredictSettings(
        model=folder,
        threshold=section.threshold,
        mode=section.outline,
        fill_holes=section.fill_holes,
        tolerance_px=section.simplify_px,
    )


def shard_files(store: Store) -> list[Path]:
    """All stored shards of predictions."""
    return sorted(store.path(KIND, "x").parent.glob("*.parquet"))


@contextmanager
def readable(shards: Sequence[Path]) -> Iterator[None]:
    """BuildError that names the damaged shards where a query that reads them fails."""
    try:
        yield
    except duckdb.Error as error:
        damaged = [str(shard) for shard in shards if not is_whole(shard)]
        if not damaged:
            raise
        raise BuildError(
            f"Stored predictions are damaged: {', '.join(damaged)}. Delete them and run quarry segment: "
            "it predicts their sites and years again."
        ) from error


def is_whole(shard: Path) -> bool:
    """Whether every column of a Parquet file can be read."""
    try:
        pq.read_table(shard)
    except (pa.ArrowException, OSError):
        return False
    return True


def stored_results(shards: Sequence[Path]) -> str:
    """Hash of what the shards hold, however it is spread over them: a killed run spreads it otherwise."""
    if not shards:
        return ""
    with readable(shards), connect() as connection:
        rows = connection.execute(
            """
            SELECT md5(string_agg(key || status || coalesce(reason, ''), ',' ORDER BY key, status, reason))
            FROM (SELECT DISTINCT key, status, reason FROM read_parquet(?))
            """,
            [[str(shard) for shard in shards]],
        ).fetchall()
    return str(rows[0][0])


def plan_site_years(
    connection: duckdb.DuckDBPyConnection,
    years: Sequence[int],
    settings: PredictSettings,
    record: ModelRecord,
    root: Path,
) -> list[SiteYear]:
    """Every site and year that has an image, with the key of its result, sites near each other
    together.

    The key is made from the model, the settings, the square, the images' bytes and the points in
    it.
    """
    rows = connection.execute(
        """
        SELECT
            site.site_id, site.longitude, site.latitude, site.side_m, image_choice.year,
            list(image.path ORDER BY image_choice.priority) AS paths,
            list(image.bands ORDER BY image_choice.priority) AS bands,
            list(image.sha256 ORDER BY image_choice.priority) AS checksums
        FROM core.site
        INNER JOIN main.image_choice ON site.site_id = image_choice.site_id
        INNER JOIN raw.image ON image_choice.image_id = image.image_id
        WHERE list_contains(?, image_choice.year)
        GROUP BY ALL
        ORDER BY image_choice.year, site.site_id
        """,
        [list(years)],
    ).fetchall()
    rows.sort(key=lambda row: (row[4], round(row[1]), round(row[2])))
    points = points_by_site(connection)
    common = fingerprint(
        REVISION,
        record.model_dump(mode="json", exclude=BESIDE_THE_POINT),
        replace(settings, threshold=settings.threshold or record.threshold).shaping(),
    )
    return [_site_year(row, points.get((row[0], row[4]), ()), common, root) for row in rows]


def _site_year(row: Any, points: Sequence[Any], common: str, root: Path) -> SiteYear:
    site_id, longitude, latitude, side_m, year, paths, bands, checksums = row
    key = fingerprint(common, longitude, latitude, side_m, year, checksums, bands, list(points))
    images = tuple(
        ImageSource(root / path, tuple(names)) for path, names in zip(paths, bands, strict=True)
    )
    return SiteYear(key, Site(site_id, longitude, latitude, side_m), year, images, tuple(points))


def points_by_site(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, int], list[tuple[str, float, float]]]:
    """Labelled points (id, longitude, latitude) inside each site's square, by site and year."""
    found: dict[tuple[str, int], list[tuple[str, float, float]]] = {}
    for site_id, year, *point in connection.execute(
        """
        SELECT site.site_id, point.year, point.point_id, ST_X(point.geometry), ST_Y(point.geometry)
        FROM core.site
        INNER JOIN raw.point ON ST_Intersects(site.geometry, point.geometry)
        ORDER BY site.site_id, point.year, point.point_id
        """
    ).fetchall():
        found.setdefault((site_id, year), []).append(tuple(point))
    return found


def stored_status(store: Store, keys: Sequence[str]) -> dict[str, str]:
    """Whether each key that is stored is done or failed; a key that was done once is done."""
    files = shard_files(store)
    if not files:
        return {}
    with readable(files), connect() as connection:
        rows = connection.execute(
            "SELECT key, min(status) FROM read_parquet(?) GROUP BY key", [[str(f) for f in files]]
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
        settings, record = settings_of(project), read_record(find_model(project))
        plan = plan_site_years(connection, section.image_years, settings, record, project.root)
        wanted = [item.key for item in plan]
    if not files:
        return {}
    with connect() as reader:  # the database's own connection opens no other file
        rows = reader.execute(
            """
            SELECT filename, any_value(model_id), min(year), max(year), count(*)
            FROM read_parquet(?, filename = true)
            GROUP BY filename
            HAVING NOT bool_or(list_contains(?::VARCHAR[], key))
            ORDER BY filename
            """,
            [[str(file) for file in files], wanted],
        ).fetchall()
    return {Path(name): StaleShard(*facts) for name, *facts in rows}


def run_predictions(context: LoadContext, *, section: Segmentation, folder: Path) -> Loaded:
    """The stored rows of the current plan, one table a year, and what became
    of each site and year.
    """
    record = read_record(folder)
    settings = settings_in(section, folder)
    plan = plan_site_years(context.connection, section.image_years, settings, record, context.root)
    wanted = pa.table(
        {
            "key": pa.array([item.key for item in plan], pa.string()),
            "site_id": pa.array([item.site.site_id for item in plan], pa.string()),
            "year": pa.array([item.year for item in plan], pa.int32()),
        }
    )
    cursor = context.connection.cursor()
    cursor.register("wanted", wanted)
    shards = shard_files(context.store)
    with readable(shards):
        _make_chosen(cursor, shards)
    tables = {year: yearly_polygons(cursor, year) for year in section.image_years}
    return {
        **{yearly_table(year): table for year, table in tables.items()},
        "raw.segmented_site": site_status(cursor, section.image_years),
        "raw.point_probability": _query(cursor, POINT_QUERY),
    }


def _make_chosen(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """One stored row for each wanted key that has any: done before failed."""
    if not files:
        connection.execute(
            "CREATE TEMP TABLE chosen AS SELECT *, NULL::VARCHAR AS model_id, NULL::DOUBLE AS threshold, "
            "NULL::VARCHAR AS status, NULL::VARCHAR AS reason, "
            "NULL::STRUCT(geometry BLOB, mean_probability DOUBLE)[] AS polygon, "
            "NULL::STRUCT(point_id VARCHAR, probability DOUBLE)[] AS point FROM wanted WHERE FALSE"
        )
        return
    connection.execute(
        """
        CREATE TEMP TABLE chosen AS
        SELECT DISTINCT ON (wanted.key)
            wanted.key, wanted.site_id, wanted.year, shard.model_id, shard.threshold,
            shard.status, shard.reason, shard.polygon, shard.point
        FROM read_parquet(?) AS shard
        INNER JOIN wanted ON shard.key = wanted.key
        ORDER BY wanted.key, shard.status, shard.reason
        """,
        [[str(file) for file in files]],
    )


POLYGON_QUERY = """
WITH numbered AS (
    SELECT site_id, year, model_id, threshold, unnest(polygon) AS polygon,
        unnest(range(1, len(polygon) + 1)) AS number
    FROM chosen
    WHERE year = ? AND status = 'done'
)

SELECT
    site_id || '-' || year || '-' || number AS footprint_id,
    year,
    site_id,
    'segmentation' AS dataset,
    model_id,
    threshold,
    polygon.mean_probability AS mean_probability,
    polygon.geometry AS geometry
FROM numbered
ORDER BY footprint_id
"""

POINT_QUERY = """
WITH sampled AS (
    SELECT site_id, unnest(point) AS point FROM chosen WHERE status = 'done'
)

SELECT point.point_id AS point_id, site_id, point.probability AS probability
FROM sampled
ORDER BY point_id, site_id
"""

STATUS_QUERY = """
WITH site_year AS (
    SELECT site.site_id, years.year
    FROM core.site CROSS JOIN (SELECT unnest(?::INTEGER[]) AS year) AS years
)

SELECT
    'segmentation' AS dataset,
    site_year.site_id,
    site_year.year,
    CASE WHEN wanted.key IS NULL THEN 'no image' ELSE coalesce(chosen.status, 'pending') END AS status,
    chosen.reason,
    CASE WHEN chosen.status = 'done' THEN len(chosen.polygon) END AS n_polygons
FROM site_year
LEFT JOIN wanted ON site_year.site_id = wanted.site_id AND site_year.year = wanted.year
LEFT JOIN chosen ON wanted.key = chosen.key
ORDER BY site_year.site_id, site_year.year
"""


def yearly_polygons(connection: duckdb.DuckDBPyConnection, year: int) -> pa.Table:
    """The rows of one yearly table."""
    return _query(connection, POLYGON_QUERY, [year]).cast(SCHEMA)


def site_status(connection: duckdb.DuckDBPyConnection, years: Sequence[int]) -> pa.Table:
    """What became of every site in every year: done, failed, pending or no image."""
    return _query(connection, STATUS_QUERY, [list(years)]).cast(SITE_SCHEMA)


def _query(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    values: Sequence[Any] | Mapping[str, Any] = (),
) -> pa.Table:
    return connection.execute(query, values).to_arrow_table()
