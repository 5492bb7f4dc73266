"""What becomes of each deposit: how its bare ground, greenness and lights move."""

from dataclasses import dataclass

import numpy as np

from quarrydb.demo.random_streams import stream


@dataclass(frozen=True)
class Ground:
    """Years in which bare ground spreads (start, stop) and is reclaimed, and the part reclaimed."""

    share: float
    start: tuple[float, float]
    stop: tuple[float, float]
    reclaimed: tuple[float, float]
    reclaimed_part: float


# The land-cover product ends in 2022: a settled mine has no change from 2018 on.
GROUNDS = {
    "growing": Ground(0.22, (1975, 2012), (2024, 2026), (2004, 2014), 0.12),
    "greening": Ground(0.18, (1975, 1998), (2000, 2010), (2011, 2024), 0.80),
    "settled": Ground(0.45, (1975, 2000), (2005, 2014), (2006, 2017), 0.50),
    "wavering": Ground(0.15, (1975, 2000), (2005, 2014), (2006, 2017), 0.50),
}
# Slope of NDVI and night lights, each with its probability: +1 rising, -1 falling, 0 neither.
SLOPES = np.array([1, -1, 0])
INDICATOR_SHARES = (0.15, 0.15, 0.7)


@dataclass(frozen=True)
class Fate:
    """One deposit's plan: kind of ground, and the direction of its NDVI and night lights."""

    ground: str
    ndvi: int
    ntl: int


def make_fates(seed: int, n: int) -> list[Fate]:
    """A fate for each deposit; directions are drawn apart from the ground, so signals may mix."""
    rng = stream(seed, "fates")
    names = list(GROUNDS)
    ground = rng.choice(len(names), n, p=[g.share for g in GROUNDS.values()])
    ndvi, ntl = (rng.choice(SLOPES, n, p=INDICATOR_SHARES) for _ in range(2))
    return [Fate(names[g], int(a), int(b)) for g, a, b in zip(ground, ndvi, ntl, strict=True)]
