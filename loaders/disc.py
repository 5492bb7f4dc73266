"""Exact areas of polygons inside discs around points, and distances, on the ellipsoid.

Around each point vertices are put on a plane by azimuth and distance, with the distance that keeps areas
(Lambert's azimuthal equal-area): a geodesic disc is a circle there, and its overlap with a polygon has a
closed form. Chords through the Earth give both; at 20 km a distance is right to a tenth of a millimetre.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

SEMI_MAJOR_KM = 6378.137
ECCENTRICITY_2 = 0.0066943799901413165
FULL_TURN = 2 * np.pi

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def earth_centred(longitude: Floats, latitude: Floats) -> Floats:
    """Points (n, 3) of longitude and latitude in degrees, km from the Earth's centre."""
    lam, phi = np.radians(longitude), np.radians(latitude)
    radius = SEMI_MAJOR_KM / np.sqrt(1 - ECCENTRICITY_2 * np.sin(phi) ** 2)
    return np.column_stack(
        [
            radius * np.cos(phi) * np.cos(lam),
            radius * np.cos(phi) * np.sin(lam),
            radius * (1 - ECCENTRICITY_2) * np.sin(phi),
        ]
    )


def gaussian_radius_km(latitude: Floats) -> Floats:
    """Radius of the sphere that fits the ellipsoid best at a latitude in degrees."""
    w2 = 1 - ECCENTRICITY_2 * np.sin(np.radians(latitude)) ** 2
    return SEMI_MAJOR_KM * np.sqrt(1 - ECCENTRICITY_2) / w2


def equal_area_radius(distance_km: float, latitude: Floats) -> Floats:
    """Radius on the plane of a disc of geodesic radius ``distance_km``, km."""
    radius = gaussian_radius_km(latitude)
    return 2 * radius * np.sin(distance_km / (2 * radius))


@dataclass(frozen=True)
class Outlines:
    """Polygons as edges: both ends of each edge, and where each polygon's edges begin (n + 1)."""

    start: Floats
    end: Floats
    first: Integers

    @classmethod
    def of(cls, polygons: NDArray[np.object_]) -> Outlines:
        """Edges of all rings, ground to their left: of holes, too."""
        oriented = shapely.orient_polygons(polygons)
        parts, owner = shapely.get_parts(oriented, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        points, ring = shapely.get_coordinates(rings, return_index=True)
        inner = ring[1:] == ring[:-1]
        edge_owner = owner[part[ring[:-1][inner]]]
        first = np.searchsorted(edge_owner, np.arange(len(polygons) + 1))
        return cls(points[:-1][inner], points[1:][inner], first.astype(np.int64))

    def edges_of(self, chosen: Integers) -> tuple[Integers, Integers]:
        """Numbers of the edges of some polygons one after the other, and where each begins (n + 1)."""
        count = self.first[chosen + 1] - self.first[chosen]
        begin = np.concatenate([[0], np.cumsum(count)])
        shift = np.repeat(self.first[chosen] - begin[:-1], count)
        return np.arange(begin[-1]) + shift, begin


def on_plane(centre: Floats, points: Floats) -> Floats:
    """Points (n, 2) in degrees on the equal-area plane around their own ``centre`` (n, 2), km."""
    lam, phi = np.radians(centre[:, 0]), np.radians(centre[:, 1])
    chord = earth_centred(points[:, 0], points[:, 1]) - earth_centred(centre[:, 0], centre[:, 1])
    east = -np.sin(lam) * chord[:, 0] + np.cos(lam) * chord[:, 1]
    north = (
        -np.sin(phi) * (np.cos(lam) * chord[:, 0] + np.sin(lam) * chord[:, 1])
        + np.cos(phi) * chord[:, 2]
    )
    flat = np.hypot(east, north)
    w2 = 1 - ECCENTRICITY_2 * np.sin(phi) ** 2
    meridian = SEMI_MAJOR_KM * (1 - ECCENTRICITY_2) / w2**1.5
    normal = SEMI_MAJOR_KM / np.sqrt(w2)
    with np.errstate(invalid="ignore", divide="ignore"):
        cos2 = np.where(flat > 0, (north / flat) ** 2, 0.0)
        along = 1 / (cos2 / meridian + (1 - cos2) / normal)
        length = np.linalg.norm(chord, axis=1)
        distance = 2 * along * np.arcsin(np.minimum(length / (2 * along), 1))
        radius = np.sqrt(meridian * normal)
        scale = np.where(flat > 0, 2 * radius * np.sin(distance / (2 * radius)) / flat, 0.0)
    return np.column_stack([east * scale, north * scale])


def cross(one: Floats, other: Floats) -> Floats:
    """Cross product of vectors (n, 2)."""
    return one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]


