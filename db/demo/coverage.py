"""Exact share of each pixel that a polygon covers, from the signed areas beside its edges."""

from itertools import pairwise

import numpy as np
import shapely

from quarrydb.demo.grid import Grid


def coverage(polygon: shapely.Geometry, shape: tuple[int, int]) -> np.ndarray:
    """Covered share of each cell of a grid of ``shape`` (rows, columns), cells one unit wide.

    ``polygon`` is in grid units, x to the right and y downward, and lies inside the grid.
    """
    rows, columns = shape
    total = np.zeros((rows, columns + 1))
    for part in shapely.get_parts(shapely.orient_polygons(polygon)):
        for ring in [part.exterior, *part.interiors]:
            _add_ring(total, shapely.get_coordinates(ring))
    share = np.cumsum(total, axis=1)[:, :-1]
    return np.clip(np.abs(share), 0.0, 1.0)


def pixel_areas(grid: Grid, shape: shapely.Geometry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row, column and covered area (km2) of each pixel that a shape in degrees covers."""
    top, left, height, width = grid.window(np.array(shape.bounds), 0)
    scaled = shapely.transform(shape, lambda points: grid.to_pixels(points) - [left, top])
    share = coverage(scaled, (height, width))
    row, column = np.nonzero(share > 1e-12)
    area = share[row, column] * grid.pixel_area_km2(top + row)
    return top + row, left + column, area


def _add_ring(total: np.ndarray, ring: np.ndarray) -> None:
    """Add what lies to the right of each edge of a closed ring, signed by the edge's direction."""
    for start, stop in pairwise(ring):
        points = _split(start, stop)
        middle = (points[1:] + points[:-1]) / 2
        height = np.diff(points[:, 1])
        column, row = np.floor(middle).astype(int).T
        column = np.clip(column, 0, total.shape[1] - 2)
        row = np.clip(row, 0, total.shape[0] - 1)
        inner = middle[:, 0] - column
        np.add.at(total, (row, column), height * (1 - inner))
        np.add.at(total, (row, column + 1), height * inner)


def _split(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Points of an edge: its ends and where it crosses grid lines, in order."""
    at = [np.array([0.0, 1.0])]
    for a, b in zip(start, stop, strict=True):
        if a != b:
            lines = np.arange(np.floor(min(a, b)) + 1, np.ceil(max(a, b)))
            at.append((lines - a) / (b - a))
    t = np.sort(np.concatenate(at))[:, None]
    return np.asarray(start + t * (stop - start))
