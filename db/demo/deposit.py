"""Deposits: what one slot holds, as the two data sets map it and as it really is."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import shapely

from quarrydb.demo.green import Green, belt, cover, edge_objects, inside
from quarrydb.demo.place import DEGREE_M, Slot
from quarrydb.demo.star import Star, make_star, petal, sector

TANG, MAUS = "tang", "maus"


@dataclass
class Deposit:
    """One slot's truth and its appearance.

    ``rows`` are what the data sets hold (source, geometry); ``outlines`` is their union, part by
    part; ``finals`` are the mines that a build must end with.
    """

    kind: str
    star: Star
    rows: list[tuple[str, shapely.Geometry]]
    outlines: list[shapely.Polygon]
    finals: list[shapely.Polygon]
    green: list[Green] = field(default_factory=list)


def one_source(source: str) -> Callable[[str, Slot, np.random.Generator], Deposit]:
    """A mine that one data set has."""

    def plant(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
        star = make_star(slot, rng, n_bites=int(rng.choice(3, p=[0.55, 0.3, 0.15])))
        return _bitten_deposit(kind, star, [(source, star.outline())], rng)

    return plant


def overlap(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """Each data set has a part of the mine, and the parts overlap."""
    star = make_star(slot, rng, n_bites=int(rng.choice(3, p=[0.55, 0.3, 0.15])))
    n = len(star.angles)
    first = int(rng.integers(n))
    a = sector(star, first, first + n * 2 // 3)
    b = sector(star, first + n // 2, first + n)
    return _bitten_deposit(kind, star, _rows(a, b), rng)


def touch(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """The parts of the two data sets share borders only."""
    star = make_star(slot, rng)
    n = len(star.angles)
    return _bitten_deposit(kind, star, _rows(sector(star, 0, n // 2), sector(star, n // 2, n)), rng)


def contained(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """One data set's polygon lies inside the other's."""
    star = make_star(slot, rng, n_bites=int(rng.choice(2)))
    return _bitten_deposit(kind, star, _rows(star.points(), star.points(0.5)), rng)


def duplicate(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """The same polygon in both."""
    star = make_star(slot, rng)
    return _bitten_deposit(kind, star, _rows(star.points(), star.points()), rng)


def chain(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """Two polygons of one data set that only a polygon of the other joins."""
    star = make_star(slot, rng, least=8)
    n = len(star.angles)
    k = n // 4
    petals = [petal(star, 0, k, 0.35), petal(star, 2 * k, 3 * k, 0.35)]
    rows = [(TANG, shapely.Polygon(ring)) for ring in petals]
    rows.append((MAUS, shapely.Polygon(_joint(star, k))))
    return _bitten_deposit(kind, star, rows, rng)


def _joint(star: Star, k: int) -> np.ndarray:
    """Ring of the star without its petals 0..k and 2k..3k."""
    inner, outer = star.points(0.35), star.points()
    rest = [outer[k : 2 * k + 1], inner[2 * k : 3 * k + 1], outer[3 * k :], outer[:1]]
    return np.concatenate([inner[: k + 1], *rest])


def hole(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A mine around a square hole, whose corners no simplification takes."""
    star = make_star(slot, rng, least=8)
    corners = star.angles[0] - np.pi / 2 * np.arange(4)
    inner = star.at(corners, np.full(4, 0.4 * star.radii_m.min()))
    ring = shapely.Polygon(star.points(), [inner])
    return Deposit(kind, star, [(MAUS, ring)], [ring], [ring])


