"""Pieces of mines add up, lie wholly inside or outside every region, and equal an overlay by shapely."""

from pathlib import Path

import duckdb
import geopandas
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import quarrydb
from tests.sql_world import database


def values(rows: list[tuple[str, shapely.Geometry]], names: str) -> str:
    """SELECT of rows with an id and a geometry."""
    listed = ", ".join(f"('{name}', ST_GeomFromText('{shape.wkt}'))" for name, shape in rows)
    return f"SELECT {names} FROM (VALUES {listed}) AS t (name, geometry)"


MINE = "name AS mine_id, core.area_km2(geometry) AS area_km2, geometry"
REGION = "'district' AS source, name AS source_id, name AS region_id, 1 AS part, geometry"


def cut(
    mines: list[tuple[str, shapely.Geometry]], regions: list[tuple[str, shapely.Geometry]]
) -> duckdb.DuckDBPyConnection:
    """The pieces of some mines in one layer of regions, without a grid."""
    no_cell = "SELECT '' AS region_id, ST_Point(0, 0) AS geometry WHERE false"
    return database(
        ["core.mine_region", "core.mine_piece"],
        {
            "core.mine": values(
                mines, MINE.replace("core.area_km2(geometry)", "ST_Area(geometry)")
            ),
            "raw.region": values(regions, REGION),
            "core.mine_cell": no_cell,
        },
        stored=True,
    )


small = st.integers(0, 40)
box = st.tuples(small, small, st.integers(1, 25), st.integers(1, 25)).map(
    lambda t: shapely.box(t[0] / 10, t[1] / 10, (t[0] + t[2]) / 10, (t[1] + t[3]) / 10)
)
blob = st.tuples(small, small, st.integers(2, 15)).map(
    lambda t: shapely.Point(t[0] / 9.7, t[1] / 9.3).buffer(t[2] / 10, quad_segs=5)
)
shape = box | blob


@given(st.lists(shape, min_size=1, max_size=4), st.lists(shape, min_size=1, max_size=6))
@settings(max_examples=12, deadline=None)
def test_pieces_are_those_of_an_overlay(
    mines: list[shapely.Geometry], regions: list[shapely.Geometry]
) -> None:
    """Regions overlap, share edges, touch in points; each piece is in or out of each of them."""
    named = [(f"r{n}", region) for n, region in enumerate(regions)]
    with cut([(f"m{n}", mine) for n, mine in enumerate(mines)], named) as connection:
        pieces = connection.execute(
            "SELECT mine_id, coalesce(list(region_id) FILTER (region_id IS NOT NULL), []), "
            "coalesce(ST_AsText(any_value(piece.geometry)), '') FROM core.mine_piece AS piece "
            "LEFT JOIN core.mine_piece_region USING (piece_id, mine_id) GROUP BY mine_id, piece_id"
        ).fetchall()
    for n, mine in enumerate(mines):
        mine_pieces = [
            (set(inside), shapely.from_wkt(wkt) if wkt else mine)
            for mine_id, inside, wkt in pieces
            if mine_id == f"m{n}"
        ]
        assert shapely.area([p for _, p in mine_pieces]).sum() == pytest.approx(mine.area, rel=1e-9)
        assert len({frozenset(inside) for inside, _ in mine_pieces}) == len(mine_pieces)
        for inside, piece in mine_pieces:
            for name, region in named:
                shared = piece.intersection(region).area
                expected = piece.area if name in inside else 0.0
                assert shared == pytest.approx(expected, abs=1e-7 * mine.area)


def test_a_mine_that_no_border_cuts_is_its_own_piece() -> None:
    """A region whose edge touches the mine from outside, or runs along its edge, cuts nothing."""
    regions = [
        ("around", shapely.box(-1, -1, 2, 2)),
        ("beside", shapely.box(1, 0, 2, 1)),
        ("equal", shapely.box(0, 0, 1, 1)),
        ("corner", shapely.box(1, 1, 2, 2)),
    ]
    with cut([("m", shapely.box(0, 0, 1, 1))], regions) as connection:
        assert connection.execute("SELECT piece_id, geometry FROM core.mine_piece").fetchall() == [
            ("m", None)
        ]
        found = connection.execute("SELECT region_id FROM core.mine_region").fetchall()
    assert found == [("around",), ("equal",)]


def test_a_border_drawn_twice_with_other_vertices_cuts_once() -> None:
    """The district's side has a vertex where the country's has none, off the line by less than a hair."""
    west = shapely.Polygon([(-1, -1), (0.3, -1), (0.3 + 3e-12, 0.123), (0.3, 2), (-1, 2)])
    east = shapely.box(0.3, -1, 2, 2)
    with cut([("m", shapely.box(0, 0, 1, 1))], [("west", west), ("east", east)]) as connection:
        found = connection.execute(
            "SELECT region_id, ST_Area(geometry) FROM core.mine_piece "
            "JOIN core.mine_piece_region USING (piece_id) ORDER BY ALL"
        ).fetchall()
    assert [name for name, _ in found] == ["east", "west"]
    assert [area for _, area in found] == pytest.approx([0.7, 0.3])


