"""The kept probabilities as cloud-optimised GeoTIFFs, one a site and year."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.io import MemoryFile
from rasterio.shutil import copy as raster_copy

from quarrydb.database.connection import connect
from quarrydb.errors import SourceError
from quarrydb.files import replacing, writing
from quarrydb.inference.chips import site_year_name
from quarrydb.inference.prediction import choose_rows, shard_files
from quarrydb.inference.prediction_sql import FILES
from quarrydb.inference.probability import ProbabilityField, field_of
from quarrydb.inference.shaping import stored_rows
from quarrydb.inference.site_plan import median_of, plan_site_years, project_record
from quarrydb.store.shards import Store

if TYPE_CHECKING:
    from quarrydb.project import Project

FOLDER = "probability"


def export_probability(
    project: Project, folder: Path, advance: Callable[[], None] = lambda: None
) -> int:
    """Write the probability of every site and year of the project, as it is now, into
    ``folder/probability/SITE_YEAR.tif``: float32 from 0 to 1, NaN where nothing was seen. How many.

    SourceError where nothing is segmented, or a site's id is no name. The database must be built.
    """
    files = kept_files(project)
    with writing(folder):
        (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    n = 0
    for file, keys in files:
        for row in stored_rows(file, keys):
            name = site_year_name(row["site_id"], row["year"])
            write_field(folder / FOLDER / f"{name}.tif", row)
            n += 1
            advance()
    return n


def kept_files(
    project: Project, site_years: Container[tuple[str, int]] | None = None
) -> list[tuple[Path, list[str]]]:
    """Files of the store with probabilities of the project, as it is now, each with the keys of its rows.

    ``site_years`` None: of all sites and years. SourceError where nothing is segmented. The database must
    be built.
    """
    section = project.segmentation
    if section is None or not section.image_years:
        raise SourceError(f"{project.file} segments nothing, so it has no probability.")
    with connect(project.database) as connection:
        plan = plan_site_years(
            connection,
            section.image_years,
            project_record(project),
            project.root,
            median_of(project),
        )
    if site_years is not None:
        plan = [item for item in plan if (item.site.site_id, item.year) in site_years]
    with connect() as cursor:
        choose_rows(cursor, plan, shard_files(Store(project.cache)))
        files = cursor.execute(FILES).fetchall()
    if not files:
        raise SourceError(
            f"{project.root} has no probability yet. Segment first: quarry segment {project.root}"
        )
    return [(Path(file), keys) for file, keys, _ in files]


def probability_of(found: ProbabilityField) -> NDArray[np.float32]:
    """Probabilities of a field, shape (rows, columns); NaN where nothing was seen."""
    probability = (1 / (1 + np.exp(-found.logits.astype(float)))).astype(np.float32)
    probability[found.n_seen == 0] = np.nan
    return probability


def write_field(path: Path, row: Mapping[str, Any]) -> None:
    """One field as a COG with model, site and year in its tags."""
    found: ProbabilityField = field_of(row)
    probability = probability_of(found)
    profile = {
        "driver": "GTiff",
        "width": probability.shape[1],
        "height": probability.shape[0],
        "count": 1,
        "dtype": "float32",
        "crs": found.crs,
        "transform": rasterio.Affine(*found.transform),
        "nodata": np.nan,
    }
    with replacing(path) as temporary, MemoryFile() as memory:
        with memory.open(**profile) as dataset:
            dataset.write(probability, 1)
            dataset.set_band_description(1, "probability")
            dataset.update_tags(
                model_id=row["model_id"], site_id=row["site_id"], year=str(row["year"])
            )
        with memory.open() as dataset:
            raster_copy(dataset, temporary, driver="COG", compress="DEFLATE", predictor="YES")
