"""The Mann-Kendall test in numpy, in DuckDB, in ibis and in plain SQL, against pymannkendall."""

import itertools
import os
import warnings

import duckdb
import numpy as np
import pyarrow as pa
import pymannkendall
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarrydb.catalog.objects import in_order, read_catalog
from quarrydb.errors import BuildError
from quarrydb.udfs import REGISTRY, declare, register
from quarrydb.udfs.arrow import TREND_TYPE, trend_by_row, trend_test
from quarrydb.udfs.modified import MODIFIED

NUMBERS = {
    "p": "p",
    "z": "z",
    "s": "s",
    "var_s": "var_s",
    "tau": "Tau",
    "slope": "slope",
    "intercept": "intercept",
}


def random_series(n, seed=1):
    """Series of 4 to 60 values: continuous, rounded (ties), constant, trended, with gaps."""
    rng = np.random.default_rng(seed)
    return [one_series(rng) for _ in range(n)]


def one_series(rng):
    size = rng.integers(4, 61)
    kind = rng.integers(0, 5)
    if kind == 0:
        values = rng.normal(size=size)
    elif kind == 1:
        values = rng.integers(0, rng.integers(2, 8), size).astype(float)
    elif kind == 2:
        values = np.full(size, rng.normal())
    elif kind == 3:
        values = rng.normal(size=size).cumsum()
    else:
        values = np.round(rng.uniform(-1, 1) * np.arange(size) + rng.normal(size=size), 1)
    gaps = rng.random(size) < rng.choice([0.0, 0.0, 0.1, 0.4])
    gaps[np.flatnonzero(gaps)[: max(0, int(gaps.sum()) - (size - 2))]] = False
    return np.where(gaps, np.nan, values)


def lists(series):
    """A column of lists, NaN as NULL."""
    rows = [[None if np.isnan(v) else float(v) for v in values] for values in series]
    return pa.array(rows, pa.list_(pa.float64()))


def expected(values, test=pymannkendall.original_test):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return test(values)


def assert_equal(found, series, test=pymannkendall.original_test):
    columns = {name: found.field(name).to_pylist() for name in found.type.names}
    for i, values in enumerate(series):
        theirs = expected(values, test)
        n = int(np.isfinite(values).sum())
        assert columns["n"][i] == n
        assert columns["n_missing"][i] == len(values) - n
        for name, their_name in NUMBERS.items():
            assert columns[name][i] == pytest.approx(
                getattr(theirs, their_name), rel=1e-12, abs=1e-12
            ), (name, values)
        if n < 4:
            assert (columns["trend"][i], columns["reason"][i]) == (None, "fewer than four values")
            assert theirs.trend == "no trend"
        elif theirs.var_s == 0:
            assert (columns["trend"][i], columns["reason"][i]) == (
                "no trend",
                "all values are equal",
            )
            assert theirs.trend == "no trend"
        else:
            assert (columns["trend"][i], columns["reason"][i]) == (theirs.trend, None)


def test_a_thousand_random_series_equal_pymannkendall():
    series = random_series(1_000)
    assert_equal(trend_test(lists(series)), series)


@pytest.mark.slow
def test_many_random_series_equal_pymannkendall():
    """QUARRY_SERIES=100000 takes four minutes, all of them pymannkendall's."""
    series = random_series(int(os.environ.get("QUARRY_SERIES", "20000")), seed=2)
    assert_equal(trend_test(lists(series)), series)


def test_the_sample_holds_every_kind_of_series():
    series = random_series(5_000)
    found = trend_test(lists(series))
    trends = set(found.field("trend").to_pylist())
    assert trends == {"increasing", "decreasing", "no trend", None}
    assert {"fewer than four values", "all values are equal"} <= set(
        found.field("reason").to_pylist()
    )
    assert max(found.field("n_missing").to_pylist()) > 10


@pytest.mark.parametrize(
    ("values", "s", "trend"),
    [
        ([1, 2, 3, 4, 5, 6], 15, "increasing"),
        ([6, 5, 4, 3, 2, 1], -15, "decreasing"),
        ([1, 2, 3, 4], 6, "no trend"),
        ([1, 2, 3, 4, 5], 10, "increasing"),
        ([1, 1, 2, 2, 3, 3], 12, "increasing"),
    ],
)
def test_scores_that_can_be_counted_by_hand(values, s, trend):
    found = trend_test(pa.array([values], pa.list_(pa.float64())))[0].as_py()
    assert found["s"] == s
    assert found["trend"] == trend


def test_null_lists_empty_lists_and_single_values_give_a_reason():
    column = pa.array([None, [], [1.0], [None, None], [1.0, 2.0]], pa.list_(pa.float64()))
    found = trend_test(column)
    assert found.field("trend").to_pylist() == [None] * 5
    assert set(found.field("reason").to_pylist()) == {"fewer than four values"}
    assert found.field("s").to_pylist() == [None, None, None, None, 1.0]
    assert found.field("n").to_pylist() == [0, 0, 1, 0, 2]


