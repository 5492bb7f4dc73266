"""Load objects of stable vegetation into ``raw.stable_green``: ready polygons, or rasters to take them from.

A pixel is stable green where no break of its time series was found and the newest land cover is
vegetated (Xu et al. 2025, section 2.1). Pixels that share an edge form an object. Rasters are read in
windows around merged mine polygons, wide enough that an object crossing a mine's edge is seen to cross it.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely
from pyproj import CRS, Transformer
from rasterio.io import DatasetReader
from rasterio.windows import Window

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import Faults, SourceError
from quarrydb.fetch.copy import as_windows, is_copy
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.landcover_legend import MINE_RELATED, Legend, legend_files, read_legend
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.provenance import Load, issue_table, load_table, relative_path
from quarrydb.loaders.raster import (
    content_sha256,
    gdal_environment,
    grid_of,
    input_files,
    kind_of,
    open_raster,
)
from quarrydb.loaders.raster_nearest import NearestReader, read_band
from quarrydb.loaders.vector import vector_step
from quarrydb.loaders.vector_file import VectorData
from quarrydb.project import Project
from quarrydb.project.sources import BreakRaster

REVISION = 3
SOURCE = "stable green"
VEGETATED = ("cropland", "sparse vegetation", "dense vegetation")
METRES_PER_DEGREE = 111_195.08
PIXEL_LIMIT = 4_000_000_000

Box = tuple[int, int, int, int]


def steps(project: Project) -> list[LoadStep]:
    """A step for ready polygons and one for each pair of rasters."""
    section = project.stable_green
    if section is None:
        return []
    found = [raster_step(raster, number) for number, raster in enumerate(section.raster, start=1)]
    if section.polygons is not None:
        step = vector_step(SOURCE, SOURCE, SOURCE, "raw.stable_green", section.polygons, no_columns)
        found.append(step)
    return found


def no_columns(data: VectorData, where: str) -> tuple[list[str], Columns]:
    """Objects keep their feature numbers and no attributes."""
    del where
    return data.ids, {}


def raster_step(section: BreakRaster, number: int) -> LoadStep:
    """A step that polygonises one raster of break counts around the mines."""
    return LoadStep(
        name=f"{SOURCE} raster {number}",
        writes=("raw.stable_green", "raw.load_file", "raw.load_issue"),
        run=partial(run_raster, section=section, source=f"{SOURCE} {number}"),
        files=(*input_files((section.path, section.landcover)), *legend_files(section.legend)),
        check=partial(check_rasters, section),
        config={
            "band": section.landcover_band,
            "legend": Path(section.legend).name,
            "crs": section.crs,
            "number": number,
        },
        reads=("core.merged",),
        parameters=("break_count_max", "green_window_m"),
        revision=REVISION,
    )


def check_rasters(section: BreakRaster) -> None:
    """SourceError with every fault that the legend and the headers of the two rasters show."""
    faults = Faults()
    with faults.gather():
        vegetated_codes(read_legend(section.legend))
    for path, band in ((section.path, 1), (section.landcover, section.landcover_band)):
        with faults.gather(), gdal_environment(), open_raster(path, header_only=True) as dataset:
            grid_of(dataset, path, section.crs)
            refuse_missing_band(dataset, path, band)
    faults.raise_all()


def refuse_missing_band(dataset: DatasetReader, path: Path, band: int) -> None:
    """SourceError where a file has no band of this number."""
    if band > dataset.count:
        raise SourceError(f"{path} has {dataset.count} bands, not {band}. Correct landcover_band.")


def run_raster(context: LoadContext, *, section: BreakRaster, source: str) -> Loaded:
    """Objects of stable green that meet a merged mine polygon."""
    row = context.connection.execute(
        "SELECT break_count_max, green_window_m FROM main.parameter"
    ).fetchone()
    break_count_max, window_m = row or (0, 0.0)
    merged = context.connection.execute(
        "SELECT ST_AsWKB(geometry) AS geometry FROM core.merged ORDER BY merged_key"
    ).to_arrow_table()
    mines = shapely.from_wkb(merged["geometry"].to_numpy())
    legend = read_legend(section.legend)
    with gdal_environment(), open_raster(section.path) as breaks:
        found = find_objects(context, breaks, section, mines, legend, break_count_max, window_m)
        objects = list(found)
        crs = grid_of(breaks, section.path, section.crs).crs
    kept = touching(np.array(objects, dtype=object), mines)
    return {
        "raw.stable_green": object_table(source, kept),
        "raw.load_file": load_table(
            raster_loads(context, section, source, crs, len(objects), len(kept))
        ),
        "raw.load_issue": issue_table([]),
    }


def find_objects(
    context: LoadContext,
    breaks: Any,
    section: BreakRaster,
    mines: npt.NDArray[np.object_],
    legend: Legend,
    break_count_max: int,
    window_m: float,
) -> Iterator[shapely.Geometry]:
    """Polygons (EPSG:4326) of all objects in the windows around ``mines``."""
    vegetated = vegetated_codes(legend)
    grid = grid_of(breaks, section.path, section.crs)
    regions = merge_boxes(pixel_boxes(mines, breaks, grid.crs, window_m))
    to_lonlat = Transformer.from_crs(CRS.from_user_input(grid.crs), 4326, always_xy=True)
    with (
        open_raster(section.landcover) as landcover,
        context.progress.task("stable green", len(regions), "windows") as task,
    ):
        refuse_missing_band(landcover, section.landcover, section.landcover_band)
        cover = NearestReader(
            landcover,
            section.landcover,
            grid_of(landcover, section.landcover, section.crs),
            section.landcover_band,
        )
        windows = [window_of(boxes, section.path) for boxes in regions]
        need_windows(context, section, windows, cover, grid)
        for boxes, window in zip(regions, windows, strict=True):
            counts, is_counted = read_band(breaks, section.path, window)
            codes, is_known = cover.read(grid, window)
            codes, is_code = legend.decoded(codes)
            green = is_counted & (counts <= break_count_max) & is_known & is_code
            green &= np.isin(codes, vegetated) & within_boxes(boxes)
            for polygon in polygonise(green, breaks.transform, outer_box(boxes)):
                yield shapely.transform(polygon, to_lonlat.transform, interleaved=False)
            task.advance()


def need_windows(
    context: LoadContext,
    section: BreakRaster,
    windows: Sequence[Window],
    cover: NearestReader,
    grid: Grid,
) -> None:
    """Have the blocks of remote rasters fetched that the windows need."""
    needed: dict[Path, npt.NDArray[np.int64]] = {}
    if is_copy(section.path):
        boxes = [(w.row_off, w.row_off + w.height, w.col_off, w.col_off + w.width) for w in windows]
        needed[section.path] = as_windows(boxes)
    if is_copy(section.landcover):
        found = [box for window in windows for box in cover.windows(grid, window)]
        needed[section.landcover] = as_windows(found)
    context.need(needed)


def vegetated_codes(legend: Legend) -> npt.NDArray[np.int64]:
    """Codes of the legend that mean vegetation: all but mine-related, unclassified and no data."""
    codes = [row.code for row in legend.classes if row.category in VEGETATED]
    if not codes:
        raise SourceError(
            f"The legend has no vegetated class. Give some the category {' or '.join(VEGETATED)}; "
            f"{MINE_RELATED} is the opposite."
        )
    return np.array(codes, dtype=np.int64)


def pixel_boxes(
    mines: npt.NDArray[np.object_], breaks: Any, crs: str, window_m: float
) -> list[Box]:
    """Windows (row_first, row_end, column_first, column_end) around each mine, clipped to the raster."""
    if not len(mines):
        return []
    target = CRS.from_user_input(crs)
    bounds = shapely.bounds(mines)
    middle = np.clip((bounds[:, 1] + bounds[:, 3]) / 2, -85, 85)
    north = np.full(len(bounds), window_m / METRES_PER_DEGREE)
    east = north / np.cos(np.radians(middle))
    wide = bounds + np.stack([-east, -north, east, north], axis=1)
    if not target.is_geographic:
        transformer = Transformer.from_crs(4326, target, always_xy=True)
        wide = np.array([transformer.transform_bounds(*row) for row in wide])
    corners_x, corners_y = wide[:, [0, 2]], wide[:, [1, 3]]
    columns, rows = ~breaks.transform * (corners_x, corners_y)
    first = np.floor(np.stack([rows.min(axis=1), columns.min(axis=1)], axis=1)).astype(int)
    last = np.ceil(np.stack([rows.max(axis=1), columns.max(axis=1)], axis=1)).astype(int)
    first = np.maximum(first, 0)
    last = np.minimum(last, [breaks.height, breaks.width])
    return [
        (int(r0), int(r1), int(c0), int(c1))
        for (r0, c0), (r1, c1) in zip(first, last, strict=True)
        if r1 > r0 and c1 > c0
    ]


def merge_boxes(boxes: Sequence[Box]) -> list[list[Box]]:
    """Groups of boxes that touch each other, so that no object is seen twice; in raster order."""
    if not boxes:
        return []
    shapes = shapely.box(*np.array([(c0, r0, c1, r1) for r0, r1, c0, c1 in boxes], dtype=float).T)
    regions = shapely.get_parts(shapely.union_all(shapes))
    members = shapely.STRtree(regions).query(shapes, predicate="intersects")
    groups: dict[int, list[Box]] = {}
    for box, region in members.T.tolist():
        groups.setdefault(region, []).append(boxes[box])
    return sorted((sorted(group) for group in groups.values()), key=outer_box)


def outer_box(boxes: Sequence[Box]) -> Box:
    """The smallest box around ``boxes``."""
    rows_first, rows_end, columns_first, columns_end = zip(*boxes, strict=True)
    return min(rows_first), max(rows_end), min(columns_first), max(columns_end)


def window_of(boxes: Sequence[Box], path: Path) -> Window:
    """The window around ``boxes``; SourceError where it is larger than any memory."""
    r0, r1, c0, c1 = outer_box(boxes)
    if (r1 - r0) * (c1 - c0) > PIXEL_LIMIT:
        raise SourceError(
            f"{path}: the mines' windows form a region of {r1 - r0:,} x {c1 - c0:,} pixels. "
            "Lower green_window_m, or give ready polygons."
        )
    return Window(c0, r0, c1 - c0, r1 - r0)


def within_boxes(boxes: Sequence[Box]) -> npt.NDArray[np.bool_]:
    """Which pixels of the window around ``boxes`` lie in one of them."""
    r0, r1, c0, c1 = outer_box(boxes)
    inside = np.zeros((r1 - r0, c1 - c0), bool)
    for first, end, left, right in boxes:
        inside[first - r0 : end - r0, left - c0 : right - c0] = True
    return inside


def polygonise(
    green: npt.NDArray[np.bool_], transform: Any, box: Box
) -> Iterator[shapely.Geometry]:
    """Outlines, in the raster's CRS, of pixels that share an edge."""
    from rasterio.features import shapes
    from rasterio.transform import Affine

    shifted = transform * Affine.translation(box[2], box[0])
    found = shapes(green.astype(np.uint8), mask=green, connectivity=4, transform=shifted)
    for geometry, _ in found:
        polygon = shapely.geometry.shape(geometry)
        yield polygon if shapely.is_valid(polygon) else shapely.make_valid(polygon)