def angle(one: Floats, other: Floats) -> Floats:
    """Signed angle between vectors (n, 2)."""
    return np.arctan2(cross(one, other), (one * other).sum(axis=1))


def edge_area_in_circle(start: Floats, end: Floats, radius: Floats) -> Floats:
    """What each edge adds to the area that its polygon shares with a circle around the origin.

    A triangle to the origin where the edge lies inside the circle, sectors where it lies outside.
    """
    along = end - start
    a = (along**2).sum(axis=1)
    b = (start * along).sum(axis=1)
    c = (start**2).sum(axis=1) - radius**2
    root = np.sqrt(np.maximum(b**2 - a * c, 0))
    with np.errstate(invalid="ignore", divide="ignore"):
        enter = np.clip(np.where(a > 0, (-b - root) / a, 0), 0, 1)
        leave = np.clip(np.where(a > 0, (-b + root) / a, 0), 0, 1)
    first, last = start + enter[:, None] * along, start + leave[:, None] * along
    sectors = angle(start, first) + angle(last, end)
    return radius**2 / 2 * sectors + cross(first, last) / 2


def edge_distance(start: Floats, end: Floats) -> Floats:
    """Distance of each edge from the origin."""
    along = end - start
    a = (along**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.clip(np.where(a > 0, -(start * along).sum(axis=1) / a, 0), 0, 1)
    return np.linalg.norm(start + t[:, None] * along, axis=1)


def shares_within(
    outlines: Outlines, chosen: Integers, centre: Floats, radii_km: tuple[float, ...]
) -> tuple[Floats, Floats]:
    """Of each pair of a polygon (its number in ``chosen``) and a ``centre`` (n, 2) in degrees: the share of
    the polygon within each radius (n, radii), and the distance to it, km, 0 inside.
    """
    edges, begin = outlines.edges_of(chosen)
    origin = np.repeat(centre, np.diff(begin), axis=0)
    start = on_plane(origin, outlines.start[edges])
    end = on_plane(origin, outlines.end[edges])
    whole = np.add.reduceat(cross(start, end) / 2, begin[:-1])
    turn = np.add.reduceat(angle(start, end), begin[:-1])
    nearest = np.minimum.reduceat(edge_distance(start, end), begin[:-1])
    farthest = np.maximum.reduceat(np.linalg.norm(start, axis=1), begin[:-1])
    nearest[turn > np.pi] = 0.0
    share = np.zeros((len(chosen), len(radii_km)))
    for column, radius_km in enumerate(radii_km):
        radius = equal_area_radius(radius_km, centre[:, 1])
        share[farthest <= radius, column] = 1.0
        crossing = (nearest < radius) & (farthest > radius)
        if crossing.any():
            member = np.repeat(crossing, np.diff(begin))
            size = np.diff(begin)[crossing]
            parts = edge_area_in_circle(
                start[member], end[member], np.repeat(radius[crossing], size)
            )
            inside = np.add.reduceat(parts, np.concatenate([[0], np.cumsum(size)[:-1]]))
            share[crossing, column] = np.clip(inside / whole[crossing], 0, 1)
    return share, geodesic_of(nearest, centre[:, 1])


def geodesic_of(planar: Floats, latitude: Floats) -> Floats:
    """Distance on the ellipsoid of a distance from the centre on the plane, km."""
    radius = gaussian_radius_km(latitude)
    return 2 * radius * np.arcsin(np.minimum(planar / (2 * radius), 1))
