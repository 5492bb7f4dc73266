"""The map projection of Tang and Werner's file, and a planted world that it doesn't bend.

Their ``.prj`` is ArcGIS's for EPSG:3975: the ellipsoidal projection, where EPSG's own is spherical. An edge
that is straight in degrees is a curve there, so no planted edge is longer than ``LONGEST_DEGREES``: the
curve then stays within a centimetre of its chord. And each planted corner is what its place in whole
centimetres of the projection comes back as, so that corners read from that file are those read from another.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer

EPSG = 3975
PRJ = CRS.from_epsg(EPSG).to_wkt("WKT1_ESRI")
# Pieces of a longer edge are over 104 m up to 60 degrees north, where simplification leaves corners alone.
LONGEST_DEGREES = 0.0045
DECIMALS = 2
END_OF_POINT = re.compile(r"(?<=\d)(?=[,)])")  # in well-known text

Geometries = npt.NDArray[np.object_]


def planted(geometries: Sequence[shapely.Geometry]) -> Geometries:
    """Geometries in degrees with the corners that their long edges need, all on the grid of centimetres."""
    to_degrees = Transformer.from_crs(CRS.from_wkt(PRJ), "EPSG:4326", always_xy=True)
    return _moved(projected(_cut(np.asarray(geometries, dtype=object))), to_degrees)


def _cut(geometries: Geometries) -> Geometries:
    """Polygons and multipolygons with no edge longer; ring by ring, since whole ones would be repaired."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    polygons = shapely.polygons(shapely.segmentize(rings, LONGEST_DEGREES), indices=part)
    is_single = shapely.get_type_id(geometries)[owner] == 3
    found = np.asarray(shapely.multipolygons(polygons, indices=owner), dtype=object)
    found[owner[is_single]] = polygons[is_single]
    return found


def projected(geometries: Geometries) -> Geometries:
    """Geometries in degrees in metres of the projection, to whole centimetres; heights stay."""
    to_metres = Transformer.from_crs("EPSG:4326", CRS.from_wkt(PRJ), always_xy=True)
    return _moved(geometries, to_metres, DECIMALS)


def measured(geometries: Geometries) -> Geometries:
    """Geometries in metres with heights and measures of 0, as ArcGIS writes them (PolygonZM)."""
    flat = shapely.force_3d(geometries)
    texts = shapely.to_wkt(flat, rounding_precision=DECIMALS)
    found = [END_OF_POINT.sub(" 0", text).replace(" Z ", " ZM ") for text in texts]
    return np.asarray(shapely.from_wkt(found), dtype=object)


def _moved(geometries: Geometries, to: Transformer, decimals: int | None = None) -> Geometries:
    def move(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        places = np.stack(to.transform(points[:, 0], points[:, 1]), axis=1)
        if decimals is not None:
            places = places.round(decimals)
        return np.concatenate([places, points[:, 2:]], axis=1)

    return np.asarray(shapely.transform(geometries, move, include_z=None), dtype=object)
