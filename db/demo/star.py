"""Star-shaped outlines whose vertices the build's simplification leaves alone."""

from dataclasses import dataclass

import numpy as np
import shapely

from quarrydb.demo.place import DEGREE_M, Slot

# The build drops a vertex with both neighbours within 100 m that lies under 15 m off their chord.
# Planted vertices keep clear of both, so that a planted mine comes out vertex by vertex.
NEAR_M = 104.0
OFFSET_M = 18.0
BITE = 1.12


@dataclass(frozen=True)
class Star:
    """An outline around a slot's centre.

    ``angles`` and ``radii_m`` are its n vertices, anticlockwise; ``is_bite`` marks vertices that
    only the data sets have: stable green lies there, and the final mine does without them.
    """

    slot: Slot
    angles: np.ndarray
    radii_m: np.ndarray
    is_bite: np.ndarray

    @property
    def reach_m(self) -> float:
        """Distance of the farthest vertex from the centre, metres."""
        return float(self.radii_m.max())

    def points(self, factor: float = 1.0) -> np.ndarray:
        """Vertices in degrees, shape (n, 2), scaled around the centre, rounded to a centimetre."""
        return self.at(self.angles, self.radii_m * factor)

    def at(self, angles: np.ndarray, radii_m: np.ndarray) -> np.ndarray:
        """Points in degrees at angles (radians) and distances (m) from the centre, shape (n, 2)."""
        stretch = np.cos(np.radians(self.slot.latitude))
        x = self.slot.longitude + radii_m * np.cos(angles) / (DEGREE_M * stretch)
        y = self.slot.latitude + radii_m * np.sin(angles) / DEGREE_M
        return np.stack([x, y], axis=-1).round(7)

    def outline(self) -> shapely.Polygon:
        """What the sources' union gives."""
        return shapely.Polygon(self.points())

    def final(self) -> shapely.Polygon:
        """What is left when the green at the edge is erased."""
        return shapely.Polygon(self.points()[~self.is_bite])


def is_fixed(angles: np.ndarray, radii_m: np.ndarray) -> bool:
    """Whether simplification keeps every vertex of the ring."""
    ring = np.stack([radii_m * np.cos(angles), radii_m * np.sin(angles)], axis=1)
    before, after = np.roll(ring, 1, axis=0), np.roll(ring, -1, axis=0)
    chord = after - before
    area = chord[:, 0] * (ring - before)[:, 1] - chord[:, 1] * (ring - before)[:, 0]
    offset = np.abs(area) / np.hypot(*chord.T)
    near = (np.hypot(*(ring - before).T) < NEAR_M) & (np.hypot(*(ring - after).T) < NEAR_M)
    return not bool(np.any(near & (offset < OFFSET_M)))


def make_star(
    slot: Slot,
    rng: np.random.Generator,
    *,
    n_bites: int = 0,
    plain: bool = False,
    least: int = 5,
    most: int = 22,
    radius_m: float | None = None,
) -> Star:
    """A star that suits the slot, with ``least`` to ``most`` vertices; ``plain``: near regular."""
    radius = radius_m or slot.radius_m * float(np.clip(rng.lognormal(-0.5, 0.5), 0.12, 1.0)) / 1.3
    least = max(least, (0, 9, 12)[n_bites])
    n = int(np.clip(2 * np.pi * radius / 135, least, most))
    radius = max(radius, n * 24) if least > 5 else radius
    spread = 0.05 if plain else 0.25
    start = rng.uniform(0, 2 * np.pi)
    for wild in (spread, spread / 4, 0.0):
        angles = start + 2 * np.pi * (np.arange(n) + wild * rng.uniform(-0.6, 0.6, n)) / n
        radii = radius * (1 + wild * rng.uniform(-1, 1, n))
        star = _bitten(Star(slot, angles, radii, np.zeros(n, bool)), n_bites)
        kept = ~star.is_bite
        if is_fixed(angles[kept], star.radii_m[kept]) and is_fixed(angles, star.radii_m):
            return star
    return star


def _bitten(star: Star, n_bites: int) -> Star:
    """The star with vertices pushed out where green will lie, three vertices apart or more."""
    if not n_bites:
        return star
    n = len(star.angles)
    positions = (1 + np.arange(n_bites) * (n // n_bites)) % n
    radii, is_bite = star.radii_m.copy(), np.zeros(n, bool)
    for i in positions:
        radii[i] = BITE * max(radii[i - 1], radii[(i + 1) % n])
        is_bite[i] = True
    return Star(star.slot, star.angles, radii, is_bite)


def sector(star: Star, start: int, stop: int) -> np.ndarray:
    """Ring of the centre and the vertices start..stop (inclusive, modulo n), shape (k, 2)."""
    picked = np.arange(start, stop + 1) % len(star.angles)
    centre = np.array([[star.slot.longitude, star.slot.latitude]]).round(7)
    return np.concatenate([centre, star.points()[picked]])


def petal(star: Star, start: int, stop: int, inner: float) -> np.ndarray:
    """Ring between ``inner`` times the outline and the outline, vertices start..stop."""
    picked = np.arange(start, stop + 1) % len(star.angles)
    return np.concatenate([star.points()[picked], star.points(inner)[picked[::-1]]])
