"""Regions that part the land add up to the world, on the demo: every layer, year and measure."""

import duckdb
import pytest

pytestmark = pytest.mark.slow

LAND_COVER = ("mine_area_km2", "known_km2", "mine_related_km2", "developed_km2", "reclaimed_km2")


def test_cells_and_both_sides_of_every_layer_add_up_to_the_same(
    demo_connection: duckdb.DuckDBPyConnection,
) -> None:
    """The grid covers all land; of any layer, what lies inside and outside does."""
    sums = ", ".join(f"sum({measure}) AS {measure}" for measure in LAND_COVER)
    cells = demo_connection.execute(
        f"SELECT year, {sums} FROM region_yearly WHERE layer = 'grid' GROUP BY year"
    ).fetchall()
    by_year = {row[0]: row[1:] for row in cells}
    sides = demo_connection.execute(
        f"SELECT layer, year, {sums} FROM layer_yearly GROUP BY layer, year"
    ).fetchall()
    assert {layer for layer, *_ in sides} >= {"country", "district", "protected", "biome", "grid"}
    for layer, year, *found in sides:
        for measure, own, world in zip(LAND_COVER, found, by_year[year], strict=True):
            if world is None:
                assert own is None
            else:
                assert own == pytest.approx(world, rel=1e-9), (layer, year, measure)


def test_cells_add_up_to_the_world(demo_connection: duckdb.DuckDBPyConnection) -> None:
    """Mines, bare ground, what was disturbed and reclaimed, and segmented footprints with their number."""
    rows = demo_connection.execute(
        "WITH cell AS (SELECT year, sum(mine_related_km2) AS bare, sum(developed_km2) AS developed, "
        "sum(reclaimed_km2) AS reclaimed, sum(segmented_km2) AS segmented, sum(n_polygons) AS n "
        "FROM region_yearly WHERE layer = 'grid' GROUP BY year), "
        "bare AS (SELECT year, mine_related_km2 FROM bare_surface_yearly WHERE scope = 'world'), "
        "drawn AS (SELECT year, sum(area_km2) AS km2, sum(n_polygons) AS n "
        "FROM segmented_country_yearly WHERE is_main_threshold GROUP BY year) "
        "SELECT cell.bare, bare.mine_related_km2, cell.developed, disturbance.developed_km2, "
        "cell.reclaimed, disturbance.reclaimed_km2, cell.segmented, drawn.km2, cell.n, drawn.n "
        "FROM cell LEFT JOIN bare USING (year) LEFT JOIN disturbance_yearly AS disturbance USING (year) "
        "LEFT JOIN drawn USING (year)"
    ).fetchall()
    compared = 0
    for row in rows:
        for cells, world in zip(row[::2], row[1::2], strict=True):
            if world is not None:
                assert cells == pytest.approx(world, rel=1e-9)
                compared += 1
    assert compared > 100
