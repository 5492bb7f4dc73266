"""Indicators, trends, status and validation of the demo world, against what was planted in it."""

import duckdb
import pandas as pd
import pytest

LABELS = ["active", "closed", "undefined"]


@pytest.fixture
def truth(demo, demo_connection):
    """A function that reads a truth table; with ``mine_id`` where it is about mines."""
    pairs = demo_connection.execute(
        """
        SELECT planted.mine, mine.mine_id
        FROM read_parquet(?) AS planted, mine
        WHERE ST_Contains(ST_GeomFromWKB(ST_AsWKB(planted.geometry)), ST_Point(mine.longitude, mine.latitude))
        """,
        [str(demo / "truth" / "mine.parquet")],
    ).df()
    assert pairs.mine.is_unique
    assert pairs.mine_id.is_unique

    def read(name):
        table = pd.read_parquet(demo / "truth" / f"{name}.parquet")
        return table.merge(pairs, on="mine") if "mine" in table else table

    return read


def same(planted, found, keys, numbers, rel=1e-6):
    """Assert that two tables hold the same rows and numbers."""
    both = planted.merge(found, on=keys, how="outer", suffixes=("", "_found"), indicator=True)
    assert (both["_merge"] == "both").all(), both[both["_merge"] != "both"]
    for name in numbers:
        difference = (both[name] - both[f"{name}_found"]).abs()
        assert (difference <= rel * both[name].abs().clip(lower=1e-3)).all(), name


def test_yearly_values_are_the_planted_ones(truth, demo_connection):
    planted = truth("indicator_yearly")
    found = demo_connection.sql("FROM mine_indicator_yearly WHERE indicator <> 'bsp'").df()
    columns = ["mine_id", "indicator", "year", "value", "coverage_share", "n_dates"]
    keys = ["mine_id", "indicator", "year"]
    assert len(planted) > 1500
    same(planted[columns], found, keys, ["value", "n_dates"])
    same(planted[columns], found, keys, ["coverage_share"], rel=1e-4)


def test_bare_surface_stands_among_the_indicators(truth, demo_connection):
    planted = (
        truth("bare_surface").query("year >= 2000").rename(columns={"bare_surface_share": "value"})
    )
    found = demo_connection.sql(
        "FROM mine_indicator_yearly WHERE indicator = 'bsp' AND year >= 2000"
    ).df()
    same(planted[["mine_id", "year", "value"]], found, ["mine_id", "year"], ["value"], rel=1e-5)


def test_trends_are_those_of_pymannkendall_on_the_planted_series(truth, demo_connection):
    planted = truth("trend")
    found = demo_connection.sql("FROM mine_trend").df()
    both = planted.merge(found, on=["mine_id", "indicator"], suffixes=("", "_found"))
    assert len(both) == len(planted) > 400
    tested = both[both.trend_found.notna()]
    assert len(tested) == len(both)
    assert (tested.s == tested.s_found).all()
    assert (tested.trend == tested.trend_found).all()
    assert ((tested.p_value - tested.p_value_found).abs() < 1e-12).all()


def test_status_is_that_of_the_tree(truth, demo_connection):
    planted = truth("status")
    found = demo_connection.sql("FROM mine_status").df()
    both = planted.merge(found, on="mine_id", suffixes=("", "_found"))
    assert len(both) == len(planted) == len(found)
    assert (both.status == both.status_found).all()
    assert (both.decided_by.fillna("") == both.decided_by_found.fillna("")).all()
    assert (both.has_mixed_signals == both.has_mixed_signals_found).all()


def planted_status(row):
    """The status that a mine was given: the tree on the planted signs, without noise."""
    if row.planted_ground in ("growing", "greening"):
        return "active" if row.planted_ground == "growing" else "closed"
    if row.planted_ndvi:
        return "active" if row.planted_ndvi < 0 else "closed"
    if row.planted_ntl:
        return "active" if row.planted_ntl > 0 else "closed"
    return "undefined"


def test_planted_fates_are_recovered_through_the_noise(truth, demo_connection, capsys):
    planted = truth("status")
    found = demo_connection.sql("SELECT mine_id, status AS found FROM mine_status").df()
    both = planted.assign(planted=planted.apply(planted_status, axis=1)).merge(found, on="mine_id")
    table = pd.crosstab(both.planted, both.found).reindex(
        index=LABELS, columns=LABELS, fill_value=0
    )
    with capsys.disabled():
        print(f"\nplanted status (rows) against found (columns):\n{table}")
    right = sum(table.loc[label, label] for label in LABELS)
    assert right / table.to_numpy().sum() >= 0.9
    assert table.loc["active", "closed"] + table.loc["closed", "active"] <= 0.05 * len(both)


