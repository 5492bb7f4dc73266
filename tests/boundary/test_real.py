"""The whole job on real polygons, against geometry libraries that compute the same another way."""

from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project

pytestmark = pytest.mark.real

PROJECT = """
[project]
name = "real"
[[polygons]]
name = "maus2022"
path = "{data}/maus_2022_tiles.gpkg"
licence = "CC BY-SA 4.0"
[[polygons]]
name = "tang2023"
path = "{data}/tang_werner_2023/tang_werner_2023_tiles.shp"
[countries]
path = "{data}/ne_50m_admin_0_countries/ne_50m_admin_0_countries.shp"
[protected]
path = "{data}/protected_areas_amazon.gpkg"
"""


@pytest.fixture(scope="module")
def database(
    real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> duckdb.DuckDBPyConnection:
    folder = tmp_path_factory.mktemp("real")
    (folder / "quarry.toml").write_text(PROJECT.format(data=real_data))
    return quarrydb.connect(build(load_project(folder)).database)


@pytest.fixture(scope="module")
def published(real_data: Path) -> geopandas.GeoDataFrame:
    """Both data sets as single valid polygons, straight from the files."""
    files = ("maus_2022_tiles.gpkg", "tang_werner_2023/tang_werner_2023_tiles.shp")
    frames = [
        geopandas.read_file(real_data / file)[["geometry"]].assign(
            source=file[:4].strip("_"), number=lambda f: np.arange(len(f))
        )
        for file in files
    ]
    frame = geopandas.pd.concat(frames, ignore_index=True)
    frame["geometry"] = shapely.make_valid(shapely.force_2d(frame.geometry.values))
    return frame.explode(ignore_index=True)


def geometries(connection: duckdb.DuckDBPyConnection, query: str) -> np.ndarray:
    rows = connection.execute(query).fetchall()
    return np.asarray(shapely.from_wkb([bytes(row[0]) for row in rows]))


def test_union_is_the_unary_union_exploded(
    database: duckdb.DuckDBPyConnection, published: geopandas.GeoDataFrame
) -> None:
    expected = shapely.get_parts(shapely.union_all(published.geometry.values))
    found = geometries(database, "SELECT ST_AsWKB(geometry) FROM core.merged")
    assert len(found) == len(expected)
    pairs = shapely.STRtree(expected).query(shapely.point_on_surface(found), predicate="intersects")
    assert sorted(pairs[1].tolist()) == list(range(len(expected)))
    np.testing.assert_allclose(
        shapely.area(found[pairs[0]]), shapely.area(expected[pairs[1]]), rtol=1e-9
    )
    difference = shapely.symmetric_difference(found[pairs[0]], expected[pairs[1]])
    assert float(shapely.area(difference).max()) < 1e-12


def test_geodesic_areas_are_those_of_another_library(database: duckdb.DuckDBPyConnection) -> None:
    from quarrydb.loaders.vector_clean import geodesic_area_km2

    rows = database.execute("SELECT ST_AsWKB(geometry), area_km2 FROM core.mine").fetchall()
    expected = [geodesic_area_km2(shapely.from_wkb(bytes(wkb))) for wkb, _ in rows]
    np.testing.assert_allclose([area for _, area in rows], expected, rtol=1e-9)


def test_every_published_polygon_is_in_the_lineage_of_the_mine_that_holds_it(
    database: duckdb.DuckDBPyConnection, published: geopandas.GeoDataFrame
) -> None:
    rows = database.execute(
        "SELECT mine_id, ST_AsWKB(geometry) FROM mine ORDER BY mine_id"
    ).fetchall()
    mines = shapely.from_wkb([bytes(wkb) for _, wkb in rows])
    hit = shapely.STRtree(mines).query(published.geometry.values, predicate="intersects")
    shared = shapely.area(shapely.intersection(published.geometry.values[hit[0]], mines[hit[1]]))
    # Simplified outlines move by up to half a pixel: only clear overlaps count here.
    clear = shared > 0.5 * shapely.area(published.geometry.values[hit[0]])
    expected = {
        (rows[m][0], published.source[p], int(published.number[p])) for p, m in hit[:, clear].T
    }
    found = {
        (mine, source[:4], int(number) - (source[:4] == "maus"))
        for mine, source, number in database.execute(
            "SELECT mine_id, source, source_id FROM mine_source"
        ).fetchall()
    }
    assert found == expected


def test_countries_are_those_of_an_overlay(
    database: duckdb.DuckDBPyConnection, real_data: Path
) -> None:
    countries = geopandas.read_file(real_data / "ne_50m_admin_0_countries")
    code = countries.ISO_A3.where(countries.ISO_A3 != "-99", countries.ADM0_A3)
    countries = countries.assign(iso3=code)[["iso3", "geometry"]]
    table = database.execute(
        "SELECT mine_id, ST_AsWKB(geometry) AS geometry, area_km2, iso3 AS found, is_offshore FROM mine"
    ).fetchdf()
    mines = geopandas.GeoDataFrame(
        table.drop(columns="geometry"),
        geometry=shapely.from_wkb(table.geometry.map(bytes)),
        crs="EPSG:4326",
    )
    pieces = geopandas.overlay(mines, countries, how="intersection")
    pieces["piece"] = pieces.geometry.to_crs("EPSG:6933").area
    largest = pieces.loc[pieces.groupby("mine_id").piece.idxmax()]
    assert (largest.found == largest.iso3).all()
    assert set(largest.mine_id) == set(table.mine_id[~table.is_offshore])
    totals = pieces.piece.groupby(pieces.iso3).sum() / 1e6
    split = dict(
        database.execute(
            "SELECT region_id, sum(area_km2) FROM core.mine_region WHERE layer = 'country' GROUP BY ALL"
        ).fetchall()
    )
    for iso3, area in totals.items():
        assert split[iso3] == pytest.approx(area, rel=1e-3), iso3


def test_grid_cells_add_up_to_the_mines(database: duckdb.DuckDBPyConnection) -> None:
    row = database.execute(
        "SELECT (SELECT sum(mine_area_km2) FROM grid_density), (SELECT sum(area_km2) FROM mine), "
        "(SELECT sum(protected_mine_area_km2) FROM grid_density), (SELECT sum(protected_area_km2) FROM mine)"
    ).fetchone()
    assert row is not None
    assert row[0] == pytest.approx(row[1], rel=1e-9)
    assert row[2] == pytest.approx(row[3], rel=1e-9)
    assert row[2] > 0


def test_grid_cells_hold_the_mines_they_count(database: duckdb.DuckDBPyConnection) -> None:
    n_away = database.execute(
        "SELECT count(*) FROM core.grid_mine AS share "
        "JOIN core.grid_cell AS cell USING (cell_x, cell_y) JOIN core.mine AS mine USING (mine_id) "
        "WHERE NOT ST_Intersects(cell.geometry, mine.geometry) AND share.area_km2 > 1e-3 * mine.area_km2"
    ).fetchone()
    assert n_away == (0,)


def test_protected_areas_are_those_of_an_overlay(
    database: duckdb.DuckDBPyConnection, real_data: Path
) -> None:
    areas = geopandas.read_file(real_data / "protected_areas_amazon.gpkg")
    outline = shapely.union_all(shapely.make_valid(shapely.force_2d(areas.geometry.values)))
    rows = database.execute(
        "SELECT ST_AsWKB(geometry), protected_area_km2, area_km2 FROM mine"
    ).fetchall()
    mines = shapely.from_wkb([bytes(row[0]) for row in rows])
    share = shapely.area(shapely.intersection(mines, outline)) / shapely.area(mines)
    found = np.array([row[1] / row[2] for row in rows])
    np.testing.assert_allclose(found, share, atol=2e-3)
    assert (found > 0).sum() == (share > 0).sum()
