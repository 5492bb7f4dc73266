"""How sure scores and areas by labelled points are: places as clusters, strata by their area."""

import math

import geopandas
import numpy as np
import pytest
import scipy.stats
import shapely
from sklearn.metrics import f1_score, matthews_corrcoef, precision_score

from quarrydb.errors import SourceError
from quarrydb.loaders.point import tabulate
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project.segmentation import PointSource
from tests.sql_world import database

INPUTS = {
    "core.point_verdict": (
        "(dataset VARCHAR, threshold DOUBLE, point_id VARCHAR, place_key BIGINT, is_mine BOOLEAN, "
        "says_mine BOOLEAN)"
    ),
    "core.stratified_point": (
        "(source VARCHAR, year INTEGER, place_key BIGINT, is_mine BOOLEAN, stratum VARCHAR, "
        "stratum_km2 DOUBLE)"
    ),
    "main.footprint": (
        "(year INTEGER, area_km2 DOUBLE, is_main_threshold BOOLEAN, is_continuous BOOLEAN)"
    ),
}


def world(*views):
    """A connection with some views over empty tables of verdicts, stratified points and footprints."""
    return database(views, INPUTS, stored=False)


def scores(verdicts):
    """Rows of segmentation_interval by measure from (place, is_mine, says_mine)."""
    with world("main.segmentation_interval") as connection:
        connection.executemany(
            "INSERT INTO core.point_verdict VALUES ('union', NULL, ?, ?, ?, ?)",
            [(str(i), *map(int, verdict)) for i, verdict in enumerate(verdicts)],
        )
        found = connection.execute(
            "SELECT measure, value, standard_error, low, high, n_places FROM segmentation_interval"
        ).fetchall()
    return {row[0]: row[1:] for row in found}


def random_verdicts(n, seed=1):
    rng = np.random.default_rng(seed)
    is_mine = rng.random(n) < 0.5
    says = np.where(rng.random(n) < 0.85, is_mine, ~is_mine)
    return list(zip(range(n), is_mine, says, strict=True))


def test_shares_of_places_seen_once_have_the_binomial_error_and_wilsons_interval():
    verdicts = random_verdicts(60)
    found = scores(verdicts)
    right = sum(m == s for _, m, s in verdicts)
    said = [m for _, m, s in verdicts if s]
    for name, k, n in (("accuracy", right, 60), ("precision", sum(said), len(said))):
        value, error, low, high, n_places = found[name]
        p = k / n
        assert (value, n_places) == (pytest.approx(p), n)
        assert error == pytest.approx(math.sqrt(p * (1 - p) / (n - 1)))
        interval = scipy.stats.binomtest(int(k), n).proportion_ci(method="wilson")
        assert (low, high) == pytest.approx((interval.low, interval.high))


def test_every_measure_is_jackknifed_over_places():
    """Against scikit-learn's measures, leaving out one place of one to four points at a time."""
    rng = np.random.default_rng(2)
    verdicts = [
        (int(p), m, s)
        for (_, m, s), p in zip(random_verdicts(80), rng.integers(0, 30, 80), strict=True)
    ]
    place, truth, said = (np.array(column) for column in zip(*verdicts, strict=True))
    found = scores(verdicts)
    for name, measure in (
        ("mcc", matthews_corrcoef),
        ("f1", f1_score),
        ("precision", precision_score),
    ):
        used = (
            np.unique(place)
            if name == "mcc"
            else np.unique(place[said if name == "precision" else said | truth])
        )
        rest = np.array([measure(truth[place != p], said[place != p]) for p in used])
        whole = measure(truth, said)
        error = math.sqrt((len(used) - 1) / len(used) * ((rest - whole) ** 2).sum())
        assert found[name][0] == pytest.approx(measure(truth, said)), name
        assert found[name][1] == pytest.approx(error), name
    value, error, low, high, _ = found["mcc"]
    assert (low, high) == pytest.approx((value - 1.96 * error, value + 1.96 * error))


