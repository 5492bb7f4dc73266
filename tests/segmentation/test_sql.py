"""The segmentation's SQL on tables small enough to know the answer, and against geopandas on real
data.
"""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.catalog import dependencies, read_catalog
from quarrydb.checks import run_check

from .sql import database, prediction_rows, site_rows

REAL = Path(__file__).parents[3] / "shared" / "data" / "real"


def done(years, site=None):
    return [(site, year, "done") for year in years]


def clarity_rows(clarity):
    """SELECT of core.site_clarity from {(site, year): clarity}."""
    rows = ", ".join(f"('{site}', {year}, {value})" for (site, year), value in clarity.items())
    return (
        "SELECT site AS site_id, year::INTEGER AS year, clarity::DOUBLE AS clarity "
        f"FROM (VALUES {rows}) AS t (site, year, clarity)"
    )


def continuity(boxes, seen, clarity=None, **parameters):
    """is_continuous by prediction id; ``clarity`` is that of the images by (site, year)."""
    tables = {
        "raw.prediction": prediction_rows(boxes),
        "raw.segmented_site": site_rows(seen),
        "core.site_clarity": clarity_rows(clarity or {("none", 2016): 1.0}),
    }
    with database(["core.continuity"], tables, **parameters) as connection:
        rows = connection.execute("SELECT prediction_id, is_continuous FROM core.continuity")
        return dict(rows.fetchall())


def box(name, year, x, site=None, width=1.0):
    return (name, year, site, x, 0, x + width, 1)


def test_a_polygon_is_kept_if_the_year_before_or_after_meets_it():
    boxes = [
        box("kept16", 2016, 0),
        box("kept17", 2017, 0.5),
        box("gap19", 2019, 0),
        box("once18", 2018, 5),
        box("late20", 2020, 9),
        box("touch19", 2019, 10),
        box("once16", 2016, 20),
        box("once20", 2020, 20),
    ]
    assert continuity(boxes, done(range(2016, 2021))) == {
        "kept16": True,
        "kept17": True,
        "gap19": False,
        "once18": False,
        "late20": True,
        "touch19": True,
        "once16": False,
        "once20": False,
    }


def test_a_year_that_was_not_segmented_is_passed_over():
    """2018 can't be read: 2017 and 2019 are neighbours. By the calendar nothing is known of them."""
    boxes = [
        box("a17", 2017, 0),
        box("b19", 2019, 5),
        box("c16", 2016, 9),
        box("d17", 2017, 12),
        box("d19", 2019, 12),
    ]
    seen = [*done([2016, 2017, 2019, 2020]), (None, 2018, "failed")]
    once = {"a17": False, "b19": False, "c16": False}
    assert continuity(boxes, seen) == {**once, "d17": True, "d19": True}
    unknown = {"a17": None, "b19": None, "d17": None, "d19": None}
    assert continuity(boxes, seen, continuity_neighbour="calendar") == {**unknown, "c16": False}


def test_no_absence_counts_under_clouds():
    """The images of 2018 are half cloud: what they do not show is not gone, what they show is there."""
    boxes = [
        box("hidden17", 2017, 0, "s"),
        box("hidden19", 2019, 0, "s"),
        box("once17", 2017, 3, "s"),
        box("shown18", 2018, 6, "s"),
        box("shown19", 2019, 6, "s"),
        box("once18", 2018, 9, "s"),
        box("apart16", 2016, 12, "s"),
        box("apart19", 2019, 12, "s"),
    ]
    seen = done(range(2016, 2021), "s")
    cloudy = {("s", 2018): 0.5, ("s", 2017): 0.95}
    found = continuity(boxes, seen, cloudy)
    assert found == {
        "hidden17": True,
        "hidden19": True,
        "once17": False,
        "shown18": True,
        "shown19": True,
        "once18": False,
        "apart16": False,
        "apart19": False,
    }
    literal = continuity(boxes, seen, cloudy, continuity_neighbour="calendar")
    assert literal == {**found, "hidden17": False, "hidden19": False}


