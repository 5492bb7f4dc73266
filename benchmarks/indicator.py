"""Cost of means over mines for many dates on one grid, against exactextract date by date.

    python benchmarks/indicator.py [--mines 1500] [--dates 24] [--json FILE]

CPU seconds in one process, so that the ratio holds on a busy machine. The peer computes the mean of
each date alone; ours measures the cells once, and gives the area with data and the store besides.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from exactextract import exact_extract

from quarrydb.contract import LoadContext, SilentProgress
from quarrydb.database.connection import connect
from quarrydb.loaders.indicator import run_indicator
from quarrydb.project.indicator import IndicatorSource
from quarrydb.store.shards import Store

SIDE, DEGREES = 1200, 5.0  # pixels of 15 arc seconds, as of VIIRS


def write_rasters(folder: Path, dates: int) -> None:
    """Monthly rasters of random numbers, tiled and deflated."""
    rng = np.random.default_rng(1)
    transform = Affine(DEGREES / SIDE, 0, 0, 0, -DEGREES / SIDE, DEGREES)
    profile = {
        "driver": "GTiff",
        "count": 1,
        "height": SIDE,
        "width": SIDE,
        "dtype": "float32",
        "crs": "EPSG:4326",
        "transform": transform,
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
        "compress": "deflate",
    }
    for month in range(dates):
        name = f"ntl_{2018 + month // 12}{month % 12 + 1:02d}.tif"
        with rasterio.open(folder / name, "w", **profile) as file:
            file.write(rng.random((1, SIDE, SIDE), dtype=np.float32))


def random_mines(n: int) -> gpd.GeoDataFrame:
    """Round mines of 200 m to 2 km radius."""
    rng = np.random.default_rng(2)
    x, y = rng.uniform(0.1, DEGREES - 0.1, (2, n))
    shapes = shapely.buffer(shapely.points(x, y), rng.uniform(0.002, 0.02, n))
    return gpd.GeoDataFrame({"mine_id": [f"m{i}" for i in range(n)]}, geometry=shapes, crs=4326)


def our_seconds(folder: Path, mines: gpd.GeoDataFrame) -> float:
    """CPU seconds of the loader from an empty store."""
    connection = connect(read_only=False)
    connection.execute("CREATE SCHEMA core")
    rows = mines.assign(wkb=mines.geometry.to_wkb()).drop(columns="geometry")
    connection.register("rows", rows)
    connection.execute(
        "CREATE TABLE core.mine AS SELECT mine_id, ST_GeomFromWKB(wkb) AS geometry, 1.0 AS area_km2 "
        "FROM rows"
    )
    source = IndicatorSource.model_validate(
        {"name": "ntl", "path": "*.tif"}, context={"root": folder}
    )
    checksums = {path: path.name for path in source.path}
    context = LoadContext(
        connection, Store(folder / ".quarry"), SilentProgress(), 1, checksums, folder
    )
    started = time.process_time()
    run_indicator(context, source=source)
    return time.process_time() - started


def peer_seconds(folder: Path, mines: gpd.GeoDataFrame) -> float:
    """CPU seconds of exactextract, a date at a time."""
    started = time.process_time()
    for path in sorted(folder.glob("*.tif")):
        exact_extract(str(path), mines, ["mean"], output="pandas")
    return time.process_time() - started


def main() -> None:
    """Print the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mines", type=int, default=1500)
    parser.add_argument("--dates", type=int, default=24)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_rasters(folder, arguments.dates)
        mines = random_mines(arguments.mines)
        ours, peer = our_seconds(folder, mines), peer_seconds(folder, mines)
    means = arguments.mines * arguments.dates
    print(f"{means:,} means: {ours:.1f} CPU s, exactextract date by date {peer:.1f} CPU s")
    print(f"{peer / ours:.1f} times cheaper, {means / ours:,.0f} means a CPU second")
    if arguments.json:
        arguments.json.write_text(json.dumps({"against exactextract": peer / ours}, indent=2))


if __name__ == "__main__":
    main()