def test_infinite_values_are_missing():
    found = trend_test(pa.array([[1.0, float("inf"), 2.0, 3.0, 4.0, 5.0]], pa.list_(pa.float64())))
    assert found[0].as_py()["n_missing"] == 1
    assert found[0].as_py()["trend"] == "increasing"


def test_a_gap_keeps_its_place_in_the_slope():
    found = trend_test(pa.array([[1.0, None, None, 4.0, 5.0, 6.0]], pa.list_(pa.float64())))
    assert found[0].as_py()["slope"] == 1.0
    assert found[0].as_py()["intercept"] == 1.0


def test_a_slice_and_a_chunked_column_are_read_right():
    column = pa.array([[9.0, 1.0], [1.0, 2.0, 3.0, 4.0, 5.0]] * 3, pa.list_(pa.float64()))
    assert trend_test(column[1:2])[0].as_py()["s"] == 10
    chunked = pa.chunked_array([column[:2], column[3:]])
    assert trend_test(chunked).field("s").to_pylist() == [-1, 10, 10, -1, 10]
    assert trend_test(pa.chunked_array([], pa.list_(pa.float64()))).type == TREND_TYPE


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=20))
def test_reversing_a_series_turns_the_score_and_keeps_the_variance(values):
    forward, back = trend_test(pa.array([values, values[::-1]], pa.list_(pa.float64()))).to_pylist()
    assert forward["s"] == -back["s"]
    assert forward["var_s"] == back["var_s"]
    assert forward["p"] == back["p"]
    assert forward["slope"] == -back["slope"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.integers(-20, 20).map(float), min_size=2, max_size=20),
    st.integers(0, 19),
    st.sampled_from([0.5, 2.0, 16.0]),
)
def test_the_score_ignores_scale_shift_and_gaps(values, place, scale):
    moved = [v * scale + 3.0 for v in values]
    moved.insert(place, None)
    plain, other = trend_test(pa.array([values, moved], pa.list_(pa.float64()))).to_pylist()
    for name in ("s", "var_s", "z", "p", "tau", "trend", "reason", "n"):
        assert plain[name] == other[name], name


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 5).map(float)), max_size=9), max_size=9)
)
def test_a_series_has_one_result_whatever_stands_around_it(rows):
    together = trend_test(pa.array(rows, pa.list_(pa.float64()))).to_pylist()
    alone = [trend_test(pa.array([row], pa.list_(pa.float64())))[0].as_py() for row in rows]
    assert together == alone


def test_every_permutation_of_five_values_has_the_known_distribution_of_the_score():
    rows = [list(map(float, order)) for order in itertools.permutations(range(5))]
    scores = trend_test(pa.array(rows, pa.list_(pa.float64()))).field("s").to_pylist()
    counts = {s: scores.count(s) for s in sorted(set(scores))}
    assert counts == {-10: 1, -8: 4, -6: 9, -4: 15, -2: 20, 0: 22, 2: 20, 4: 15, 6: 9, 8: 4, 10: 1}


@pytest.mark.parametrize("test", sorted(MODIFIED))
def test_modified_tests_are_those_of_pymannkendall(test):
    rng = np.random.default_rng(3)
    series = [rng.normal(size=rng.integers(8, 40)).cumsum() for _ in range(60)]
    found = trend_test(lists(series), test)
    for i, values in enumerate(series):
        theirs = expected(values, getattr(pymannkendall, MODIFIED[test]))
        row = found[i].as_py()
        if np.isnan(theirs.z):
            assert (row["trend"], row["reason"]) == (None, "the test can't be computed")
            continue
        assert row["trend"] == theirs.trend
        for name, their_name in NUMBERS.items():
            assert row[name] == pytest.approx(getattr(theirs, their_name), rel=1e-12), name


def test_test_and_alpha_may_differ_by_row():
    rows = pa.array([[1.0, 2.0, 3.0, 5.0, 4.0, 6.0]] * 4, pa.list_(pa.float64()))
    tests = pa.array(["original", "yue_wang", "original", "original"])
    found = trend_by_row(rows, tests, pa.array([0.05, 0.05, 0.001, 0.05]))
    trends = found.field("trend").to_pylist()
    assert trends[0] == trends[3] == "increasing"
    assert trends[2] == "no trend"
    assert found.field("z").to_pylist()[1] != found.field("z").to_pylist()[0]


def test_an_unknown_test_is_named():
    with pytest.raises(BuildError, match="no trend test 'kendall'"):
        trend_test(lists([np.arange(5.0)]), "kendall")


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        register(connection)
        register(connection)
        yield connection


def test_the_function_works_in_a_view_on_null_lists_and_empty_tables(connection):
    connection.execute(
        "CREATE TABLE series AS SELECT * FROM (VALUES (1, [1, 2, 3, 4, 5]::DOUBLE[]), (2, NULL))"
        " AS row(id, numbers)"
    )
    connection.execute("CREATE VIEW trend AS SELECT id, mann_kendall(numbers) AS mk FROM series")
    rows = connection.execute("SELECT mk.trend, mk.s, mk.reason FROM trend ORDER BY id").fetchall()
    assert rows == [("increasing", 10.0, None), (None, None, "fewer than four values")]
    assert connection.execute("SELECT mk.trend FROM trend WHERE id > 2").fetchall() == []