def test_new_mining_of_the_last_year_of_a_cumulated_series():
    """What is new in 2020 has nobody to confirm it; what is new in 2018 or 2019 is there again."""
    boxes = [
        *(box(f"old{year}", year, 0) for year in range(2018, 2021)),
        *(box(f"new{year}", year, 5) for year in range(2019, 2021)),
        box("last2020", 2020, 9, width=3),
    ]
    seen = done(range(2018, 2021))
    kept = {name: True for name, *_ in boxes if name != "last2020"}
    assert continuity(boxes, seen) == {**kept, "last2020": False}
    assert continuity(boxes, seen, continuity_ends="open") == {**kept, "last2020": None}


@pytest.mark.parametrize(
    ("ends", "width", "expected"), [("closed", 1, 1), ("open", 1, 0), ("closed", 0.01, 0)]
)
def test_a_check_says_how_much_of_the_last_year_is_dropped(ends, width, expected):
    """A third of the last year's area, or next to nothing of it, lies apart from all before."""
    boxes = [
        box("a19", 2019, 0, width=2),
        box("a20", 2020, 0, width=2),
        box("b20", 2020, 5, width=width),
    ]
    tables = {
        "raw.prediction": prediction_rows(boxes),
        "raw.segmented_site": site_rows(done([2019, 2020])),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    }
    check = read_catalog()["warn_last_year_dropped"]
    made = sorted(dependencies(check, read_catalog()) - set(tables))
    with database(made, tables, continuity_ends=ends) as connection:
        found = run_check(connection, check)
    assert (found is not None) == bool(expected)
    if found:
        assert found.n_rows == 1
        row = found.first[0]
        assert (row["source"], row["year"], row["n_dropped"]) == ("d", 2020, 1)
        assert row["dropped_share"] == pytest.approx(1 / 3, abs=1e-3)


def verdict(years, present, year):
    """The rule in words, for one place: ``years`` says clear, cloudy or unseen of each."""
    seen = sorted(y for y, view in years.items() if view != "unseen")
    clear = [y for y in seen if years[y] == "clear"]
    before = max((y for y in clear if y < year), default=None)
    after = min((y for y in clear if y > year), default=None)
    if any((before or seen[0]) <= y < year or year < y <= (after or seen[-1]) for y in present):
        return True
    knows_before = before is not None or year == seen[0]
    knows_after = after is not None or year == seen[-1]
    if before is after is None or not (knows_before and knows_after):
        return None
    return False


@pytest.mark.slow
@given(
    views=st.lists(st.sampled_from(["clear", "clear", "cloudy", "unseen"]), min_size=6, max_size=6),
    mined=st.lists(st.booleans(), min_size=6, max_size=6),
)
@settings(max_examples=25, deadline=None)
def test_neighbouring_years_equal_a_loop(views, mined):
    years = dict(zip(range(2016, 2022), views, strict=True))
    present = [
        y for y, is_mined in zip(years, mined, strict=True) if is_mined and years[y] != "unseen"
    ]
    if not present:
        return
    found = continuity(
        [box(f"p{y}", y, 0, "s") for y in present],
        [("s", y, "failed" if view == "unseen" else "done") for y, view in years.items()],
        {("s", y): 0.3 if view == "cloudy" else 1.0 for y, view in years.items()},
    )
    assert found == {f"p{y}": verdict(years, present, y) for y in present}


def test_only_the_site_itself_counts_as_seen():
    boxes = [box("a", 2017, 0, "s1"), box("b", 2017, 5, "s2")]
    seen = [*done([2016, 2017, 2018], "s1"), *done([2016, 2017], "s2"), ("s2", 2018, "no image")]
    assert continuity(boxes, seen) == {"a": False, "b": None}


def test_a_single_year_says_nothing():
    assert continuity([box("a", 2019, 0)], done([2019])) == {"a": None}


@pytest.mark.parametrize("latitude", [0, 60])
@pytest.mark.parametrize(("buffer_m", "kept"), [(0, False), (90, False), (120, True)])
def test_the_buffer_is_metres_on_the_ground(latitude, buffer_m, kept):
    """Two squares 100 m apart, east to west: at 60 degrees that is twice as many degrees of
    longitude.
    """
    from pyproj import Geod

    x = Geod(ellps="WGS84").fwd(0.01, latitude, 90, 100)[0]
    south, north = latitude - 0.001, latitude + 0.001
    boxes = [
        ("a", 2016, None, 0.0, south, 0.01, north),
        ("b", 2017, None, x, south, x + 0.01, north),
    ]
    found = continuity(boxes, done([2016, 2017]), continuity_buffer_m=buffer_m)
    assert found == {"a": kept, "b": kept}


