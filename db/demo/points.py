"""Points that a person labelled mine or not, year by year."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from quarrydb.demo.files import write_layer, write_truth
from quarrydb.demo.random_streams import stream
from quarrydb.demo.world import CRS, World
from quarrydb.errors import ProjectError

POINT_FILE = "points/labelled_points.gpkg"
POINTS_PER_SITE_YEAR = 8
# Nobody can label a point this close to an outline, degrees (about 10 m).
EDGE = 0.0001


def render_points(world: World, folder: Path) -> None:
    """Write the points, and the truth: point_id, site, year, is_mine.

    Raises:
        ProjectError: the images' outlines, which points are drawn around, are not in the folder.
    """
    segmented = folder / "truth" / "segmented.parquet"
    if not segmented.exists():
        raise ProjectError("points are drawn in the images. Render images too.")
    outlines = gpd.read_parquet(segmented)
    frames = [
        draw_points(world, int(site), int(year), rows.geometry.to_numpy())
        for (site, year), rows in outlines.groupby(["site", "year"])
    ]
    points = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=CRS)
    points.insert(0, "point_id", np.arange(1, len(points) + 1))
    columns = ["point_id", "year", "is_mine", "geometry"]
    write_layer(points[columns], folder / POINT_FILE, layer="labelled_points")
    write_truth(points, folder, "point")


def draw_points(world: World, site: int, year: int, outlines: np.ndarray) -> gpd.GeoDataFrame:
    """Points of one site and year: about half in the outlines, the rest close around."""
    rng = stream(world.seed, "points", site, year)
    mine = shapely.union_all(outlines)
    west, south, east, north = shapely.bounds(shapely.buffer(mine, 0.002))
    candidates = shapely.points(rng.uniform([west, south], [east, north], (400, 2)))
    shapely.prepare(mine)
    is_clear = shapely.distance(candidates, shapely.boundary(mine)) > EDGE
    is_mine = shapely.contains(mine, candidates)
    half = POINTS_PER_SITE_YEAR // 2
    chosen = [np.flatnonzero(is_clear & side)[:half] for side in (is_mine, ~is_mine)]
    picked = np.concatenate(chosen)
    columns = {"site": site, "year": year, "is_mine": is_mine[picked].astype(int)}
    return gpd.GeoDataFrame(columns, geometry=candidates[picked], crs=CRS)
