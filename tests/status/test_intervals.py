"""How sure the validation is: intervals, omission, development and reclamation apart."""

import math

import numpy as np
import pytest
import scipy.stats

from tests.sql_world import rows

from .status_world import world

OMISSION = "omission not measured: no unchanged pixels were sampled"


def add(connection, n, *, predicted=None, reference=None, place=None, **values):
    """``n`` samples alike; each at a place of its own unless ``place`` says which."""
    (before,) = connection.execute("SELECT count(*) FROM raw.label").fetchone()
    defaults = {"change": None, "reference_change": None, "stratum": None, "stratum_km2": None}
    row = defaults | values
    connection.executemany(
        "INSERT INTO raw.label BY NAME SELECT ? AS sample_id, ? AS longitude, 0 AS latitude, "
        "? AS predicted_year, ? AS reference_year, ? AS change, ? AS reference_change, "
        "? AS stratum, ? AS stratum_km2, ? AS biome",
        [
            [
                str(number), number / 1e4 if place is None else place, predicted, reference,
                row["change"], row["reference_change"], row["stratum"], row["stratum_km2"],
                row.get("biome"),
            ]
            for number in range(before, before + n)
        ],
    )  # fmt: skip


def wilson(k, n):
    interval = scipy.stats.binomtest(k, n).proportion_ci(method="wilson")
    return interval.low, interval.high


def test_wilson_is_scipys():
    c = world()
    for k, n in ((0, 1), (0, 40), (3, 10), (7, 7), (199, 400)):
        found = rows(c, "SELECT wilson_low(?, ?), wilson_high(?, ?)", k / n, n, k / n, n)
        assert found == [pytest.approx(wilson(k, n), abs=1e-12)]
    nothing = "SELECT wilson_low(NULL, 5), wilson_high(NULL, 5), wilson_low(0.5, 0), wilson_high(0.5, NULL)"
    assert rows(c, nothing) == [(None,) * 4]


def test_omission_is_measured_by_unchanged_pixels():
    """10 km2 of 2005 nine tenths right, and 1,000 km2 unchanged of which 2 of 50 were developed."""
    c = world()
    add(c, 9, predicted=2005, reference=2005, change="disturbed", stratum="2005", stratum_km2=10)
    add(c, 1, predicted=2005, change="disturbed", stratum="2005", stratum_km2=10)
    query = "SELECT area_km2, reason FROM validation_area_total WHERE change = 'disturbed'"
    assert rows(c, query) == [(9.0, OMISSION)]
    unchanged = {"change": "unchanged", "stratum": "unchanged", "stratum_km2": 1000}
    add(c, 2, reference=1999, reference_change="disturbed", **unchanged)
    add(c, 48, **unchanged)
    assert rows(c, query) == [(9.0 + 40.0, None)]
    ((users, producers, se, low, high),) = rows(
        c,
        "SELECT users_accuracy, producers_accuracy, area_se_km2, area_low_km2, area_high_km2 "
        "FROM validation_area_total WHERE change = 'disturbed'",
    )
    assert (users, producers) == (pytest.approx(0.9), pytest.approx(9 / 49))
    assert se == pytest.approx(
        math.hypot(10 * math.sqrt(0.9 * 0.1 / 9), 1000 * math.sqrt(0.04 * 0.96 / 49))
    )
    (l1, u1), (l2, u2) = wilson(9, 10), wilson(2, 50)
    assert high == pytest.approx(49 + math.hypot(10 * (u1 - 0.9), 1000 * (u2 - 0.04)))
    assert low == pytest.approx(49 - math.hypot(10 * (0.9 - l1), 1000 * (0.04 - l2)))
    by_year = rows(c, "SELECT change, year, area_km2 FROM validation_area_adjusted")
    assert by_year == [
        ("disturbed", 1999, 40.0),
        ("disturbed", 2005, 9.0),
        ("unchanged", None, pytest.approx(1 + 960)),
    ]


