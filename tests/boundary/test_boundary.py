"""Union, erasure and simplification on shapes whose result can be worked out on paper."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest
import shapely
from shapely.affinity import translate

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.worlds import metres, write_project

UNIT = 0.01


def square(x: float, y: float, side: float = 1.0) -> shapely.Polygon:
    return shapely.box(x * UNIT, y * UNIT, (x + side) * UNIT, (y + side) * UNIT)


def built(folder: Path) -> duckdb.DuckDBPyConnection:
    return quarrydb.connect(build(load_project(folder)).database)


def outlines(connection: duckdb.DuckDBPyConnection) -> list[shapely.Geometry]:
    rows = connection.execute("SELECT ST_AsWKB(geometry) FROM core.mine").fetchall()
    return sorted(shapely.from_wkb([bytes(r[0]) for r in rows]), key=lambda g: g.bounds)


def same(found: Sequence[shapely.Geometry], expected: Sequence[shapely.Geometry]) -> bool:
    wanted = sorted(expected, key=lambda g: g.bounds)
    return len(found) == len(wanted) and all(
        shapely.symmetric_difference(a, b).area < 1e-15 for a, b in zip(found, wanted, strict=True)
    )


def test_polygons_that_overlap_directly_or_through_others_are_one_mine(tmp_path: Path) -> None:
    chain = {"a": [square(0, 0), square(1.6, 0)], "b": [square(0.8, 0)]}
    with built(write_project(tmp_path, chain)) as connection:
        assert same(outlines(connection), [shapely.union_all([*chain["a"], *chain["b"]])])
        rows = connection.execute(
            "SELECT source, source_id FROM mine_source ORDER BY ALL"
        ).fetchall()
    assert rows == [("a", "1"), ("a", "2"), ("b", "1")]


def test_a_shared_edge_unites_and_a_shared_corner_does_not(tmp_path: Path) -> None:
    shapes = {"a": [square(0, 0), square(5, 0)], "b": [square(1, 0), square(6, 1)]}
    with built(write_project(tmp_path, shapes)) as connection:
        edge = shapely.union_all([square(0, 0), square(1, 0)])
        assert same(outlines(connection), [edge, square(5, 0), square(6, 1)])
        lineage = connection.execute(
            "SELECT count(*), count(DISTINCT mine_id) FROM mine_source"
        ).fetchone()
    assert lineage == (4, 3)


def test_green_is_erased_whole_at_the_edge_and_stays_inside(tmp_path: Path) -> None:
    mine = square(0, 0, 10)
    at_edge, inside, apart = square(9, 4, 2), square(4, 4), square(20, 20)
    world = write_project(tmp_path, {"a": [mine]}, green=[at_edge, inside, apart])
    with built(world) as connection:
        assert same(outlines(connection), [mine.difference(at_edge)])
        row = connection.execute(
            "SELECT n_objects, n_pieces, area_erased_km2 / area_before_km2 FROM core.erasure"
        ).fetchone()
    assert row is not None
    assert row[:2] == (1, 1)
    assert row[2] == pytest.approx(2 / 100, rel=1e-4)


def test_green_that_touches_from_outside_takes_nothing(tmp_path: Path) -> None:
    world = write_project(tmp_path, {"a": [square(0, 0)]}, green=[square(1, 0)])
    with built(world) as connection:
        assert same(outlines(connection), [square(0, 0)])


def test_a_belt_of_green_leaves_two_mines_and_a_cover_none(tmp_path: Path) -> None:
    mine, covered = square(0, 0, 3), square(10, 0)
    belt, cover = square(1, -1, 1).union(square(1, 0, 1)).union(square(1, 1, 3)), square(9, -1, 3)
    belt = shapely.box(UNIT, -UNIT, 2 * UNIT, 4 * UNIT)
    world = write_project(tmp_path, {"a": [mine, covered]}, green=[belt, cover])
    with built(world) as connection:
        west, east = shapely.box(0, 0, UNIT, 3 * UNIT), shapely.box(2 * UNIT, 0, 3 * UNIT, 3 * UNIT)
        assert same(outlines(connection), [west, east])
        pieces = connection.execute("SELECT n_pieces FROM core.erasure ORDER BY ALL").fetchall()
    assert pieces == [(0,), (2,)]


def test_a_hole_stays_a_hole(tmp_path: Path) -> None:
    ring = square(0, 0, 5).difference(square(2, 2))
    with built(write_project(tmp_path, {"a": [ring]})) as connection:
        assert same(outlines(connection), [ring])


def ring_of(points: Sequence[tuple[float, float]]) -> shapely.Polygon:
    return shapely.Polygon([metres(x, y) for x, y in points])


def test_degrees_are_measured_where_the_mine_lies(tmp_path: Path) -> None:
    points = [(0, 0), (0, -900), (95, -900), (95, 0), (50, 10)]
    shape = shapely.Polygon([metres(x, y, latitude=55) for x, y in points])
    with built(write_project(tmp_path, {"a": [shape]})) as connection:
        (mine,) = outlines(connection)
    assert shapely.get_num_coordinates(mine) - 1 == 4


@pytest.mark.slow
def test_a_mine_that_simplifying_would_shrink_keeps_its_outline(tmp_path: Path) -> None:
    small = shapely.Point(0, 0).buffer(40 / 111195.08, quad_segs=8)
    with built(write_project(tmp_path, {"a": [small]})) as connection:
        assert same(outlines(connection), [small])
        row = connection.execute(
            "SELECT n_dropped > 0, geometry_after FROM core.simplified"
        ).fetchone()
    assert row == (True, None)


def test_simplifying_never_makes_neighbours_overlap(tmp_path: Path) -> None:
    lower = ring_of([(0, 0), (0, -2000), (180, -2000), (180, 0), (90, -12)])
    upper = ring_of([(0, 5), (90, -9), (180, 5), (180, 2000), (0, 2000)])
    with built(write_project(tmp_path, {"a": [lower, upper]})) as connection:
        found = outlines(connection)
    assert len(found) == 2
    assert shapely.intersection(*found).area == 0


@pytest.mark.slow
def test_order_of_rows_and_of_sources_changes_nothing(tmp_path: Path) -> None:
    shapes = [square(i * 0.7, i % 3 * 0.4) for i in range(12)] + [
        square(40, i * 2) for i in range(5)
    ]
    one = write_project(tmp_path / "one", {"a": shapes[:9], "b": shapes[9:]})
    other = write_project(tmp_path / "other", {"b": shapes[9:][::-1], "a": shapes[:9][::-1]})
    query = "SELECT mine_id, area_km2, ST_AsHEXWKB(geometry) FROM core.mine ORDER BY mine_id"
    with built(one) as first, built(other) as second:
        assert first.execute(query).fetchall() == second.execute(query).fetchall()


@pytest.mark.slow
def test_a_mine_keeps_its_id_when_another_is_added(tmp_path: Path) -> None:
    folder = write_project(tmp_path, {"a": [square(0, 0)]})
    with built(folder) as connection:
        before = connection.execute("SELECT mine_id FROM mine").fetchall()
    write_project(tmp_path, {"a": [square(5, 5), square(0, 0)]})
    with built(folder) as connection:
        after = connection.execute("SELECT mine_id FROM mine").fetchall()
    assert len(after) == 2
    assert set(before) < set(after)


def test_small_mines_go_by_parameter_only(tmp_path: Path) -> None:
    shapes = {"a": [square(0, 0), translate(square(0, 0, 0.1), 1, 1)]}
    with built(write_project(tmp_path, shapes, parameters="min_area_km2 = 0.1")) as connection:
        assert same(outlines(connection), [square(0, 0)])
