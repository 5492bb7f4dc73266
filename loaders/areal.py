"""Polygons of a geometry, and parts of polygons within a region."""

from __future__ import annotations

import shapely


def areal(geometry: shapely.Geometry) -> shapely.Geometry:
    """The polygons of a geometry, without lines and points."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    return shapely.MultiPolygon([part for part in parts if part.geom_type == "Polygon"])


def within(
    region: shapely.Geometry | None, parts: list[shapely.Geometry], problem: str | None
) -> tuple[list[shapely.Geometry], str | None]:
    """Placed parts of a polygon, cut to a region."""
    if region is None:
        return parts, problem
    cut = [areal(shapely.intersection(part, region)) for part in parts]
    return [part for part in cut if not part.is_empty], problem