def test_a_change_never_seen_among_few_unchanged_pixels_is_not_ruled_out():
    c = world()
    add(c, 20, predicted=2005, reference=2005, change="disturbed", stratum="2005", stratum_km2=10)
    add(c, 30, change="unchanged", stratum="unchanged", stratum_km2=1000)
    ((area, se, low, high, users_low, users_high),) = rows(
        c,
        "SELECT area_km2, area_se_km2, area_low_km2, area_high_km2, users_low, users_high "
        "FROM validation_area_total WHERE change = 'disturbed'",
    )
    assert (area, se) == (10, 0)
    assert high == pytest.approx(10 + 1000 * wilson(0, 30)[1])
    assert low == pytest.approx(10 - 10 * (1 - wilson(20, 20)[0]))
    assert (users_low, users_high) == pytest.approx(wilson(20, 20))


def test_development_and_reclamation_of_one_stratum_are_told_apart():
    """Ratio estimators against sums over the samples, written out (Stehman 2014)."""
    c = world(validation_tolerance_years=1)
    rng = np.random.default_rng(5)
    areas = {"2001": 30.0, "2002": 80.0, "unchanged": 900.0}
    samples = []
    for stratum, n in (("2001", 25), ("2002", 15), ("unchanged", 60)):
        for _ in range(n):
            change = str(rng.choice(["disturbed", "reclaimed"]))
            seen = rng.random() < (0.85 if stratum != "unchanged" else 0.1)
            kind = change if rng.random() < 0.9 else "reclaimed"
            year = None if stratum == "unchanged" else int(stratum)
            mapped = "unchanged" if year is None else change
            reference = int(rng.integers(2001, 2004)) if seen else None
            samples.append((stratum, mapped, year, kind if seen else None, reference))
            add(
                c, 1, predicted=year, reference=reference, change=mapped,
                reference_change=kind if seen else None, stratum=stratum, stratum_km2=areas[stratum],
            )  # fmt: skip

    def truth(sample):
        """The reference class, the map's where the map is right."""
        _, mapped, year, kind, reference = sample
        if reference is None:
            return "unchanged", None
        right = year is not None and kind == mapped and abs(year - reference) <= 1
        return (mapped, year) if right else (kind, reference)

    stratum = np.array([s[0] for s in samples])
    n = {h: (stratum == h).sum() for h in areas}
    weight = np.array([areas[h] / n[h] for h in stratum])
    found = rows(
        c,
        "SELECT change, year, n_map, n_reference, area_km2, area_se_km2, users_accuracy, users_se, "
        "producers_accuracy, producers_se FROM validation_area_adjusted",
    )
    assert len(found) > 6
    for change, year, n_map, n_reference, *numbers in found:
        x_map = np.array([(s[1], s[2]) == (change, year) for s in samples], float)
        x_ref = np.array([truth(s) == (change, year) for s in samples], float)
        assert (n_map, n_reference) == (x_map.sum(), x_ref.sum())

        def spread(values):
            """Standard error of a total of ``values`` by stratum."""
            return math.sqrt(
                sum(areas[h] ** 2 * values[stratum == h].var(ddof=1) / n[h] for h in areas)
            )

        expected = [weight @ x_ref, spread(x_ref)]
        for x in (x_map, x_ref):
            if x.sum() == 0:
                expected += [None, None]
                continue
            ratio = weight @ (x_map * x_ref) / (weight @ x)
            expected += [ratio, spread(x_map * x_ref - ratio * x) / (weight @ x)]
        for number, wanted in zip(numbers, expected, strict=True):
            assert number == (None if wanted is None else pytest.approx(wanted, abs=1e-12))


