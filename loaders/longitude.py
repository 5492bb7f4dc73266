"""Bring longitudes into -180 to 180, and cut polygons where the map ends."""

import numpy as np
import numpy.typing as npt
import shapely

from quarrydb.loaders.repair import polygons_only, repaired

# A map may be drawn from 0 to 360, or past its edge to keep an island whole; further east is no place.
LIMIT_DEGREES = 360.0
EDGE_DEGREES = 1e-9
HALF_TURN = 180.0


def on_globe(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Whether all of a geometry lies within 360 degrees of Greenwich and between the poles."""
    if not len(geometry):
        return np.ones(0, dtype=bool)
    xmin, ymin, xmax, ymax = shapely.bounds(geometry).T
    limit = LIMIT_DEGREES + EDGE_DEGREES
    good = (xmin >= -limit) & (xmax <= limit) & (ymin >= -90 - EDGE_DEGREES)
    return np.asarray(good & (ymax <= 90 + EDGE_DEGREES))


def beyond_edge(geometry: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Positions of the geometries that reach over 180 degrees east or west."""
    if not len(geometry):
        return np.zeros(0, dtype=np.int64)
    xmin, _, xmax, _ = shapely.bounds(geometry).T
    limit = HALF_TURN + EDGE_DEGREES
    return np.flatnonzero((xmin < -limit) | (xmax > limit))


def wrap(geometry: shapely.Geometry) -> shapely.Geometry:
    """A geometry that reaches over 180 degrees, cut there, each piece where it lies on the globe."""
    whole = geometry if shapely.is_valid(geometry) else repaired(geometry)
    pieces = []
    for turns in (-1, 0, 1):
        west = turns * 2 * HALF_TURN - HALF_TURN
        piece = shapely.intersection(whole, shapely.box(west, -91, west + 2 * HALF_TURN, 91))
        pieces.append(shapely.transform(piece, lambda xy, x=turns * 2 * HALF_TURN: xy - [x, 0]))
    return polygons_only(shapely.union_all(pieces))


def split_at_antimeridian(geometry: shapely.Geometry) -> shapely.Geometry:
    """Cut polygons that wrap around the globe in planar coordinates; others come back as they are.

    A polygon that reaches both edges of the map (Antarctica) is already cut and stays.
    """
    parts = shapely.get_parts(geometry)
    pieces = [piece for part in parts for piece in _split_part(part)]
    if len(pieces) == len(parts):
        return geometry
    return shapely.multipolygons(pieces) if pieces else shapely.MultiPolygon()


def _split_part(polygon: shapely.Geometry) -> list[shapely.Geometry]:
    xmin, _, xmax, _ = shapely.bounds(polygon)
    if xmax - xmin <= HALF_TURN or (xmin <= -HALF_TURN + 1e-6 and xmax >= HALF_TURN - 1e-6):
        return [polygon]
    shifted = shapely.transform(polygon, _shift_west)
    pieces = wrap(shifted)
    return list(shapely.get_parts(pieces))


def _shift_west(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    shifted = xy.copy()
    shifted[shifted[:, 0] < 0, 0] += 2 * HALF_TURN
    return shifted