def test_a_place_looked_at_in_four_years_is_one_place():
    verdicts = random_verdicts(40)
    assert scores(verdicts)["accuracy"] == pytest.approx(scores(verdicts * 4)["accuracy"])


def test_a_perfect_score_of_few_places_is_not_certain():
    value, error, low, high, n = scores([(i, True, True) for i in range(5)])["recall"]
    assert (value, error, n) == (1, 0, 5)
    expected = scipy.stats.binomtest(5, 5).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high))


def test_the_area_of_a_footprint_has_a_standard_error():
    """30 of 40 points of 200 km2 are mine, 1 of 50 of 5,000 km2: 150 + 100 km2."""
    with world("main.footprint_area_adjusted") as connection:
        rows = [("mine", 200, k < 30) for k in range(40)] + [
            ("other", 5000, k < 1) for k in range(50)
        ]
        connection.executemany(
            "INSERT INTO core.stratified_point VALUES ('ref', 2020, ?, ?, ?, ?)",
            [(i, is_mine, stratum, km2) for i, (stratum, km2, is_mine) in enumerate(rows)],
        )
        connection.execute(
            "INSERT INTO footprint VALUES "
            "(2020, 190, TRUE, TRUE), (2020, 5, FALSE, TRUE), (2020, 7, TRUE, FALSE)"
        )
        (found,) = connection.execute("FROM footprint_area_adjusted").fetchall()
    source, year, n, strata, km2, area, error, low, high, segmented = found
    assert (source, year, n, strata, km2, segmented) == ("ref", 2020, 90, 2, 5200, 190)
    assert area == pytest.approx(250)
    assert error == pytest.approx(
        math.hypot(200 * math.sqrt(0.75 * 0.25 / 39), 5000 * math.sqrt(0.02 * 0.98 / 49))
    )
    one, two = (
        scipy.stats.binomtest(k, n).proportion_ci(method="wilson") for k, n in ((30, 40), (1, 50))
    )
    assert low == pytest.approx(250 - math.hypot(200 * (0.75 - one.low), 5000 * (0.02 - two.low)))
    assert high == pytest.approx(
        250 + math.hypot(200 * (one.high - 0.75), 5000 * (two.high - 0.02))
    )


def points_file(tmp_path, strata, areas):
    frame = geopandas.GeoDataFrame(
        {"year": 2020, "is_mine": True, "layer": strata, "km2": areas},
        geometry=[shapely.Point(i, 0) for i in range(len(strata))],
        crs=4326,
    )
    frame.to_file(tmp_path / "points.gpkg")
    context = {"root": tmp_path}
    entry = {"name": "ref", "path": "points.gpkg", "stratum": "layer", "stratum_km2": "km2"}
    source = PointSource.model_validate(entry, context=context)
    return source, read_vector(source.path)


def test_points_carry_their_stratum(tmp_path):
    table, issues = tabulate(*points_file(tmp_path, ["a", "b", "a"], [5.0, 7.0, 5.0]))
    assert table["stratum"].to_pylist() == ["a", "b", "a"]
    assert table["stratum_km2"].to_pylist() == [5, 7, 5]
    assert issues == []


@pytest.mark.parametrize(
    ("strata", "areas", "message"),
    [
        (["a", None], [5.0, 7.0], "row 2: stratum is None"),
        (["a", "b"], [5.0, None], "row 2: stratum is 'b' and its area"),
        (["a", "b"], [5.0, -1.0], "above 0"),
        (["a", "a"], [5.0, 6.0], "stratum a has 6 km2 here and 5 before"),
    ],
)
def test_a_stratum_without_one_area_is_refused(tmp_path, strata, areas, message):
    with pytest.raises(SourceError, match=message):
        tabulate(*points_file(tmp_path, strata, areas))


def test_a_stratum_needs_its_area_in_the_project_file(tmp_path):
    (tmp_path / "p.gpkg").touch()
    with pytest.raises(ValueError, match="go together"):
        PointSource.model_validate(
            {"name": "ref", "path": "p.gpkg", "stratum": "layer"}, context={"root": tmp_path}
        )
