"""Published mines cut by published regions: pieces add up, and are what an overlay by geopandas gives."""

from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from tests.sql_world import database

pytestmark = pytest.mark.real
SOUTH_AMERICA = shapely.box(-82, -40, -34, 13)
SQUARE = 50  # of them a degree


@pytest.fixture(scope="module")
def mines(real_data: Path) -> geopandas.GeoDataFrame:
    """The mines of Maus et al. in the tiles of South America."""
    found = geopandas.read_file(real_data / "maus_2022_tiles.gpkg", mask=SOUTH_AMERICA)
    parts = found[["geometry"]].explode(ignore_index=True)
    return parts.assign(mine_id=[f"m{n}" for n in range(len(parts))])


@pytest.fixture(scope="module")
def regions(real_data: Path, mines: geopandas.GeoDataFrame) -> geopandas.GeoDataFrame:
    """Countries, protected areas that overlap each other, and squares that cut many mines."""
    country = geopandas.read_file(real_data / "ne_50m_admin_0_countries", mask=SOUTH_AMERICA)
    park = geopandas.read_file(real_data / "protected_areas_amazon.gpkg")
    boxes = np.floor(mines.bounds.to_numpy() * SQUARE).astype(int)
    corners = {
        (x, y)
        for west, south, east, north in boxes
        for x in range(west, east + 1)
        for y in range(south, north + 1)
    }
    square = [shapely.box(x, y, x + 1, y + 1) for x, y in sorted(corners)]
    layers = {
        "country": country.geometry,
        "park": park.geometry,
        "square": shapely.transform(square, lambda xy: xy / SQUARE),
    }
    rows = [(layer, f"{layer}{n}", g) for layer, of in layers.items() for n, g in enumerate(of)]
    frame = pd.DataFrame(rows, columns=["layer", "region_id", "geometry"])
    return geopandas.GeoDataFrame(frame, crs=4326).explode(ignore_index=True)


def select(frame: geopandas.GeoDataFrame, columns: str, result: str) -> str:
    """SELECT of the rows of a frame, outlines to the last bit."""
    texts = frame.drop(columns="geometry").assign(wkt=frame.to_wkt(rounding_precision=17).geometry)
    rows = ", ".join(map(str, texts.itertuples(index=False, name=None)))
    return (
        f"SELECT * EXCLUDE (wkt), ST_GeomFromText(wkt) AS geometry, {result} "
        f"FROM (VALUES {rows}) AS t ({columns}, wkt)"
    )


@pytest.fixture(scope="module")
def connection(
    mines: geopandas.GeoDataFrame, regions: geopandas.GeoDataFrame
) -> duckdb.DuckDBPyConnection:
    """The pieces of the mines by the project's own SQL, without a grid."""
    area = "ST_Area_Spheroid(ST_GeomFromText(wkt)) / 1e6 AS area_km2"
    part = "region_id AS source_id, row_number() OVER () AS part"
    tables = {
        "core.mine": select(mines[["mine_id", "geometry"]], "mine_id", area),
        "raw.region": select(regions, "source, region_id", part),
        "core.mine_cell": "SELECT '' AS region_id, ST_Point(0, 0) AS geometry WHERE false",
    }
    return database(["core.mine_piece", "core.mine_piece_region"], tables)


def test_areas_of_the_pieces_of_a_mine_are_its_area(connection: duckdb.DuckDBPyConnection) -> None:
    n_mines, n_pieces, n_cut, worst, plane = (
        connection.execute(
            "SELECT count(*), sum(n)::INT, count(*) FILTER (n > 1), max(abs(whole / mine.area_km2 - 1)), "
            "max(abs(coalesce(plane / ST_Area(geometry), 1) - 1)) FROM (SELECT mine_id, count(*) AS n, "
            "sum(area_km2) AS whole, sum(ST_Area(geometry)) AS plane FROM core.mine_piece GROUP BY mine_id) "
            "INNER JOIN core.mine USING (mine_id)"
        ).fetchone()
        or (0,) * 5
    )
    assert n_mines == connection.execute("SELECT count(*) FROM core.mine").fetchone()[0]
    assert n_cut > 100
    assert n_pieces > n_mines + n_cut
    assert worst < 1e-9
    assert plane < 1e-9


def test_what_lies_in_each_region_is_what_an_overlay_gives(
    connection: duckdb.DuckDBPyConnection,
    mines: geopandas.GeoDataFrame,
    regions: geopandas.GeoDataFrame,
) -> None:
    """In square degrees, where edges are straight for both."""
    rows = connection.execute(
        "SELECT layer, region_id, sum(ST_Area(coalesce(piece.geometry, mine.geometry))) "
        "FROM core.mine_piece AS piece INNER JOIN core.mine_piece_region USING (piece_id, mine_id) "
        "INNER JOIN core.mine USING (mine_id) GROUP BY ALL"
    ).fetchall()
    found = {(layer, region): area for layer, region, area in rows}
    cut = geopandas.overlay(mines, regions, how="intersection", keep_geom_type=True)
    expected = shapely.area(cut.geometry).groupby([cut.layer, cut.region_id]).sum()
    expected = expected[expected > 1e-13]
    assert {layer for layer, _ in expected.index} == {"country", "park", "square"}
    assert set(expected.index) <= set(found)
    for key, area in expected.items():
        assert found[key] == pytest.approx(area, rel=1e-9, abs=1e-14), key
