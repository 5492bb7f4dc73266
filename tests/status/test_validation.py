"""Validation views and the label loader, against published and hand-made numbers."""

import csv

import numpy as np
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.label import parse, read_labels, run_labels
from quarrydb.project.validation import ValidationSource
from tests.sql_world import rows

from .rasters import context_for
from .status_world import world

HEADER = ["sample_id", "longitude", "latitude", "predicted_year", "reference_year", "interpreter"]


def add_labels(connection, labels, area=None, biome=None):
    """Labels as (predicted, reference) pairs, each at a place of its own."""
    connection.executemany(
        "INSERT INTO raw.label BY NAME SELECT ? AS sample_id, ? AS longitude, 0 AS latitude, "
        "? AS predicted_year, ? AS reference_year, ? AS biome, ? AS stratum_km2, 'a' AS interpreter",
        [
            (str(i), i / 1e4, predicted, reference, biome, area.get(predicted) if area else None)
            for i, (predicted, reference) in enumerate(labels)
        ],
    )


# Olofsson et al. 2014, Table 8: deforestation, forest gain, stable forest, stable non-forest.
# Rows are the map's classes, columns the reference's; classes stand here as years.
COUNTS = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
MAPPED_HA = np.array([200_000, 150_000, 3_200_000, 6_450_000])
YEARS = (2001, 2002, 2003, 2004)


def olofsson():
    c = world(validation_tolerance_years=0)
    labels = [(YEARS[i], YEARS[j]) for i in range(4) for j in range(4) for _ in range(COUNTS[i, j])]
    add_labels(c, labels, dict(zip(YEARS, MAPPED_HA.tolist(), strict=True)))
    return c


def producers_se():
    """Standard errors of the producer's accuracies as those of a ratio (Stehman 2014, eq. 28)."""
    found = []
    n = COUNTS.sum(axis=1)
    for j in range(4):
        x = COUNTS[:, j] / n  # reference says j
        y = np.where(np.arange(4) == j, x, 0.0)  # and so does the map
        total = (MAPPED_HA * x).sum()
        ratio = (MAPPED_HA * y).sum() / total
        var_x, var_y = (n / (n - 1) * v * (1 - v) for v in (x, y))
        cov = n / (n - 1) * (y - x * y)
        spread = var_y + ratio**2 * var_x - 2 * ratio * cov
        found.append(np.sqrt((MAPPED_HA**2 * spread / n).sum()) / total)
    return np.array(found)


def test_the_worked_example_of_olofsson_2014():
    c = olofsson()
    found = rows(
        c,
        "SELECT area_km2, 1.96 * area_se_km2, users_accuracy, 1.96 * users_se, "
        "producers_accuracy, 1.96 * producers_se FROM validation_area_adjusted ORDER BY year",
    )
    area, margin, users, users_margin, producers, producers_margin = zip(*found, strict=True)
    assert round(area[0]) == 235_086  # section 5: 235,086 ha of deforestation
    assert round(margin[0]) == 68_418  # +- 68,418 ha
    assert [round(u, 2) for u in users] == [0.88, 0.73, 0.93, 0.96]
    assert [round(u, 2) for u in users_margin] == [0.07, 0.10, 0.04, 0.02]
    assert [round(p, 2) for p in producers] == [0.75, 0.85, 0.93, 0.96]
    assert round(producers_margin[0], 2) == 0.21
    np.testing.assert_allclose(producers_margin, 1.96 * producers_se(), rtol=1e-9)
    (overall,) = rows(c, "SELECT accuracy, 1.96 * accuracy_se FROM validation_overall")
    assert (round(overall[0], 2), round(overall[1], 2)) == (0.95, 0.02)


def test_stratified_estimates_equal_a_direct_computation():
    c = olofsson()
    weight = MAPPED_HA / MAPPED_HA.sum()
    n = COUNTS.sum(axis=1)
    p = weight[:, None] * COUNTS / n[:, None]
    se = np.sqrt(((weight[:, None] * p - p**2) / (n[:, None] - 1)).sum(axis=0))
    found = np.array(
        rows(c, "SELECT area_km2, area_se_km2 FROM validation_area_adjusted ORDER BY year")
    )
    np.testing.assert_allclose(found[:, 0], p.sum(axis=0) * MAPPED_HA.sum(), rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], se * MAPPED_HA.sum(), rtol=1e-12)
    (accuracy,) = rows(c, "SELECT accuracy, sample_accuracy, n FROM validation_overall")
    assert accuracy == (pytest.approx(np.trace(p)), pytest.approx(np.trace(COUNTS) / 640), 640)


def test_the_adjusted_areas_add_up_to_the_map():
    c = world(validation_tolerance_years=1)
    rng = np.random.default_rng(1)
    labels = [
        (y, None if rng.random() < 0.1 else int(y + rng.integers(-4, 5)))
        for y in range(2001, 2011)
        for _ in range(20)
    ]
    areas = {y: float(rng.uniform(10, 100)) for y in range(2001, 2011)}
    add_labels(c, labels, areas)
    ((total, mapped),) = rows(
        c, "SELECT sum(area_km2), sum(map_area_km2) FROM validation_area_adjusted"
    )
    assert total == pytest.approx(mapped)
    assert mapped == pytest.approx(sum(areas.values()))


