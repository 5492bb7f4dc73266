"""Geodesic areas on the WGS84 ellipsoid, computed without the database."""

import numpy as np
import shapely
from pyproj import Geod

WGS84 = Geod(ellps="WGS84")


def area_km2(geometries: np.ndarray) -> np.ndarray:
    """Geodesic area of each polygon or multipolygon, km2, shape (n,); empty is 0."""
    oriented = shapely.orient_polygons(shapely.force_2d(geometries))
    return np.array([abs(WGS84.geometry_area_perimeter(g)[0]) / 1e6 for g in oriented])
