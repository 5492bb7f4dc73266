"""Ground that nobody looked at is unknown, not empty; ground that is one mine counts once."""

import pytest

from quarrydb.catalog.objects import read_catalog
from quarrydb.engine.checks import run_check
from tests.sql_world import database

from .footprint_rows import clarity_rows, done, prediction_rows, site_rows

LANDS = (
    "SELECT iso3, iso3 AS source_id, 1 AS part, iso3 AS country, 'C' AS continent, "
    "ST_MakeEnvelope(w, s, e, n) AS geometry FROM (VALUES "
    "('AAA', -20.0, -20.0, 5.0, 20.0), ('BBB', 5.0, -20.0, 20.0, 20.0)) AS t (iso3, w, s, e, n)"
)


def corners(year):
    """Feature 7 of a source in one year: parts 1 and 3 meet in a corner, part 2 lies apart."""
    name = f"src-{year}-7"
    return [
        (name, year, None, 0.0, 0.0, 0.01, 0.01),
        (f"{name}.2", year, None, 1.0, 1.0, 1.01, 1.01),
        (f"{name}.3", year, None, 0.01, 0.01, 0.02, 0.02),
    ]


def test_parts_of_a_component_take_no_id_of_another_polygon():
    rows = [*corners(2020), *corners(2021)]
    tables = {
        "raw.footprint": prediction_rows(rows),
        "raw.segmented_site": site_rows(done([2020, 2021])),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
        "core.mine_place": "SELECT 'm' AS mine_id, 'country' AS layer, 'AAA' AS region_id",
        "raw.country": LANDS,
    }
    with database(["main.segmented_country_yearly"], tables) as connection:
        found = connection.execute(
            "SELECT year, n_polygons, area_km2 FROM segmented_country_yearly ORDER BY year"
        ).fetchall()
        drawn = connection.execute(
            "SELECT sum(core.area_km2(geometry)) FROM raw.footprint WHERE year = 2020"
        ).fetchone()[0]
        check = read_catalog()["fail_segmented_polygon_unique"]
        assert run_check(connection, check) is None
    assert [row[:2] for row in found] == [(2020, 3), (2021, 3)]
    assert [row[2] for row in found] == pytest.approx([drawn] * 2)


def small(name, year, x, site=None):
    return (name, year, site, x, 0.0, x + 0.01, 0.01)


def in_dataset(select, dataset):
    return f"SELECT * REPLACE ('{dataset}' AS dataset) FROM ({select})"


SITES_OF_TWO_LANDS = {
    "raw.country": LANDS,
    "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    "core.mine_country": "SELECT unnest(['a', 'b']) AS mine_id, unnest(['AAA', 'BBB']) AS iso3",
    "core.mine_place": (
        "SELECT unnest(['a', 'b']) AS mine_id, 'country' AS layer, unnest(['AAA', 'BBB']) AS region_id"
    ),
    "core.mine_cell": (
        "SELECT '' AS region_id, 0 AS cell_x, 0 AS cell_y, 0.0 AS area_km2, "
        "ST_Point(0, 0) AS geometry WHERE false"
    ),
    "raw.footprint": prediction_rows(
        [
            *(small(f"a{year}", year, 0.1, "a") for year in (2018, 2020)),
            *(small(f"b{year}", year, 9.0, "b") for year in (2019, 2020)),
        ]
    ),
    "raw.segmented_site": site_rows(
        [*done([2018, 2019, 2020], "a"), ("b", 2018, "no image"), *done([2019, 2020], "b")]
    ),
}


