"""What a build must find inside each mine: classes, development, reclamation, bare surface."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

from quarrydb.demo.files import write_truth
from quarrydb.demo.history import COVER_TYPE, EPOCHS, MINE_RELATED
from quarrydb.demo.landcover import Covered
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import World

COVER_TYPES = tuple(dict.fromkeys(COVER_TYPE.values()))
KIND_OF = np.full(256, -1)
for _code, _name in COVER_TYPE.items():
    KIND_OF[_code] = COVER_TYPES.index(_name)
IS_MINE = np.isin(np.arange(256), MINE_RELATED)
# Trajectories are written out for worlds up to this many mines.
MOST_TRAJECTORIES = 5_000


def write_landcover_truth(world: World, parts: Iterable[Covered], folder: Path) -> None:
    """Write the truth tables of land cover; ``parts`` are summed by mine."""
    tables: dict[str, list[pd.DataFrame]] = {}
    areas = np.zeros(len(world.mines))
    for part in parts:
        found = {"landcover_yearly": yearly(part), "disturbance_yearly": disturbance(part)}
        found["changed_pixel"] = changed_pixels(world.seed, part)
        if len(world.mines) <= MOST_TRAJECTORIES:
            found["landcover_trajectory"] = trajectories(part)
        for name, frame in found.items():
            tables.setdefault(name, []).append(frame)
        areas[part.mine] += part.area_km2[(part.codes > 0).all(axis=0)].sum()
    write_truth(pd.concat(tables.pop("changed_pixel"), ignore_index=True), folder, "changed_pixel")
    for name, frames in tables.items():
        write_truth(_summed(pd.concat(frames, ignore_index=True)), folder, name)
    bare = bare_surface(pd.concat(tables["landcover_yearly"], ignore_index=True))
    write_truth(bare, folder, "bare_surface")
    share = areas / world.mines.area_km2.to_numpy()
    frame = pd.DataFrame({"mine": world.mines.mine, "area_km2": areas, "coverage_share": share})
    write_truth(frame, folder, "landcover_coverage")


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a key: mines in several tiles are added up."""
    values = [name for name in frame.columns if name.endswith("_km2") or name == "n_pixels"]
    keys = [name for name in frame.columns if name not in values]
    return frame.groupby(keys, as_index=False, sort=True)[values].sum()


def yearly(part: Covered) -> pd.DataFrame:
    """Area of each code at each epoch: mine, year, code, area_km2; no rows without data."""
    n_epochs = len(EPOCHS)
    index = np.arange(n_epochs)[:, None] * 256 + part.codes
    weight = np.broadcast_to(part.area_km2, index.shape)
    area = np.bincount(index.ravel(), weight.ravel(), 256 * n_epochs).reshape(n_epochs, 256)
    area[:, 0] = 0
    epoch, code = np.nonzero(area)
    values = {"year": EPOCHS[epoch], "code": code, "area_km2": area[epoch, code]}
    return pd.DataFrame({"mine": part.mine, **values})


def disturbance(part: Covered) -> pd.DataFrame:
    """Development and reclamation: mine, year, cover_type, disturbed_km2, reclaimed_km2.

    A pixel is disturbed when vegetation turns mine-related, reclaimed when it turns back; what
    changed over five years is spread evenly over the five years that end with the later epoch.
    """
    steps = np.diff(EPOCHS)
    lost, won = np.zeros((2, len(steps), len(COVER_TYPES)))
    for i, (before, after) in enumerate(pairwise(part.codes)):
        lost[i] = _by_type(before, (KIND_OF[before] >= 0) & IS_MINE[after], part.area_km2)
        won[i] = _by_type(after, IS_MINE[before] & (KIND_OF[after] >= 0), part.area_km2)
    lost, won = (np.repeat(area / steps[:, None], steps, axis=0) for area in (lost, won))
    year, kind = np.nonzero(lost + won)
    columns = {"year": EPOCHS[0] + 1 + year, "cover_type": np.array(COVER_TYPES)[kind]}
    columns |= {"disturbed_km2": lost[year, kind], "reclaimed_km2": won[year, kind]}
    return pd.DataFrame({"mine": part.mine, **columns})


def _by_type(codes: np.ndarray, is_changed: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Changed area by cover type of ``codes``, shape (n types,)."""
    kinds = KIND_OF[codes[is_changed]]
    return np.bincount(kinds, area[is_changed], minlength=len(COVER_TYPES))


def changed_pixels(seed: int, part: Covered) -> pd.DataFrame:
    """Up to two pixels, wholly inside, that were disturbed or reclaimed in each year from 2001.

    Columns: mine, year, change (disturbed, reclaimed), longitude, latitude.
    """
    rng = stream(seed, "changed pixels", part.mine)
    before, after = part.codes[:-1], part.codes[1:]
    lost, won = (KIND_OF[before] >= 0) & IS_MINE[after], IS_MINE[before] & (KIND_OF[after] >= 0)
    step, pixel = np.nonzero((lost | won) & part.is_whole & (EPOCHS[1:, None] > 2000))
    frame = pd.DataFrame({"mine": part.mine, "year": EPOCHS[1:][step]})
    frame["change"] = np.where(lost[step, pixel], "disturbed", "reclaimed")
    frame["longitude"], frame["latitude"] = part.points[pixel].T
    shuffled = frame.iloc[rng.permutation(len(frame))]
    return shuffled.groupby("year").head(2).sort_values(["year", "longitude", "latitude"])


def trajectories(part: Covered) -> pd.DataFrame:
    """Distinct pixel trajectories: mine, codes (hex of the 26 codes), n_pixels, area_km2."""
    packed = np.ascontiguousarray(part.codes.T).view("V26").ravel()
    distinct, index = np.unique(packed.view("S26"), return_inverse=True)
    area = np.bincount(index, part.area_km2)
    names = [bytes(row).ljust(26, b"\0").hex() for row in distinct]
    columns = {"codes": names, "n_pixels": np.bincount(index), "area_km2": area}
    return pd.DataFrame({"mine": part.mine, **columns})


def bare_surface(classes: pd.DataFrame) -> pd.DataFrame:
    """Mine-related area of each mine and epoch, and its share of what has data."""
    classes = classes.assign(mine_related_km2=classes.area_km2.where(IS_MINE[classes.code], 0.0))
    keys = ["mine", "year"]
    frame = classes.groupby(keys, as_index=False)[["mine_related_km2", "area_km2"]].sum()
    frame["bare_surface_share"] = frame.mine_related_km2 / frame.area_km2
    return frame
