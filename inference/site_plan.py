"""What to segment: every site and year with an image, and the name of its result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.errors import SourceError
from quarrydb.fetch.address import is_remote
from quarrydb.inference.chips import Site
from quarrydb.inference.model import model_folder
from quarrydb.inference.predict import REVISION, SiteYear
from quarrydb.inference.record import RECORD_FILE, ModelRecord, read_record
from quarrydb.loaders.image_reader import BandFile, ImageSource
from quarrydb.project import Project
from quarrydb.store.shards import fingerprint

READS = ("core.site", "main.image_choice", "raw.image")
# Raise when other things are measured of images with a file a band: others keep their results.
LEVELS_REVISION = 1
# What of a model's record says nothing about its probabilities.
BESIDE_THE_POINT = {"name", "licence", "source", "metric", "threshold", "sensors"}


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


def sensor_of(project: Project) -> str | None:
    """The sensor of the project's images, where it is not the one that the model was trained on."""
    section = project.segmentation
    return section.images.sensor if section and section.images else None


def median_of(project: Project) -> int:
    """How many images of a site and year the median is taken of; 1 for the clearest alone."""
    section = project.segmentation
    return section.images.median_of if section and section.images else 1


def project_record(project: Project) -> ModelRecord:
    """The record of the project's model, as it is for the project's images; weights are not looked at."""
    record = read_record(find_model(project), check_weights=False)
    return record.for_sensor(sensor_of(project))


def has_model(project: Project) -> bool:
    """Whether the model's folder is there: a project may be built before its model is trained."""
    section = project.segmentation
    if section is None or section.model is None:
        return False
    return (find_model(project) / RECORD_FILE).is_file()


def plan_site_years(
    connection: duckdb.DuckDBPyConnection,
    years: Sequence[int],
    record: ModelRecord,
    root: Path,
    n_median: int = 1,
) -> list[SiteYear]:
    """Every site and year that has an image, with the key of its result, sites near each other
    together.

    The key is made from the model, the square, and bytes of the images; of those with a file a band also
    their ids, which name what was measured of them.
    """
    rows = connection.execute(
        """
        SELECT
            site.site_id, site.longitude, site.latitude, site.side_m, image_choice.year,
            list(image.image_id ORDER BY image_choice.priority) AS image_ids,
            list(image.path ORDER BY image_choice.priority) AS paths,
            list(image.bands ORDER BY image_choice.priority) AS bands,
            list(image.sha256 ORDER BY image_choice.priority) AS checksums,
            list(image.parts ORDER BY image_choice.priority) AS parts,
            list(image.masked_classes ORDER BY image_choice.priority) AS masked_classes
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
    common = fingerprint(REVISION, record.model_dump(mode="json", exclude=BESIDE_THE_POINT))
    return [_site_year(row, common, root, n_median) for row in rows]


def _site_year(row: Any, common: str, root: Path, n_median: int) -> SiteYear:
    site_id, longitude, latitude, side_m, year, ids, paths, bands, checksums, parts, masked = row
    wanted = [longitude, latitude, side_m, year, checksums, bands, masked, n_median]
    if any(parts):
        wanted.append([LEVELS_REVISION, ids])
    key = fingerprint(common, *wanted)
    images = tuple(
        replace(image_source(*one, root), image_id=image_id)
        for image_id, one in zip(ids, zip(paths, bands, parts, masked, strict=True), strict=True)
    )
    return SiteYear(key, Site(site_id, longitude, latitude, side_m), year, images, n_median)


def image_source(
    path: str, bands: Sequence[str], parts: Sequence[Any], masked: Sequence[int], root: Path
) -> ImageSource:
    """An image as the database has it; what lies on a server keeps its address."""

    def place(where: str) -> Path | str:
        return where if is_remote(where) else root / where

    files = tuple(
        BandFile(part["band"], place(part["path"]), part["scale"], part["offset"]) for part in parts
    )
    return ImageSource(place(path), tuple(bands), files, tuple(masked))
