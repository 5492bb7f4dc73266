"""Plans of the spatial views, pairs of yearly polygons, and their areas by country."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sql_world import database

from .footprint_rows import box, clarity_rows, done, prediction_rows, site_rows

EMPTY = {
    "raw.footprint": prediction_rows([box("a", 2016, 0)]),
    "raw.segmented_site": site_rows(done([2016])),
    "core.region_tile": (
        "SELECT 'country' AS layer, 'XXX' AS region_id, 's' AS source_id, 1 AS part, "
        "ST_MakeEnvelope(0, 0, 1, 1) AS geometry"
    ),
    "core.footprint_cell": "SELECT '0,0' AS region_id, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
    "core.footprint_region": (
        "SELECT 'a' AS footprint_id, 'country' AS layer, 'XXX' AS region_id, 1.0 AS area_km2, true AS is_main"
    ),
    "core.country": "SELECT 'XXX' AS iso3, 'X' AS country, 'Y' AS continent",
    "core.site_clarity": clarity_rows({("s", 2016): 1.0}),
    "core.mine": (
        "SELECT 'm' AS mine_id, 0 AS xmin, 0 AS ymin, 1 AS xmax, 1 AS ymax, "
        "ST_MakeEnvelope(0, 0, 1, 1) AS geometry"
    ),
    "raw.image": "SELECT 'i' AS image_id, 2016 AS year, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
    "raw.point": "SELECT 'p' AS point_id, 2016 AS year, true AS is_mine, ST_Point(0, 0) AS geometry",
    "raw.polygon": "SELECT 's' AS source, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
}


def explain(connection, view):
    """The plan as JSON: the drawing leaves out the branches of a wide one."""
    query = f"EXPLAIN (FORMAT JSON) SELECT * FROM {view}"
    return connection.execute(query).fetchall()[0][1]


@pytest.mark.parametrize(
    ("view", "n_joins"),
    [
        ("core.footprint_border", 1),
        ("core.footprint_face_region", 1),
        ("core.footprint_mine_part", 1),
        ("core.image_candidate", 1),
        ("core.point_hit", 2),
    ],
)
def test_spatial_views_keep_the_spatial_join(view, n_joins):
    with database([view], EMPTY, stored=False) as connection:
        plan = explain(connection, view)
    assert plan.count("SPATIAL_JOIN") >= n_joins
    assert "NESTED_LOOP" not in plan
    assert "BLOCKWISE_NL" not in plan


@pytest.mark.parametrize("view", ["core.footprint_overlap", "core.continuity_pair"])
def test_pairs_are_found_by_a_hash_join_of_years_and_squares(view):
    with database([view], EMPTY, stored=False) as connection:
        plan = explain(connection, view)
    assert "HASH_JOIN" in plan
    for slow in ("NESTED_LOOP", "BLOCKWISE_NL", "PIECEWISE"):
        assert slow not in plan


coordinate = st.integers(-40, 40)


boxes_of_any_size = st.lists(
    st.tuples(
        st.integers(2016, 2018),
        coordinate,
        coordinate,
        st.sampled_from([0, 1, 2, 7, 60]),
        st.sampled_from([0, 1, 3, 11]),
    ),
    min_size=1,
    max_size=14,
)


@pytest.mark.slow
@given(rows=boxes_of_any_size)
@settings(max_examples=12, deadline=None)
def test_pairs_equal_those_of_shapely(rows):
    """Boxes in steps of a fortieth of a degree: half of all edges lie on an edge of the squares."""
    import shapely

    boxes = [
        (f"p{i:02}", year, None, x / 40, y / 40, (x + 1 + w) / 40, (y + 1 + h) / 40)
        for i, (year, x, y, w, h) in enumerate(rows)
    ]
    shapes = {name: (year, shapely.box(*edges)) for name, year, _, *edges in boxes}
    tables = {
        "raw.footprint": prediction_rows(boxes),
        "raw.segmented_site": site_rows(done(range(2016, 2019))),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    }
    with database(["core.footprint_overlap", "core.continuity_pair"], tables) as connection:
        key = "SELECT footprint_key, footprint_id FROM core.footprint_outline"
        overlaps = connection.execute(
            "SELECT one.footprint_id, other.footprint_id FROM core.footprint_overlap AS pair "
            f"INNER JOIN ({key}) AS one ON pair.footprint_key = one.footprint_key "
            f"INNER JOIN ({key}) AS other ON pair.other_key = other.footprint_key"
        ).fetchall()
        pairs = connection.execute(
            "SELECT one.footprint_id, other.footprint_id FROM core.continuity_pair AS pair "
            f"INNER JOIN ({key}) AS one ON pair.earlier_key = one.footprint_key "
            f"INNER JOIN ({key}) AS other ON pair.later_key = other.footprint_key"
        ).fetchall()
    assert sorted(overlaps) == _meeting(shapes, 0)
    assert sorted(pairs) == _meeting(shapes, 1)


def _meeting(shapes, years_apart):
    """Ordered pairs of names whose shapes meet, the second so many years after the first."""
    return sorted(
        (one, other)
        for one, (year, shape) in shapes.items()
        for other, (later, second) in shapes.items()
        if one != other and later - year == years_apart and shape.intersects(second)
    )


PLACED = [
    ("inside", 2016, None, -0.4, -0.4, -0.2, -0.2),
    ("across", 2016, None, -0.1, 0.1, 0.1, 0.2),
    ("border", 2016, None, 1.2, 0.1, 1.35, 0.2),
    ("coast", 2016, None, 2.9, 0.1, 3.2, 0.2),
    ("sea", 2016, None, 3.6, 0.1, 3.7, 0.2),
    ("claimed", 2016, None, -1.9, 1.6, -1.7, 1.8),
    ("half", 2016, None, -1.2, 1.6, -1.0, 1.8),
]
LANDS = (
    "SELECT iso3, iso3 AS source_id, 1 AS part, iso3 AS country, 'C' AS continent, "
    "ST_MakeEnvelope(w, s, e, n) AS geometry FROM (VALUES "
    "('AAA', -3.0, -3.0, 1.25, 3.0), ('BBB', 1.25, -3.0, 3.0, 3.0), ('CLM', -2.0, 1.1, -1.1, 2.0)"
    ") AS t (iso3, w, s, e, n)"
)
AS_MINES = (
    "SELECT footprint_id AS mine_id, geometry, ST_Area_Spheroid(geometry) / 1e6 AS area_km2 "
    f"FROM ({prediction_rows(PLACED)})"
)


@pytest.mark.parametrize(
    ("view", "key", "given"),
    [("footprint_region", "footprint_id", None), ("mine_region", "mine_id", AS_MINES)],
)
def test_areas_by_country_are_those_of_intersections(view, key, given):
    """Polygons inside a country, across a border, on a coast, at sea, and where two claim the ground."""
    tables = {"raw.footprint": prediction_rows(PLACED), "raw.country": LANDS}
    if given:
        tables["core.mine"] = given
    with database([f"core.{view}"], tables, stored=True) as connection:
        areas = connection.execute(
            f"SELECT {key}, region_id, area_km2 FROM core.{view} WHERE layer = 'country'"
        ).fetchall()
        expected = connection.execute(
            """
            SELECT prediction.footprint_id, country.iso3, core.area_km2(
                ST_Intersection(prediction.geometry, country.geometry)
            ) AS area_km2
            FROM raw.footprint AS prediction, raw.country AS country
            WHERE ST_Area(ST_Intersection(prediction.geometry, country.geometry)) > 0
            ORDER BY ALL
            """
        ).fetchall()
    assert [row[:2] for row in areas] == [row[:2] for row in expected]
    # A cut bends the sides that it crosses: they are geodesics between vertices.
    assert [row[2] for row in areas] == pytest.approx([row[2] for row in expected], rel=5e-6)
    assert [name for name, iso3, _ in areas if name == "claimed"] == ["claimed"] * 2