def test_a_year_that_nobody_looked_at_is_unknown():
    """BBB's only site has no image in 2018; AAA's shows nothing in 2019."""
    options = {"continuity_ends": "open"}
    views = ["segmented_country_yearly", "segmented_region_yearly", "segmented_change_grid"]
    with database([f"main.{view}" for view in views], SITES_OF_TWO_LANDS, **options) as connection:
        countries = connection.execute(
            "SELECT iso3, year, n_polygons, area_km2 > 0 FROM segmented_country_yearly ORDER BY ALL"
        ).fetchall()
        regions = connection.execute(
            "SELECT year, n_polygons FROM segmented_region_yearly ORDER BY year"
        ).fetchall()
        cells = connection.execute(
            "SELECT round(area_first_km2, 2), round(area_last_km2, 2), change_km2 "
            "FROM segmented_change_grid ORDER BY cell_x"
        ).fetchall()
    seen_in_bbb = [("BBB", 2019, 1, True), ("BBB", 2020, 1, True)]
    assert countries == [
        ("AAA", 2018, 1, True),
        ("AAA", 2019, 0, False),
        ("AAA", 2020, 1, True),
        *seen_in_bbb,
    ]
    assert regions == [(2018, 1), (2019, 1), (2020, 2)]
    assert cells == [(1.23, 1.23, 0.0), (None, 1.23, None)]


def test_a_cell_compares_what_was_segmented_in_both_years():
    """In one cell: a source has 2018 and 2020, its second mine opens; another has 2020 only."""
    options = {"continuity_ends": "open"}
    rows = [small("a18", 2018, 0.1), small("a20", 2020, 0.1), small("new20", 2020, 0.2)]
    later = in_dataset(prediction_rows([small("z20", 2020, 0.3)]), "z")
    tables = SITES_OF_TWO_LANDS | {
        "raw.footprint": f"{prediction_rows(rows)} UNION ALL {later}",
        "raw.segmented_site": (
            f"{site_rows(done([2018, 2020]))} UNION ALL {in_dataset(site_rows(done([2020])), 'z')}"
        ),
    }
    with database(["main.segmented_change_grid"], tables, **options) as connection:
        ((first, last, change),) = connection.execute(
            "SELECT area_first_km2, area_last_km2, change_km2 FROM segmented_change_grid"
        ).fetchall()
    assert last == pytest.approx(3 * first)
    assert change == pytest.approx(first)


def test_agreement_is_of_mines_and_ground_that_both_could_see():
    """A source of AAA says nothing of BBB; where no land cover is known nothing is compared."""
    rows = [small(f"p{year}", year, 0.1) for year in (2019, 2020)]
    tables = SITES_OF_TWO_LANDS | {
        "raw.footprint": prediction_rows(rows),
        "raw.segmented_site": site_rows(done([2019, 2020])),
        "core.mine": "SELECT unnest(['a', 'missed', 'b']) AS mine_id",
        "core.mine_country": (
            "SELECT unnest(['a', 'missed', 'b']) AS mine_id, unnest(['AAA', 'AAA', 'BBB']) AS iso3"
        ),
        "core.footprint_mine": "SELECT 'a' AS mine_id, unnest([2019, 2020]) AS year, 3.0 AS area_km2",
        "core.bare_surface_gap": "SELECT NULL::VARCHAR AS reason",
        "core.landcover_state": "SELECT 200 AS code, true AS is_mine_related",
        "core.landcover_surface": (
            "SELECT unnest(['a', 'missed', 'b']) AS mine_id, 2019 AS year, 4.0 AS known_km2, "
            "2.5 AS mine_related_km2"
        ),
        "raw.landcover_epoch": "SELECT unnest([1, 2]) AS position, unnest([2019, 2020]) AS year",
        # A third of the footprint of 2019 has no land cover, nothing of 2020 has any.
        "raw.footprint_trajectory": (
            "SELECT 'a' AS mine_id, * FROM (VALUES (2019, [200, NULL], 2.0), (2019, [NULL, NULL], 1.0), "
            "(2020, [200, NULL], 2.0), (2020, [NULL, NULL], 1.0)) AS t (footprint_year, classes, area_km2)"
        ),
    }
    with database(["main.footprint_agreement"], tables) as connection:
        found = connection.execute("SELECT * FROM footprint_agreement ORDER BY mine_id").fetchall()
    assert found == [("a", 2019, 2.0, 2.5, 2.0, 0.8), ("missed", 2019, 0.0, 2.5, 0.0, 0.0)]


