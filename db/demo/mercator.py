"""Web Mercator (EPSG:3857), in which mosaics of Planet images are published."""

import numpy as np

RADIUS_M = 6_378_137.0
# Pixel of zoom level 14; NICFI quads have half of it.
PIXEL_M = 9.554628535647032


def to_mercator(points: np.ndarray) -> np.ndarray:
    """Longitude and latitude as metres of EPSG:3857, shape (n, 2)."""
    x = np.radians(points[..., 0]) * RADIUS_M
    y = np.log(np.tan(np.pi / 4 + np.radians(points[..., 1]) / 2)) * RADIUS_M
    return np.stack([x, y], axis=-1)


def from_mercator(points: np.ndarray) -> np.ndarray:
    """Metres of EPSG:3857 as longitude and latitude, shape (n, 2)."""
    longitude = np.degrees(points[..., 0] / RADIUS_M)
    latitude = np.degrees(2 * np.arctan(np.exp(points[..., 1] / RADIUS_M)) - np.pi / 2)
    return np.stack([longitude, latitude], axis=-1)
