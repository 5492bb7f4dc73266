"""What each source draws of the final mines, alone and together, on boxes worked out on paper."""

import duckdb
import pytest
import shapely
from pyproj import Geod

from tests.segmentation.sql import database

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
VIEWS = ("main.source_spread", "main.source_overlap")


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
    tables = {
        "core.mine": f"SELECT * FROM (VALUES {values(mines)}) AS t (mine_id, area_km2, geometry)",
        "core.polygon": f"SELECT * FROM (VALUES {values(polygons)}) AS t (polygon_key, source, geometry)",
        "core.mine_lineage": f"SELECT * FROM (VALUES {values(lineage)}) AS t (mine_id, polygon_key)",
        "core.mine_country": "SELECT 'm' AS mine_id, 'AAA' AS iso3, 'Aland' AS country, 'Asia' AS continent",
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


def test_a_country_has_the_sources_of_its_mines(world: duckdb.DuckDBPyConnection) -> None:
    rows = world.execute(
        "SELECT dataset, iso3, n_mines, share_of_union FROM source_spread WHERE scope = 'country'"
    ).fetchall()
    assert [row[:3] for row in rows] == [
        ("a", "AAA", 1), ("b", "AAA", 1), ("c", "AAA", 1), ("union", "AAA", 1),
    ]  # fmt: skip
    assert [row[3] for row in rows] == pytest.approx([3 / 6, 3 / 6, 2 / 6, 1], rel=1e-6)


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
