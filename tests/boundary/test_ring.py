"""A vertex goes if its neighbours and their chord are near; four always stay."""

import math
from collections.abc import Sequence

import pytest
import shapely

from tests.sql_world import database

Point = tuple[float, float]
DEGREE_M = 111195.08


def metres(x: float, y: float, latitude: float = 0.0) -> Point:
    return x / DEGREE_M / math.cos(math.radians(latitude)), latitude + y / DEGREE_M


def kept(ring: Sequence[Point], latitude: float = 0.0) -> list[Point]:
    """The vertices that the rule keeps of a ring in metres, in metres."""
    outline = shapely.Polygon([metres(x, y, latitude) for x, y in ring])
    pieces = f"SELECT 1 AS piece_key, ST_GeomFromText('{shapely.to_wkt(outline, -1)}') AS geometry"
    with database(["core.ring_simplified"], {"core.erased": pieces}) as connection:
        found = connection.execute("SELECT vertices FROM core.ring_simplified").fetchone()
    assert found is not None
    scale = DEGREE_M * math.cos(math.radians(latitude))
    return [(round(v["x"] * scale), round((v["y"] - latitude) * DEGREE_M)) for v in found[0]]


@pytest.mark.parametrize(
    ("middle", "n_kept"),
    [
        pytest.param((50.0, 10.0), 4, id="ten metres off the line, neighbours near: dropped"),
        pytest.param((50.0, 20.0), 5, id="twenty metres off the line: kept"),
        pytest.param((120.0, 10.0), 5, id="a neighbour 120 m away: kept"),
    ],
)
def test_a_vertex_goes_if_its_neighbours_and_their_chord_are_near(
    middle: Point, n_kept: int
) -> None:
    far = 99.0 if middle[0] < 100 else 150.0
    assert len(kept([(0, 0), (0, -900), (far, -900), (far, 0), middle])) == n_kept


@pytest.mark.parametrize("turn", range(5))
def test_of_five_vertices_of_which_two_may_go_one_goes(turn: int) -> None:
    """A thin triangle with a vertex in the middle of each long side, whichever comes first."""
    ring = [(0, 0), (80, -4), (160, 0), (90, 40), (40, 25)]
    ring = [*ring[turn:], *ring[:turn]]
    found = kept(ring)
    assert len(found) == 4
    assert set(found) < set(ring)
    assert (0, 0) in found  # the first of a ring, its westernmost


@pytest.mark.parametrize("n", [6, 7, 12])
def test_a_small_round_ring_comes_down_to_four(n: int) -> None:
    angles = [2 * math.pi * i / n for i in range(n)]
    assert len(kept([(9 * math.cos(a), 9 * math.sin(a)) for a in angles])) == 4


def test_nothing_but_the_first_vertex_is_left_that_the_rule_would_drop() -> None:
    """However many passes it takes: also rings of five and six are worked to the end."""
    for n in (8, 13, 40):
        ring = [
            (300 * math.cos(2 * math.pi * i / n), 60 * math.sin(2 * math.pi * i / n))
            for i in range(n)
        ]
        found = kept(ring)
        assert len(found) >= 4
        if len(found) > 4:
            for before, vertex, after in zip(
                found, [*found[1:], found[0]], [*found[2:], *found[:2]], strict=True
            ):
                chord = shapely.LineString([before, after])
                is_near = max(math.dist(before, vertex), math.dist(vertex, after)) <= 99
                off = abs(
                    (after[0] - before[0]) * (before[1] - vertex[1])
                    - (before[0] - vertex[0]) * (after[1] - before[1])
                )
                assert vertex == found[0] or not (is_near and off < 14 * chord.length)
