"""Yearly footprints as another group would publish them, with false detections of one year."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.files import write_layer, write_truth
from quarrydb.demo.measure import area_km2
from quarrydb.demo.outlines import YEARS, outline_in, yearly_factors
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import CRS, World

FOOTPRINT = "footprints/mining_footprint_{year}.gpkg"
FALSE_SHARE = 0.1
# One year in which a tenth of the mines is not seen: the years around still confirm one another.
MISSED_YEAR, MISSED_SHARE = 2020, 0.1
# Kinds whose outlines touch another mine's would unite with it.
ALONE_KINDS = ("bow tie", "contact", "belted")


def render_footprints(world: World, folder: Path) -> None:
    """Write a file a year and the truth: year, row, mine (-1 where false), is_false, area_km2."""
    found = pd.concat([real_footprints(world), false_footprints(world)], ignore_index=True)
    rng = stream(world.seed, "footprint rows")
    frames = []
    for year in YEARS:
        rows = found[found.year == year]
        rows = rows.iloc[rng.permutation(len(rows))].reset_index(drop=True)
        rows.insert(0, "row", np.arange(len(rows)))
        probability = np.round(rng.uniform(0.55, 0.99, len(rows)), 4)
        layer = gpd.GeoDataFrame(
            {"id": rows.row + 1, "mean_probability": probability}, geometry=rows.geometry, crs=CRS
        )
        path = folder / FOOTPRINT.format(year=year)
        write_layer(layer, path, layer="mining_footprint")
        frames.append(rows)
    truth = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=CRS)
    truth["area_km2"] = area_km2(truth.geometry.to_numpy())
    write_truth(truth, folder, "footprint")


def real_footprints(world: World) -> pd.DataFrame:
    """Yearly outlines of some mines: year, mine, is_false, geometry."""
    rng = stream(world.seed, "footprints")
    n_false = round(world.scale.n_footprints * FALSE_SHARE)
    n_mines = round((world.scale.n_footprints - n_false) / len(YEARS) * 1.02)
    eligible = world.mines.mine[~world.mines.kind.isin(ALONE_KINDS)].to_numpy()
    chosen = np.sort(rng.choice(eligible, min(n_mines, len(eligible)), replace=False))
    missed = set(rng.choice(chosen, round(len(chosen) * MISSED_SHARE), replace=False).tolist())
    factors = yearly_factors(world)[world.mines.deposit]
    shapes = world.mines.geometry.to_numpy()
    records = [
        (int(year), int(mine), False, shape)
        for mine in chosen
        for year, factor in zip(YEARS, factors[mine], strict=True)
        if not (year == MISSED_YEAR and mine in missed)
        and (shape := outline_in(shapes[mine], float(factor))) is not None
    ]
    return pd.DataFrame(records, columns=["year", "mine", "is_false", "geometry"])


def false_footprints(world: World) -> pd.DataFrame:
    """Polygons of one year only, each in a place of its own in the gaps between deposits."""
    rng = stream(world.seed, "false footprints")
    n = min(round(world.scale.n_footprints * FALSE_SHARE), len(world.deposits))
    chosen = np.sort(rng.choice(len(world.deposits), n, replace=False))
    records = []
    for number in chosen:
        star = world.deposits[number].star
        radius = 60 + 80 * rng.uniform(size=7)
        ring = np.linspace(0, 2 * np.pi, 7, endpoint=False)
        # Half a slot away, west and south: no mine, whatever its size, comes near.
        away = 2.75 * star.slot.radius_m / np.sqrt(2)
        x, y = radius * np.cos(ring) - away, radius * np.sin(ring) - away
        shape = shapely.Polygon(star.at(np.arctan2(y, x), np.hypot(x, y)))
        records.append((int(rng.choice(YEARS)), -1, True, shape))
    return pd.DataFrame(records, columns=["year", "mine", "is_false", "geometry"])
