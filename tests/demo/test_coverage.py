"""Coverage and pixel areas of the demo's own truth, against shapely and pyproj."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.demo.coverage import coverage
from quarrydb.demo.grid import PIXEL, Tile, tiles_of
from quarrydb.demo.measure import WGS84


def by_boxes(polygon: shapely.Geometry, shape: tuple[int, int]) -> np.ndarray:
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    boxes = shapely.box(columns, rows, columns + 1, rows + 1)
    return shapely.area(shapely.intersection(boxes, polygon))


def test_triangle_worked_out_on_paper() -> None:
    # The diagonal of a 2 x 2 grid leaves half of two cells, all of one and none of one.
    triangle = shapely.Polygon([(0, 0), (2, 2), (0, 2)])
    np.testing.assert_allclose(coverage(triangle, (2, 2)), [[0.5, 0.0], [1.0, 0.5]])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(3, 14))
def test_coverage_equals_intersections_with_cells(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    angles = np.sort(rng.uniform(0, 2 * np.pi, n))
    radii = rng.uniform(0.5, 5, n)
    ring = np.stack([6 + radii * np.cos(angles), 7 + radii * np.sin(angles)], axis=1)
    polygon = shapely.make_valid(shapely.Polygon(ring))
    hole = shapely.Polygon([(5.2, 6.1), (6.9, 6.4), (6.3, 7.8)])
    for shape in (polygon, shapely.difference(polygon, hole)):
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            np.testing.assert_allclose(
                coverage(shape, (13, 12)), by_boxes(shape, (13, 12)), atol=1e-12
            )


@pytest.mark.parametrize("north", [60, 30, 0, -30])
def test_pixel_area_is_geodesic(north: int) -> None:
    tile = Tile(100, north)
    top, bottom = tile.north - np.array([400, 401]) * PIXEL
    west, east = tile.west, tile.west + (top - bottom)
    corners = shapely.segmentize(shapely.box(west, bottom, east, top), 1e-6)
    exact = abs(WGS84.geometry_area_perimeter(corners)[0]) / 1e6
    assert tile.grid.pixel_area_km2(np.array([400]))[0] == pytest.approx(exact, rel=1e-7)


def test_tile_names_are_the_publishers() -> None:
    assert [t.name for t in tiles_of((101.0, 26.0, 102.0, 27.0))] == ["E100N30"]
    around = {t.name for t in tiles_of((-0.1, -0.1, 0.1, 0.1))}
    assert around == {"W5N5", "E0N5", "W5N0", "E0N0"}
