"""What each source draws of the final mines, alone and together, on boxes worked out on paper."""

import math

import duckdb
import numpy as np
import pytest
import shapely
from pyproj import Geod

from tests.sql_world import database

GEOD = Geod(ellps="WGS84")


def km2(geometry: shapely.Geometry) -> float:
    """Geodesic area; a shape of several parts as their sum."""
    parts = shapely.get_parts(shapely.orient_polygons(geometry))
    return sum(abs(GEOD.geometry_area_perimeter(part)[0]) for part in parts) / 1e6


A1, A2, B1, C1 = (
    shapely.box(*bounds)
    for bounds in ((0, 0, 0.02, 0.01), (0.01, 0, 0.03, 0.01), (0.02, 0, 0.05, 0.01), (0.04, 0, 0.06, 0.01))
)  # fmt: skip
ALONE = shapely.box(1, 1, 1.01, 1.01)
POLYGONS = [("a", A1), ("a", A2), ("b", B1), ("c", C1), ("b", ALONE)]
MINES = {"m": shapely.union_all([A1, A2, B1, C1]), "n": ALONE}
VIEWS = ("main.source_spread", "main.source_overlap", "main.region_source_spread")
# A border cuts mine m at 0.025 degrees east; most of it lies in the east.
PIECES = {
    "west": shapely.box(0, 0, 0.025, 0.01) & MINES["m"],
    "east": shapely.box(0.025, 0, 0.06, 0.01) & MINES["m"],
}
PLACES = {"west": "AAA", "east": "BBB"}


def literal(value: object) -> str:
    """A value as SQL: shapes as geometries, floats as doubles."""
    if isinstance(value, shapely.Geometry):
        return f"ST_GeomFromText('{value.wkt}')"
    return f"{value!r}::DOUBLE" if isinstance(value, float) else repr(value)


def values(rows: list[tuple[object, ...]]) -> str:
    """Rows as the text of a VALUES list."""
    return ", ".join("(" + ", ".join(map(literal, row)) + ")" for row in rows)


@pytest.fixture(scope="module")
def world() -> duckdb.DuckDBPyConnection:
    """Two mines: one of three sources in a row, one of a single source."""
    mines = [(name, km2(shape), shape) for name, shape in MINES.items()]
    polygons = [(i, source, shape) for i, (source, shape) in enumerate(POLYGONS)]
    lineage = [("n" if shape is ALONE else "m", i) for i, _, shape in polygons]
    pieces = [(name, "m", False, km2(shape), shape) for name, shape in PIECES.items()]
    pieces.append(("n", "n", True, km2(ALONE), ALONE))
    places = [(piece, "country", iso3) for piece, iso3 in PLACES.items()]
    places += [(piece, "continent", "Asia") for piece in PLACES]
    tables = {
        "core.mine": f"SELECT * FROM (VALUES {values(mines)}) AS t (mine_id, area_km2, geometry)",
        "core.polygon": f"SELECT * FROM (VALUES {values(polygons)}) AS t (polygon_key, source, geometry)",
        "core.mine_lineage": f"SELECT * FROM (VALUES {values(lineage)}) AS t (mine_id, polygon_key)",
        "core.mine_country": "SELECT 'm' AS mine_id, 'BBB' AS iso3, 'Asia' AS continent",
        "core.country": "SELECT * FROM (VALUES ('AAA', 'Aland'), ('BBB', 'Bland')) AS t (iso3, country)",
        "core.mine_piece": (
            f"SELECT * FROM (VALUES {values(pieces)}) AS t (piece_id, mine_id, is_whole, area_km2, geometry)"
        ),
        "core.mine_piece_place": (
            "SELECT piece_id, mine_id, layer, region_id, 1.0 AS share, area_km2 FROM core.mine_piece "
            f"INNER JOIN (VALUES {values(places)}) AS t (piece_id, layer, region_id) USING (piece_id)"
        ),
        "core.region_shape": "SELECT 'country' AS layer, 'AAA' AS region_id, 'Aland' AS region_name",
    }
    return database(VIEWS, tables)


def test_area_of_each_source_alone_and_of_all(world: duckdb.DuckDBPyConnection) -> None:
    found = {
        row[0]: row[1:]
        for row in world.execute(
            "SELECT dataset, n_mines, area_km2, alone_km2 FROM source_spread WHERE scope = 'world'"
        ).fetchall()
    }
    a, b, c = shapely.union(A1, A2), B1, C1
    expected = {
        "a": (1, km2(a), km2(a - b)),
        "b": (2, km2(b) + km2(ALONE), km2(b - a - c) + km2(ALONE)),
        "c": (1, km2(c), km2(c - b)),
        "union": (2, km2(MINES["m"]) + km2(ALONE), None),
    }
    assert set(found) == set(expected)
    for name, (n, area, alone) in expected.items():
        assert found[name][0] == n
        assert found[name][1] == pytest.approx(area, rel=1e-6), name
        assert found[name][2] == (alone if alone is None else pytest.approx(alone, rel=1e-6)), name