def test_points_count_where_and_when_somebody_looked():
    """Four points of mines: p19 in a square seen in its year, p18 in one without an image, p15 in
    none, far in a country at which no source looks. Source s draws in AAA, f in AAA in 2015 and 2018.
    """
    tables = {
        "raw.point": (
            "SELECT name AS point_id, year, is_mine, ST_Point(x, 0) AS geometry FROM (VALUES "
            "('p19', 2019, true, 1), ('p15', 2015, true, 1), ('p18', 2018, true, 1), "
            "('far', 2018, true, 9)) AS t (name, year, is_mine, x)"
        ),
        "raw.country": LANDS,
        "main.mine_source": "SELECT 'm' AS mine_id, 's' AS source",
        "core.mine_country": "SELECT 'm' AS mine_id, 'AAA' AS iso3",
        "core.seen_country": "SELECT 'f' AS dataset, NULL::VARCHAR AS site_id, 'AAA' AS iso3",
        "raw.point_probability": (
            "SELECT unnest(['p19', 'far']) AS point_id, 'a' AS site_id, 0.9 AS probability"
        ),
        "core.point_hit": "SELECT 'footprint' AS dataset, 'p19' AS point_id",
        "raw.segmented_site": site_rows([("a", 2019, "done"), ("a", 2018, "no image")]),
    }
    query = (
        "SELECT dataset, n, recall FROM segmentation_metric "
        "WHERE averaging = 'pooled' AND coalesce(threshold, 0.9) = 0.9 ORDER BY dataset"
    )
    expected = [("predictions", 1, 1.0), ("s", 3, 0.0), ("union", 3, 0.0)]
    with database(["main.segmentation_metric"], tables) as connection:
        assert connection.execute(query).fetchall() == [("footprint", 1, 1.0), *expected]
    elsewhere = "SELECT 'f', NULL, unnest([2015, 2018]), 'done', NULL, NULL, NULL, 0"
    tables["raw.segmented_site"] += f" UNION ALL {elsewhere}"
    with database(["main.segmentation_metric"], tables) as connection:
        assert connection.execute(query).fetchall()[0] == ("footprint", 3, pytest.approx(1 / 3))


def test_scores_are_averaged_over_years_and_pooled():
    """Two years of unequal numbers of points, worked out on paper."""
    tables = {
        "core.point_confusion": (
            "SELECT 'predictions' AS dataset, * FROM (VALUES (2019, 0.5, 8, 2, 0, 0), "
            "(2020, 0.5, 1, 0, 1, 0)) AS t (year, threshold, true_positive, false_positive, "
            "false_negative, true_negative)"
        )
    }
    views = ["main.segmentation_metric", "main.best_threshold"]
    with database(views, tables) as connection:
        rows = connection.execute(
            "SELECT averaging, year, n, accuracy, precision, recall FROM segmentation_metric "
            "ORDER BY averaging, year"
        ).fetchall()
        best = connection.execute("SELECT value FROM best_threshold WHERE metric = 'accuracy'")
        assert best.fetchone() == (pytest.approx(0.65),)
    assert rows == [
        ("mean of years", None, 12, pytest.approx(0.65), pytest.approx(0.9), pytest.approx(0.75)),
        ("pooled", None, 12, 0.75, pytest.approx(9 / 11), 0.9),
        ("year", 2019, 10, 0.8, 0.8, 1.0),
        ("year", 2020, 2, 0.5, 1.0, 0.5),
    ]


def test_masks_are_scored_as_points_are():
    tables = {
        "raw.mask_confusion": (
            "SELECT 2019 AS year, 0.5 AS threshold, 6 AS true_positive, 2 AS false_positive, "
            "2 AS false_negative, 90 AS true_negative"
        )
    }
    with database(["main.segmentation_metric"], tables) as connection:
        rows = connection.execute(
            "SELECT dataset, averaging, n, iou FROM segmentation_metric ORDER BY averaging"
        ).fetchall()
    assert rows == [("masks", name, 100, 0.6) for name in ("mean of years", "pooled", "year")]