def test_all_functions_are_callable_by_their_names(connection):
    values = "[1, 2, 4, 3, 5, 6, 8, 7, 9]::DOUBLE[]"
    for name in ("", "_hamed_rao", "_yue_wang", "_pre_whitening", "_trend_free_pre_whitening"):
        found = connection.execute(f"SELECT (mann_kendall{name}({values})).slope").fetchone()
        assert found == (pytest.approx(1.0),), name


@pytest.mark.parametrize("name", REGISTRY)
def test_a_declared_function_has_the_type_of_the_registered_one_and_gives_nothing(connection, name):
    call = f"{name}({', '.join(['[1, 2]::DOUBLE[]', 'NULL', 'NULL'][: len(REGISTRY[name].parameters)])})"
    view = f"CREATE VIEW trend AS SELECT {call} AS mk"
    connection.execute(view)
    with duckdb.connect() as other:
        declare(other, {name})
        other.execute(view)
        other.execute("CREATE TABLE kept AS FROM trend WITH NO DATA")
        columns = connection.execute("DESCRIBE trend").fetchall()
        assert other.execute("DESCRIBE kept").fetchall() == columns
        with pytest.raises(duckdb.Error, match="declared, not registered"):
            other.execute("FROM trend")


@pytest.mark.slow
def test_many_chunks_in_a_query_equal_one_call(connection):
    series = random_series(7_000, seed=5)
    column = lists(series)
    table = pa.table({"id": range(len(series)), "numbers": column})
    connection.register("series", table)
    found = connection.execute(
        "SELECT mann_kendall_test(numbers, 'original', 0.05) AS mk FROM series ORDER BY id"
    ).to_arrow_table()
    found_rows = found["mk"].combine_chunks().cast(TREND_TYPE)
    assert found_rows.equals(trend_test(column))


def test_the_ibis_function_is_the_same():
    ibis = pytest.importorskip("ibis")
    pytest.importorskip("pyarrow_hotfix")
    from quarrydb.udfs.ibis_functions import mann_kendall, mann_kendall_test

    con = ibis.duckdb.connect()
    con.raw_sql("CREATE TABLE series AS SELECT [1, 2, 3, 4, NULL, 6]::DOUBLE[] AS numbers")
    table = con.table("series")
    found = table.mutate(mk=mann_kendall(table.numbers)).unpack("mk").to_pyarrow().to_pylist()[0]
    assert (found["trend"], found["n"], found["n_missing"]) == ("increasing", 5, 1)
    strict = table.select(mk=mann_kendall_test(table.numbers, "original", 0.001)).to_pyarrow()
    assert strict["mk"][0].as_py()["trend"] == "no trend"


@pytest.fixture
def plain_client():
    """DuckDB with the macros and nothing of ours."""
    catalog = read_catalog()
    macros = [i for i in catalog.values() if i.kind == "macro" and i.name.startswith("main.mk_")]
    with duckdb.connect() as connection:
        for macro in in_order(macros, catalog):
            connection.execute(macro.statement)
        yield connection


def test_the_sql_macros_equal_pymannkendall(plain_client):
    series = random_series(2_000, seed=7)
    plain_client.register("series", pa.table({"id": range(len(series)), "v": lists(series)}))
    rows = plain_client.execute(
        "SELECT mk_s(v), mk_var_s(v), mk_z(v), mk_p(v), mk_tau(v), mk_slope(v) "
        "FROM series ORDER BY id"
    ).fetchall()
    for row, values in zip(rows, series, strict=True):
        theirs = expected(values)
        numbers = (theirs.s, theirs.var_s, theirs.z, theirs.p, theirs.Tau, theirs.slope)
        assert row == pytest.approx(numbers, rel=1e-12, abs=1e-12)


def test_the_sql_macros_take_integers_nan_and_nothing(plain_client):
    rows = plain_client.execute(
        "SELECT mk_s(v), mk_z(v), mk_p(v), mk_slope(v) FROM (VALUES ([1, 2, 3]),"
        " ([1, 'nan'::DOUBLE, 3, NULL]), ([1]), ([]), (NULL)) AS row(v)"
    ).fetchall()
    assert rows[0] == pytest.approx((3, 1.0444659357341870, 0.2962698714842864, 1.0))
    assert rows[1] == pytest.approx((1, 0.0, 1.0, 1.0))
    assert rows[2:] == [(0, None, None, None)] * 3


def test_the_slope_of_small_whole_numbers_may_fall(plain_client):
    for kind in ("UTINYINT", "TINYINT"):
        falling = plain_client.execute(f"SELECT mk_slope([120, 60, 0]::{kind}[])").fetchall()
        assert falling == [(-60.0,)]
