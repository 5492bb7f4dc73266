"""Make a polygon valid without losing ground: what its rings go round is kept, by the non-zero rule.

A ring may cross itself. Its crossings become corners, the faces between them are found, and each face
that the ring winds round (once, twice, or the other way) belongs to it. Other methods lose ground:
GEOS's "structure" drops lobes where a crossing nearly coincides with a corner, even-odd rules ("linework")
drop what a ring traces twice, and the signed area of a bow tie is nothing (docs/methods.md#input).
"""

import numpy as np
import numpy.typing as npt
import shapely

POLYGON = 3
# Crossings lie on a grid this fine (degrees, about a micrometre): without one, rings whose edges nearly
# coincide are not cut into closed faces, and faces get lost.
GRID_DEGREES = 1e-11


def repaired(geometry: shapely.Geometry) -> shapely.Geometry:
    """The valid area of a polygon or multipolygon; empty where its rings enclose nothing.

    Each part is its shell without its holes, each ring by the non-zero rule; parts are united. A ring that
    is written as a hole but lies outside its shell can be none: it is ground of its own.
    """
    parts = [_part(part) for part in shapely.get_parts(geometry)]
    united = parts[0] if len(parts) == 1 else shapely.union_all(parts, grid_size=GRID_DEGREES)
    united = polygons_only(united)
    return united if shapely.is_valid(united) else polygons_only(shapely.make_valid(united))


def polygons_only(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry of any kind, as one multipolygon."""
    pieces = shapely.get_parts(shapely.get_parts(geometry))
    polygons = pieces[shapely.get_type_id(pieces) == POLYGON]
    polygons = polygons[~shapely.is_empty(polygons)]
    return shapely.multipolygons(polygons) if len(polygons) else shapely.MultiPolygon()


def _part(polygon: shapely.Geometry) -> shapely.Geometry:
    shell = ground_of_ring(shapely.get_exterior_ring(polygon))
    rings = np.array([ground_of_ring(ring) for ring in polygon.interiors], dtype=object)
    if not len(rings):
        return shell
    is_hole = shapely.intersects(rings, shell)
    holes = shapely.union_all(rings[is_hole], grid_size=GRID_DEGREES)
    ground = shapely.difference(shell, holes, grid_size=GRID_DEGREES)
    return shapely.union_all([ground, *rings[~is_hole]], grid_size=GRID_DEGREES)


def ground_of_ring(ring: shapely.Geometry) -> shapely.Geometry:
    """The ground that a closed line goes round at least once, in either direction."""
    simple = shapely.polygons(ring)
    if shapely.is_valid(simple):
        return simple
    corners = shapely.get_coordinates(ring)
    noded = shapely.union_all([shapely.linestrings(corners)], grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize([noded]))
    if not len(faces):
        return shapely.Polygon()
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    around = np.array([winding(point, corners) for point in inside])
    return shapely.union_all(faces[around != 0], grid_size=GRID_DEGREES)


def winding(point: npt.NDArray[np.float64], ring: npt.NDArray[np.float64]) -> int:
    """How often a closed ring of (x, y) goes round a point, anticlockwise less clockwise.

    Every edge that crosses the point's latitude to the east of it counts, up as +1 and down as -1.
    """
    (x, y), (x1, y1), (x2, y2) = point, ring[:-1].T, ring[1:].T
    left = (x2 - x1) * (y - y1) - (x - x1) * (y2 - y1)
    upward = (y1 <= y) & (y2 > y) & (left > 0)
    downward = (y1 > y) & (y2 <= y) & (left < 0)
    return int(upward.sum()) - int(downward.sum())
