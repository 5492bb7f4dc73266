"""Ground that nobody looked at is unknown, not empty; ground that is one mine counts once."""

import pytest

from quarrydb.catalog import read_catalog
from quarrydb.checks import run_check

from .sql import clarity_rows, database, done, prediction_rows, site_rows

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
        "raw.prediction": prediction_rows(rows),
        "raw.segmented_site": site_rows(done([2020, 2021])),
        "core.site_clarity": clarity_rows({("none", 2016): 1.0}),
        "core.mine_country": "SELECT 'm' AS mine_id, 'AAA' AS iso3",
        "raw.country": LANDS,
    }
    with database(["main.segmented_country_yearly"], tables) as connection:
        found = connection.execute(
            "SELECT year, n_polygons, area_km2 FROM segmented_country_yearly ORDER BY year"
        ).fetchall()
        drawn = connection.execute(
            "SELECT sum(core.area_km2(geometry)) FROM raw.prediction WHERE year = 2020"
        ).fetchone()[0]
        check = read_catalog()["fail_segmented_polygon_unique"]
        assert run_check(connection, check) is None
    assert [row[:2] for row in found] == [(2020, 3), (2021, 3)]
    assert [row[2] for row in found] == pytest.approx([drawn] * 2)


def test_two_polygons_of_one_id_fail_a_check():
    tables = {
        "core.segmented_polygon": "SELECT unnest(['a', 'b', 'a/2', 'b']) AS prediction_id",
    }
    with database([], tables) as connection:
        found = run_check(connection, read_catalog()["fail_segmented_polygon_unique"])
    assert found is not None
    assert found.is_failure
    assert [dict(row) for row in found.first] == [{"prediction_id": "b", "n": 2}]
