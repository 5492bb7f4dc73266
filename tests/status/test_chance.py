"""How sure trends and status are: exact p-values, the test's size, false discoveries."""

import itertools
import math

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats

from quarrydb.udfs.arrow import trend_test
from quarrydb.udfs.exact import MAX_VALUES, exact_p, group_sizes
from tests.sql_world import rows

from .status_world import world
from .test_status_sql import DOWN, UP, add_mine, add_series


def exact(*series):
    found = trend_test(pa.array(series, pa.list_(pa.float64())), "exact")
    return [row.as_py() for row in found]


def test_exact_p_of_five_and_six_years_on_paper():
    """Of 120 orders of five values two have a score of +-10; of 720 of six, twelve have 13 or more."""
    five, six, one_fall = exact([1, 2, 3, 4, 5], [1, 2, 3, 4, 5, 6], [2, 1, 3, 4, 5, 6])
    assert five["p"] == 2 / 120
    assert (six["p"], one_fall["p"]) == (2 / 720, 12 / 720)
    assert {row["trend"] for row in (five, six, one_fall)} == {"increasing"}
    (normal,) = trend_test(pa.array([[1.0, 2, 3, 4, 5]])).field("p").to_pylist()
    assert round(normal, 3) == 0.027


@pytest.mark.parametrize("values", [[1, 1, 2, 3, 3], [0, 0, 0, 1, 2, 3], [1, 2, 2, 2, 3, 3]])
def test_exact_p_with_ties_counts_every_order(values):
    orders = np.array(list(itertools.permutations(values)))
    later, earlier = np.tril_indices(len(values), -1)
    scores = np.sign(orders[:, later] - orders[:, earlier]).sum(axis=1)
    sizes = group_sizes(np.array(values, float))
    for score in np.unique(scores):
        share = (abs(scores) >= abs(score)).mean()
        assert exact_p(int(score), sizes) == pytest.approx(share, rel=1e-12)


def test_exact_p_without_ties_is_scipys():
    rng = np.random.default_rng(1)
    for n in (4, 7, 12, 30, MAX_VALUES):
        series = rng.normal(size=n)
        (row,) = exact(series.tolist())
        theirs = scipy.stats.kendalltau(np.arange(n), series, method="exact")
        assert row["p"] == pytest.approx(theirs.pvalue, rel=1e-9)


def test_exact_leaves_gaps_out_and_long_series_to_the_normal_curve():
    rng = np.random.default_rng(2)
    long = rng.normal(size=MAX_VALUES + 1).tolist()
    gap, constant, short, far = exact([1, None, 2, 3, 4, 5], [7] * 6, [1, 2, 3], long)
    assert gap["p"] == 2 / 120
    assert (constant["trend"], constant["p"]) == ("no trend", 1)
    assert short["trend"] is None
    assert far["p"] == trend_test(pa.array([long])).field("p").to_pylist()[0]


def test_the_size_of_the_test_is_the_share_of_all_orders_that_it_rejects():
    c = world()
    sizes = dict(rows(c, "SELECT n_years, size FROM core.trend_size"))
    assert sizes == {4: 0, 5: pytest.approx(2 / 120), 6: pytest.approx(12 / 720)}
    orders = pa.array([list(o) for o in itertools.permutations(map(float, range(1, 7)))])
    rejected = trend_test(orders).field("trend").to_pylist()
    assert sum(word != "no trend" for word in rejected) / len(rejected) == pytest.approx(sizes[6])
    c = world(trend_first_year=2014, trend_test="exact", trend_alpha=0.1)
    sizes = dict(rows(c, "SELECT n_years, size FROM core.trend_size"))
    assert sizes[4] == pytest.approx(2 / 24)  # below a level of 0.1
    assert all(0.05 < size < 0.1 for size in sizes.values())


def test_how_many_mines_chance_alone_calls_active_or_closed():
    """Two mines with three indicators of six years, one of them with a series that never changes."""
    c = world()
    for name in "ab":
        add_mine(c, name)
        for indicator in ("bsp", "ndvi"):
            add_series(c, name, indicator, [1, 3, 2, 3, 1, 2])
    add_series(c, "a", "ntl", UP)
    add_series(c, "b", "ntl", [5] * 6)
    size = 12 / 720
    chance = {"a": 1 - (1 - size) ** 3, "b": 1 - (1 - size) ** 2}
    assert dict(rows(c, "SELECT mine_id, chance_share FROM mine_status")) == pytest.approx(chance)
    expected = sum(chance.values())
    query = "SELECT status, n_by_chance FROM status_summary WHERE scope = 'world'"
    assert dict(rows(c, query)) == pytest.approx(
        {"active": expected / 2, "closed": expected / 2, "undefined": 2 - expected}
    )
    c.execute("UPDATE parameter SET trend_test = 'yue_wang'")
    assert {row[1] for row in rows(c, query)} == {None}


def add_series_of_scores(connection, scores):
    """A mine for each score of six values: each swap of neighbours in a rising series is one fall more."""
    for i, score in enumerate(scores):
        values = list(UP)
        for _ in range((15 - score) // 2):
            place = next(p for p in range(5) if values[p] < values[p + 1])
            values[place], values[place + 1] = values[place + 1], values[place]
        add_mine(connection, f"m{i:02}", country="A" if i < 8 else "B")
        add_series(connection, f"m{i:02}", "ndvi", values)


@pytest.mark.parametrize("test", ["original", "exact"])
def test_false_discovery_rates_are_scipys(test):
    c = world(trend_test=test)
    add_series_of_scores(c, [15] * 3 + [13] * 4 + [11, 9, 9, 5, 1, 1])
    found = rows(c, "SELECT p_value, p_adjusted FROM mine_trend ORDER BY mine_id")
    p, adjusted = zip(*found, strict=True)
    np.testing.assert_allclose(adjusted, scipy.stats.false_discovery_control(p), rtol=1e-12)
    for name, chosen in (("World", p), ("A", p[:8]), ("B", p[8:])):
        fdr = scipy.stats.false_discovery_control(chosen)
        ((n, significant, chance, discoveries, up, down),) = rows(
            c,
            "SELECT * EXCLUDE (scope, name, indicator) FROM trend_discovery WHERE name = ?",
            name,
        )
        assert (n, significant) == (len(chosen), sum(x < 0.05 for x in chosen))
        assert (discoveries, up, down) == ((fdr < 0.05).sum(), (fdr < 0.05).sum(), 0)
        assert chance == pytest.approx(len(chosen) * 12 / 720)


def test_a_false_discovery_rate_can_decide_the_status():
    """One mine that falls and nineteen without a trend: 20 times its p is not below 5 %."""
    c = world(status_rule="ndvi decreasing")
    add_mine(c, "a")
    add_series(c, "a", "ndvi", DOWN)
    for i in range(19):
        add_mine(c, f"b{i}")
        add_series(c, f"b{i}", "ndvi", [1, 3, 2, 3, 1, 2])
    query = "SELECT status FROM mine_status WHERE mine_id = 'a'"
    assert rows(c, query) == [("active",)]
    ((p, adjusted),) = rows(c, "SELECT p_value, p_adjusted FROM mine_trend WHERE mine_id = 'a'")
    assert p == pytest.approx(math.erfc(14 / math.sqrt(6 * 5 * 17 / 18) / math.sqrt(2)))
    assert adjusted == pytest.approx(20 * p)
    c.execute("UPDATE parameter SET trend_correction = 'benjamini_hochberg'")
    assert rows(c, query) == [("undefined",)]
    assert rows(c, "SELECT DISTINCT chance_share FROM mine_status") == [(None,)]