SHARES = [
    (2019, "done", 1.0, 1.0),
    (2020, "done", 0.026, 0.0),
    (2021, "done", 0.9, 0.2),
    (2022, "done", 0.6, 0.7),
    (2023, "failed", None, None),
    (2024, "done", 1.0, None),
]


def partly_seen(shares=SHARES, site="a"):
    """SELECT of raw.segmented_site from (year, status, share of the square, share of the mine)."""
    rows = ", ".join(
        f"({year}, '{status}', {'NULL' if s is None else s}, {'NULL' if m is None else m})"
        for year, status, s, m in shares
    )
    return (
        f"SELECT 'segmentation' AS dataset, '{site}' AS site_id, year, status, NULL::VARCHAR AS reason, "
        "seen::DOUBLE AS seen_share, mine::DOUBLE AS mine_seen_share, 1 AS n_polygons "
        f"FROM (VALUES {rows}) AS t (year, status, seen, mine)"
    )


def test_a_year_in_which_little_was_seen_is_not_seen():
    with database(["main.segmented_site"], {"raw.segmented_site": partly_seen()}) as connection:
        rows = connection.execute(
            "SELECT year, status, reason, n_polygons FROM segmented_site ORDER BY year"
        ).fetchall()
    assert [row[1] for row in rows] == ["done", "not seen", "not seen", "done", "failed", "done"]
    assert [row[3] for row in rows] == [1, None, None, 1, 1, 1]
    assert rows[1][2] == (
        "pixels with data cover 2.6 % of the square and 0.0 % of the mine; site_seen_min asks for 50.0 %"
    )


def test_a_sliver_of_an_image_deletes_no_mine():
    """A mine of 2019 and 2021; of 2020 a sliver shows 2.6 % of the square, and half of 2022 is void."""
    rows = prediction_rows([small(f"a{year}", year, 0.1, "a") for year in (2019, 2021)])
    seen = [(y, "done", s, s) for y, s in ((2019, 1), (2020, 0.026), (2021, 1), (2022, 0.55))]
    tables = SITES_OF_TWO_LANDS | {
        "raw.footprint": in_dataset(rows, "segmentation"),
        "raw.segmented_threshold": "SELECT 0.5 AS threshold, true AS is_main",
        "raw.segmented_site": partly_seen(seen),
    }
    views = ["main.footprint", "main.site_history", "main.segmented_country_yearly"]
    with database(views, tables) as connection:
        kept = connection.execute(
            "SELECT year, is_continuous FROM footprint ORDER BY year"
        ).fetchall()
        history = connection.execute(
            "SELECT year, area_km2 > 0, change_km2, seen_share FROM site_history ORDER BY year"
        ).fetchall()
        country = connection.execute(
            "SELECT year, n_polygons FROM segmented_country_yearly ORDER BY year"
        ).fetchall()
    assert kept == [(2019, True), (2021, True)]
    assert [row[:2] for row in history] == [(2019, True), (2021, True), (2022, False)]
    assert [row[2] is None for row in history] == [True, True, False]
    assert history[2][3] == 0.55
    assert country == [(2019, 1), (2021, 1), (2022, 0)]


def test_what_was_found_in_a_year_that_counts_as_not_seen_is_left_out():
    rows = prediction_rows([small(f"a{year}", year, 0.1, "a") for year in (2019, 2020, 2021)])
    tables = {
        "raw.footprint": in_dataset(rows, "segmentation"),
        "raw.segmented_threshold": "SELECT 0.5 AS threshold, true AS is_main",
        "raw.segmented_site": partly_seen(
            [(2019, "done", 1, 1), (2020, "done", 0.3, 1), (2021, "done", 1, 1)]
        ),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
    }
    query = "SELECT year FROM core.footprint_outline ORDER BY year"
    with database(["core.footprint_outline"], tables) as connection:
        assert connection.execute(query).fetchall() == [(2019,), (2021,)]
    with database(["core.footprint_outline"], tables, site_seen_min=0.25) as connection:
        assert connection.execute(query).fetchall() == [(2019,), (2020,), (2021,)]


