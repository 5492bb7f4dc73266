"""Repair keeps the ground that rings go round."""

import numpy as np
import pytest
import shapely

from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import read_vector
from tests.loaders.cases import areas_km2, case

# Repair


def test_case_of_lobes_joined_by_a_crossing_that_nearly_coincides() -> None:
    areas = areas_km2(read_vector(case("17_bow_tie_lobes", "six.geojson")))
    assert sum(areas) == pytest.approx(0.14791554, abs=1e-7)


def winding(point: np.ndarray, ring: np.ndarray) -> float:
    """Turns of a ring around a point, from the angles under which its edges are seen."""
    seen = np.unwrap(np.arctan2(*(ring - point).T[::-1]))
    return round((seen[-1] - seen[0]) / (2 * np.pi))


@pytest.mark.parametrize("seed", range(6))
def test_repair_keeps_what_rings_go_round(seed: int) -> None:
    """Rings whose corners and edges nearly coincide, against the winding number at random places."""
    random = np.random.default_rng(seed)
    n = 0
    for _ in range(25):
        corners = random.integers(0, 5, (random.integers(5, 25), 2)) * 0.01
        corners = corners + random.normal(0, 10.0 ** -random.integers(9, 16), corners.shape) - 57
        ring = shapely.Polygon(corners)
        if shapely.is_valid(ring):
            continue
        cleaned = clean("s", [shapely.to_wkb(ring)], ["1"], "EPSG:4326", where="x")
        assert shapely.is_valid(cleaned.geometry).all()
        ground = shapely.union_all(cleaned.geometry)
        places = random.uniform(*np.array(ring.bounds).reshape(2, 2), (60, 2))
        near = shapely.distance(ring.boundary, shapely.points(places)) < 1e-9
        inside = shapely.intersects_xy(ground, places[:, 0], places[:, 1])
        expected = [winding(p, shapely.get_coordinates(ring)) != 0 for p in places]
        assert (inside == expected)[~near].all()
        n += 1
    assert n > 10


def test_a_valid_polygon_is_left_to_the_byte() -> None:
    shape = shapely.Polygon(
        [(0, 0), (1.1, 0.3), (0.7, 1.9)], [[(0.3, 0.3), (0.5, 0.4), (0.5, 0.6)]]
    )
    cleaned = clean("s", [shapely.to_wkb(shape)], ["1"], "EPSG:4326", where="x")
    assert shapely.to_wkb(cleaned.geometry[0]) == shapely.to_wkb(shape)