def test_overlapping_sites_make_one_polygon():
    boxes = [
        box("b", 2016, 0, "s1"),
        box("a", 2016, 0.5, "s2"),
        box("c", 2016, 1.25, "s3"),
        box("d", 2016, 5, "s4"),
        box("e", 2017, 0, "s1"),
    ]
    tables = {"raw.prediction": prediction_rows(boxes)}
    with database(["core.segmented_polygon"], tables) as connection:
        rows = connection.execute(
            "SELECT prediction_id, year, n_members, mean_probability, ST_Area(geometry) "
            "FROM core.segmented_polygon"
        ).fetchall()
    assert rows == [
        ("a", 2016, 3, pytest.approx(0.75), 2.25),
        ("d", 2016, 1, 0.75, 1.0),
        ("e", 2017, 1, 0.75, 1.0),
    ]


intervals = st.lists(
    st.tuples(st.integers(2016, 2019), st.integers(0, 20), st.integers(1, 4)),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@given(intervals=intervals, data=st.data())
@settings(max_examples=15, deadline=None)
def test_continuity_equals_a_loop_whatever_the_order_of_rows(intervals, data):
    boxes = [
        (f"p{i:02}", year, None, x, 0, x + width, 1) for i, (year, x, width) in enumerate(intervals)
    ]
    found = continuity(data.draw(st.permutations(boxes)), done(range(2016, 2020)))
    union = {year: [(x, x + w) for y, x, w in intervals if y == year] for year in range(2015, 2022)}
    for year, x, width in intervals:
        meets = [
            a <= hi and lo <= b
            for a, b in _merged(union[year], x, x + width)
            for lo, hi in union[year - 1] + union[year + 1]
        ]
        name = next(
            name
            for name, is_kept in found.items()
            if any(b[0] == name and b[1] == year and _joined(union[year], b[3], x) for b in boxes)
        )
        assert found[name] is any(meets)


def _merged(intervals, start, stop):
    """The one merged interval that holds start to stop."""
    for low, high in _all_merged(intervals):
        if low <= start and stop <= high:
            yield low, high


def _all_merged(intervals):
    merged = []
    for low, high in sorted(intervals):
        if merged and low <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return merged


def _joined(intervals, one, other):
    return any(low <= one < high and low <= other < high for low, high in _all_merged(intervals))


EMPTY = {
    "raw.prediction": prediction_rows([box("a", 2016, 0)]),
    "raw.segmented_site": site_rows(done([2016])),
    "core.country_tile": (
        "SELECT 'XXX' AS iso3, 's' AS source_id, 1 AS part, 0 AS tile_column, 0 AS tile_row, "
        "ST_MakeEnvelope(0, 0, 1, 1) AS geometry"
    ),
    "core.country": "SELECT 'XXX' AS iso3, 'X' AS country, 'Y' AS continent",
    "core.site_clarity": clarity_rows({("s", 2016): 1.0}),
    "core.mine": (
        "SELECT 'm' AS mine_id, 0 AS xmin, 0 AS ymin, 1 AS xmax, 1 AS ymax, "
        "ST_MakeEnvelope(0, 0, 1, 1) AS geometry"
    ),
    "core.mine_kba": "SELECT 'm' AS mine_id, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
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
        ("core.segmented_country_area", 1),
        ("core.footprint_mine", 1),
        ("core.image_candidate", 1),
        ("core.point_hit", 3),
        ("core.segmented_grid", 1),
        ("core.grid_cell", 2),
    ],
)
def test_spatial_views_keep_the_spatial_join(view, n_joins):
    with database([view], EMPTY) as connection:
        plan = explain(connection, view)
    assert plan.count("SPATIAL_JOIN") >= n_joins
    assert "NESTED_LOOP" not in plan
    assert "BLOCKWISE_NL" not in plan