def test_areas_come_from_the_land_cover_where_the_labels_have_none():
    c = world()
    c.execute("INSERT INTO core.disturbance_step VALUES (2000, 2001, 5, 2), (2001, 2002, 1, 1)")
    add_labels(c, [(2001, 2001)] * 3 + [(2002, 2002)] * 2 + [(2009, 2009)])
    found = rows(c, "FROM core.validation_stratum")
    assert found == [
        ("2001", False, 3, 7.0),
        ("2002", False, 2, 2.0),
        ("2009", False, 1, None),
    ]
    assert rows(c, "SELECT accuracy, sample_accuracy FROM validation_overall") == [(None, 1.0)]
    c.execute("UPDATE raw.label SET change = 'disturbed'")
    assert rows(c, "SELECT area_km2 FROM core.validation_stratum") == [
        (5.0,),
        (1.0,),
        (None,),
    ]


def test_confusion_lag_and_tolerance():
    c = world()
    add_labels(c, [(2005, 2005), (2005, 2004), (2005, 2004), (2006, 2009), (2006, None)])
    assert rows(c, "FROM validation_confusion") == [
        (2005, 2004, 2),
        (2005, 2005, 1),
        (2006, 2009, 1),
        (2006, None, 1),
    ]
    assert rows(c, "FROM validation_lag") == [
        (-3, 1, 0.2),
        (0, 1, 0.2),
        (1, 2, 0.4),
        (None, 1, 0.2),
    ]
    tolerance = [(0, 0.2), (1, 0.6), (2, 0.6), (3, 0.8), (4, 0.8), (5, 0.8)]
    assert rows(c, "SELECT tolerance_years, accuracy FROM validation_tolerance") == tolerance


@pytest.mark.parametrize(("reference", "accuracy"), [(2005, 1.0), (None, 0.0)])
def test_there_is_an_accuracy_within_the_tolerance_whatever_the_lags(reference, accuracy):
    c = world(validation_tolerance_years=5)
    add_labels(c, [(2005, reference)] * 3)
    found = rows(c, "SELECT tolerance_years, accuracy FROM validation_tolerance")
    assert found == [(year, accuracy) for year in range(6)]
    assert rows(world(), "FROM validation_tolerance") == []


def test_one_sample_of_a_year_gives_no_standard_error():
    c = world(validation_tolerance_years=0)
    labels = [(2010, 2010)] * 9 + [(2010, 2011), (2011, 2011)]
    add_labels(c, labels, {2010: 10.0, 2011: 990.0})
    assert rows(c, "SELECT accuracy, accuracy_se FROM validation_overall") == [
        (pytest.approx(0.999), None)
    ]
    columns = "year, area_se_km2 IS NULL, users_se IS NULL, producers_se IS NULL"
    assert rows(c, f"SELECT {columns} FROM validation_area_adjusted ORDER BY year") == [
        (2010, False, False, False),
        (2011, True, True, True),
    ]


def test_biomes_as_in_the_table_of_the_study():
    """Table A3 prints mangroves: 3 samples, accuracy 0.67, standard deviation 0.58."""
    c = world()
    add_labels(c, [(2005, 2005), (2005, 2001), (2005, 1990)], biome="Mangroves")
    ((biome, n, accuracy, sd),) = rows(c, "SELECT biome, n, accuracy, sd FROM validation_biome")
    assert (biome, n, round(accuracy, 2), round(sd, 2)) == ("Mangroves", 3, 0.67, 0.58)
    c = world()
    add_labels(c, [(2005, 2005)], biome="Tropical and Subtropical Coniferous Forests")
    assert rows(c, "SELECT n, accuracy, sd FROM validation_biome") == [(1, 1.0, None)]


def test_mine_and_biome_come_from_the_place_of_the_sample():
    c = world()
    square = shapely.to_wkb(shapely.box(-1, -1, 1, 1))
    c.execute("INSERT INTO core.mine SELECT 'm', 1, ST_GeomFromWKB(?)", [square])
    c.execute(
        "INSERT INTO raw.biome SELECT 'biomes', '1', 1, 'Tundra', ST_GeomFromWKB(?)", [square]
    )
    add_labels(c, [(2005, 2005)])
    assert rows(c, "SELECT mine_id, biome FROM validation_sample") == [("m", "Tundra")]


def write_csv(path, *lines, header=HEADER):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *lines])
    return path


def load(root, pattern="*.csv"):
    section = ValidationSource.model_validate({"labels": pattern}, context={"root": root})
    return run_labels(context_for(None, root), section=section)


