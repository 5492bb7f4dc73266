"""Yearly outlines of mines: each polygon grown or shrunk about its middle by its deposit's fate."""

import numpy as np
import shapely

from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World

YEARS = np.arange(2016, 2025)
# In this year every outline is the mine's polygon itself.
REFERENCE_YEAR = 2019
GROWTH = {"growing": 0.05, "greening": -0.055, "settled": 0.0, "wavering": 0.0}
# A part of growing mines opens only now; none opens in the last year, where nothing could confirm it.
OPENED = (2017, 2018, 2019)
OPENED_SHARE = 0.2


def yearly_factors(world: World) -> np.ndarray:
    """Size of each deposit's outline by year, relative to 2019; 0 before it opens, (n, 9)."""
    rng = stream(world.seed, "outlines")
    grounds = np.array([fate.ground for fate in world.fates])
    n = len(grounds)
    rate = np.vectorize(GROWTH.get)(grounds)[:, None]
    swing = np.where(grounds == "wavering", 0.1, 0.01)[:, None]
    phase = rng.uniform(0, 2 * np.pi, (n, 1))
    steps = YEARS - REFERENCE_YEAR
    factor = 1 + rate * steps + swing * (np.sin(phase + steps) - np.sin(phase))
    opened = np.where(
        (grounds == "growing") & (rng.uniform(size=n) < OPENED_SHARE), rng.choice(OPENED, n), 0
    )
    return np.where(opened[:, None] <= YEARS, factor, 0.0)


def outline_in(mine: shapely.Polygon, factor: float) -> shapely.Polygon | None:
    """The mine's outline at a size, None where it is not there yet."""
    if factor == 0:
        return None
    if factor == 1:
        return mine
    middle = shapely.get_coordinates(shapely.centroid(mine))
    return shapely.transform(mine, lambda points: middle + (points - middle) * factor)
