"""Where mines lie: districts on land, slots in districts, and places chosen for what they test."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from quarrydb.demo.land import continents
from quarrydb.demo.random_streams import stream
from quarrydb.demo.scale import Scale

# Metres a degree of latitude, to lay out shapes; no result is measured with it.
DEGREE_M = 111_320.0
DISTRICT = 0.5
SMALL_SLOT = 0.025
LARGE_SLOT = 0.1
LARGE_SHARE = 0.2


@dataclass(frozen=True)
class Slot:
    """Room for one deposit: its centre, and the radius in metres that its mine may reach."""

    longitude: float
    latitude: float
    radius_m: float
    special: str = ""


def _reach(spacing: float, latitude: float) -> float:
    """Radius of a mine that leaves room for green objects around it and space to the next slot."""
    return spacing / 2 * DEGREE_M * float(np.cos(np.radians(latitude))) * 0.36


def special_slots(seed: int, scale: Scale, countries: gpd.GeoDataFrame) -> list[Slot]:
    """Places a build must get right: borders, offshore, tile corners, the equator, a lobe edge."""
    rng = stream(seed, "special slots")
    first, enclave = countries.geometry.iloc[0], countries.geometry.iloc[-1]
    mainland = max(shapely.get_parts(first), key=shapely.area)
    west, _, _, _ = mainland.bounds
    coast = mainland.exterior.coords[
        int(np.argmin(shapely.get_coordinates(mainland.exterior)[:, 0]))
    ]
    border = enclave.exterior.coords[int(rng.integers(24))]
    spots = {
        "border": border,
        "enclave": tuple(shapely.point_on_surface(enclave).coords[0]),
        "offshore near": (coast[0] - 0.045, coast[1]),
        "offshore far": (west - 3.2, coast[1] + 0.2),
        "equator and tile corner": (20.0, 0.0),
        "tile corner": (100.0, 25.0),
        "lobe edge and tile corner": (80.0, -10.0),
    }
    return [Slot(x, y, 900.0, name) for name, (x, y) in spots.items()]


def district_cells(scale: Scale, countries: gpd.GeoDataFrame, specials: list[Slot]) -> np.ndarray:
    """Corners of all half-degree cells on land that hold no special slot, shape (n, 2)."""
    corners = []
    for continent in continents(scale):
        west, south, east, north = continent.box
        x, y = np.meshgrid(
            np.arange(np.floor(west), east, DISTRICT), np.arange(np.floor(south), north, DISTRICT)
        )
        corners.append(np.stack([x.ravel(), y.ravel()], axis=1))
    found = np.concatenate(corners)
    middle = shapely.points(found + DISTRICT / 2)
    tree = shapely.STRtree(countries.geometry.to_numpy())
    on_land = np.zeros(len(found), bool)
    on_land[np.unique(tree.query(middle, predicate="intersects")[0])] = True
    taken = np.array([[s.longitude, s.latitude] for s in specials])
    distance = np.abs(found[:, None] + DISTRICT / 2 - taken[None]).max(axis=2).min(axis=1)
    return np.asarray(found[on_land & (distance > DISTRICT)])


def slots_of(corner: np.ndarray, spacing: float) -> list[Slot]:
    """The slots of one district, a 0.4-degree grid inside its half-degree cell."""
    n = round(0.4 / spacing)
    at = 0.05 + spacing * (np.arange(n) + 0.5)
    places = [(corner[0] + x, corner[1] + y) for y in at for x in at]
    return [Slot(round(x, 6), round(y, 6), _reach(spacing, y)) for x, y in places]


def make_slots(seed: int, scale: Scale, countries: gpd.GeoDataFrame, n: int) -> list[Slot]:
    """``n`` slots: the special ones, then a fifth large, the rest small, crowded in districts."""
    rng = stream(seed, "slots")
    specials = special_slots(seed, scale, countries)
    cells = rng.permutation(district_cells(scale, countries, specials))
    n_large = round((n - len(specials)) * LARGE_SHARE)
    large, used = _fill(cells, LARGE_SLOT, n_large, rng)
    small, _ = _fill(cells[used:], SMALL_SLOT, n - len(specials) - n_large, rng)
    return specials + large + small


def _fill(
    cells: np.ndarray, spacing: float, n: int, rng: np.random.Generator
) -> tuple[list[Slot], int]:
    """``n`` slots from as few districts as a filling of 60 % needs, at least five."""
    room = round(0.4 / spacing) ** 2
    used = min(len(cells), max(5, -(-n * 10 // (room * 6))))
    every = [slot for corner in cells[:used] for slot in slots_of(corner, spacing)]
    if len(every) < n:
        raise ValueError(f"{used} districts hold {len(every)} slots, {n} are wanted")
    chosen = np.sort(rng.choice(len(every), n, replace=False))
    return [every[i] for i in chosen], used
