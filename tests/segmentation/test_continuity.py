"""Continuity by neighbouring years, on tables small enough to know the answer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.catalog.objects import dependencies, read_catalog
from quarrydb.engine.checks import run_check
from tests.sql_world import database

from .footprint_rows import box, clarity_rows, done, prediction_rows, site_rows


def continuity(boxes, seen, clarity=None, **parameters):
    """is_continuous by prediction id; ``clarity`` is that of the images by (site, year)."""
    tables = {
        "raw.footprint": prediction_rows(boxes),
        "raw.segmented_site": site_rows(seen),
        "core.site_clarity": clarity_rows(clarity or {("none", 2016): 1.0}),
    }
    with database(["core.continuity"], tables, **parameters) as connection:
        rows = connection.execute("SELECT footprint_id, is_continuous FROM core.continuity")
        return dict(rows.fetchall())


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
        "raw.footprint": prediction_rows(boxes),
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
@settings(max_examples=12, deadline=None)
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
    tables = {"raw.footprint": prediction_rows(boxes)}
    with database(["core.footprint_united"], tables) as connection:
        rows = connection.execute(
            "SELECT footprint_id, year, n_members, mean_probability, ST_Area(geometry) "
            "FROM core.footprint_united"
        ).fetchall()
    assert rows == [
        ("a", 2016, 3, pytest.approx(0.75), 2.25),
        ("d", 2016, 1, 0.75, 1.0),
        ("e", 2017, 1, 0.75, 1.0),
    ]


SERIES = {
    "raw.segmented_site": site_rows(done([2016, 2017, 2018])),
    "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
}


@pytest.mark.parametrize(
    ("order", "kept", "dropped"),
    [
        ("drop, merge, fill", [(2016, 0.4), (2017, 1.0)], [(2017, 2.0)]),
        ("fill, merge, drop", [(2016, 0.4), (2017, 2.5)], []),
    ],
)
def test_what_no_year_confirms_is_dropped_before_overlaps_are_united(order, kept, dropped):
    """A mine of both years; in 2017 a false polygon of twice its size laps over half of it."""
    boxes = [
        box("m16", 2016, 0, width=0.4),
        box("m17", 2017, 0),
        box("false17", 2017, 0.5, width=2.0),
    ]
    tables = {"raw.footprint": prediction_rows(boxes), **SERIES}
    with database(["core.footprint_united"], tables, footprint_order=order) as connection:
        rows = connection.execute(
            "SELECT is_continuous, year, ST_Area(geometry) FROM core.footprint_united ORDER BY ALL"
        ).fetchall()
    assert [(year, area) for is_kept, year, area in rows if is_kept] == kept
    assert [(year, area) for is_kept, year, area in rows if is_kept is False] == dropped


RING = "ST_GeomFromText('POLYGON((0 0, 6 0, 6 6, 0 6, 0 0), (1 1, 1 5, 5 5, 5 1, 1 1))')"


@pytest.mark.parametrize(
    ("dataset", "fill", "areas"),
    [
        ("segmentation", True, {2016: [36.0], 2017: [36.0]}),
        ("segmentation", False, {2016: [20.0, 1.0], 2017: [20.0]}),
        ("elsewhere", True, {2016: [20.0, 1.0], 2017: [20.0]}),
    ],
)
def test_a_hole_is_filled_last_and_takes_up_what_lies_in_it(dataset, fill, areas):
    """A ring in two years around a polygon of one: what lies in the hole is no mine of its own."""
    rows = prediction_rows([box("in16", 2016, 2), box("ring16", 2016, 0), box("ring17", 2017, 0)])
    tables = SERIES | {
        "raw.footprint": (
            f"SELECT * REPLACE ('{dataset}' AS dataset, CASE WHEN footprint_id LIKE 'ring%' "
            f"THEN {RING} ELSE ST_MakeEnvelope(2, 2, 3, 3) END AS geometry) FROM ({rows})"
        ),
        "raw.segmented_threshold": "SELECT 0.5 AS threshold, true AS is_main",
        "raw.segmented_site": (
            f"SELECT * REPLACE ('{dataset}' AS dataset) FROM ({site_rows(done([2016, 2017]))})"
        ),
    }
    options = {"fill_holes": fill, "continuity_ends": "open"}
    with database(["core.footprint_united"], tables, **options) as connection:
        found = connection.execute(
            "SELECT year, list(ST_Area(geometry) ORDER BY ST_Area(geometry) DESC) "
            "FROM core.footprint_united GROUP BY year"
        ).fetchall()
    assert dict(found) == areas


def test_thresholds_stand_side_by_side():
    """At 0.625 the mine is narrower, and what was found in 2017 alone is gone; a footprint made
    elsewhere stands beside both.
    """
    at = {0.55: 1.0, 0.625: 0.5}
    rows = [
        f"({name!r}, {year}, 's', 'segmentation', {threshold}, {x}, {x + width})"
        for threshold, width in at.items()
        for name, year, x in (
            (f"m16@{threshold}", 2016, 0),
            (f"m17@{threshold}", 2017, 0),
            (f"once@{threshold}", 2017, 5 if threshold == 0.55 else 0.1),
        )
    ]
    rows.append("('other', 2017, NULL, 'elsewhere', NULL, 0.25, 2.25)")
    sites = site_rows(done([2016, 2017], "s"))
    tables = {
        "raw.footprint": (
            "SELECT name AS footprint_id, year, site AS site_id, dataset, 'm' AS model_id, threshold, "
            "0.7 AS mean_probability, NULL::DOUBLE AS reported_km2, "
            "ST_MakeEnvelope(w, 0, e, 1) AS geometry FROM (VALUES "
            f"{', '.join(rows)}) AS t (name, year, site, dataset, threshold, w, e)"
        ),
        "raw.segmented_threshold": (
            "SELECT unnest([0.55, 0.625]) AS threshold, unnest([true, false]) AS is_main"
        ),
        "raw.segmented_site": (
            f"SELECT * REPLACE ('segmentation' AS dataset) FROM ({sites}) UNION ALL "
            f"SELECT * REPLACE ('elsewhere' AS dataset, NULL AS site_id) FROM ({sites}) WHERE year = 2017"
        ),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    }
    with database(["core.footprint_united", "main.site_history"], tables) as connection:
        found = connection.execute(
            "SELECT threshold, year, is_continuous, ST_Area(geometry) FROM core.footprint_united "
            "ORDER BY ALL"
        ).fetchall()
        history = connection.execute(
            "SELECT threshold, year, is_main_threshold FROM site_history ORDER BY ALL"
        ).fetchall()
    assert found == [
        (0.55, 2016, True, 1.0),
        (0.55, 2017, False, 1.0),
        (0.55, 2017, True, 2.25),
        (0.625, 2016, True, 0.5),
        (0.625, 2017, True, 2.25),
    ]
    years = (2016, 2017)
    assert history == [*((0.55, y, True) for y in years), *((0.625, y, False) for y in years)]


intervals = st.lists(
    st.tuples(st.integers(2016, 2019), st.integers(0, 20), st.integers(1, 4)),
    min_size=1,
    max_size=12,
)


@pytest.mark.slow
@given(intervals=intervals, data=st.data())
@settings(max_examples=8, deadline=None)
def test_continuity_equals_a_loop_whatever_the_order_of_rows(intervals, data):
    boxes = [
        (f"p{i:02}", year, None, x, 0, x + width, 1) for i, (year, x, width) in enumerate(intervals)
    ]
    found = continuity(data.draw(st.permutations(boxes)), done(range(2016, 2020)))
    for i, (year, x, width) in enumerate(intervals):
        meets = any(
            abs(year - y) == 1 and x <= other + w and other <= x + width
            for y, other, w in intervals
        )
        assert found[f"p{i:02}"] is meets