def test_the_order_of_regions_changes_nothing() -> None:
    regions = [("a", shapely.box(-1, -1, 0.4, 2)), ("b", shapely.Point(0.6, 0.6).buffer(0.3))]
    query = "SELECT piece_id, area_km2 FROM core.mine_piece ORDER BY ALL"
    mines = [("m", shapely.box(0, 0, 1, 1))]
    with cut(mines, regions) as one, cut(mines, regions[::-1]) as other:
        assert one.execute(query).fetchall() == other.execute(query).fetchall()


def test_cells_on_both_sides_of_a_seam_of_the_map_meet() -> None:
    """At 80 degrees east, south of the equator, two lobes of the projection come together."""
    mine = shapely.box(79.99, -10.7, 80.013, -10.69)
    over_equator = shapely.box(20.0, -0.004, 20.01, 0.004)
    tables = {
        "core.mine": values(
            [("m", mine), ("e", over_equator)], MINE.replace("core.area_km2", "ST_Area")
        )
    }
    with database(["core.mine_region"], tables, stored=True) as connection:
        found = connection.execute(
            "SELECT mine_id, count(*), sum(mine_region.area_km2) / any_value(mine.area_km2) "
            "FROM core.mine_region JOIN core.mine USING (mine_id) WHERE layer = 'grid' "
            "GROUP BY ALL ORDER BY 1"
        ).fetchall()
    assert [row[:2] for row in found] == [("e", 2), ("m", 2)]
    assert [row[2] for row in found] == pytest.approx([1, 1], rel=1e-12)


def test_ground_far_from_its_country_is_on_its_neighbours_continent() -> None:
    """Aland owns an island chain near home, and a coast beside Cland on another continent."""
    outlines = [
        ("AAA", "Europe", shapely.box(0, 45, 8, 50)),
        ("AAA", "Europe", shapely.box(-8, 40, -7, 41)),
        ("AAA", "Europe", shapely.box(-15, 36, -14, 37)),
        ("AAA", "Europe", shapely.box(-54, 2, -52, 5)),
        ("CCC", "South America", shapely.box(-58, 2, -54, 6)),
        ("SEA", "Seven seas (open ocean)", shapely.box(-51.9, 2, -51.8, 2.1)),
        ("DDD", None, shapely.box(100, 0, 101, 1)),
    ]
    listed = ", ".join(
        f"('{iso3}', {'NULL' if continent is None else repr(continent)}, {n}, ST_GeomFromText('{shape.wkt}'))"
        for n, (iso3, continent, shape) in enumerate(outlines)
    )
    country = (
        "SELECT iso3, continent, iso3 AS source_id, part, geometry "
        f"FROM (VALUES {listed}) AS t (iso3, continent, part, geometry)"
    )
    with database(["core.country_part"], {"raw.country": country}, stored=True) as connection:
        found = connection.execute(
            "SELECT continent, study_region FROM core.country_part ORDER BY part"
        ).fetchall()
    assert found == [
        *[("Europe", "Europe")] * 3,
        *[("South America", "Americas")] * 2,
        ("Seven seas (open ocean)", "Seven seas (open ocean)"),
        (None, None),
    ]


@pytest.mark.real
def test_french_guiana_is_in_south_america(real_data: Path) -> None:
    """Of Natural Earth's countries, without anything said in the project file."""
    world = geopandas.read_file(real_data / "ne_50m_admin_0_countries")[
        ["ADM0_A3", "CONTINENT", "geometry"]
    ]
    parts = world.explode(ignore_index=True)
    parts["part"], parts["wkt"] = range(len(parts)), parts.geometry.to_wkt()
    with quarrydb.connect(read_only=False) as connection:
        connection.register("parts", parts.drop(columns="geometry"))
        rows = connection.execute("SELECT ADM0_A3, CONTINENT, part, wkt FROM parts").fetchall()
    listed = ", ".join(f"('{i}', '{c}', {n}, ST_GeomFromText('{w}'))" for i, c, n, w in rows)
    country = (
        "SELECT iso3, continent, iso3 AS source_id, part, geometry "
        f"FROM (VALUES {listed}) AS t (iso3, continent, part, geometry)"
    )
    with database(["core.country_part"], {"raw.country": country}, stored=True) as connection:
        moved = connection.execute(
            "SELECT DISTINCT iso3, part.continent FROM core.country_part AS part "
            "JOIN raw.country USING (iso3, part) WHERE part.continent <> country.continent ORDER BY ALL"
        ).fetchall()
    assert ("FRA", "South America") in moved
    assert ("USA", "Oceania") in moved
    assert not {iso3 for iso3, _ in moved} & {"GBR", "DNK", "ESP", "PRT", "NOR", "RUS", "IDN"}
