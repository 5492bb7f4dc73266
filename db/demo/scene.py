"""What a satellite sees around a mine: vegetation, fields, roads, dry soil, the mine, clouds."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

SIZE = 256
# Reflectance in blue, green, red, near infrared.
FOREST = (0.030, 0.050, 0.035, 0.330)
GRASS = (0.050, 0.090, 0.080, 0.300)
FIELD = (0.065, 0.100, 0.105, 0.270)
SOIL = (0.085, 0.130, 0.195, 0.280)
RIVERBED = (0.180, 0.215, 0.235, 0.260)
ROAD = (0.170, 0.180, 0.190, 0.230)
PIT = (0.195, 0.225, 0.250, 0.295)
POND = (0.095, 0.150, 0.130, 0.050)
CLOUD = (0.700, 0.710, 0.720, 0.740)


@dataclass(frozen=True)
class Ground:
    """What stays over the years: reflectance without the mine, and the mine's own surface."""

    land: np.ndarray
    pit: np.ndarray


def fractal(rng: np.random.Generator, coarsest: int = 4, finest: int = 64) -> np.ndarray:
    """Noise with as much detail at each scale as its size, 0 to 1, shape (256, 256)."""
    field = np.zeros((SIZE, SIZE))
    cells, weight = coarsest, 1.0
    while cells <= finest:
        grid = rng.uniform(-1, 1, (cells + 2, cells + 2))
        at = np.linspace(0.5, cells + 0.5, SIZE)
        rows, columns = np.meshgrid(at, at, indexing="ij")
        field += weight * ndimage.map_coordinates(grid, [rows, columns], order=1)
        cells, weight = cells * 2, weight / 2
    low, high = field.min(), field.max()
    return np.asarray((field - low) / (high - low))


def blend(
    land: np.ndarray, colour: tuple[float, ...] | np.ndarray, share: np.ndarray
) -> np.ndarray:
    """Bands of ``land`` with ``share`` of each pixel in another colour."""
    tone = np.asarray(colour)
    tone = tone[:, None, None] if tone.ndim == 1 else tone
    return np.asarray(land * (1 - share) + tone * share)


def soft(field: np.ndarray, threshold: float, width: float = 0.03) -> np.ndarray:
    """1 well above the threshold, 0 well below, a ramp between."""
    return np.clip((field - threshold) / width + 0.5, 0, 1)


def line(rng: np.random.Generator, bend: float, width: float) -> np.ndarray:
    """Share of each pixel under a winding line across the scene."""
    along = np.arange(SIZE)
    phase = rng.uniform(0, 2 * np.pi, 2)
    waves = np.sin(along / 40 + phase[0]) + 0.5 * np.sin(along / 17 + phase[1])
    at = rng.uniform(0.1, 0.9) * SIZE + rng.uniform(-0.6, 0.6) * (along - SIZE / 2) + bend * waves
    share = np.clip(width / 2 + 0.5 - np.abs(along[:, None] - at[None, :]), 0, 1)
    return np.asarray(share.T if rng.uniform() < 0.5 else share)


def fields(rng: np.random.Generator) -> np.ndarray:
    """Share of each pixel under rectangular fields."""
    share = np.zeros((SIZE, SIZE))
    corner = rng.integers(0, SIZE - 70, 2)
    for _ in range(int(rng.integers(2, 9))):
        top, left = corner + rng.integers(-40, 60, 2)
        height, width = rng.integers(12, 36, 2)
        tone = rng.uniform(0.5, 1.0)
        share[max(0, top) : max(0, top) + height, max(0, left) : max(0, left) + width] = tone
    return share


def make_ground(rng: np.random.Generator) -> Ground:
    """A scene's land and the surface that its mines will have."""
    land = blend(np.zeros((4, SIZE, SIZE)), FOREST, np.ones((SIZE, SIZE)))
    land = blend(land, GRASS, soft(fractal(rng), rng.uniform(0.35, 0.65), 0.2))
    land = blend(land, FIELD, fields(rng))
    land = blend(land, SOIL, 0.9 * soft(fractal(rng, 6), rng.uniform(0.72, 0.85), 0.05))
    if rng.uniform() < 0.5:
        land = blend(land, RIVERBED, 0.9 * line(rng, 14, 3.0))
    for _ in range(int(rng.integers(1, 3))):
        land = blend(land, ROAD, 0.8 * line(rng, 5, 1.3))
    land *= 1 + 0.25 * (fractal(rng, 32, 128) - 0.5)
    return Ground(land, _pit_surface(rng))


def _pit_surface(rng: np.random.Generator) -> np.ndarray:
    """Bare rock in benches, with a few ponds."""
    relief = fractal(rng, 3, 64)
    benches = 1 + 0.16 * np.sin(relief * rng.uniform(40, 70)) + 0.3 * (fractal(rng, 16) - 0.5)
    surface = np.asarray(PIT)[:, None, None] * benches * rng.uniform(0.85, 1.15)
    return blend(surface, POND, 0.95 * soft(relief, rng.uniform(0.82, 0.9), 0.03))


def make_scene(ground: Ground, mine: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reflectance of one date, (4, 256, 256); ``mine`` is the share of each pixel in a mine."""
    scene = blend(ground.land, ground.pit, mine)
    season = 1 + rng.normal(0, 0.05, (4, 1, 1)) + rng.normal(0, 0.03)
    return np.asarray(scene * season + rng.uniform(0, 0.012))


def add_clouds(
    scene: np.ndarray, share: float, rng: np.random.Generator
) -> tuple[np.ndarray, float]:
    """The scene under clouds and their shadows, and the share of it that is still clear."""
    if share <= 0:
        return scene, 1.0
    field = fractal(rng, 3, 32)
    edge = float(np.quantile(field, 1 - share))
    cloud = soft(field, edge, 0.08)
    shadow = np.zeros_like(cloud)
    shadow[9:, 12:] = cloud[:-9, :-12]
    shadow *= 1 - cloud
    covered = blend(scene * (1 - 0.5 * shadow), CLOUD, cloud)
    return covered, float((cloud < 0.5).mean())


def to_integers(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Reflectance times 10,000 with noise, in steps of 16, uint16; 0 is kept for no data."""
    noisy = scene + rng.normal(0, 0.0025, scene.shape)
    return np.clip(np.round(noisy * 625) * 16, 16, 65_520).astype(np.uint16)
