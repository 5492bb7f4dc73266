"""The planted truth of the demo world is found again."""

from pathlib import Path

import duckdb
import pytest


@pytest.fixture
def matched(demo: Path, demo_connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """``truth`` beside ``mine``: a planted mine matches the built one that covers most of it."""
    path = str(demo / "truth" / "mine.parquet")
    demo_connection.execute(
        f"""
        CREATE TEMP TABLE pair AS
        SELECT truth.* EXCLUDE (geometry), mine.mine_id, mine.area_km2 AS found_km2,
            mine.iso3 AS found_iso3, mine.continent AS found_continent,
            mine.protected_area_km2 AS found_protected_km2,
            ST_Area(ST_Intersection(ST_GeomFromWKB(ST_AsWKB(truth.geometry)), mine.geometry))
                / ST_Area(truth.geometry) AS share
        FROM read_parquet('{path}') AS truth, mine
        WHERE ST_Intersects(ST_GeomFromWKB(ST_AsWKB(truth.geometry)), mine.geometry)
        """
    )
    return demo_connection


def test_every_planted_mine_is_found_once_and_nothing_else(
    demo: Path, matched: duckdb.DuckDBPyConnection
) -> None:
    truth = str(demo / "truth" / "mine.parquet")
    planted = matched.execute("SELECT count(*) FROM read_parquet(?)", [truth]).fetchone()
    found = matched.execute(
        "SELECT count(DISTINCT mine), count(DISTINCT mine_id), (SELECT count(*) FROM mine) "
        "FROM pair WHERE share > 0.99"
    ).fetchone()
    assert planted is not None
    assert found == (planted[0],) * 3


# What a repair draws anew lies on its grid of 1e-11 degrees; what simplification moved, within two metres.
WITHIN = {"bow tie": 1e-8, "spike": 1e-8, "traced": 1e-6}


def test_areas_are_the_planted_ones(matched: duckdb.DuckDBPyConnection) -> None:
    rows = matched.execute(
        "SELECT kind, max(abs(found_km2 / area_km2 - 1)) FROM pair WHERE share > 0.99 GROUP BY kind"
    ).fetchall()
    assert len(rows) > 10
    for kind, difference in rows:
        assert difference < WITHIN.get(kind, 1e-9), kind


def test_countries_and_protected_areas_are_the_planted_ones(
    matched: duckdb.DuckDBPyConnection,
) -> None:
    rows = matched.execute(
        "SELECT mine, iso3, found_iso3, continent, found_continent FROM pair WHERE share > 0.99 "
        "AND (iso3 IS DISTINCT FROM found_iso3 OR continent IS DISTINCT FROM found_continent)"
    ).fetchall()
    assert rows == []
    rows = matched.execute(
        "SELECT mine FROM pair WHERE share > 0.99 "
        "AND abs(protected_area_km2 - found_protected_km2) > 1e-8 * area_km2"
    ).fetchall()
    assert rows == []


def test_areas_split_at_borders_are_the_planted_ones(
    demo: Path, matched: duckdb.DuckDBPyConnection
) -> None:
    rows = matched.execute(
        "WITH truth AS (FROM read_parquet(?)) "
        "SELECT truth.mine, truth.iso3, truth.area_km2, found.area_km2 FROM truth "
        "JOIN pair ON truth.mine = pair.mine AND pair.share > 0.99 "
        "LEFT JOIN core.mine_region AS found "
        "ON found.mine_id = pair.mine_id AND found.layer = 'country' AND found.region_id = truth.iso3 "
        "WHERE coalesce(abs(truth.area_km2 - found.area_km2) > 1e-6 * truth.area_km2, true)",
        [str(demo / "truth" / "mine_country.parquet")],
    ).fetchall()
    assert rows == []


def test_lineage_is_the_planted_one(demo: Path, matched: duckdb.DuckDBPyConnection) -> None:
    """Rows of the files are numbered from 0 in the truth; GeoPackage counts its features from 1."""
    rows = matched.execute(
        "WITH truth AS (SELECT pair.mine_id, source, CASE source WHEN 'maus' THEN row + 1 ELSE row END "
        "AS source_id FROM read_parquet(?) AS lineage JOIN pair ON lineage.mine = pair.mine "
        "AND pair.share > 0.99), found AS (SELECT mine_id, source, source_id::BIGINT AS source_id "
        "FROM mine_source) "
        "(FROM truth EXCEPT FROM found) UNION ALL (FROM found EXCEPT FROM truth)",
        [str(demo / "truth" / "mine_source.parquet")],
    ).fetchall()
    assert rows == []


def test_dataset_summary_is_the_planted_one(demo: Path, matched: duckdb.DuckDBPyConnection) -> None:
    rows = matched.execute(
        "SELECT dataset, truth.n_polygons, found.n_polygons, truth.area_km2, found.area_km2 "
        "FROM read_parquet(?) AS truth JOIN dataset_summary AS found USING (dataset)",
        [str(demo / "truth" / "dataset.parquet")],
    ).fetchall()
    assert len(rows) == 4
    for _, n_planted, n_found, planted, found in rows:
        assert n_found == n_planted
        assert found == pytest.approx(planted, rel=1e-6)


def test_erased_area_is_the_planted_one(demo: Path, matched: duckdb.DuckDBPyConnection) -> None:
    row = matched.execute(
        "SELECT (SELECT sum(area_before_km2 - area_after_km2) FROM core.erasure), "
        "max(area_km2) FILTER (dataset = 'merged') - max(area_km2) FILTER (dataset = 'final') "
        "+ (SELECT sum(simplify_change_km2) FROM core.mine) "
        "FROM read_parquet(?)",
        [str(demo / "truth" / "dataset.parquet")],
    ).fetchone()
    assert row is not None
    assert row[0] > 0
    assert row[0] == pytest.approx(row[1], rel=1e-6)
