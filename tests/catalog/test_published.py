"""What the studies printed, and what of a build stands beside it."""

import csv
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from quarrydb.catalog.objects import read_catalog

ROOT = Path(__file__).parents[2]
PRINTED = list(csv.DictReader((ROOT / "sql/published/published_figure.csv").open(encoding="utf-8")))
REFERENCE = ROOT.parent / "shared" / "reference"
KEY = ("study", "section", "scope", "name", "period", "metric")


def printed(**wanted: str) -> list[tuple[str, str]]:
    """Section and figure of the printed rows with these values."""
    rows = [row for row in PRINTED if all(row[name] == value for name, value in wanted.items())]
    return [(row["section"], row["published"]) for row in rows]


def test_every_printed_figure_stands_once() -> None:
    twice = [
        key for key, n in Counter(tuple(row[c] for c in KEY) for row in PRINTED).items() if n > 1
    ]
    assert twice == []


def test_contradictions_in_print_are_kept_and_noted() -> None:
    assert printed(name="Tang and Werner 2023", metric="area") == [
        ("Table 1", "65585"), ("text", "65530"),
    ]  # fmt: skip
    assert printed(metric="undefined_polygons_share") == [("3.3", "48.9"), ("text", "50.6")]
    assert printed(study="sepin2025", scope="tropics", period="2016-2024", metric="polygons") == [
        ("Results", "147000"), ("text", "145000"),
    ]  # fmt: skip
    of = {"study": "sepin2025", "metric": "mean_annual_area"}
    assert printed(**of) == [("Results", "66400"), ("text", "65000")]
    places = Counter(tuple(row[c] for c in KEY if c != "section") for row in PRINTED)
    for row in PRINTED:
        if places[tuple(row[c] for c in KEY if c != "section")] > 1 and row["scope"] != "continent":
            same = [
                r for r in PRINTED
                if all(r[c] == row[c] for c in KEY if c != "section")
                and r["published"] == row["published"]
            ]  # fmt: skip
            assert row["note"] or len(same) > 1, row


@pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference tables are not there")
def test_printed_figures_are_those_of_the_reference_tables() -> None:
    ours = {tuple(row[c] for c in KEY): float(row["published"]) for row in PRINTED}
    with (REFERENCE / "published_figures.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            row["scope"] = row["scope"].replace("global", "world")  # as views call it
            assert ours[tuple(row[c] for c in KEY)] == float(row["value"]), row
    with (REFERENCE / "sepin2025_country_year_area.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            key = ("sepin2025", "Table S1", "country", row["country"], row["year"], "area")
            assert ours[key] == float(row["area_km2"])


def test_growth_of_countries_is_that_of_table_s1() -> None:
    """Indonesia +40 % and Chile +25 % are the growth from 2017 to 2023."""
    for name, growth in (("Indonesia", 40), ("Chile", 25)):
        areas = {
            year: float(printed(name=name, period=year, section="Table S1")[0][1])
            for year in ("2017", "2023")
        }
        assert abs(100 * (areas["2023"] / areas["2017"] - 1) - growth) < 1
        assert printed(name=name, metric="area_growth", period="2017-2023") == [
            ("Results", str(growth))
        ]


def test_what_can_be_computed_has_a_partner(demo_connection: duckdb.DuckDBPyConnection) -> None:
    """The demo has every kind of input, so all but scores of the study's own test chips have one."""
    without = demo_connection.sql(
        """
        SELECT scope, metric FROM published_comparison
        WHERE scope NOT IN ('continent', 'country')  -- the demo's countries are invented
        GROUP BY scope, metric HAVING count(computed) = 0
        """
    ).fetchall()
    assert {scope for scope, _ in without} == {
        "test set p>=0.625", "test set p>=0.55", "test set default",
    }  # fmt: skip
    other = demo_connection.sql(
        "SELECT count(*), count(computed) FROM published_comparison WHERE name LIKE 'Other countries%'"
    ).fetchall()
    assert other == [(8, 8)]


def test_rows_that_mean_something_else_say_so(demo_connection: duckdb.DuckDBPyConnection) -> None:
    note = dict(
        demo_connection.sql(
            "SELECT section || ' ' || name || ' ' || metric, note FROM published_comparison"
        ).fetchall()
    )
    assert note["3.2 World reclamation_rate"] == "of 2022, the newest land cover"
    assert "mines with land cover" in note["3.2 World disturbed_share_of_footprint"]
    assert "12,345 of 82,552" in note["3.1 South America area_share"]
    assert note["3.2 World disturbed_area"].startswith("geodesic areas")
    unsaid = demo_connection.sql(
        """
        SELECT * FROM published_comparison
        WHERE note IS NULL AND (
            (study = 'xu2025' AND unit = 'km2') OR metric = 'reclamation_rate'
            OR scope IN ('reference validation', 'region', 'tropics') OR scope LIKE 'test set%'
        )
        """
    ).fetchall()
    assert unsaid == []


def test_the_share_of_the_footprint_is_of_mines_with_land_cover() -> None:
    """5 km2 of the 10 of mine a; mine b has no land cover, mine c none with data."""
    with duckdb.connect() as con:
        con.execute(
            """
            CREATE SCHEMA raw; CREATE SCHEMA core;
            CREATE TABLE raw.published_figure AS SELECT 'xu2025' AS study, '2001-2003' AS period;
            CREATE TABLE raw.published_name (scope VARCHAR, name VARCHAR, key VARCHAR);
            CREATE TABLE raw.landcover_epoch AS SELECT unnest([2001, 2003]) AS year;
            CREATE TABLE raw.landcover_coverage AS
            SELECT unnest(['a', 'c']) AS mine_id, unnest([10.0, 0.0]) AS data_km2;
            CREATE TABLE core.mine AS
            SELECT unnest(['a', 'b', 'c']) AS mine_id, unnest([10.0, 30.0, 60.0]) AS area_km2;
            CREATE TABLE disturbance_yearly AS
            SELECT unnest([2002, 2003]) AS year, unnest([2.0, 3.0]) AS developed_km2,
                unnest([0.0, 1.0]) AS reclaimed_km2;
            CREATE TABLE disturbance_total (
                cover_type VARCHAR, developed_km2 DOUBLE, developed_share DOUBLE, reclaimed_km2 DOUBLE,
                reclaimed_share DOUBLE, unreclaimed_share DOUBLE
            );
            CREATE TABLE reclamation_rate (
                scope VARCHAR, name VARCHAR, iso3 VARCHAR, year INTEGER, reclamation_share DOUBLE
            );
            """
        )
        catalog = read_catalog()
        con.execute(catalog["core.reproducible_sum"].statement)
        con.execute(catalog["core.computed_landcover"].statement)
        found = con.execute(
            "SELECT computed FROM core.computed_landcover WHERE metric = 'disturbed_share_of_footprint'"
        ).fetchall()
    assert found == [(pytest.approx(50.0),)]


def test_the_twenty_reference_scores_have_partners() -> None:
    """Means over the years, in percent, under the study's names."""
    with duckdb.connect() as con:
        con.execute(
            """
            CREATE SCHEMA raw; CREATE SCHEMA core;
            CREATE TABLE image_visibility AS
            SELECT 2020 AS year, 0.5 AS mean, 0.5 AS sd, 0.5 AS p01, 0.5 AS p05, 0.5 AS p10, 0.5 AS p50,
                0.5 AS p90;
            CREATE TABLE raw.published_name AS
            SELECT 'dataset' AS scope, unnest(['Maus et al. 2022', 'Tang and Werner 2023']) AS name,
                unnest(['maus', 'tang']) AS key;
            CREATE TABLE raw.published_figure AS
            SELECT 'reference validation' AS scope, '2016-2024' AS period;
            CREATE TABLE segmentation_metric AS
            SELECT *, 0.1 AS accuracy, 0.2 AS precision, 0.3 AS false_positive_rate, 0.4 AS mcc
            FROM (
                VALUES ('maus', NULL, 'mean of years'), ('tang', NULL, 'mean of years'),
                    ('union', NULL, 'mean of years'), ('footprint', NULL, 'mean of years'),
                    ('predictions', 0.55, 'mean of years'), ('predictions', 0.625, 'mean of years'),
                    ('maus', NULL, 'pooled'), ('maus', NULL, 'year')
            ) AS t (dataset, threshold, averaging)
            """
        )
        con.execute(read_catalog()["core.computed_score"].statement)
        found = con.execute(
            "SELECT name, metric, period, computed FROM core.computed_score "
            "WHERE scope = 'reference validation'"
        ).fetchall()
    wanted = {
        (row["name"], row["metric"], row["period"])
        for row in PRINTED
        if row["scope"] == "reference validation"
    }
    names = {row[:3] for row in found if row[0] in {name for name, _, _ in wanted}}
    assert names == wanted
    assert len(wanted) == 20
    assert {round(row[3]) for row in found if row[1] == "mcc"} == {40}