def touching(
    objects: npt.NDArray[np.object_], mines: npt.NDArray[np.object_]
) -> npt.NDArray[np.object_]:
    """The objects that share at least a point with a mine."""
    if not len(objects) or not len(mines):
        return objects[:0]
    hits = shapely.STRtree(mines).query(objects, predicate="intersects")[0]
    return objects[np.unique(hits)]


def object_table(source: str, objects: npt.NDArray[np.object_]) -> pa.Table:
    """Rows of ``raw.stable_green``."""
    parts, index = shapely.get_parts(objects, return_index=True)
    n = len(parts)
    part = np.arange(n) - np.searchsorted(index, index) + 1
    return pa.table(
        {
            "source": pa.array([source] * n, pa.string()),
            "source_id": pa.array([str(i + 1) for i in index], pa.string()),
            "part": pa.array(part, pa.int32()),
            "geometry": pa.array(shapely.to_wkb(parts), pa.binary()),
        }
    )


def raster_loads(
    context: LoadContext, section: BreakRaster, source: str, crs: str, n_found: int, n_kept: int
) -> list[Load]:
    """What was read: the break counts with the objects found and kept, and the land cover."""
    return [
        Load(
            source=source,
            kind=kind,
            path=relative_path(path, context.root),
            layer=layer,
            sha256=content_sha256(path, context.checksums),
            driver=kind_of(path),
            n_rows_read=read,
            n_rows_kept=kept,
            crs=crs,
        )
        for kind, path, layer, read, kept in (
            ("break counts", section.path, None, n_found, n_kept),
            ("land cover", section.landcover, f"band {section.landcover_band}", 0, 0),
        )
    ]
