"""The grid of a raster: where its cells lie and how large they are on the ellipsoid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from quarrydb.errors import SourceError
from quarrydb.store.shards import fingerprint

LONLAT = CRS.from_epsg(4326)
FLAT_M = 10_000.0  # within this span the area of a projected cell is bilinear to 3e-7
WGS84_A_KM = 6378.137
WGS84_E = 0.0818191908426215


@dataclass(frozen=True)
class Grid:
    """An axis-aligned raster grid: CRS as WKT, geotransform (a, b, c, d, e, f) and size in cells.

    Cells are numbered by row from the first row of the file: ``cell_id = row * width + column``.
    """

    crs: str
    transform: tuple[float, float, float, float, float, float]
    width: int
    height: int

    def __post_init__(self) -> None:
        """Refuse grids whose cells are not aligned with the axes."""
        a, b, _, d, e, _ = self.transform
        if b or d or a <= 0 or e == 0:
            raise SourceError(
                f"a raster with geotransform {self.transform} is rotated or mirrored; "
                "quarrydb reads axis-aligned grids. Warp it to a grid without rotation."
            )

    @cached_property
    def key(self) -> str:
        """Hash of the grid: equal grids share their coverage."""
        return fingerprint(self.crs, list(self.transform), self.width, self.height)

    @cached_property
    def projection(self) -> CRS:
        """The parsed CRS."""
        try:
            return CRS.from_user_input(self.crs)
        except CRSError as error:
            raise SourceError(f"CRS {self.crs[:80]!r} can't be read: {error}") from error

    @cached_property
    def is_lonlat(self) -> bool:
        """Whether the axes are degrees of longitude and latitude."""
        return bool(self.projection.is_geographic)

    @cached_property
    def unit(self) -> float:
        """Metres (or radians) in one unit of the axes."""
        return float(self.projection.axis_info[0].unit_conversion_factor)

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in the units of the CRS."""
        a, _, c, _, e, f = self.transform
        bottom, top = sorted((f, f + e * self.height))
        return c, bottom, c + a * self.width, top

    def cell_bounds(self, cell_id: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
        """Left, bottom, right, top of each cell, in the units of the CRS."""
        a, _, c, _, e, f = self.transform
        row, column = np.divmod(cell_id, self.width)
        y0, y1 = f + e * row, f + e * (row + 1)
        return c + a * column, np.minimum(y0, y1), c + a * (column + 1), np.maximum(y0, y1)


def authalic_height_km(latitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """Height of a parallel on the equal-area cylinder: area = height x radians of longitude x a."""
    s = np.sin(np.radians(latitude))
    e = WGS84_E
    q = (1 - e * e) * (s / (1 - (e * s) ** 2) + np.arctanh(e * s) / e)
    return np.asarray(WGS84_A_KM * q / 2)


def cell_area_km2(grid: Grid, cell_id: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area of each cell on the WGS84 ellipsoid, km2.

    Exact for a lon/lat grid. A projected cell is the quadrilateral of its corners; over a small
    window the area is interpolated between the four corner cells.
    """
    if len(cell_id) == 0:
        return np.empty(0, np.float64)
    if grid.is_lonlat:
        row, column = np.divmod(cell_id, grid.width)
        a, _, c = grid.transform[:3]
        left, right = c + a * column, c + a * (column + 1)
        return np.asarray(WGS84_A_KM * (right - left) * grid.unit * row_heights_km(grid, row))
    return projected_area_km2(grid, cell_id)


def row_heights_km(grid: Grid, row: NDArray[np.int64]) -> NDArray[np.float64]:
    """Height of each row of a lon/lat grid on the equal-area cylinder, worked out once where many repeat."""
    first, end = int(row.min()), int(row.max()) + 1
    repeats = end - first < len(row)
    rows = np.arange(first, end, dtype=np.int64) if repeats else row
    _, bottom, _, top = grid.cell_bounds(rows * grid.width)
    height = authalic_height_km(np.minimum(top, 90.0)) - authalic_height_km(
        np.maximum(bottom, -90.0)
    )
    return height[row - first] if repeats else height


def projected_area_km2(grid: Grid, cell_id: NDArray[np.int64]) -> NDArray[np.float64]:
    """As ``cell_area_km2``, for a projected grid."""
    row, column = np.divmod(cell_id, grid.width)
    rows = np.array([row.min(), row.max()])
    columns = np.array([column.min(), column.max()])
    span = max(np.ptp(rows) * abs(grid.transform[4]), np.ptp(columns) * grid.transform[0])
    if len(cell_id) < 5 or span * grid.unit > FLAT_M:
        return corner_area_km2(grid, cell_id)
    corner = (rows[:, None] * grid.width + columns[None, :]).ravel()
    area = corner_area_km2(grid, corner).reshape(2, 2)
    down = (row - rows[0]) / max(np.ptp(rows), 1)
    across = (column - columns[0]) / max(np.ptp(columns), 1)
    upper = area[0, 0] * (1 - across) + area[0, 1] * across
    lower = area[1, 0] * (1 - across) + area[1, 1] * across
    return np.asarray(upper * (1 - down) + lower * down)


def corner_area_km2(grid: Grid, cell_id: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area of the quadrilateral of each cell's corners on the ellipsoid's equal-area cylinder."""
    left, bottom, right, top = grid.cell_bounds(cell_id)
    x = np.stack([left, right, right, left])
    y = np.stack([bottom, bottom, top, top])
    to_lonlat = Transformer.from_crs(grid.projection, LONLAT, always_xy=True)
    longitude, latitude = to_lonlat.transform(x, y)
    turn = longitude - longitude[0]
    across = np.radians(turn - 360.0 * np.round(turn / 360.0)) * WGS84_A_KM
    height = authalic_height_km(latitude)
    twice = across * np.roll(height, -1, axis=0) - np.roll(across, -1, axis=0) * height
    return np.asarray(np.abs(twice.sum(axis=0)) / 2)