def bow_tie(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A ring that crosses itself: repaired, it is two mines that touch in a point."""
    star = make_star(slot, rng, plain=True, least=6)
    x, y, d = slot.longitude, slot.latitude, 0.003
    corners = [(x - d, y - d), (x + d, y + d), (x + d, y - d), (x - d, y + d)]
    left = shapely.Polygon([corners[0], (x, y), corners[3]])
    right = shapely.Polygon([corners[1], (x, y), corners[2]])
    return Deposit(kind, star, [(TANG, shapely.Polygon(corners))], [left, right], [left, right])


def spike(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A ring with a line that runs out and back: repaired, the line is gone."""
    star = make_star(slot, rng)
    points = star.points()
    out = np.concatenate([points, points[:1], star.points(1.4)[:1]])
    polygon = shapely.Polygon(points)
    return Deposit(kind, star, [(MAUS, shapely.Polygon(out))], [polygon], [polygon])


def contact(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """Two mines that meet in one vertex, one of each data set: they stay two."""
    star = make_star(slot, rng, plain=True)
    tip = int(np.argmax(star.radii_m))
    radius, angle = star.reach_m, star.angles[tip]
    wings = star.at(angle + np.array([-0.35, 0.0, 0.35]), radius * np.array([1.5, 2.0, 1.5]))
    kite = shapely.Polygon(np.concatenate([star.points()[tip : tip + 1], wings]))
    both = [star.outline(), kite]
    return Deposit(kind, star, list(zip((TANG, MAUS), both, strict=True)), both, list(both))


def multipart(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """One row with two parts that lie apart: two mines."""
    star = make_star(slot, rng, radius_m=slot.radius_m * 0.45)
    shift = np.array([0.0, 2.3 * star.reach_m / DEGREE_M])
    twin = shapely.Polygon((star.points() + shift).round(7))
    both = [star.outline(), twin]
    return Deposit(kind, star, [(TANG, shapely.MultiPolygon(both))], both, list(both))


def solid(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A mine whose rows carry heights (3-D)."""
    star = make_star(slot, rng)
    heights = np.full((len(star.angles), 1), 120.0)
    raised = shapely.Polygon(np.concatenate([star.points(), heights], axis=1))
    return Deposit(kind, star, [(MAUS, raised)], [star.outline()], [star.final()])


def covered(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A polygon that is stable green all over: no mine is left of it."""
    star = make_star(slot, rng)
    return Deposit(kind, star, [(TANG, star.outline())], [star.outline()], [], [cover(star)])


def belted(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A green belt runs right across: two mines are left."""
    star = make_star(slot, rng, plain=True, least=8)
    green, finals = belt(star)
    return Deposit(kind, star, [(TANG, star.outline())], [star.outline()], finals, [green])


def traced(kind: str, slot: Slot, rng: np.random.Generator) -> Deposit:
    """A polygon with needless vertices, up to 2 m inside its edges: simplification takes them."""
    star = make_star(slot, rng, plain=True, least=5, most=6, radius_m=140.0)
    corner = star.radii_m * np.exp(1j * star.angles)
    middle = (corner + np.roll(corner, -1)) / 2
    extra = star.at(np.angle(middle), np.abs(middle) - rng.uniform(0.3, 2, len(middle)))
    ring = np.stack([star.points(), extra], axis=1).reshape(-1, 2)
    polygon = shapely.Polygon(ring)
    return Deposit(kind, star, [(TANG, polygon)], [polygon], [star.final()])


def _rows(a: np.ndarray, b: np.ndarray) -> list[tuple[str, shapely.Geometry]]:
    """One row in each data set."""
    return [(TANG, shapely.Polygon(a)), (MAUS, shapely.Polygon(b))]


def _bitten_deposit(
    kind: str, star: Star, rows: list[tuple[str, shapely.Geometry]], rng: np.random.Generator
) -> Deposit:
    """A deposit of one mine with green at its bites and, where it is large, inside."""
    green = edge_objects(star) + inside(star, rng)
    return Deposit(kind, star, rows, [star.outline()], [star.final()], green)


PLANT: dict[str, Callable[[str, Slot, np.random.Generator], Deposit]] = {
    "tang only": one_source(TANG),
    "maus only": one_source(MAUS),
    "overlap": overlap,
    "touch": touch,
    "contained": contained,
    "duplicate": duplicate,
    "chain": chain,
    "hole": hole,
    "bow tie": bow_tie,
    "spike": spike,
    "contact": contact,
    "multipart": multipart,
    "solid": solid,
    "covered": covered,
    "belted": belted,
    "traced": traced,
}
