"""Polygons from a field of logits: the line where the probability crosses the threshold, in the
ground's units.

cv2.findContours runs through pixel centres, so every polygon loses half a pixel all round (5 % of
the area of the study's mines). Here the threshold's isoline of the logit field is followed between
the cells' centres, on the decoder's own grid, which is four times coarser than the chip:
interpolating the logits first changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import shapely
from numpy.typing import NDArray

from quarrydb.inference.extras import require

Field = NDArray[np.float32]
Geometries = NDArray[Any]  # of shapely geometries
OutlineMode = Literal["contour", "pixel"]

POLYGON_TYPE = 3
# Share of the half pixel that simplifying may use; the rest is left for giving the area back.
SIMPLIFY_SHARE = 0.5


def logit(probability: float) -> float:
    """Log-odds of a probability between 0 and 1."""
    return math.log(probability) - math.log1p(-probability)


def outline(
    field: Field,
    threshold: float,
    *,
    cell_px: float = 4.0,
    mode: OutlineMode = "contour",
    tolerance_px: float = 0.5,
    minimum_px2: float = 1.0,
) -> list[shapely.Polygon]:
    """Valid polygons, in chip pixels (x right, y down, from the corner), where the probability is
    at least ``threshold``.

    ``field`` holds the mine's logit at the centres of cells of ``cell_px`` pixels, shape (rows,
    columns). ``contour`` follows the isoline and simplifies within ``tolerance_px``; ``pixel``
    gives the exact outline of the mask's pixels, unsimplified. Holes are kept. Polygons under
    ``minimum_px2`` square pixels are dropped.
    """
    if mode == "pixel":
        found = pixel_polygons(pixel_mask(field, threshold, int(cell_px)))
    else:
        found = contour_polygons(field, logit(threshold), cell_px)
    if mode == "contour" and tolerance_px > 0:
        found = simplify_keeping_area(found, tolerance_px)
    return [polygon for polygon in found if polygon.area >= minimum_px2]


def contour_polygons(field: Field, level: float, cell_px: float) -> list[shapely.Polygon]:
    """Where ``field`` >= ``level``, as polygons with holes, closed along the field's edge."""
    contourpy = require("contourpy")
    if not (field >= level).any():
        return []
    padded = np.pad(field.astype(np.float64), 1, mode="edge")
    # A value that equals the level makes rings of no width: move it up by one float32 step.
    padded[padded == level] = np.nextafter(np.float32(level), np.float32(np.inf), dtype=np.float32)
    generator = contourpy.contour_generator(
        _node_positions(field.shape[1]) * cell_px,
        _node_positions(field.shape[0]) * cell_px,
        padded,
        name="serial",
        fill_type=contourpy.FillType.OuterOffset,
    )
    points, offsets = generator.filled(level, np.inf)
    return list(valid_parts(_polygons(points, offsets))[0])


def _node_positions(n: int) -> NDArray[np.float64]:
    """Cell centres 0.5 ... n - 0.5 with a node on either edge: beyond the last centre the field
    stays as it is.
    """
    return np.concatenate([[0.0], np.arange(n) + 0.5, [float(n)]])


def _polygons(
    points: Sequence[NDArray[np.float64]], offsets: Sequence[NDArray[np.uint32]]
) -> Geometries:
    """One polygon for each array of points; ``offsets`` say where its rings begin, the shell first."""
    lengths = [np.diff(splits.astype(np.int64)) for splits in offsets]
    ring_of_point = np.repeat(np.arange(sum(map(len, lengths))), np.concatenate(lengths))
    polygon_of_ring = np.repeat(np.arange(len(lengths)), [len(rings) for rings in lengths])
    rings = shapely.linearrings(np.concatenate(points), indices=ring_of_point)
    return np.asarray(shapely.polygons(rings, indices=polygon_of_ring))


def valid_parts(
    geometries: Sequence[shapely.Geometry] | Geometries,
) -> tuple[Geometries, NDArray[np.int64]]:
    """The polygons of some geometries, repaired where two rings cross or touch along a line, and
    the number of the geometry that each comes from.
    """
    found = np.array(geometries, dtype=object)
    broken = ~shapely.is_valid(found)
    if broken.any():
        found[broken] = shapely.make_valid(found[broken], method="structure", keep_collapsed=False)
    parts, index = shapely.get_parts(found, return_index=True)
    is_polygon = (shapely.get_type_id(parts) == POLYGON_TYPE) & ~shapely.is_empty(parts)
    return parts[is_polygon], index[is_polygon]