def test_the_clarity_of_classified_images_is_what_was_seen_of_the_square():
    """The scene says 30 % of both years; one image has a scene classification that leaves all."""
    tables = {
        "main.image_choice": (
            "SELECT 'a' AS site_id, unnest([2019, 2020]) AS year, unnest(['plain', 'classed']) AS image_id, "
            "0.3 AS clarity, 1.0 AS covered_share"
        ),
        "raw.image": (
            "SELECT 'plain' AS image_id, []::STRUCT(band VARCHAR)[] AS parts UNION ALL "
            "SELECT 'classed', [{'band': 'red'}, {'band': 'scl'}]"
        ),
        "raw.segmented_site": partly_seen([(2019, "done", 0.9, 0.9), (2020, "done", 1, 1)]),
    }
    with database(["core.site_clarity"], tables) as connection:
        rows = connection.execute("SELECT year, clarity FROM core.site_clarity ORDER BY year")
        assert rows.fetchall() == [(2019, 0.3), (2020, 1.0)]


def test_a_sliver_in_the_window_does_not_hide_the_whole_scene():
    """In August a sliver, in March the whole square; next year August has it all, in two halves."""
    scenes = [
        ("sliver", 2020, 8, 0.9, 0.974, 1.0),
        ("march20", 2020, 3, 0.8, 0.0, 1.0),
        ("west", 2021, 8, 0.7, 0.0, 0.5),
        ("east", 2021, 9, 0.8, 0.5, 1.0),
        ("march21", 2021, 3, 0.99, 0.0, 1.0),
    ]
    rows = ", ".join(map(str, scenes))
    tables = {
        "core.site": "SELECT 's' AS site_id, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
        "raw.image": (
            "SELECT name AS image_id, year, make_date(year, month, 1) AS date, clarity, "
            f"ST_MakeEnvelope(w, 0, e, 1) AS geometry FROM (VALUES {rows}) "
            "AS t (name, year, month, clarity, w, e)"
        ),
    }
    with database(["main.image_choice"], tables) as connection:
        found = connection.execute(
            "SELECT year, image_id FROM image_choice ORDER BY year, priority"
        ).fetchall()
    assert found == [(2020, "sliver"), (2020, "march20"), (2021, "east"), (2021, "west")]


@pytest.mark.parametrize(
    ("first", "last", "chosen"), [(6, 11, 7), (11, 3, 12), (12, 1, 12), (2, 4, 3), (5, 5, None)]
)
def test_a_window_of_months_may_go_over_the_new_year(first, last, chosen):
    """One image in each of March, July and December, clearer by the month but for the last."""
    tables = {
        "core.image_candidate": (
            "SELECT 's' AS site_id, unnest(['3', '7', '12']) AS image_id, 1 AS place_key, "
            "1.0 AS covered_share"
        ),
        "raw.image": (
            "SELECT month::VARCHAR AS image_id, 2020 AS year, make_date(2020, month, 1) AS date, "
            "clarity, ST_MakeEnvelope(0, 0, 1, 1) AS geometry "
            "FROM (VALUES (3, 0.7), (7, 0.9), (12, 0.8)) AS t (month, clarity)"
        ),
        "core.site": "SELECT 's' AS site_id, ST_MakeEnvelope(0, 0, 1, 1) AS geometry",
    }
    months = {"image_first_month": first, "image_last_month": last}
    with database(["main.image_choice"], tables, **months) as connection:
        found = connection.execute("SELECT image_id, is_in_window FROM image_choice").fetchall()
    assert found == [(str(chosen or 7), chosen is not None)]


def test_two_polygons_of_one_id_fail_a_check():
    tables = {
        "core.footprint_united": "SELECT unnest(['a', 'b', 'a/2', 'b']) AS footprint_id",
    }
    with database([], tables) as connection:
        found = run_check(connection, read_catalog()["fail_segmented_polygon_unique"])
    assert found is not None
    assert found.is_failure
    assert [dict(row) for row in found.first] == [{"footprint_id": "b", "n": 2}]