@pytest.mark.parametrize("view", ["core.prediction_overlap", "core.continuity_pair"])
def test_pairs_are_found_by_a_hash_join_of_years_and_squares(view):
    with database([view], EMPTY) as connection:
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
@settings(max_examples=25, deadline=None)
def test_pairs_equal_those_of_shapely(rows):
    """Boxes in steps of a fortieth of a degree: half of all edges lie on an edge of the squares."""
    import shapely

    boxes = [
        (f"p{i:02}", year, None, x / 40, y / 40, (x + 1 + w) / 40, (y + 1 + h) / 40)
        for i, (year, x, y, w, h) in enumerate(rows)
    ]
    shapes = {name: (year, shapely.box(*edges)) for name, year, _, *edges in boxes}
    tables = {
        "raw.prediction": prediction_rows(boxes),
        "raw.segmented_site": site_rows(done(range(2016, 2019))),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    }
    with database(["core.prediction_overlap", "core.continuity_pair"], tables) as connection:
        key = "SELECT prediction_key, prediction_id FROM core.prediction"
        overlaps = connection.execute(
            "SELECT one.prediction_id, other.prediction_id FROM core.prediction_overlap AS pair "
            f"INNER JOIN ({key}) AS one ON pair.prediction_key = one.prediction_key "
            f"INNER JOIN ({key}) AS other ON pair.other_key = other.prediction_key"
        ).fetchall()
        polygons = {
            name: (year, shapely.from_wkb(bytes(wkb)))
            for name, year, wkb in connection.execute(
                "SELECT prediction_id, year, ST_AsWKB(geometry) FROM core.segmented_polygon"
            ).fetchall()
        }
        pairs = connection.execute(
            "SELECT earlier_id, later_id FROM core.continuity_pair"
        ).fetchall()
    assert sorted(overlaps) == _meeting(shapes, 0)
    assert sorted(pairs) == _meeting(polygons, 1)


def _meeting(shapes, years_apart):
    """Ordered pairs of names whose shapes meet, the second so many years after the first."""
    return sorted(
        (one, other)
        for one, (year, shape) in shapes.items()
        for other, (later, second) in shapes.items()
        if one != other and later - year == years_apart and shape.intersects(second)
    )


def test_a_square_of_one_country_changes_no_area():
    """Polygons inside a square, across its side, across a border, at sea, and where two claim the ground."""
    country = (
        "SELECT iso3, iso3 AS source_id, 1 AS part, iso3 AS country, 'C' AS continent, "
        "ST_MakeEnvelope(w, s, e, n) AS geometry FROM (VALUES "
        "('AAA', -3.0, -3.0, 1.25, 3.0), ('BBB', 1.25, -3.0, 3.0, 3.0), ('CLM', -2.0, 1.1, -1.1, 2.0)"
        ") AS t (iso3, w, s, e, n)"
    )
    boxes = [
        ("inside", 2016, None, -0.4, -0.4, -0.2, -0.2),
        ("across", 2016, None, -0.1, 0.1, 0.1, 0.2),
        ("border", 2016, None, 1.2, 0.1, 1.35, 0.2),
        ("coast", 2016, None, 2.9, 0.1, 3.2, 0.2),
        ("sea", 2016, None, 3.6, 0.1, 3.7, 0.2),
        ("claimed", 2016, None, -1.9, 1.6, -1.7, 1.8),
        ("half", 2016, None, -1.2, 1.6, -1.0, 1.8),
    ]
    tables = {"raw.prediction": prediction_rows(boxes), "raw.country": country}
    with database(["core.segmented_country_area"], tables) as connection:
        squares = connection.execute("SELECT count(*) FROM core.country_square").fetchone()
        areas = connection.execute(
            "SELECT prediction_id, iso3, area_km2 FROM core.segmented_country_area"
        ).fetchall()
        expected = connection.execute(
            """
            SELECT prediction.prediction_id, country.iso3, core.area_km2(
                ST_Intersection(prediction.geometry, country.geometry)
            ) AS area_km2
            FROM raw.prediction AS prediction, raw.country AS country
            WHERE ST_Area(ST_Intersection(prediction.geometry, country.geometry)) > 0
            ORDER BY ALL
            """
        ).fetchall()
    assert squares[0] > 0
    assert [row[:2] for row in areas] == [row[:2] for row in expected]
    # A cut at a tile's edge bends the sides that it crosses: they are geodesics between vertices.
    assert [row[2] for row in areas] == pytest.approx([row[2] for row in expected], rel=1e-6)
    assert [name for name, iso3, _ in areas if name == "claimed"] == ["claimed"] * 2


