"""Cost of means over mines for many dates, against bare decoding of the same blocks and exactextract.

    python -m benchmarks.indicator [--mines 1500] [--dates 12] [--json FILE]

CPU seconds in one process, so that the ratios hold on a busy machine. Cells under mines are measured once
for all dates of a grid, so they stand apart. The bare decoding opens the same files and reads the same
windows, in which every block lies once, and does nothing with them; of the peers exactextract computes the
mean of each date alone, extractrs measures cells once. Ours also gives the area with data, and stores
the rows.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from exactextract import exact_extract
from numpy.typing import NDArray
from rasterio.windows import Window

from quarrydb.contract import LoadContext, SilentProgress
from quarrydb.database.connection import connect
from quarrydb.loaders.indicator import coverage_tasks, read_mines, run_indicator
from quarrydb.loaders.indicator_cells import blocks
from quarrydb.loaders.indicator_covered import all_covered, read_runs
from quarrydb.loaders.indicator_raster import MAX_WINDOW_BYTES
from quarrydb.loaders.indicator_read import KIND
from quarrydb.loaders.indicator_series import read_series
from quarrydb.loaders.raster import gdal_environment
from quarrydb.project.indicator import IndicatorSource
from quarrydb.store.shards import Store

COG = {"driver": "COG", "compress": "deflate", "blocksize": 256, "overviews": "NONE"}
STRIPED = {"driver": "GTiff", "compress": "lzw", "blockysize": 1}
TILED = {
    "driver": "GTiff", "compress": "deflate", "tiled": True, "blockxsize": 256, "blockysize": 256,
}  # fmt: skip
YEARS = 6  # of the yearly series


@dataclass(frozen=True)
class Layout:
    """How a series lies on the disk: pixels and degrees a side, tiles a side, months or years."""

    name: str
    profile: dict[str, Any]
    side: int = 2400
    degrees: float = 10.0
    tiles: int = 1
    is_yearly: bool = False
    mines: float = 4.0  # times as many as asked for
    radius: tuple[float, float] = field(default=(0.002, 0.02))  # degrees


LAYOUTS = (
    Layout("monthly, cloud-optimised", COG),
    Layout("monthly, striped", STRIPED),
    Layout("monthly, four tiles", TILED, tiles=2),
    Layout("yearly, 10 m", TILED, 5120, 0.46, is_yearly=True, mines=0.1, radius=(0.002, 0.01)),
)


def write_rasters(folder: Path, layout: Layout, dates: int) -> list[Path]:
    """Lights with two decimals (float32), or vegetation (int16), a file a date and tile."""
    folder.mkdir()
    rng = np.random.default_rng(1)
    side, pixel = layout.side // layout.tiles, layout.degrees / layout.side
    wave = np.sin(np.arange(side) / 40)
    dtype = "int16" if layout.is_yearly else "float32"
    paths = []
    for date in range(YEARS if layout.is_yearly else dates):
        for tile in range(layout.tiles**2):
            row, column = divmod(tile, layout.tiles)
            month = "" if layout.is_yearly else f"{date % 12 + 1:02d}"
            year = 2018 + (date if layout.is_yearly else date // 12)
            paths.append(folder / f"n_{year}{month}_t{tile}.tif")
            noise = rng.gamma(1.0, 1.0, (side, side)) + 3 + np.add.outer(wave, wave)
            pixels = np.round(noise * 500 if layout.is_yearly else noise, 2).astype(dtype)
            west, north = (column, layout.tiles - row)
            place = Affine(pixel, 0, west * side * pixel, 0, -pixel, north * side * pixel)
            with rasterio.open(
                paths[-1], "w", count=1, height=side, width=side, dtype=dtype, crs="EPSG:4326",
                transform=place, **layout.profile,
            ) as file:  # fmt: skip
                file.write(pixels[None])
    return paths


def random_mines(layout: Layout, n: int) -> gpd.GeoDataFrame:
    """Round mines."""
    rng = np.random.default_rng(2)
    low, high = layout.radius
    x, y = rng.uniform(high, layout.degrees - high, (2, n))
    shapes = shapely.buffer(shapely.points(x, y), rng.uniform(low, high, n))
    return gpd.GeoDataFrame({"mine_id": [f"m{i}" for i in range(n)]}, geometry=shapes, crs=4326)


def loader(folder: Path, mines: gpd.GeoDataFrame) -> tuple[LoadContext, IndicatorSource]:
    """What the loader needs, with an empty store."""
    connection = connect(read_only=False)
    connection.execute("CREATE SCHEMA core")
    rows = mines.assign(wkb=mines.geometry.to_wkb()).drop(columns="geometry")
    connection.register("rows", rows)
    connection.execute(
        "CREATE TABLE core.mine AS SELECT mine_id, ST_GeomFromWKB(wkb) AS geometry, 1.0 AS area_km2 "
        "FROM rows"
    )
    source = IndicatorSource.model_validate(
        {"name": "ntl", "path": "*.tif", "dates": "n_{year}_*.tif" if is_yearly(folder) else None},
        context={"root": folder},
    )
    checksums = {path: path.name for path in source.path}
    store = Store(folder / ".quarry")
    return LoadContext(connection, store, SilentProgress(), 1, checksums, folder), source


def is_yearly(folder: Path) -> bool:
    """Whether names hold a year without a month."""
    return len(next(folder.glob("n_*.tif")).stem.split("_")[1]) == len("2018")


def windows_of(context: LoadContext, source: IndicatorSource) -> list[tuple[Path, list[Window]]]:
    """Each file with the windows that hold its wanted blocks."""
    squares = blocks(read_mines(context))
    found = []
    for part in read_series(source).parts:
        tasks = coverage_tasks(context, part.grid, part.region, squares)
        runs = read_runs(context.store.root, tuple(task.key for task in tasks))
        with rasterio.open(part.file.path) as file:
            block, size = file.block_shapes[0], np.dtype(file.dtypes[0]).itemsize
        plan = all_covered(runs, part.grid).plan(part.grid.width, block, MAX_WINDOW_BYTES // size)
        windows = [Window(left, top, wide, high) for top, left, high, wide in plan.windows]
        found.append((part.file.path, windows))
    return found


def decode(wanted: Sequence[tuple[Path, list[Window]]]) -> NDArray[Any] | None:
    """Read windows and do nothing with them."""
    pixels = None
    with gdal_environment():
        for path, windows in wanted:
            with rasterio.open(path) as file:
                for window in windows:
                    pixels = file.read([1], window=window)
    return pixels


def with_extractrs(paths: Sequence[Path], mines: gpd.GeoDataFrame) -> list[NDArray[np.float64]]:
    """Means with extractrs, whose cells are measured once as ours are; every raster is read whole."""
    import extractrs

    with rasterio.open(paths[0]) as file:
        size = (abs(file.transform.a), abs(file.transform.e))
        cells = extractrs.build_cache(
            list(shapely.to_wkb(mines.geometry)), list(range(len(mines))), *file.bounds, *size
        )
    found = []
    for path in paths:
        with rasterio.open(path) as file:
            pixels = file.read(1).astype(float)
        found.append(extractrs.apply_stat(cells, pixels, math.nan, "mean"))
    return found


def peers(
    paths: Sequence[Path], mines: gpd.GeoDataFrame, layout: Layout
) -> dict[str, Callable[[], list[Any]]]:
    """Other ways to the same means, by name: those that are installed and can read the layout."""
    ways: dict[str, Callable[[], list[Any]]] = {
        "exactextract, date by date": lambda: [
            exact_extract(str(path), mines, ["mean"], output="pandas")["mean"] for path in paths
        ]
    }
    if layout.tiles == 1 and find_spec("extractrs"):
        ways["extractrs, cells once"] = lambda: with_extractrs(paths, mines)
    return ways


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of ``work``."""
    started = time.process_time()
    work()
    return time.process_time() - started


