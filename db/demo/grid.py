"""The pixel grid of GLC_FCS30D, and the exact area of its pixels."""

from dataclasses import dataclass

import numpy as np

# One pixel of GLC_FCS30D, degrees; a 5-degree tile is 18,553.24 of them wide.
PIXEL = 0.00026949458523585647
TILE_DEGREES = 5
TILE_PIXELS = 18_554
# WGS84.
SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563


@dataclass(frozen=True, order=True)
class Tile:
    """A 5-degree tile, named by its north-west corner; its last row and column reach over."""

    west: int
    north: int

    @property
    def name(self) -> str:
        """The publisher's name, such as E100N30 or W60S5."""
        east_west = f"E{self.west}" if self.west >= 0 else f"W{-self.west}"
        return east_west + (f"N{self.north}" if self.north >= 0 else f"S{-self.north}")

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Nominal west, south, east, north."""
        return self.west, self.north - TILE_DEGREES, self.west + TILE_DEGREES, self.north

    def row_edges(self, rows: np.ndarray) -> np.ndarray:
        """Latitude of the upper edge of each row."""
        return np.asarray(self.north - rows * PIXEL)

    def centres(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude of each column's centre and latitude of each row's."""
        return self.west + (columns + 0.5) * PIXEL, self.north - (rows + 0.5) * PIXEL


def tiles_of(bounds: tuple[float, float, float, float]) -> list[Tile]:
    """Tiles that a box (west, south, east, north) meets."""
    west, south, east, north = bounds
    step = TILE_DEGREES
    columns = np.arange(np.floor(west / step), np.floor(east / step) + 1).astype(int) * step
    rows = np.arange(np.ceil(south / step), np.ceil(north / step) + 1).astype(int) * step
    found = [Tile(int(x), int(y)) for y in rows for x in columns]
    return [t for t in found if t.box[1] < north and t.box[0] < east and west < t.box[2]]


def pixel_area_km2(tile: Tile, rows: np.ndarray) -> np.ndarray:
    """Area of one pixel of each row on the ellipsoid, km2 (Snyder 1987, equation 3-12)."""
    band = authalic(tile.row_edges(rows)) - authalic(tile.row_edges(rows + 1))
    return np.asarray(np.radians(PIXEL) * band)


def authalic(latitude: np.ndarray) -> np.ndarray:
    """Area between the equator and ``latitude`` (degrees) by radian of longitude, km2."""
    e = np.sqrt(FLATTENING * (2 - FLATTENING))
    s = np.sin(np.radians(latitude))
    q = s / (1 - e**2 * s**2) + np.arctanh(e * s) / e
    return np.asarray((SEMI_MAJOR_M * (1 - FLATTENING)) ** 2 / 2 * q / 1e6)