def simplify_keeping_area(
    polygons: Sequence[shapely.Polygon], tolerance_px: float
) -> list[shapely.Polygon]:
    """Fewer vertices, within ``tolerance_px`` of the outlines, and the areas kept.

    Dropping vertices cuts convex outlines and so takes area; the difference is given back by moving
    the outline by area / length, and where that would use up the tolerance the polygon stays as it
    was.
    """
    if not len(polygons):
        return []
    whole = np.asarray(polygons, dtype=object)
    simple = shapely.simplify(whole, tolerance_px * SIMPLIFY_SHARE, preserve_topology=True)
    fits = np.ones(len(whole), bool)
    for _ in range(2):
        length = shapely.length(simple)
        shift = np.divide(
            shapely.area(whole) - shapely.area(simple), length, where=length > 0, out=length * 0
        )
        fits &= (length > 0) & (np.abs(shift) <= tolerance_px * (1 - SIMPLIFY_SHARE) / 2)
        simple[fits] = shapely.buffer(
            simple[fits], shift[fits], join_style="mitre", mitre_limit=2.0
        )
    return list(valid_parts(np.where(fits, simple, whole))[0])


def upsample(field: Field, factor: int) -> Field:
    """Bilinear resize by a whole ``factor``, cell centres aligned, edge values kept
    (align_corners=False).
    """
    return _upsample_axis(_upsample_axis(field, factor, 0), factor, 1)


def _upsample_axis(field: Field, factor: int, axis: int) -> Field:
    n = field.shape[axis]
    position = np.clip((np.arange(n * factor) + 0.5) / factor - 0.5, 0, n - 1)
    low = np.minimum(position.astype(int), max(n - 2, 0))
    shape = [1, 1]
    shape[axis] = -1
    weight = (position - low).astype(np.float32).reshape(shape)
    high = np.minimum(low + 1, n - 1)
    return field.take(low, axis) * (1 - weight) + field.take(high, axis) * weight


def pixel_mask(field: Field, threshold: float, factor: int) -> NDArray[np.bool_]:
    """The chip's pixels whose interpolated probability is at least ``threshold``."""
    return upsample(field, factor) >= logit(threshold)


def pixel_polygons(mask: NDArray[np.bool_]) -> list[shapely.Polygon]:
    """The exact outlines of a mask's pixels, 4-connected, with holes: areas
    are counts of pixels.
    """
    from rasterio import features

    shapes = features.shapes(mask.astype(np.uint8), mask=mask, connectivity=4)
    return list(valid_parts([shapely.geometry.shape(shape) for shape, _ in shapes])[0])


def mean_probability(
    field: Field, polygons: Sequence[shapely.Polygon], cell_px: float
) -> list[float]:
    """Mean probability of the cells whose centre lies in each polygon, or of the nearest cell where
    none does.
    """
    probability = 1 / (1 + np.exp(-field.astype(np.float64)))
    return [_mean_inside(probability, polygon, cell_px) for polygon in polygons]


def _mean_inside(values: NDArray[np.float64], polygon: shapely.Polygon, cell_px: float) -> float:
    rows, columns = values.shape
    left, top, right, bottom = shapely.bounds(polygon) / cell_px
    x = np.arange(max(0, math.floor(left)), min(columns, math.ceil(right)))
    y = np.arange(max(0, math.floor(top)), min(rows, math.ceil(bottom)))
    xs, ys = np.meshgrid((x + 0.5) * cell_px, (y + 0.5) * cell_px)
    shapely.prepare(polygon)
    inside = shapely.contains_xy(polygon, xs.ravel(), ys.ravel())
    if not inside.any():
        return _nearest_value(values, polygon, cell_px)
    found = values[y[0] : y[-1] + 1, x[0] : x[-1] + 1].ravel()[inside]
    return float(found.mean())


def _nearest_value(values: NDArray[np.float64], polygon: shapely.Polygon, cell_px: float) -> float:
    point = polygon.representative_point()
    row = min(int(point.y / cell_px), values.shape[0] - 1)
    column = min(int(point.x / cell_px), values.shape[1] - 1)
    return float(values[row, column])