def test_a_five_year_step_weighs_with_its_whole_change():
    """100 km2 changed by 1990 (7 of 10 dated right), 20 km2 in 2001 (10 of 10)."""
    c = world()
    c.execute("INSERT INTO core.disturbance_step VALUES (1985, 1990, 60, 40), (2000, 2001, 12, 8)")
    add(c, 7, predicted=1990, reference=1990)
    add(c, 3, predicted=1990)
    add(c, 10, predicted=2001, reference=2001)
    ((accuracy, low, high, sample),) = rows(
        c, "SELECT accuracy, accuracy_low, accuracy_high, sample_accuracy FROM validation_overall"
    )
    assert accuracy == pytest.approx((100 * 0.7 + 20) / 120)
    assert sample == pytest.approx(17 / 20)
    se = 100 / 120 * math.sqrt(0.7 * 0.3 / 9)
    n = 1 + accuracy * (1 - accuracy) / se**2
    z = scipy.stats.norm.ppf(0.975)
    half = z / (1 + z * z / n) * math.sqrt(accuracy * (1 - accuracy) / n + z * z / (4 * n * n))
    centre = (accuracy + z * z / (2 * n)) / (1 + z * z / n)
    assert (low, high) == pytest.approx((centre - half, centre + half))


def test_a_perfect_score_of_few_samples_is_not_certain():
    c = world()
    add(c, 4, predicted=2005, reference=2005, stratum_km2=10, biome="Tundra")
    ((p, se, low, high),) = rows(
        c, "SELECT accuracy, accuracy_se, accuracy_low, accuracy_high FROM validation_overall"
    )
    assert (p, se) == (1, 0)
    assert (low, high) == pytest.approx(wilson(4, 4))
    expected = [pytest.approx((1.0, *wilson(4, 4)))]
    columns = "accuracy, accuracy_low, accuracy_high"
    assert rows(c, f"SELECT {columns} FROM validation_biome") == expected
    assert (
        rows(c, f"SELECT {columns} FROM validation_tolerance WHERE tolerance_years = 0") == expected
    )


def test_a_place_sampled_again_tells_nothing_new():
    """The interval of ten places is the same when each stands there four times."""
    columns = "accuracy, accuracy_low, accuracy_high"
    found = []
    for times in (1, 4):
        c = world()
        for number in range(10):
            reference = 2005 if number < 7 else None
            add(c, times, predicted=2005, reference=reference, place=number, biome="Tundra")
        (biome,) = rows(c, f"SELECT {columns} FROM validation_biome")
        (tolerance,) = rows(
            c, f"SELECT {columns} FROM validation_tolerance WHERE tolerance_years = 5"
        )
        (overall,) = rows(
            c, "SELECT sample_accuracy, sample_low, sample_high FROM validation_overall"
        )
        assert biome == pytest.approx(tolerance)
        assert biome == pytest.approx(overall)
        found.append(biome)
    assert found[0] == pytest.approx(found[1])
    assert found[0] == pytest.approx((0.7, *wilson(7, 10)))


def test_unchanged_samples_have_no_date():
    c = world()
    add(c, 3, predicted=2005, reference=2004, change="disturbed", stratum_km2=5)
    add(c, 50, change="unchanged", stratum_km2=1000)
    assert rows(c, "SELECT sum(n) FROM validation_confusion") == [(3,)]
    assert rows(c, "FROM validation_lag") == [(1, 3, 1.0)]
    assert rows(c, "SELECT DISTINCT n FROM validation_tolerance") == [(3,)]
    assert rows(c, "SELECT n, accuracy FROM validation_overall") == [(3, 1.0)]


def test_a_change_outside_the_record_is_none_over_the_record():
    c = world()
    c.execute("INSERT INTO raw.landcover_epoch VALUES (1, 1985), (2, 1990), (3, 2000)")
    sample = {"change": "disturbed", "stratum": "2000", "stratum_km2": 10}
    add(c, 6, predicted=2000, reference=1999, **sample)
    add(c, 2, predicted=2000, reference=1988, **sample)  # another year of the record
    add(c, 2, predicted=2000, reference=1980, **sample)
    found = rows(c, "SELECT change, area_km2 FROM validation_area_total")
    assert found == [("disturbed", pytest.approx(8.0)), ("unchanged", pytest.approx(2.0))]