def test_shares_add_up_in_every_place(demo_connection):
    rows = demo_connection.sql(
        "SELECT scope, name, sum(n_share), sum(area_share) FROM status_summary GROUP BY ALL"
    ).fetchall()
    assert {row[0] for row in rows} == {"world", "continent", "country"}
    for row in rows:
        assert row[2:] == pytest.approx((1.0, 1.0))
    total = demo_connection.sql(
        "SELECT sum(n_mines), sum(area_km2) FROM status_summary WHERE scope = 'world'"
    ).fetchone()
    mines = demo_connection.sql(
        "SELECT count(*), sum(area_km2) FROM mine_status JOIN mine USING (mine_id)"
    ).fetchone()
    assert total == pytest.approx(mines)


def test_status_and_validation_stand_beside_the_printed_figures(demo_connection):
    found = dict(
        demo_connection.sql(
            "SELECT metric, computed FROM published_comparison "
            "WHERE section IN ('3.3', '2.4/4.3') AND scope = 'world'"
        ).fetchall()
    )
    shares = [found[f"{status}_polygons_share"] for status in LABELS]
    assert sum(shares) == pytest.approx(100)
    assert found["active_polygons"] > 0
    assert 80 < found["accuracy_within_5_years"] < 100
    (n,) = demo_connection.sql(
        "SELECT count(computed) FROM published_comparison WHERE section = 'Table A3'"
    ).fetchone()
    assert n >= 6


def test_a_mine_without_an_indicator_is_absent_with_a_reason(truth, demo_connection):
    planted = truth("mine").query("special == 'offshore far'")
    (mine_id,) = planted.mine_id
    assert demo_connection.execute(
        "SELECT count(*) FROM mine_indicator_yearly WHERE indicator = 'ndvi' AND mine_id = ?",
        [mine_id],
    ).fetchone() == (0,)
    assert demo_connection.execute(
        "SELECT problem FROM raw.load_issue WHERE source = 'ndvi' AND feature_id = ?", [mine_id]
    ).fetchall() == [("no pixel with data",)]


def test_validation_is_that_of_the_planted_labels(truth, demo_connection):
    planted = truth("label")
    n = len(planted)
    confusion = demo_connection.sql("FROM validation_confusion").df()
    assert confusion.n.sum() == n
    expected = planted.groupby(["predicted_year", "reference_year"], dropna=False).size()
    assert sorted(expected.tolist()) == sorted(confusion.n.tolist())
    lag = dict(demo_connection.sql("SELECT lag_years, n FROM validation_lag").fetchall())
    assert lag.pop(None) == planted.lag_years.isna().sum()
    assert lag == planted.lag_years.dropna().astype(int).value_counts().to_dict()
    for tolerance, accuracy in demo_connection.sql(
        "SELECT tolerance_years, accuracy FROM validation_tolerance"
    ).fetchall():
        assert accuracy == pytest.approx(
            (planted.lag_years.abs() <= tolerance).fillna(False).mean()
        )
    right = (planted.lag_years.abs() <= 5).fillna(False).astype(float)
    by_biome = right.groupby(planted.biome.fillna("")).agg(["size", "mean", "std"])
    found = demo_connection.sql("FROM validation_biome").df().fillna({"biome": ""})
    for row in found.itertuples():
        assert row.n == by_biome.loc[row.biome, "size"]
        assert row.accuracy == pytest.approx(by_biome.loc[row.biome, "mean"])
    assert len(found) == len(by_biome)


def test_every_sample_lies_in_its_mine(truth, demo_connection):
    planted = truth("label").astype({"sample_id": str})
    found = demo_connection.sql("SELECT sample_id, mine_id FROM validation_sample").df()
    both = planted.merge(found, on="sample_id", suffixes=("", "_found"))
    assert (both.mine_id == both.mine_id_found).all()


def test_the_area_of_each_sampled_year_is_the_area_that_changed(demo_connection):
    rows = demo_connection.sql(
        """
        SELECT stratum.area_km2, developed_km2 + reclaimed_km2
        FROM core.validation_stratum AS stratum
        JOIN disturbance_yearly ON stratum.stratum = year::VARCHAR
        """
    ).fetchall()
    assert len(rows) == 22
    for found, expected in rows:
        assert found == pytest.approx(expected)
    ((accuracy, error),) = demo_connection.sql(
        "SELECT accuracy, accuracy_se FROM validation_overall"
    ).fetchall()
    assert 0.85 < accuracy < 0.97
    assert 0 < error < 0.03


def test_public_views_open_in_a_plain_client(demo_database):
    names = (
        "mine_indicator_yearly",
        "mine_trend",
        "mine_status",
        "status_summary",
        "trend_summary",
    )
    validation = ("confusion", "lag", "tolerance", "biome", "area_adjusted", "overall")
    with duckdb.connect(str(demo_database), read_only=True) as connection:
        for name in (*names, *(f"validation_{v}" for v in validation)):
            assert connection.sql(f"SELECT count(*) FROM {name}").fetchone()[0] > 0, name
        (s,) = connection.sql("SELECT mk_s([1, 2, 3, 4])").fetchone()
        assert s == 6