def test_labels_of_a_csv(tmp_path):
    write_csv(
        tmp_path / "a.csv",
        (1, 10.5, -3.25, 2005, 2004, "kim"),
        (2, 10.5, -3.25, 2005, "", "kim"),
        (3, 10.5, -3.25, 2005, "none", "kim"),
        (4, 10.5, -3.25, 2005, "", ""),
        (5, 10.5, -3.25, 2005, "unclear", "kim"),
        (6, 10.5, -3.25, "2005.0", "2006.0", ""),
    )
    loaded = load(tmp_path)
    labels = loaded["raw.label"].to_pylist()
    assert [(row["sample_id"], row["reference_year"]) for row in labels] == [
        ("1", 2004),
        ("2", None),
        ("3", None),
        ("6", 2006),
    ]
    issues = {row["problem"]: row["n"] for row in loaded["raw.load_issue"].to_pylist()}
    assert issues == {"not labelled yet": 1, "the interpreter could not tell": 1}
    (load_row,) = loaded["raw.load_file"].to_pylist()
    assert (load_row["n_rows_read"], load_row["n_rows_kept"]) == (6, 4)


def test_labels_of_a_geopackage_take_the_point(tmp_path):
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"sample_id": ["7"], "predicted_year": [2005], "reference_year": [2003]},
        geometry=[shapely.Point(20, 40)],
        crs=4326,
    )
    frame.to_file(tmp_path / "labels.gpkg")
    file = read_labels(tmp_path / "labels.gpkg")
    (label,), _ = parse(file)
    assert (label["longitude"], label["latitude"], label["reference_year"]) == (20.0, 40.0, 2003)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ((1, 10, 3, 2005, "last year", "a"), "reference_year is 'last year'"),
        ((1, 10, 3, 205, 2004, "a"), "predicted_year is '205'"),
        ((1, 10, 300, 2005, 2004, "a"), "latitude is '300'"),
        ((1, "nan", 3, 2005, 2004, "a"), "longitude is 'nan'"),
        (("", 10, 3, 2005, 2004, "a"), "sample_id is empty"),
        ((1, 10, 3, 2005), "fewer fields"),
    ],
)
def test_a_label_that_cannot_be_read_names_file_row_and_remedy(tmp_path, line, message):
    write_csv(tmp_path / "a.csv", line)
    with pytest.raises(SourceError, match=message) as error:
        load(tmp_path)
    assert "a.csv" in str(error.value)


CHANGE_HEADER = [*HEADER, "change", "reference_change"]


def test_an_unchanged_sample_has_no_year_and_its_answer_a_kind(tmp_path):
    write_csv(
        tmp_path / "a.csv",
        (1, 10, 3, "", "none", "kim", "unchanged", ""),
        (2, 10, 3, "", 2004, "kim", "unchanged", "Disturbed"),
        (3, 10, 3, 2005, 2004, "kim", "reclaimed", ""),
        header=CHANGE_HEADER,
    )
    columns = ("change", "predicted_year", "reference_year", "reference_change")
    labels = [tuple(row[c] for c in columns) for row in load(tmp_path)["raw.label"].to_pylist()]
    assert labels == [
        ("unchanged", None, None, None),
        ("unchanged", None, 2004, "disturbed"),
        ("reclaimed", 2005, 2004, None),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ((1, 10, 3, "", 2004, "kim", "unchanged", ""), "reference_change"),
        ((1, 10, 3, 2005, 2004, "kim", "unchanged", "disturbed"), "predicted_year is '2005'"),
        ((1, 10, 3, "", 2004, "kim", "disturbed", ""), "predicted_year is ''"),
        ((1, 10, 3, 2005, 2004, "kim", "developed", ""), "change is 'developed'"),
        (
            (1, 10, 3, 2005, 2004, "kim", "disturbed", "unchanged"),
            "reference_change is 'unchanged'",
        ),
    ],
)
def test_a_kind_of_change_that_makes_no_sense_is_refused(tmp_path, line, message):
    write_csv(tmp_path / "a.csv", line, header=CHANGE_HEADER)
    with pytest.raises(SourceError, match=message) as error:
        load(tmp_path)
    assert "a.csv, row 1" in str(error.value)


def test_a_sample_with_two_answers_is_refused(tmp_path):
    write_csv(tmp_path / "a.csv", (1, 1, 1, 2005, 2004, "kim"))
    write_csv(tmp_path / "b.csv", (1, 1, 1, 2005, 2006, "lee"))
    with pytest.raises(SourceError, match="labelled twice, 2004 by kim and 2006 by lee"):
        load(tmp_path)


def test_a_file_without_the_needed_columns_is_refused(tmp_path):
    write_csv(tmp_path / "a.csv", (1, 2), header=["sample_id", "year"])
    with pytest.raises(SourceError, match="no column longitude, latitude"):
        load(tmp_path)


def test_an_empty_file_is_refused(tmp_path):
    write_csv(tmp_path / "a.csv")
    with pytest.raises(SourceError, match="holds no labels"):
        load(tmp_path)
