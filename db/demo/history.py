"""Land cover of a deposit's surroundings at every epoch, pixel by pixel."""

import numpy as np

from quarrydb.demo.fate import GROUNDS, Fate
from quarrydb.demo.place import DEGREE_M
from quarrydb.demo.star import Star

EPOCHS = np.array([1985, 1990, 1995, *range(2000, 2023)])
NEVER = 9999.0
# Codes of GLC_FCS30D that the demo uses.
FOREST, OPEN_FOREST, SHRUB, GRASS, CROP, SPARSE = 52, 61, 121, 130, 10, 150
BARE, BUILT, WATER = 200, 190, 210
COVER_TYPE = {
    FOREST: "forest",
    OPEN_FOREST: "forest",
    SHRUB: "shrubland",
    GRASS: "grassland",
    CROP: "cropland",
    SPARSE: "sparse vegetation",
}
MINE_RELATED = (BARE, BUILT, WATER)
PALETTES = ((FOREST, OPEN_FOREST, GRASS, CROP), (SHRUB, GRASS, SPARSE, CROP))


def block_noise(shape: tuple[int, int], rng: np.random.Generator, size: int = 3) -> np.ndarray:
    """Uniform noise that is constant over blocks of ``size`` pixels."""
    coarse = rng.random((-(-shape[0] // size), -(-shape[1] // size)))
    return coarse.repeat(size, axis=0).repeat(size, axis=1)[: shape[0], : shape[1]]


def depth_and_angle(star: Star, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance from the centre as a share of the outline's there, and direction (0 to 1 turn)."""
    stretch = np.cos(np.radians(star.slot.latitude))
    east = (x - star.slot.longitude)[None, :] * DEGREE_M * stretch
    north = (y - star.slot.latitude)[:, None] * DEGREE_M
    turn = np.arctan2(north, east) % (2 * np.pi)
    radius = np.interp(turn, star.angles, star.radii_m, period=2 * np.pi)
    return np.hypot(east, north) / radius, turn / (2 * np.pi)


def make_history(
    star: Star, fate: Fate, x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Codes at each epoch, uint8, shape (26, len(y), len(x)); x, y are pixel centres in degrees."""
    depth, turn = depth_and_angle(star, x, y)
    shape = depth.shape
    before, after = _vegetation(star, x, y, rng)
    disturbed = _disturbed(fate, depth, rng)
    reclaimed = _reclaimed(fate, disturbed, turn, rng)
    again = _again(fate, reclaimed, rng)
    pit = np.where(block_noise(shape, rng) < 0.06, BUILT, BARE)
    flooded = np.where((depth < 0.3) & (fate.ground != "growing"), disturbed + 9, NEVER)
    regrown = rng.choice([GRASS, SHRUB, CROP], p=[0.6, 0.25, 0.15])
    cleared = np.where(block_noise(shape, rng) < 0.12, rng.uniform(1988, 2012), NEVER)
    stack = np.empty((len(EPOCHS), *shape), np.uint8)
    for i, year in enumerate(EPOCHS):
        code = np.where(year < cleared, before, after)
        code = np.where(year >= disturbed, pit, code)
        code = np.where(year >= flooded, WATER, code)
        code = np.where(year >= reclaimed, regrown, code)
        stack[i] = np.where(year >= again, BARE, code)
    return stack


def _vegetation(
    star: Star, x: np.ndarray, y: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Codes without a mine, and the codes that some of it is changed to."""
    palette = np.array(PALETTES[int(abs(star.slot.longitude) // 10) % 2])
    field = np.zeros((len(y), len(x)))
    for _ in range(3):
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        wave = x[None, :] * np.cos(turn) + y[:, None] * np.sin(turn)
        field += np.sin(wave * 2 * np.pi / rng.uniform(0.006, 0.02) + phase)
    index = np.clip(((field + 3) / 6 * len(palette)).astype(int), 0, len(palette) - 1)
    return palette[index], palette[(index + 1) % len(palette)]


def _disturbed(fate: Fate, depth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Year in which each pixel is mined, from the centre outward; NEVER outside and on islands."""
    ground = GROUNDS[fate.ground]
    start, stop = rng.uniform(*ground.start), rng.uniform(*ground.stop)
    jitter = 3 * (block_noise(depth.shape, rng) - 0.5)
    year = start + (stop - start) * np.minimum(depth, 1.1) ** 1.4 + jitter
    is_island = block_noise(depth.shape, rng) < 0.06
    return np.where((depth > 1.04) | is_island, NEVER, year)


def _reclaimed(
    fate: Fate, disturbed: np.ndarray, turn: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Year in which each pixel is green again: a part of the circle, years after mining."""
    ground = GROUNDS[fate.ground]
    begin, end = ground.reclaimed
    year = begin + (end - begin) * block_noise(disturbed.shape, rng)
    is_chosen = (turn + rng.uniform()) % 1 < ground.reclaimed_part
    return np.where(is_chosen & (year > disturbed + 3), year, NEVER)


def _again(fate: Fate, reclaimed: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Year in which a reclaimed pixel is mined again; in wavering mines, all at once in 2020."""
    wait = 4 + 4 * block_noise(reclaimed.shape, rng)
    is_chosen = block_noise(reclaimed.shape, rng) < 0.08
    year = np.where(is_chosen & (reclaimed < NEVER), reclaimed + wait, NEVER)
    if fate.ground == "wavering":
        return np.where(is_chosen & (reclaimed < NEVER), 2020.0, np.where(year > 2017, NEVER, year))
    return np.where((fate.ground != "growing") & (year > 2017), NEVER, year)
