"""Footprints inside and outside of final mines by year, and data sets side by side, on boxes."""

import pytest
import shapely

from tests.boundary.test_sources import km2, values
from tests.sql_world import database

MINE, NEIGHBOUR = shapely.box(0, 0, 0.04, 0.01), shapely.box(0.05, 0, 0.06, 0.01)
FOOTPRINTS = [
    ("p1", 2020, shapely.box(0, 0, 0.01, 0.01)),
    ("p2", 2021, shapely.box(0.01, 0, 0.03, 0.01)),  # all new
    ("p3", 2021, shapely.box(0.035, 0, 0.06, 0.01)),  # in both mines and between them
    ("p4", 2021, shapely.box(1, 1, 1.01, 1.01)),  # in none
    ("p5", 2022, shapely.box(0, 0, 0.02, 0.01)),  # seen before
]


def table(columns, rows, extra=""):
    return f"SELECT *{extra} FROM (VALUES {values(rows)}) AS t ({columns})"


@pytest.fixture(scope="module")
def world():
    mines = [(name, km2(shape), shape) for name, shape in (("m", MINE), ("n", NEIGHBOUR))]
    prints = [(name, year, km2(shape), shape) for name, year, shape in FOOTPRINTS]
    tables = {
        "core.mine": table("mine_id, area_km2, geometry", mines),
        "core.footprint_placed": table(
            "footprint_id, year, area_km2, geometry",
            prints,
            ", TRUE AS is_continuous, TRUE AS is_main_threshold, NULL::DOUBLE AS reported_km2",
        ),
    }
    return database(("main.mine_footprint_yearly", "main.footprint_coverage_yearly"), tables)


def box(x0, x1):
    return km2(shapely.box(x0, 0, x1, 0.01))


def test_the_footprint_of_each_mine_inside_outside_and_new(world):
    found = world.execute(
        "SELECT mine_id, year, n_footprints, inside_km2, outside_km2, first_time_km2, ever_km2 "
        "FROM mine_footprint_yearly"
    ).fetchall()
    expected = [
        ("m", 2020, 1, box(0, 0.01), 0, box(0, 0.01), box(0, 0.01)),
        ("m", 2021, 2, box(0.01, 0.03) + box(0.035, 0.04), 0, box(0.01, 0.03) + box(0.035, 0.04),
         box(0, 0.03) + box(0.035, 0.04)),
        ("m", 2022, 1, box(0, 0.02), 0, 0, box(0, 0.03) + box(0.035, 0.04)),
        ("n", 2021, 1, box(0.05, 0.06), box(0.04, 0.05), box(0.05, 0.06), box(0.05, 0.06)),
    ]  # fmt: skip
    assert [row[:3] for row in found] == [row[:3] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert row[3:] == pytest.approx(wanted[3:], rel=1e-6, abs=1e-6), row


def test_all_footprints_of_a_year_are_inside_or_outside(world):
    found = world.execute("FROM footprint_coverage_yearly").fetchall()
    assert [row[:2] for row in found] == [(2020, 1), (2021, 3), (2022, 1)]
    _, _, area, n_mines, inside, outside, first, ever = found[1]
    assert n_mines == 2
    assert area == pytest.approx(inside + outside)
    assert outside == pytest.approx(box(0.04, 0.05) + km2(FOOTPRINTS[3][2]), rel=1e-6)
    assert first == pytest.approx(box(0.01, 0.03) + box(0.035, 0.04) + box(0.05, 0.06), rel=1e-6)
    assert ever == pytest.approx(first + box(0, 0.01), rel=1e-6)
    assert found[2][6] == pytest.approx(0, abs=1e-6)


def test_data_sets_stand_side_by_side_with_what_they_share():
    """In 2020 ours has two boxes that overlap, theirs one over half of them, and one apart."""
    outlines = [
        ("o1", 1, 2020, "segmentation", shapely.box(0, 0, 0.02, 0.01)),
        ("o2", 2, 2020, "segmentation", shapely.box(0.01, 0, 0.04, 0.01)),
        ("t1", 3, 2020, "theirs", shapely.box(0.03, 0, 0.05, 0.01)),
        ("t2", 4, 2020, "theirs", shapely.box(1, 0, 1.01, 0.01)),
        ("t3", 5, 2021, "theirs", shapely.box(1, 0, 1.01, 0.01)),
    ]
    rows = [(i, key, year, dataset, km2(shape), shape) for i, key, year, dataset, shape in outlines]
    merged = [("o1", 1, 2020, True), ("t2", 4, 2020, True), ("t3", 5, 2021, False)]
    tables = {
        "core.footprint_outline": table(
            "footprint_id, footprint_key, year, dataset, area_km2, geometry", rows
        ),
        "core.footprint_component": table(
            "footprint_key, component_key", [(1, 1), (2, 1), (3, 1), (4, 4), (5, 5)]
        ),
        "core.footprint_merged": table(
            "footprint_id, component_key, year, is_continuous",
            merged,
            ", NULL::DOUBLE AS threshold",
        ),
        "core.footprint_placed": table(
            "footprint_id, iso3, country, area_km2",
            [("o1", "AAA", "Aland", 1.0), ("t2", "BBB", "Bland", 1.0)],
        ),
        "core.footprint_threshold": "SELECT NULL::DOUBLE AS threshold, TRUE AS is_main",
    }
    with database(["main.footprint_dataset_yearly"], tables) as connection:
        found = connection.execute(
            "SELECT scope, name, year, dataset, n_polygons, area_km2, shared_km2 "
            "FROM footprint_dataset_yearly"
        ).fetchall()
    expected = [
        ("world", "World", 2020, "segmentation", 2, box(0, 0.04), box(0.03, 0.04)),
        ("world", "World", 2020, "theirs", 2, box(0.03, 0.05) + box(0, 0.01), box(0.03, 0.04)),
        ("country", "Aland", 2020, "segmentation", 2, box(0, 0.04), box(0.03, 0.04)),
        ("country", "Aland", 2020, "theirs", 1, box(0.03, 0.05), box(0.03, 0.04)),
        ("country", "Bland", 2020, "theirs", 1, box(0, 0.01), 0),
    ]
    assert [row[:5] for row in found] == [row[:5] for row in expected]
    for row, wanted in zip(found, expected, strict=True):
        assert row[5:] == pytest.approx(wanted[5:], rel=1e-6, abs=1e-6), row
