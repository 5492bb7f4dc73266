"""Restrict a project with an area to the rasters that lie under its mines: no other is read or asked for."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from quarrydb.errors import SourceError
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster
from quarrydb.project import Project
from quarrydb.project.ground import Ground

MARGIN_DEGREES = 0.02  # a pixel of night lights beside a mine's edge is still of its raster
SAMPLES = 21


def restricted(project: Project) -> Project:
    """The project without local rasters off its ground; as it is where it has no area."""
    ground: Ground | None = project.ground
    if ground is None or not ground.is_restricted:
        return project
    update: dict[str, object] = {}
    if project.landcover is not None:
        kept = on_ground(project.landcover.path, ground, project.landcover.crs)
        update["landcover"] = project.landcover.model_copy(update={"path": kept})
    indicators = []
    for source in project.indicator:
        kept = on_ground(source.path, ground, source.crs)
        weights = source.weight_path and on_ground(source.weight_path, ground, source.crs)
        indicators.append(source.model_copy(update={"path": kept, "weight_path": weights}))
    return project.model_copy(update={**update, "indicator": indicators})


def on_ground(paths: Sequence[Path], ground: Ground, crs: str | None) -> list[Path]:
    """Rasters that any mine's box meets; all of them where none does, for the loader to say so."""
    with gdal_environment():
        kept = [path for path in paths if may_meet(path, ground, crs)]
    return kept or list(paths)


def may_meet(path: Path, ground: Ground, crs: str | None) -> bool:
    """Whether a local raster may lie under a mine; what can't be told is left to the loader."""
    if not path.is_file():
        return True
    try:
        with open_raster(path) as dataset:
            grid = grid_of(dataset, path, crs)
        box = lonlat_box(grid.extent, grid.projection)
    except (SourceError, ProjError):
        return True
    return not np.isfinite(box).all() or ground.meets(box)


def lonlat_box(extent: Sequence[float], crs: CRS) -> np.ndarray:
    """West, south, east, north of an extent in another CRS, a little wider; infinite where it has none."""
    left, bottom, right, top = extent
    if not crs.is_geographic:
        to_lonlat = Transformer.from_crs(crs, 4326, always_xy=True)
        left, bottom, right, top = to_lonlat.transform_bounds(
            left, bottom, right, top, densify_pts=SAMPLES
        )
        if left > right:  # over the date line
            left, right = -180.0, 180.0
    box = shapely.bounds(shapely.buffer(shapely.box(left, bottom, right, top), MARGIN_DEGREES))
    return np.asarray(box)
