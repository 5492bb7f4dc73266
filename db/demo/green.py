"""Stable green: objects that a build must erase at mine edges, and objects that it must leave."""

from typing import NamedTuple

import numpy as np
import shapely

from quarrydb.demo.star import Star


class Green(NamedTuple):
    """One object; of its roles only edge, belt and cover are erased."""

    role: str
    geometry: shapely.Polygon


ERASED = ("edge", "belt", "cover")


def edge_objects(star: Star) -> list[Green]:
    """One object over each bite, from an edge of the final mine to beyond the outline."""
    n = len(star.angles)
    return [
        Green("edge", _over(star, i - 1, (i + 1) % n))
        for i in map(int, np.flatnonzero(star.is_bite))
    ]


def _over(star: Star, left: int, right: int) -> shapely.Polygon:
    """Quadrilateral on the chord of two vertices that holds the vertex between them."""
    angles = star.angles[[left, right]]
    half = (angles[1] - angles[0]) % (2 * np.pi) / 2
    out = 1.3 * 1.12 * max(star.radii_m[left], star.radii_m[right]) / np.cos(half)
    return shapely.Polygon(
        np.concatenate([star.points()[[left, right]], star.at(angles[::-1], np.array([out, out]))])
    )


def belt(star: Star) -> tuple[Green, list[shapely.Polygon]]:
    """A belt right across the outline, and the two mines on either side of it."""
    n = len(star.angles)
    i, j = 0, n // 2
    points, beyond = star.points(), star.points(1.4)
    ring = [
        beyond[i],
        beyond[i + 1],
        points[i + 1],
        points[j],
        beyond[j],
        beyond[j + 1],
        points[j + 1],
        points[i],
    ]
    left = points[i + 1 : j + 1]
    right = np.concatenate([points[j + 1 :], points[: i + 1]])
    return Green("belt", shapely.Polygon(ring)), [shapely.Polygon(left), shapely.Polygon(right)]


def cover(star: Star) -> Green:
    """An object over the whole outline: nothing of the mine is left."""
    return Green("cover", shapely.Polygon(star.points(1.3)))


def inside(star: Star, rng: np.random.Generator) -> list[Green]:
    """Up to two islands of green well inside; mines under 500 m across have none."""
    if star.radii_m.min() < 250:
        return []
    spots = rng.uniform(0, np.pi, 1) + np.array([0.0, np.pi])[: int(rng.integers(0, 3))]
    return [Green("inside", _patch(star, angle, 0.24, 0.13)) for angle in spots]


def outside(star: Star, rng: np.random.Generator, n: int) -> list[Green]:
    """``n`` objects around the mine that do not touch it."""
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.arange(n) / max(n, 1)
    return [Green("outside", _patch(star, angle, 2.35, 0.22)) for angle in angles]


def _patch(star: Star, angle: float, distance: float, size: float) -> shapely.Polygon:
    """A small six-sided object at ``distance`` times the mine's radius from its centre."""
    radius = star.reach_m if distance > 1 else float(star.radii_m.min())
    around = np.linspace(0, 2 * np.pi, 6, endpoint=False)
    x = radius * (distance * np.cos(angle) + size * np.cos(around))
    y = radius * (distance * np.sin(angle) + size * np.sin(around))
    return shapely.Polygon(star.at(np.arctan2(y, x), np.hypot(x, y)))
