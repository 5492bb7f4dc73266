"""Outlines that share an edge in meaning and differ by a hair in fact are one mine."""

from pathlib import Path

import duckdb
import numpy as np
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.segmentation.sql import database
from tests.worlds import write_project

CASE = Path(__file__).parents[3] / "shared" / "cases" / "18_hairline_union" / "two.geojson"
SNAP = 1e-8
SIDE = 0.0047  # half a kilometre, as the squares of a detector


def squares(noise: float, n: int, seed: int = 1) -> list[shapely.Polygon]:
    """Pairs of neighbouring squares, turned a little, corners off by up to ``noise`` degrees."""
    random = np.random.default_rng(seed)
    turn = np.array([[np.cos(0.1), np.sin(0.1)], [-np.sin(0.1), np.cos(0.1)]])
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    found = []
    for number in range(n):
        place = np.array([number % 20, number // 20]) * 0.1
        for step in (0, 1):
            ring = (corners + np.array([step, 0])) * SIDE @ turn + place
            found.append(shapely.Polygon(ring + random.uniform(-noise, noise, ring.shape)))
    return found


def merged(shapes: list[shapely.Geometry], **parameters: float) -> list[shapely.Geometry]:
    """The union by the project's SQL."""
    rows = ", ".join(f"({i}, '{shapely.to_wkb(s, hex=True)}')" for i, s in enumerate(shapes))
    polygons = (
        "SELECT 's' AS source, i::VARCHAR AS source_id, 1 AS part, NULL::DOUBLE AS reported_km2, "
        f"ST_GeomFromHEXWKB(wkb) AS geometry FROM (VALUES {rows}) AS t (i, wkb)"
    )
    with database(["core.merged"], {"raw.polygon": polygons}, **parameters) as connection:
        found = connection.execute("SELECT ST_AsWKB(geometry) FROM core.merged").fetchall()
    return [shapely.from_wkb(bytes(row[0])) for row in found]


@pytest.mark.parametrize("noise", [1e-12, 1e-11, 1e-10, 1e-9])
def test_neighbours_that_differ_by_less_than_the_grid_are_one(noise: float) -> None:
    shapes = squares(noise, 60)
    expected = shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP))
    found = merged(shapes)
    assert len(found) == len(expected) == 60
    assert shapely.get_num_interior_rings(found).sum() == 0
    assert shapely.area(found).sum() == pytest.approx(shapely.area(expected).sum(), rel=1e-5)
    assert len(merged(shapes, union_snap_degrees=0)) > 60 or noise < 1e-11


@pytest.mark.parametrize("exponent", [-12, -7])
def test_of_wider_gaps_the_count_stays_near_that_of_a_union_on_the_grid(exponent: int) -> None:
    """From 1e-12 to 1e-7; what differs by about as much as the grid can go either way there, too."""
    random = np.random.default_rng(4)
    noises = 10.0 ** random.uniform(-12, -7, 40) if exponent == -7 else [1e-12] * 40
    shapes = [
        shapely.transform(s, lambda xy, x=i * 0.02: xy + np.array([0, x]))
        for i, noise in enumerate(noises)
        for s in squares(float(noise), 4, seed=i)
    ]
    expected = shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP))
    found = merged(shapes)
    assert len(found) == pytest.approx(len(expected), rel=0.03 if exponent == -7 else 0)
    again = merged(shapes[::-1])
    assert sorted(map(shapely.to_wkb, found)) == sorted(map(shapely.to_wkb, again))


def test_polygons_near_no_other_are_themselves_to_the_byte() -> None:
    alone = [shapely.Point(x, 5).buffer(0.0123456789) for x in range(5)]
    found = merged([*alone, *squares(1e-10, 3)])
    kept = {shapely.to_wkb(shapely.normalize(s)) for s in alone}
    assert kept <= {shapely.to_wkb(shapely.normalize(s)) for s in found}


def test_polygons_that_meet_without_a_hairline_are_the_plain_union_to_the_byte() -> None:
    shapes = [shapely.Point(x * 0.01, 0).buffer(0.0123456789) for x in range(6)]
    plain = merged(shapes, union_snap_degrees=0)
    assert list(map(shapely.to_wkb, merged(shapes))) == list(map(shapely.to_wkb, plain))


def test_what_is_two_grids_apart_stays_apart() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1 + 3 * SNAP, 0, 2, 1)]
    assert len(merged(shapes)) == 2


@pytest.mark.slow
def test_years_of_near_coincident_outlines_build(tmp_path: Path) -> None:
    """Twice the same, with the gaps that were closed on the screen."""
    sources = {"a": squares(1e-9, 40, seed=1), "b": squares(1e-10, 40, seed=2)}
    result = build(load_project(write_project(tmp_path / "one", sources)))
    assert "warn_union_gap" in {w.check.name for w in result.warnings}
    other = build(load_project(write_project(tmp_path / "two", sources)))
    query = "SELECT mine_id, area_km2 FROM mine ORDER BY mine_id"
    with quarrydb.connect(result.database) as one, quarrydb.connect(other.database) as two:
        rows = one.execute(query).fetchall()
        assert rows == two.execute(query).fetchall()
    assert len(rows) == 40


@pytest.mark.slow
def test_case_of_a_shared_edge_that_differs_by_4e_11_degrees(tmp_path: Path) -> None:
    if not CASE.exists():
        pytest.skip(f"the shared cases are not there: {CASE}")
    folder = write_project(tmp_path, {"a": [shapely.box(0, 0, 0.1, 0.1)]})
    text = (folder / "quarry.toml").read_text().replace('"a.gpkg"', f'"{CASE}"')
    (folder / "quarry.toml").write_text(text)
    with quarrydb.connect(build(load_project(folder)).database) as connection:
        assert isinstance(connection, duckdb.DuckDBPyConnection)
        assert connection.execute("SELECT count(*) FROM mine").fetchone() == (1,)