@pytest.fixture(scope="module")
def amazon(tmp_path_factory):
    """A build of the real yearly footprints of the Amazon."""
    from quarrydb.build import build
    from quarrydb.project import load_project

    if not (REAL / "amazon_mining_watch").is_dir():
        pytest.skip(f"{REAL} is not here")
    folder = tmp_path_factory.mktemp("amazon")
    (folder / "quarry.toml").write_text(
        f"""
[project]
name = "amazon"
[[polygons]]
name = "maus"
path = "{REAL}/maus_2022_tiles.gpkg"
[countries]
path = "{REAL}/ne_50m_admin_0_countries/ne_50m_admin_0_countries.shp"
[[segmentation.footprint]]
name = "amw"
path = "{REAL}/amazon_mining_watch/new_mining_*.geojson"
cumulated = true
"""
    )
    build(load_project(folder))
    return folder / "mines.duckdb"


@pytest.mark.slow
@pytest.mark.real
def test_real_continuity_and_countries_equal_geopandas(amazon):
    """Every polygon of 2018-2024: the same verdict, the same country area, computed another way."""
    import geopandas
    import shapely

    import quarrydb

    with quarrydb.connect(amazon) as connection:
        table = connection.sql(
            "SELECT prediction_id, year, iso3, area_km2, is_continuous, ST_AsWKB(geometry) AS wkb "
            "FROM segmented_mine"
        ).df()
        countries = connection.sql(
            "SELECT iso3, year, n_polygons, area_km2 FROM segmented_country_yearly"
        ).df()
    table["wkb"] = table["wkb"].map(bytes)
    frame = geopandas.GeoDataFrame(table, geometry=shapely.from_wkb(table["wkb"]), crs=4326)
    years = range(2018, 2025)
    by_year = {year: frame[frame["year"] == year] for year in years}
    assert_dissolved_equals_unary_union(by_year)
    for year in years:
        confirmed = set()
        for other in (year - 1, year + 1):
            if other in by_year:
                pairs = geopandas.sjoin(by_year[year], by_year[other], predicate="intersects")
                confirmed |= set(pairs["prediction_id_left"])
        verdict = dict(
            zip(by_year[year]["prediction_id"], by_year[year]["is_continuous"], strict=True)
        )
        assert {name for name, kept in verdict.items() if kept} == confirmed
    assert (frame["is_continuous"].notna()).all()
    assert (~frame["is_continuous"].astype(bool)).any()
    assert_countries_equal_overlay(frame[frame["is_continuous"].astype(bool)], countries)


def assert_dissolved_equals_unary_union(by_year):
    import geopandas
    import shapely

    files = sorted((REAL / "amazon_mining_watch").glob("*.geojson"))
    raw = [shapely.make_valid(geopandas.read_file(file).geometry.to_numpy()) for file in files]
    union = shapely.get_parts(shapely.disjoint_subset_union_all(raw[0]))
    assert len(union) == len(by_year[2018])
    found = shapely.area(by_year[2018].geometry.to_numpy()).sum()
    assert shapely.area(union).sum() == pytest.approx(found, rel=1e-9)


def assert_countries_equal_overlay(kept, countries):
    import geopandas

    from quarrydb.loaders.vector_clean import geodesic_area_km2

    world = geopandas.read_file(REAL / "ne_50m_admin_0_countries").to_crs(4326)
    world["iso3"] = world["ISO_A3"].where(world["ISO_A3"] != "-99", world["ADM0_A3"])
    box = kept.total_bounds
    near = world.cx[box[0] : box[2], box[1] : box[3]][["iso3", "geometry"]]
    pieces = geopandas.overlay(
        kept[["prediction_id", "year", "geometry"]], near, how="intersection", keep_geom_type=True
    )
    pieces["area_km2"] = [geodesic_area_km2(geometry) for geometry in pieces.geometry]
    expected = pieces.groupby(["iso3", "year"])["area_km2"].sum()
    found = countries.set_index(["iso3", "year"])["area_km2"]
    assert set(found[found > 0].index) == set(expected[expected > 0].index)
    for key, area in expected.items():
        # Tiles add vertices where they cut, between which an edge is a geodesic: 18 m2 in 844 km2.
        assert found[key] == pytest.approx(area, rel=1e-7, abs=1e-9)
    largest = pieces.sort_values("area_km2").groupby("prediction_id").last()
    counts = largest.groupby(["iso3", "year"]).size()
    n_found = countries.set_index(["iso3", "year"])["n_polygons"]
    assert {key: n for key, n in n_found.items() if n} == counts.to_dict()