def measure(folder: Path, layout: Layout, n_mines: int, dates: int) -> dict[str, Any]:
    """CPU seconds of each way to read one layout."""
    paths = write_rasters(folder, layout, dates)
    mines = random_mines(layout, max(1, round(n_mines * layout.mines)))
    context, source = loader(folder, mines)
    whole = cpu_seconds(lambda: run_indicator(context, source=source))
    wanted = windows_of(context, source)
    own, bare = [], []
    for _ in range(3):
        shutil.rmtree(context.store.root / "store" / KIND)
        own.append(cpu_seconds(lambda: run_indicator(context, source=source)))
        bare.append(cpu_seconds(lambda: decode(wanted)))
    return {
        "dates": len(paths) / layout.tiles**2,
        "mines": len(mines),
        "decode": min(bare),
        "quarrydb": min(own),
        "quarrydb, with the cells of mines": whole,
        "peers": {name: cpu_seconds(work) for name, work in peers(paths, mines, layout).items()},
    }


def main() -> None:
    """Print seconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mines", type=int, default=1500)
    parser.add_argument("--dates", type=int, default=12)
    parser.add_argument("--json", type=Path, help="write the numbers here, too")
    arguments = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for number, layout in enumerate(LAYOUTS):
            place = Path(name) / str(number)
            found[layout.name] = measure(place, layout, arguments.mines, arguments.dates)
            shutil.rmtree(place)
    for layout, ways in found.items():
        costs = {k: ways[k] for k in ways if k not in ("dates", "mines", "peers")} | ways["peers"]
        times = ", ".join(
            f"{way} {cost:.2f} s ({cost / ways['decode']:.2f})" for way, cost in costs.items()
        )
        print(f"{layout}, {ways['mines']} mines, {ways['dates']:.0f} dates: {times}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
