"""What lies around mines and is known of them: villages, and a national register of mines."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.districts import spots
from quarrydb.demo.files import write_truth
from quarrydb.demo.land import SYLLABLES
from quarrydb.demo.place import DEGREE_M
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import CRS, World

VILLAGE_FILE = "places/villages.csv"
REGISTER_FILE = "register/mine_register.csv"
WITHIN_KM = 2.0  # how far from a mine the register may put it
COMMODITIES = ("Copper", "Gold; Silver", "Coal", "Iron ore", "Gold", "Limestone", "")
OPERATORS = ("Northern Minerals", "State Mining Company", "Delta Resources", "")


def render_villages(world: World, folder: Path) -> None:
    """Villages, one to four mines: half within some kilometres of one, half anywhere in the countries."""
    rng = stream(world.seed, "villages")
    n = max(20, len(world.mines) // 8)
    mines = shapely.centroid(world.mines.geometry.to_numpy())
    near = shapely.get_coordinates(mines[rng.integers(0, len(mines), n)])
    near += rng.normal(0, 0.08, near.shape)
    land = world.countries.geometry.to_numpy()
    each = np.bincount(rng.integers(0, len(land), n), minlength=len(land))
    far = [spots(land[i], int(count), rng) for i, count in enumerate(each) if count]
    at = np.concatenate([near, *far]).round(5)
    columns = {
        "village_id": [f"V{i:05}" for i in range(1, len(at) + 1)],
        "name": ["".join(parts).capitalize() for parts in rng.choice(SYLLABLES, (len(at), 3))],
        "longitude": at[:, 0],
        "latitude": at[:, 1],
    }
    _write(pd.DataFrame(columns), folder / VILLAGE_FILE)


def render_register(world: World, folder: Path) -> None:
    """A register of six in ten mines, some put beside it, and the truth: mine_id, mine (-1: none), match."""
    rng = stream(world.seed, "register")
    shapes = world.mines.geometry.to_numpy()
    listed = np.sort(rng.choice(len(shapes), len(shapes) * 6 // 10, replace=False))
    is_beside = rng.uniform(size=len(listed)) < 0.15
    at = shapely.get_coordinates(shapely.point_on_surface(shapes[listed]))
    at[is_beside] = [_beside(shapes[i], rng) for i in listed[is_beside]]
    lost = np.array([[-30.0, -40.0], [-31.0, -41.0]])  # in the sea: the register is wrong here
    at = np.concatenate([at, lost]).round(5)
    mine, match = _matches(shapes, at)
    ids = [f"R-{i:05}" for i in range(1, len(at) + 1)]
    columns = {
        "mine_id": ids,
        "mine": [f"{OPERATORS[i % 3].split()[0]} pit {i}" if i % 9 else "" for i in range(len(at))],
        "commodity": rng.choice(COMMODITIES, len(at)),
        "owner": rng.choice(OPERATORS, len(at)),
        "longitude": at[:, 0],
        "latitude": at[:, 1],
    }
    _write(pd.DataFrame(columns), folder / REGISTER_FILE)
    truth = pd.DataFrame({"mine_id": ids, "mine": mine, "match": match})
    write_truth(truth, folder, "register")


def _beside(shape: shapely.Geometry, rng: np.random.Generator) -> np.ndarray:
    """A point 200 to 600 m east of a mine's eastern end."""
    corners = shapely.get_coordinates(shape)
    east = corners[np.argmax(corners[:, 0])]
    metres = rng.uniform(200, 600)
    return np.array([east[0] + metres / DEGREE_M / np.cos(np.radians(east[1])), east[1]])


def _matches(shapes: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each point the mine that holds it, else the nearest within 2 km (-1: none), and which of them."""
    points = gpd.GeoSeries(shapely.points(at), crs=CRS)
    mine, match = np.full(len(at), -1), np.full(len(at), "none", dtype=object)
    tree = shapely.STRtree(shapes)
    for number, point in enumerate(points):
        scale = [np.cos(np.radians(point.y)) * DEGREE_M, DEGREE_M]
        around = tree.query(shapely.buffer(point, 0.1))
        local = shapely.transform(
            shapes[around], lambda xy, at=point, by=scale: (xy - [at.x, at.y]) * by
        )
        gaps = shapely.distance(local, shapely.Point(0, 0))
        if len(gaps) and gaps.min() < WITHIN_KM * 1000:
            mine[number] = around[np.argmin(gaps)]
            match[number] = "inside" if gaps.min() == 0 else "nearest"
    return mine, match


def _write(frame: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, lineterminator="\n")
