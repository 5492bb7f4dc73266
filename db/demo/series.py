"""Planted indicator series: each deposit's level by date, with its fate's slope and noise."""

import numpy as np

from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World

YEARS = np.arange(2018, 2024)
# A trend of six years is certain with S = 13 or more: slopes stand well clear of the noise.
NDVI_SLOPE = 0.02
NTL_GROWTH = 0.14


def ndvi_levels(world: World) -> np.ndarray:
    """NDVI of each deposit and year, shape (n deposits, 6)."""
    rng = stream(world.seed, "ndvi")
    sign = np.array([fate.ndvi for fate in world.fates])
    base = rng.uniform(0.2, 0.5, len(sign))
    noise = rng.normal(0, np.where(sign == 0, 0.02, 0.003)[:, None], (len(sign), len(YEARS)))
    steps = np.arange(len(YEARS)) - 2.5
    return np.asarray(base[:, None] + sign[:, None] * NDVI_SLOPE * steps + noise)


def ntl_levels(world: World) -> np.ndarray:
    """Night-time light of each deposit and month, nW/cm2/sr, shape (n deposits, 72)."""
    rng = stream(world.seed, "ntl")
    sign = np.array([fate.ntl for fate in world.fates])
    n, months = len(sign), 12 * len(YEARS)
    yearly = rng.normal(0, np.where(sign == 0, 0.06, 0.01)[:, None], (n, len(YEARS)))
    grown = sign[:, None] * NTL_GROWTH * (np.arange(len(YEARS)) - 2.5)
    season = 0.08 * np.cos(2 * np.pi * np.arange(months) / 12)
    noise = rng.normal(0, 0.03, (n, months))
    base = rng.lognormal(0.7, 0.6, n)[:, None]
    return np.asarray(base * np.exp(np.repeat(grown + yearly, 12, axis=1) + season + noise))


def clear_months(world: World) -> np.ndarray:
    """Whether a deposit was seen without clouds in a month, shape (n deposits, 72)."""
    rng = stream(world.seed, "clouds")
    return np.asarray(rng.uniform(size=(len(world.fates), 12 * len(YEARS))) > 0.06)
