"""Outlines that share an edge in meaning and differ by a hair in fact are one mine."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.sql_world import database
from tests.worlds import write_project

CASE = Path(__file__).parents[3] / "shared" / "cases" / "18_hairline_union" / "two.geojson"
SNAP = 1e-8
Make = Callable[[float, np.random.Generator], list[shapely.Polygon]]
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


def strips(noise: float, random: np.random.Generator) -> list[shapely.Polygon]:
    """Three squares in a row, each corner off by up to ``noise`` degrees."""
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], float)
    turn = np.array([[np.cos(0.3), np.sin(0.3)], [-np.sin(0.3), np.cos(0.3)]])
    return [off((ring + np.array([n, 0])) * SIDE @ turn, noise, random) for n in range(3)]


def ragged(noise: float, random: np.random.Generator) -> list[shapely.Polygon]:
    """Two outlines along one ragged edge, each with corners of its own on it."""
    x, y = SIDE + random.uniform(-3e-4, 3e-4, 5), np.linspace(0, SIDE, 5)
    sides = []
    for far in (0.0, 2 * SIDE):
        own = np.unique(np.append(y, random.uniform(0, SIDE, 6)))
        edge = np.stack([np.interp(own, y, x), own], axis=1)
        sides.append(off(np.concatenate([edge, [[far, SIDE], [far, 0.0]]]), noise, random))
    return sides


def cells(noise: float, random: np.random.Generator) -> list[shapely.Polygon]:
    """Half of the cells that a dozen points have around them: many meet in a corner."""
    points = shapely.MultiPoint(random.uniform(0, 0.02, (12, 2)))
    found = shapely.get_parts(shapely.voronoi_polygons(points))
    chosen = [cell for cell in found if random.uniform() < 0.5]
    return [off(shapely.get_coordinates(cell)[:-1], noise, random) for cell in chosen]


def outlines_of_years(noise: float, random: np.random.Generator) -> list[shapely.Polygon]:
    """The same two neighbours in four years."""
    return [shape for _ in range(4) for shape in strips(noise, random)[:2]]


def off(ring: np.ndarray, noise: float, random: np.random.Generator) -> shapely.Polygon:
    """A ring whose corners are off by up to ``noise`` degrees, each by its own."""
    return shapely.Polygon(ring + random.uniform(-noise, noise, ring.shape))


@pytest.mark.parametrize(("noise", "fewer"), [(3e-9, None), (1e-8, 0.02), (1e-7, 0.005)])
def test_the_count_of_pairs_is_near_that_of_a_union_on_the_grid(
    noise: float, fewer: float | None
) -> None:
    """Every pair is one mine in meaning: none is lost, and hardly more stay apart than in that union.

    Fewer may, where gaps are a part of the grid: what counts is that more of them are closed.
    """
    shapes = squares(noise, 1500)
    expected = shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP))
    found = merged(shapes)
    assert len(shapes) / 2 <= len(found) <= len(expected) * 1.005
    if fewer is not None:
        assert len(found) >= len(expected) * (1 - fewer)
    assert shapely.area(found).sum() == pytest.approx(shapely.area(expected).sum(), rel=1e-6)


def as_they_meet(shapes: list[shapely.Polygon]) -> shapely.Geometry:
    return shapely.set_precision(shapely.union_all(shapes), SNAP)


def each_before(shapes: list[shapely.Polygon]) -> shapely.Geometry:
    return as_they_meet(shapely.set_precision(np.array(shapes), SNAP).tolist())


@pytest.mark.parametrize("noise", [3e-9, 1e-8])
def test_of_two_ways_to_snap_a_pair_that_which_keeps_the_ground_is_taken(noise: float) -> None:
    """By shapely, pair by pair; a union of all on the grid lies between the two ways."""
    shapes = squares(noise, 400)
    ways = np.zeros(3, int)
    for pair in zip(shapes[::2], shapes[1::2], strict=True):
        area = shapely.union_all(pair).area
        both = [as_they_meet(list(pair)), each_before(list(pair))]
        nearer = both[0] if abs(both[0].area - area) < abs(both[1].area - area) else both[1]
        ways += [shapely.get_num_geometries(way) for way in (*both, nearer)]
    found = merged(shapes)
    assert ways[0] <= ways[2] <= ways[1]
    assert len(found) == ways[2]
    expected = shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP))
    assert ways[0] <= len(expected) <= ways[1]
    assert shapely.area(found).sum() == pytest.approx(shapely.area(expected).sum(), rel=1e-6)


@pytest.mark.parametrize("make", [strips, ragged, cells, outlines_of_years])
def test_of_gaps_from_1e_12_to_1e_7_the_count_is_near_that_union(make: Make) -> None:
    """To a hundredth: the union on the grid itself varies by more with its place on the grid."""
    random = np.random.default_rng(4)
    shapes = [
        shapely.transform(shape, lambda xy, n=number: xy + np.array([n % 20, n // 20]) * 0.1)
        for number, noise in enumerate(10.0 ** random.uniform(-12, -7, 400))
        for shape in make(float(noise), random)
    ]
    expected = len(shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP)))
    found = merged(shapes)
    assert len(found) == pytest.approx(expected, rel=0.01)
    again = merged(shapes[::-1])
    assert sorted(map(shapely.to_wkb, found)) == sorted(map(shapely.to_wkb, again))


@pytest.mark.real
def test_published_outlines_of_seven_years_give_the_number_of_a_union_on_the_grid(
    real_data: Path,
) -> None:
    """Patches of one detector, whose edges are the same in meaning: in all of the south-west."""
    files = sorted((real_data / "amazon_mining_watch").glob("new_mining_*.geojson"))
    shapes = np.concatenate([geopandas.read_file(file).geometry.to_numpy() for file in files])
    parts = shapely.get_parts(shapes[shapely.is_valid(shapes)])
    parts = parts[shapely.bounds(parts)[:, 3] < -10]
    expected = len(shapely.get_parts(shapely.union_all(parts, grid_size=SNAP)))
    assert len(parts) > 1000
    assert len(merged(parts.tolist())) == pytest.approx(expected, rel=0.005)
    assert len(shapely.get_parts(shapely.union_all(parts))) > expected * 1.02


def test_the_union_on_the_grid_itself_depends_on_polygons_far_away() -> None:
    """Why no count can be nearer to it than that: nor does it stay when all is moved by half a unit."""
    shapes = squares(SNAP, 400)
    alone = [shapely.box(x, y, x + 1e-3, y + 1e-3) for x in range(3, 40) for y in range(20)]
    plain = len(shapely.get_parts(shapely.union_all(shapes, grid_size=SNAP)))
    among = len(shapely.get_parts(shapely.union_all(shapes + alone, grid_size=SNAP)))
    assert plain != among - len(alone)
    near = squares(3e-9, 400)
    moved = [shapely.transform(shape, lambda xy: xy + SNAP / 2) for shape in near]
    counts = [len(shapely.get_parts(shapely.union_all(s, grid_size=SNAP))) for s in (near, moved)]
    assert abs(counts[1] / counts[0] - 1) > 0.05


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
