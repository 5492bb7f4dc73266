"""The status views on small tables whose results can be worked out by hand."""

import itertools

import pytest
from pydantic import ValidationError

from quarrydb.project.parameters import Parameters
from tests.sql_world import rows

from .status_world import world

UP, DOWN, FLAT = [1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1], [1, 3, 2, 3, 1, 2]
SHAPES = {"+": UP, "-": DOWN, "0": FLAT}


def add_mine(connection, mine_id, area=1.0, country="A", continent="K"):
    connection.execute("INSERT INTO core.mine VALUES (?, ?, NULL)", [mine_id, area])
    if country:
        connection.execute(
            "INSERT INTO core.mine_country VALUES (?, ?, ?)", [mine_id, country, continent]
        )


def add_series(connection, mine_id, indicator, values, first=2018):
    for year, value in enumerate(values, start=first):
        if value is None:
            continue
        if indicator == "bsp":
            connection.execute(
                "INSERT INTO mine_bare_surface VALUES (?, ?, ?, 0.75, FALSE)",
                [mine_id, year, value],
            )
        else:
            connection.execute(
                "INSERT INTO raw.indicator VALUES (?, ?, ?, NULL, NULL, ?, 1, 1, 1)",
                [indicator, mine_id, year, value],
            )


def test_dates_are_averaged_first_and_tiles_united():
    c = world()
    add_mine(c, "a", area=4.0)
    c.execute(
        """
        INSERT INTO raw.indicator VALUES
            ('ntl', 'a', 2018, 1, NULL, 10.0, 1.0, 1.0, 2.0),
            ('ntl', 'a', 2018, 1, NULL, 20.0, 3.0, 3.0, 3.0),
            ('ntl', 'a', 2018, 2, NULL, 30.0, 1.0, 2.0, 4.0),
            ('ntl', 'a', 2018, 3, NULL, NULL, 0.0, 0.0, 4.0),
            ('ntl', 'a', 2019, 1, NULL, NULL, 0.0, 0.0, 4.0)
        """
    )
    dates = rows(c, "SELECT month, value, coverage_share FROM core.indicator_date ORDER BY month")
    assert dates == [(1, 17.5, 1.0), (2, 30.0, 0.5)]
    yearly = rows(c, "SELECT year, value, coverage_share, n_dates FROM mine_indicator_yearly")
    assert yearly == [(2018, 23.75, 0.75, 2)]


def test_days_are_averaged_to_months_and_months_to_years():
    """Three days of January weigh as much as one of February, each by its own coverage."""
    c = world()
    add_mine(c, "a", area=4.0)
    c.execute(
        """
        INSERT INTO raw.indicator VALUES
            ('evi', 'a', 2018, 1, 1, 1.0, 4.0, 4.0, 4.0), ('evi', 'a', 2018, 1, 9, 2.0, 2.0, 2.0, 4.0),
            ('evi', 'a', 2018, 1, 17, 6.0, 1.0, 3.0, 4.0), ('evi', 'a', 2018, 2, 2, 7.0, 1.0, 1.0, 4.0),
            ('evi', 'a', 2018, 2, 18, NULL, 0.0, 0.0, 4.0)
        """
    )
    found = rows(c, "SELECT value, coverage_share, n_dates FROM mine_indicator_yearly")
    assert found == [((3.0 + 7.0) / 2, (0.75 + 0.25) / 2, 4)]


def test_bare_surface_is_an_indicator_with_its_coverage():
    c = world()
    add_mine(c, "a", area=2.0)
    add_series(c, "a", "bsp", [0.1, None, 0.3])
    c.execute("INSERT INTO mine_bare_surface VALUES ('a', 2019, 0.2, 0.75, TRUE)")
    found = rows(c, "SELECT indicator, year, value, coverage_share FROM mine_indicator_yearly")
    assert sorted(found) == [("bsp", 2018, 0.1, 0.75), ("bsp", 2020, 0.3, 0.75)]


def test_a_year_without_data_keeps_its_place_in_the_slope():
    c = world()
    add_mine(c, "a")
    add_series(c, "a", "ndvi", [10, None, 30, 40, 50, None])
    (found,) = rows(c, "FROM mine_trend")
    assert found[:6] == ("a", "ndvi", 4, 2018, 2022, "no trend")
    columns = "n_years, first_year, last_year, s, tau, slope_per_year, reason"
    assert rows(c, f"SELECT {columns} FROM mine_trend") == [(4, 2018, 2022, 6.0, 1.0, 10.0, None)]


def test_only_the_period_and_enough_coverage_count():
    c = world(trend_first_year=2019, trend_last_year=2023, indicator_coverage_min=0.5)
    add_mine(c, "a")
    add_series(c, "a", "ndvi", [99, 1, 2, 3, 4, 5, -99])
    c.execute("UPDATE raw.indicator SET valid_km2 = 0.4 WHERE year = 2021")
    found = rows(c, "SELECT n_years, first_year, last_year, trend FROM mine_trend")
    assert found == [(4, 2019, 2023, "no trend")]


def test_short_and_constant_series_have_a_reason():
    c = world()
    add_mine(c, "a")
    add_series(c, "a", "ndvi", [1, 2, 3])
    add_series(c, "a", "ntl", [5, 5, 5, 5, 5])
    found = rows(c, "SELECT indicator, trend, reason FROM mine_trend ORDER BY ALL")
    assert found == [
        ("ndvi", None, "fewer than four values"),
        ("ntl", "no trend", "all values are equal"),
    ]
    assert rows(c, "SELECT status, decided_by, n_tested FROM mine_status") == [
        ("undefined", None, 1)
    ]