def test_a_country_has_what_sources_draw_inside_it(world: duckdb.DuckDBPyConnection) -> None:
    rows = world.execute(
        "SELECT iso3, dataset, n_mines, area_km2, alone_km2 FROM source_spread WHERE scope = 'country'"
    ).fetchall()
    drawn = {"a": shapely.union(A1, A2), "b": B1, "c": C1}
    expected = []
    for (piece, iso3), n in zip(PLACES.items(), (0, 1), strict=True):
        for name, ground in drawn.items():
            others = shapely.union_all([shape for other, shape in drawn.items() if other != name])
            inside = ground & PIECES[piece]
            if not inside.is_empty:
                expected.append((iso3, name, n, km2(inside), km2(inside - others)))
        expected.append((iso3, "union", n, km2(PIECES[piece]), math.nan))
    assert [row[:3] for row in rows] == [row[:3] for row in expected]
    areas = np.array([row[3:] for row in rows], dtype=float)
    np.testing.assert_allclose(areas, [row[3:] for row in expected], rtol=1e-6, atol=1e-12)


def test_sources_of_pieces_add_up_to_those_of_the_mine(world: duckdb.DuckDBPyConnection) -> None:
    differing = world.execute(
        "SELECT source, sum(piece_source.area_km2) - any_value(ground.area_km2) AS area_km2, "
        "sum(piece_source.alone_km2) - any_value(alone.alone_km2) AS alone_km2 FROM core.piece_source "
        "INNER JOIN core.mine_source_ground AS ground USING (mine_id, source) "
        "INNER JOIN core.mine_source_alone AS alone USING (mine_id, source) GROUP BY mine_id, source"
    ).fetchall()
    assert len(differing) == 4
    assert all(row[1:] == pytest.approx((0, 0), abs=1e-12) for row in differing)


def test_a_region_has_the_sources_of_its_layer(world: duckdb.DuckDBPyConnection) -> None:
    rows = world.execute(
        "SELECT layer, region_name, dataset, n_mines, share_of_union FROM region_source_spread"
    ).fetchall()
    assert [row[:4] for row in rows] == [
        ("country", "Aland", "a", 1), ("country", "Aland", "b", 1), ("country", "Aland", "union", 1),
    ]  # fmt: skip
    assert [row[4] for row in rows] == pytest.approx([1, 0.2, 1], rel=1e-6)


def test_area_that_two_sources_share(world: duckdb.DuckDBPyConnection) -> None:
    rows = world.execute(
        "SELECT source_a, source_b, n_mines, shared_km2, iou FROM source_overlap"
    ).fetchall()
    a = shapely.union(A1, A2)
    assert [row[:3] for row in rows] == [("a", "b", 1), ("a", "c", 0), ("b", "c", 1)]
    assert [row[3] for row in rows] == pytest.approx([km2(a & B1), 0, km2(B1 & C1)], rel=1e-6)
    union = km2(a) + km2(B1) + km2(ALONE) - km2(a & B1)
    assert rows[0][4] == pytest.approx(km2(a & B1) / union, rel=1e-6)


@pytest.mark.parametrize("setting", [None, True, False])
def test_every_client_measures_the_same_area(setting: bool | None) -> None:
    """Whatever geometry_always_xy is: without it latitude and longitude change places."""
    import duckdb as plain

    from quarrydb.catalog.objects import read_catalog
    from quarrydb.database.connection import install_spatial

    install_spatial()
    with plain.connect() as connection:
        connection.execute("LOAD spatial; CREATE SCHEMA core")
        if setting is not None:
            connection.execute(f"SET geometry_always_xy = {setting}")
        connection.execute(read_catalog()["core.area_km2"].statement)
        query = "SELECT core.area_km2(ST_MakeEnvelope(?, ?, ? + 1, ? + 1))"
        for west, south in ((10, 50), (100, 50), (-170, -60), (179, 0)):
            (area,) = connection.execute(query, [west, south, west, south]).fetchone() or (None,)
            assert area == pytest.approx(
                km2(shapely.box(west, south, west + 1, south + 1)), rel=1e-9
            )
