"""Coverage of grid cells, against numbers that can be worked out on paper and against shapely."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from quarrydb.errors import SourceError
from quarrydb.loaders.coverage import cell_coverage
from quarrydb.loaders.grid import Grid, cell_area_km2

LONLAT = CRS.from_epsg(4326).to_wkt()
GEOD = Geod(ellps="WGS84")


def lonlat_grid(west, north, step, width, height):
    return Grid(LONLAT, (step, 0.0, west, 0.0, -step, north), width, height)


def covered(polygon, grid):
    return next(iter(cell_coverage([shapely.to_wkb(polygon)], grid)))


def geodesic_km2(polygon):
    oriented = shapely.orient_polygons(polygon)
    return abs(GEOD.geometry_area_perimeter(oriented)[0]) / 1e6


def covered_km2(polygon, grid):
    found = covered(polygon, grid)
    return float((found.coverage * cell_area_km2(grid, found.cell_id)).sum())


def test_half_cell_square_on_a_grid_of_three_by_three():
    found = covered(shapely.box(0.5, 0.5, 1.5, 1.5), lonlat_grid(0, 3, 1, 3, 3))
    assert found.cell_id.tolist() == [3, 4, 6, 7]
    assert found.coverage.tolist() == [0.25, 0.25, 0.25, 0.25]
    assert found.window(3) == (1, 0, 2, 2)


def test_rows_of_a_grid_from_south_to_north_are_counted_as_the_file_does():
    grid = Grid(LONLAT, (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), 3, 3)
    assert covered(shapely.box(0, 0, 1, 1), grid).cell_id.tolist() == [0]
    assert covered(shapely.box(2, 2, 3, 3), grid).cell_id.tolist() == [8]


def test_a_polygon_outside_has_no_cells_and_one_partly_outside_only_those_inside():
    grid = lonlat_grid(0, 3, 1, 3, 3)
    assert covered(shapely.box(10, 10, 11, 11), grid).cell_id.size == 0
    found = covered(shapely.box(-1, 2, 1, 4), grid)
    assert found.cell_id.tolist() == [0]
    assert found.coverage.tolist() == [1.0]


def test_a_hole_is_not_covered():
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    assert 4 not in covered(ring, lonlat_grid(0, 3, 1, 3, 3)).cell_id


def test_an_empty_polygon_does_not_stop_the_others():
    polygons = [shapely.Polygon(), shapely.box(0, 0, 1, 1)]
    grid = lonlat_grid(0, 3, 1, 3, 3)
    empty, square = cell_coverage([shapely.to_wkb(polygon) for polygon in polygons], grid)
    assert empty.problem == "the polygon is empty"
    assert square.cell_id.tolist() == [6]


def test_longitudes_of_0_to_360():
    found = covered(shapely.box(-70, -1, -69, 0), lonlat_grid(0, 90, 1, 360, 180))
    assert found.cell_id.tolist() == [90 * 360 + 290]


def test_a_polygon_past_the_antimeridian_is_found_at_both_ends_of_the_grid():
    found = covered(shapely.box(179, 0, 181, 1), lonlat_grid(-180, 90, 1, 360, 180))
    assert found.cell_id.tolist() == [89 * 360, 89 * 360 + 359]
    assert found.coverage.tolist() == [1.0, 1.0]


def test_a_grid_wider_than_a_turn_counts_no_meridian_twice():
    grid = lonlat_grid(-181, 90, 1, 362, 180)
    assert covered(shapely.box(179, 0, 180, 1), grid).coverage.sum() == pytest.approx(1.0)


def test_a_rotated_grid_is_refused():
    with pytest.raises(SourceError, match="rotated"):
        Grid(LONLAT, (1.0, 0.1, 0.0, 0.1, -1.0, 3.0), 3, 3)


def test_cells_of_a_lonlat_grid_have_the_area_of_the_ellipsoid():
    grid = lonlat_grid(10, 61, 1, 3, 60)
    cell = np.array([0, 3 * 30 + 1, 3 * 59 + 2])
    left, bottom, right, top = grid.cell_bounds(cell)
    expected = [
        geodesic_km2(shapely.segmentize(shapely.box(*bounds), 0.001))
        for bounds in zip(left, bottom, right, top, strict=True)
    ]
    np.testing.assert_allclose(cell_area_km2(grid, cell), expected, rtol=1e-9)


def test_a_one_degree_cell_at_50_north_is_7892_km2():
    grid = lonlat_grid(0, 51, 1, 1, 1)
    assert cell_area_km2(grid, np.array([0]))[0] == pytest.approx(7892.06, abs=0.3)


MODIS = "+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m +no_defs"
US_FEET = "EPSG:2264"


@pytest.mark.parametrize(
    ("crs", "step", "centre"),
    [
        ("EPSG:32721", 10.0, (-56.2, -7.1)),
        ("EPSG:32721", 30.0, (-54.1, -23.0)),
        (MODIS, 231.656, (-56.2, -12.0)),
        ("ESRI:54052", 500.0, (116.0, 39.0)),
        ("EPSG:3857", 30.0, (20.0, 65.0)),
        ("EPSG:3413", 100.0, (-45.0, 70.0)),
        (US_FEET, 100.0, (-80.0, 35.5)),
        ("EPSG:4674", 0.001, (-56.0, -7.0)),
    ],
)
def test_covered_area_in_any_projection_is_the_geodesic_area(crs, step, centre):
    polygon = shapely.Point(*centre).buffer(0.02, quad_segs=4)
    projection = CRS.from_user_input(crs)
    x, y = Transformer.from_crs(4326, projection, always_xy=True).transform(*centre)
    grid = Grid(
        projection.to_wkt(), (step, 0, x - 700 * step, 0, -step, y + 700 * step), 1400, 1400
    )
    expected = geodesic_km2(shapely.segmentize(polygon, 0.0005))
    assert covered_km2(polygon, grid) == pytest.approx(expected, rel=2e-6)


def test_long_edges_follow_the_parallel_in_a_projection():
    polygon = shapely.box(-58, 60, -56, 60.2)
    x, y = Transformer.from_crs(4326, 32621, always_xy=True).transform(-57, 60.1)
    grid = Grid(CRS(32621).to_wkt(), (100.0, 0, x - 1e5, 0, -100.0, y + 1e5), 2000, 2000)
    expected = geodesic_km2(shapely.segmentize(polygon, 0.001))
    assert covered_km2(polygon, grid) == pytest.approx(expected, rel=1e-6)


def test_a_polygon_across_the_end_of_a_projected_map_is_found_in_two_parts():
    projection = CRS.from_user_input(MODIS)
    half = np.pi * 6371007.181
    step = 5000.0
    width, height = int(2 * half / step) + 2, int(half / step) + 2
    grid = Grid(
        projection.to_wkt(),
        (step, 0, -step * width / 2, 0, -step, step * height / 2),
        width,
        height,
    )
    polygon = shapely.box(179.5, -17, 180.5, -16)
    found = covered(polygon, grid)
    column = found.cell_id % width
    assert found.problem is None
    assert column.min() < width * 0.05
    assert column.max() > width * 0.95
    expected = geodesic_km2(shapely.segmentize(polygon, 0.01))
    assert covered_km2(polygon, grid) == pytest.approx(expected, rel=1e-4)


def test_a_polygon_across_a_cut_of_the_map_is_a_problem_not_a_number():
    projection = CRS.from_user_input("+proj=igh +lon_0=0 +datum=WGS84 +units=m")
    grid = Grid(projection.to_wkt(), (1000.0, 0, -20015000, 0, -1000.0, 8683000), 40030, 17366)
    found = covered(shapely.box(-41, 20, -39, 21), grid)
    assert found.cell_id.size == 0
    assert "cut" in found.problem


def test_far_polygons_are_outside_a_utm_grid():
    grid = Grid(CRS(32721).to_wkt(), (10.0, 0, 500000, 0, -10.0, 9200000), 1000, 1000)
    polygons = [shapely.box(x, y, x + 0.1, y + 0.1) for x, y in [(120, 50), (-179, -89), (33, 7)]]
    found = list(cell_coverage([shapely.to_wkb(polygon) for polygon in polygons], grid))
    assert [item.cell_id.size for item in found] == [0, 0, 0]
    assert [item.problem for item in found] == [None, None, None]


def test_a_polar_grid_holds_the_pole():
    grid = Grid(CRS(3413).to_wkt(), (1000.0, 0, -500000, 0, -1000.0, 500000), 1000, 1000)
    for longitude in (-170, -10, 60, 179):
        polygon = shapely.box(longitude, 87, longitude + 1, 87.1)
        expected = geodesic_km2(shapely.segmentize(polygon, 0.001))
        assert covered_km2(polygon, grid) == pytest.approx(expected, rel=1e-4)


def test_an_edge_within_rounding_of_a_cell_corner_loses_no_cell():
    tiny = 2.0**-54
    diamond = shapely.Polygon([(2, 1), (tiny, 3), (-2, 1), (-3 * tiny, -1)])
    found = covered(diamond, lonlat_grid(0, 10, 1, 10, 10))
    solid = found.coverage > 1e-4
    assert found.cell_id[solid].tolist() == [70, 80, 81, 90, 91]
    assert found.coverage[solid] == pytest.approx([0.5, 1.0, 0.5, 1.0, 0.5], abs=1e-5)


def test_parts_that_overlap_are_a_problem_not_a_number():
    twice = shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 1, 3, 3)])
    found = covered(twice, lonlat_grid(0, 3, 1, 3, 3))
    assert found.cell_id.size == 0
    assert "add up" in found.problem


def test_a_utm_grid_across_the_antimeridian():
    grid = Grid(CRS(32760).to_wkt(), (1000.0, 0, 300000, 0, -1000.0, 8200000), 700, 400)
    for polygon in (shapely.box(179.9, -17, 180.1, -16.9), shapely.box(-180.1, -17, -179.9, -16.9)):
        expected = geodesic_km2(shapely.segmentize(polygon, 0.001))
        assert covered_km2(polygon, grid) == pytest.approx(expected, rel=1e-5)


def test_cell_numbers_of_a_global_10_m_grid_are_exact():
    step = 1 / 11132
    grid = lonlat_grid(-180, 90, step, 360 * 11132, 180 * 11132)
    row, column = 1_500_123, 3_900_321
    x, y = -180 + (column + 0.5) * step, 90 - (row + 0.5) * step
    found = covered(shapely.box(x - step / 8, y - step / 8, x + step / 8, y + step / 8), grid)
    assert found.cell_id.tolist() == [row * grid.width + column]
    assert found.coverage[0] == pytest.approx(1 / 16, rel=1e-3)


@settings(max_examples=200, deadline=None)
@given(
    x=st.floats(-2, 12),
    y=st.floats(-2, 12),
    radius=st.floats(0.05, 3),
    corners=st.integers(3, 12),
)
def test_coverage_equals_the_area_of_the_intersection_with_each_cell(x, y, radius, corners):
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    polygon = shapely.Polygon(
        np.column_stack([x + radius * np.cos(angle), y + radius * np.sin(angle)])
    )
    grid = lonlat_grid(0, 10, 1, 10, 10)
    found = covered(polygon, grid)
    share = dict(zip(found.cell_id.tolist(), found.coverage.tolist(), strict=True))
    for cell in range(100):
        row, column = divmod(cell, 10)
        inside = polygon.intersection(shapely.box(column, 9 - row, column + 1, 10 - row)).area
        assert share.get(cell, 0.0) == pytest.approx(inside, abs=1e-4)
