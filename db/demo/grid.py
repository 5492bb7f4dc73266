"""The pixel grid of GLC_FCS30D, and the exact area of its pixels."""

from dataclasses import dataclass

import numpy as np

# One pixel of GLC_FCS30D, degrees; a 5-degree tile is 18,553.24 of them wide.
PIXEL = 0.00026949458523585647
TILE_DEGREES = 5
TILE_PIXELS = 18_554
FOLDER_DEGREES = 10
# WGS84.
SEMI_MAJOR_M = 6_378_137.0
FLATTENING = 1 / 298.257223563


@dataclass(frozen=True)
class Grid:
    """Square pixels in degrees from a north-west corner; ``shape`` is (rows, columns)."""

    west: float
    north: float
    pixel: float
    shape: tuple[int, int]

    def centres(self, rows: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Longitude of each column's centre and latitude of each row's."""
        return self.west + (columns + 0.5) * self.pixel, self.north - (rows + 0.5) * self.pixel

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Degrees as columns and rows, shape (n, 2)."""
        return np.asarray((points - [self.west, self.north]) / [self.pixel, -self.pixel])

    def window(self, bounds: np.ndarray, margin: int) -> tuple[int, int, int, int]:
        """Top, left, height, width of the pixels that a box in degrees meets, with a margin."""
        west, south, east, north = bounds
        (left, top), (right, bottom) = self.to_pixels(np.array([[west, north], [east, south]]))
        first_row, first_column = (max(0, int(np.floor(v)) - margin) for v in (top, left))
        last_row = min(self.shape[0], int(np.ceil(bottom)) + margin)
        last_column = min(self.shape[1], int(np.ceil(right)) + margin)
        height, width = max(0, last_row - first_row), max(0, last_column - first_column)
        return first_row, first_column, height, width

    def pixel_area_km2(self, rows: np.ndarray) -> np.ndarray:
        """Area of one pixel of each row on the ellipsoid, km2 (Snyder 1987, equation 3-12)."""
        upper, lower = self.north - rows * self.pixel, self.north - (rows + 1) * self.pixel
        return np.asarray(np.radians(self.pixel) * (authalic(upper) - authalic(lower)))


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
    def folder(self) -> str:
        """The publisher's folder, one for ten degrees of longitude, named by its two tile columns."""
        west = self.west // FOLDER_DEGREES * FOLDER_DEGREES
        columns = (west, west + TILE_DEGREES) if west >= 0 else (west + TILE_DEGREES, west)
        names = "-".join(f"{'E' if x >= 0 else 'W'}{abs(x)}" for x in columns)
        return f"GLC_FCS30D_19852022maps_{names}"

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Nominal west, south, east, north."""
        return self.west, self.north - TILE_DEGREES, self.west + TILE_DEGREES, self.north

    @property
    def grid(self) -> Grid:
        """The tile's pixels."""
        return Grid(self.west, self.north, PIXEL, (TILE_PIXELS, TILE_PIXELS))


def tiles_of(bounds: tuple[float, float, float, float]) -> list[Tile]:
    """Tiles that a box (west, south, east, north) meets."""
    west, south, east, north = bounds
    step = TILE_DEGREES
    columns = np.arange(np.floor(west / step), np.floor(east / step) + 1).astype(int) * step
    rows = np.arange(np.ceil(south / step), np.ceil(north / step) + 1).astype(int) * step
    found = [Tile(int(x), int(y)) for y in rows for x in columns]
    return [t for t in found if t.box[1] < north and t.box[0] < east and west < t.box[2]]


def authalic(latitude: np.ndarray) -> np.ndarray:
    """Area between the equator and ``latitude`` (degrees) by radian of longitude, km2."""
    e = np.sqrt(FLATTENING * (2 - FLATTENING))
    s = np.sin(np.radians(latitude))
    q = s / (1 - e**2 * s**2) + np.arctanh(e * s) / e
    return np.asarray((SEMI_MAJOR_M * (1 - FLATTENING)) ** 2 / 2 * q / 1e6)