def expected_status(bsp, ndvi, ntl):
    """The study's tree (Xu et al. 2025, section 2.4), written as it is drawn."""
    if bsp == "+":
        return "active", "bsp"
    if bsp == "-":
        return "closed", "bsp"
    if ndvi == "-":
        return "active", "ndvi"
    if ndvi == "+":
        return "closed", "ndvi"
    if ntl == "+":
        return "active", "ntl"
    if ntl == "-":
        return "closed", "ntl"
    return "undefined", None


def test_every_combination_of_trends_goes_through_the_tree():
    c = world()
    signs = list(itertools.product("+-0", repeat=3))
    for bsp, ndvi, ntl in signs:
        name = bsp + ndvi + ntl
        add_mine(c, name)
        for indicator, sign in (("bsp", bsp), ("ndvi", ndvi), ("ntl", ntl)):
            add_series(c, name, indicator, SHAPES[sign])
    found = {row[0]: row[1:] for row in rows(c, "FROM mine_status")}
    assert len(found) == 27
    for bsp, ndvi, ntl in signs:
        status, decided_by, is_mixed, strict, n_tested, chance = found[bsp + ndvi + ntl]
        assert (status, decided_by) == expected_status(bsp, ndvi, ntl)
        meanings = {
            meaning
            for sign, active in ((bsp, "+"), (ndvi, "-"), (ntl, "+"))
            if sign != "0"
            for meaning in ["active" if sign == active else "closed"]
        }
        assert is_mixed == (len(meanings) == 2)
        assert strict == ("undefined" if is_mixed else status)
        assert n_tested == 3
        assert chance == pytest.approx(1 - (1 - 12 / 720) ** 3)  # 4.9 %


def test_order_and_meaning_of_signs_are_parameters():
    c = world(status_rule="ntl  decreasing,ndvi increasing")
    add_mine(c, "a")
    add_series(c, "a", "bsp", UP)
    add_series(c, "a", "ndvi", DOWN)
    add_series(c, "a", "ntl", DOWN)
    columns = "status, decided_by, has_mixed_signals, status_strict, n_tested"
    assert rows(c, f"SELECT {columns} FROM mine_status") == [
        ("active", "ntl", True, "undefined", 2)
    ]


@pytest.mark.parametrize(
    "rule", ["bsp", "bsp up", "bsp increasing, bsp decreasing", "", "bsp increasing,"]
)
def test_a_rule_that_cannot_be_read_is_a_mistake_of_the_project_file(rule):
    with pytest.raises(ValidationError, match="status_rule"):
        Parameters(status_rule=rule)


def test_a_period_that_ends_before_it_begins_is_a_mistake_of_the_project_file():
    with pytest.raises(ValidationError, match="2024 is after trend_last_year 2023"):
        Parameters(trend_first_year=2024)


def test_a_modified_test_and_another_level_are_parameters():
    c = world(trend_alpha=0.001)
    add_mine(c, "a")
    add_series(c, "a", "ndvi", UP)
    assert rows(c, "SELECT trend FROM mine_trend") == [("no trend",)]
    c = world(trend_test="yue_wang", trend_last_year=2040)
    add_mine(c, "a")
    add_series(c, "a", "ndvi", [1, 4, 2, 6, 3, 8, 5, 9, 7, 10])
    plain = rows(c, "SELECT z FROM mine_trend")
    c.execute("UPDATE parameter SET trend_test = 'original'")
    assert rows(c, "SELECT z FROM mine_trend") != plain


def test_summary_by_world_continent_and_country():
    c = world()
    for mine_id, area, country, continent, series in [
        ("a", 1.0, "A", "K", UP),
        ("b", 3.0, "A", "K", DOWN),
        ("c", 4.0, "B", "K", UP),
        ("d", 8.0, None, None, UP),
    ]:
        add_mine(c, mine_id, area, country, continent)
        add_series(c, mine_id, "bsp", series)
    found = rows(c, "SELECT * EXCLUDE (n_by_chance) FROM status_summary")
    assert found == [
        ("world", "World", "active", 3, 0.75, 13.0, 13 / 16),
        ("world", "World", "closed", 1, 0.25, 3.0, 3 / 16),
        ("world", "World", "undefined", 0, 0.0, 0.0, 0.0),
        ("country", "A", "active", 1, 0.5, 1.0, 0.25),
        ("country", "A", "closed", 1, 0.5, 3.0, 0.75),
        ("country", "A", "undefined", 0, 0.0, 0.0, 0.0),
        ("country", "B", "active", 1, 1.0, 4.0, 1.0),
        ("country", "B", "closed", 0, 0.0, 0.0, 0.0),
        ("country", "B", "undefined", 0, 0.0, 0.0, 0.0),
        ("continent", "K", "active", 2, 2 / 3, 5.0, 5 / 8),
        ("continent", "K", "closed", 1, 1 / 3, 3.0, 3 / 8),
        ("continent", "K", "undefined", 0, 0.0, 0.0, 0.0),
    ]
    trends = rows(c, "SELECT name, trend, n_mines FROM trend_summary")
    assert trends == [
        ("K", "decreasing", 1),
        ("K", "increasing", 2),
        ("World", "decreasing", 1),
        ("World", "increasing", 3),
    ]


def test_every_view_is_empty_without_inputs():
    c = world()
    names = [
        row[0]
        for row in rows(
            c,
            "SELECT view_name FROM duckdb_views() WHERE NOT internal AND view_name NOT IN "
            "('status_rule', 'trend_size', 'validation_overall')",
        )
    ]
    assert {"mine_trend", "mine_status", "status_summary", "validation_confusion"} <= set(names)
    for schema, name in rows(
        c, "SELECT schema_name, view_name FROM duckdb_views() WHERE NOT internal"
    ):
        if name not in ("status_rule", "trend_size"):
            assert rows(c, f"FROM {schema}.{name}") == [], name
