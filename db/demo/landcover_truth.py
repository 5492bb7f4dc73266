"""What a build must find inside each mine: classes, development, reclamation, bare surface."""

from collections import defaultdict
from collections.abc import Iterable
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
# Columns whose values are positions in a list of words until the table is written.
WORDS = {"cover_type": COVER_TYPES, "change": ("disturbed", "reclaimed")}
Columns = dict[str, np.ndarray]


def write_landcover_truth(world: World, parts: Iterable[Covered], folder: Path) -> None:
    """Write the truth tables of land cover; ``parts`` are summed by mine."""
    tables: dict[str, list[Columns]] = defaultdict(list)
    areas = np.zeros(len(world.mines))
    for part in parts:
        tables["landcover_yearly"].append(yearly(part))
        tables["disturbance_yearly"].append(disturbance(part))
        tables["changed_pixel"].append(changed_pixels(world.seed, part))
        if not world.scale.is_large:
            tables["landcover_trajectory"].append(trajectories(part))
        areas[part.mine] += part.area_km2[(part.codes > 0).all(axis=0)].sum()
    write_truth(_stacked(tables.pop("changed_pixel")), folder, "changed_pixel")
    frames = {name: _summed(_stacked(found)) for name, found in tables.items()}
    frames["bare_surface"] = bare_surface(frames["landcover_yearly"])
    share = areas / world.mines.area_km2.to_numpy()
    coverage = {"mine": world.mines.mine, "area_km2": areas, "coverage_share": share}
    frames["landcover_coverage"] = pd.DataFrame(coverage)
    for name, frame in frames.items():
        write_truth(frame, folder, name)


def _stacked(found: list[Columns]) -> pd.DataFrame:
    """Columns of many parts below one another, cover types by name."""
    frame = pd.DataFrame({k: np.concatenate([part[k] for part in found]) for k in found[0]})
    for name, words in WORDS.items():
        if name in frame:
            frame[name] = pd.Categorical.from_codes(frame[name], words).astype(str)
    return frame


def _summed(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a key: mines in several tiles are added up."""
    values = [name for name in frame.columns if name.endswith("_km2") or name == "n_pixels"]
    keys = [name for name in frame.columns if name not in values]
    return frame.groupby(keys, as_index=False, sort=True)[values].sum()


def yearly(part: Covered) -> Columns:
    """Area of each code at each epoch: mine, year, code, area_km2; no rows without data."""
    n_epochs = len(EPOCHS)
    index = np.arange(n_epochs)[:, None] * 256 + part.codes
    weight = np.broadcast_to(part.area_km2, index.shape)
    area = np.bincount(index.ravel(), weight.ravel(), 256 * n_epochs).reshape(n_epochs, 256)
    area[:, 0] = 0
    epoch, code = np.nonzero(area)
    mine = np.full(len(epoch), part.mine)
    return {"mine": mine, "year": EPOCHS[epoch], "code": code, "area_km2": area[epoch, code]}


def disturbance(part: Covered) -> Columns:
    """Development and reclamation: mine, year, cover_type, developed_km2, reclaimed_km2.

    A pixel is disturbed when vegetation turns mine-related, reclaimed when it turns back; what
    changed over five years is spread evenly over the five years that end with the later epoch.
    """
    steps = np.diff(EPOCHS)
    is_lost, is_won = changes(part)
    lost = _by_type(is_lost, part.codes[:-1], part.area_km2) / steps[:, None]
    won = _by_type(is_won, part.codes[1:], part.area_km2) / steps[:, None]
    lost, won = np.repeat(lost, steps, axis=0), np.repeat(won, steps, axis=0)
    year, kind = np.nonzero(lost + won)
    columns = {"mine": np.full(len(year), part.mine), "year": EPOCHS[0] + 1 + year}
    columns |= {"cover_type": kind, "developed_km2": lost[year, kind]}
    return columns | {"reclaimed_km2": won[year, kind]}


def changes(part: Covered) -> tuple[np.ndarray, np.ndarray]:
    """Which pixels were disturbed and which reclaimed between epochs, both (25, n)."""
    is_green, is_mine = KIND_OF[part.codes] >= 0, IS_MINE[part.codes]
    return is_green[:-1] & is_mine[1:], is_mine[:-1] & is_green[1:]


def _by_type(is_changed: np.ndarray, codes: np.ndarray, area: np.ndarray) -> np.ndarray:
    """Changed area by step and cover type of ``codes``, shape (25, n types)."""
    step, pixel = np.nonzero(is_changed)
    n_types = len(COVER_TYPES)
    index = step * n_types + KIND_OF[codes[step, pixel]]
    total = np.bincount(index, area[pixel], minlength=len(codes) * n_types)
    return total.reshape(len(codes), n_types)


def changed_pixels(seed: int, part: Covered) -> Columns:
    """Up to two pixels, wholly inside, that were disturbed or reclaimed in each year from 2001.

    Columns: mine, year, change (disturbed, reclaimed), longitude, latitude.
    """
    is_lost, is_won = changes(part)
    step, pixel = np.nonzero((is_lost | is_won) & part.is_whole & (EPOCHS[1:, None] > 2000))
    order = stream(seed, "changed pixels", part.mine).permutation(len(step))
    order = order[np.argsort(step[order], kind="stable")]
    step, pixel = step[order], pixel[order]
    is_third = np.concatenate([[False, False], step[2:] == step[:-2]])[: len(step)]
    step, pixel = step[~is_third], pixel[~is_third]
    x, y = part.points[pixel].T
    columns = {"mine": np.full(len(step), part.mine), "year": EPOCHS[1:][step]}
    columns["change"] = np.where(is_lost[step, pixel], 0, 1)
    return columns | {"longitude": x, "latitude": y}


def trajectories(part: Covered) -> Columns:
    """Distinct pixel trajectories: mine, codes (hex of the 26 codes), n_pixels, area_km2."""
    packed = np.ascontiguousarray(part.codes.T).view("S26").ravel()
    distinct, index = np.unique(packed, return_inverse=True)
    names = [bytes(row).ljust(26, b"\0").hex() for row in distinct]
    columns = {"mine": np.full(len(names), part.mine), "codes": np.array(names)}
    return columns | {"n_pixels": np.bincount(index), "area_km2": np.bincount(index, part.area_km2)}


def bare_surface(classes: pd.DataFrame) -> pd.DataFrame:
    """Mine-related area of each mine and epoch, and its share of what has data."""
    classes = classes.assign(mine_related_km2=classes.area_km2.where(IS_MINE[classes.code], 0.0))
    keys = ["mine", "year"]
    frame = classes.groupby(keys, as_index=False)[["mine_related_km2", "area_km2"]].sum()
    frame["bare_surface_share"] = frame.mine_related_km2 / frame.area_km2
    return frame
