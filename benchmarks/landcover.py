"""Cost of reading land cover, against the bare decoding of the same windows and against peers.

    python benchmarks/landcover.py [--mines 60] [--height 2400] [--json FILE]

Everything runs in one process, one after the other, and is measured in CPU seconds, so that the
ratios hold on a busy machine. Peers answer less: class areas by year, without any transition.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
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
from rasterstats import zonal_stats
from scipy.ndimage import gaussian_filter, zoom

from quarrydb.loaders.landcover_base import with_bases
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.loaders.landcover_product import Product, recognise
from quarrydb.loaders.landcover_read import window_of
from quarrydb.loaders.landcover_shard import (
    Shard,
    make_shards,
    place_mines,
    read_shard,
    reading_order,
    run_shard,
)
from quarrydb.loaders.landcover_years import Naming
from quarrydb.loaders.raster import gdal_environment
from quarrydb.store.shards import Store
from quarrydb.workers.processes import map_shards, process_pool

LEFT, TOP, PIXEL = 100.0, 30.0, 5 / 18553.24
WIDTH = 18553  # pixels of a published tile
EPOCHS = (3, 22, 1)
SEVERAL = 300  # mines for one map more
MANY = 1200  # mines for the run with two processes: several shards each
CHANGE_SHARE = 0.0105  # of the pixels, from one epoch to the next
NAMES = (
    "GLC_FCS30D_19851995_E100N30_5years.tif",
    "GLC_FCS30D_20002021_E100N30_Annual.tif",
    "GLC_FCS30D_20222022_E100N30_Annual.tif",  # a map that comes later
)
CODES = np.array([10, 20, 51, 61, 120, 130, 150, 190, 200, 210], np.uint8)
LAYOUTS: dict[str, dict[str, Any]] = {
    "cloud-optimised": {"driver": "COG", "compress": "LZW", "overviews": "NONE"},
    "tiled": {
        "driver": "GTiff", "compress": "LZW", "tiled": True, "blockxsize": 256, "blockysize": 256,
    },
    "striped": {"driver": "GTiff", "compress": "LZW", "tiled": False},
}  # fmt: skip
Pixels = NDArray[np.uint8]


def histories(height: int, rng: np.random.Generator) -> Pixels:
    """Codes (26, height, WIDTH): patches of cover in which pixels change now and then.

    About 225 distinct trajectories a km2, as the published product has within mines.
    """
    coarse = gaussian_filter(rng.standard_normal((height // 8 + 2, WIDTH // 8 + 2)), 2)
    field = zoom(coarse, 8, order=1)[:height, :WIDTH]
    ranks = np.searchsorted(np.quantile(field, np.linspace(0.1, 0.9, 9)), field)
    codes = np.empty((sum(EPOCHS), height, WIDTH), np.uint8)
    codes[0] = CODES[ranks]
    for epoch in range(1, len(codes)):
        codes[epoch] = codes[epoch - 1]
        changes = np.flatnonzero(rng.random((height, WIDTH), dtype=np.float32) < CHANGE_SHARE)
        codes[epoch].ravel()[changes] = rng.choice(CODES, len(changes))
    return codes


def write_layout(folder: Path, codes: Pixels, options: dict[str, Any]) -> list[Path]:
    """Write the files of a tile as the publisher names them."""
    folder.mkdir()
    paths = [folder / name for name in NAMES]
    first = 0
    for path, n in zip(paths, EPOCHS, strict=True):
        with rasterio.open(
            path, "w", width=codes.shape[2], height=codes.shape[1], count=n, dtype="uint8",
            crs="EPSG:4326", transform=Affine(PIXEL, 0, LEFT, 0, -PIXEL, TOP), **options,
        ) as dataset:  # fmt: skip
            dataset.write(codes[first : first + n])
        first += n
    return paths


def mines(n: int, height: int, rng: np.random.Generator) -> dict[str, shapely.Geometry]:
    """Round-ish outlines with log-normal areas: mean 1.1 km2, median 0.25 km2."""
    found = {}
    for number in range(n):
        radius = min(np.sqrt(rng.lognormal(np.log(0.25), 1.7) / np.pi) / 111, height * PIXEL / 8)
        angle = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        ray = radius * (1 + 0.25 * np.sin(3 * angle + rng.uniform(0, 6)) * rng.uniform(0, 1))
        x = rng.uniform(1.5 * radius, WIDTH * PIXEL - 1.5 * radius)
        y = rng.uniform(1.5 * radius, height * PIXEL - 1.5 * radius)
        ring = np.column_stack([LEFT + x + ray * np.cos(angle), TOP - y + ray * np.sin(angle)])
        found[f"mine{number:08d}"] = shapely.Polygon(ring)
    return found


def shards_of(
    paths: Sequence[Path], sites: dict[str, shapely.Geometry], store: Path
) -> list[Shard]:
    """The loader's shards."""
    product = recognise(list(paths), Naming())
    placed = place_mines(product, [(key, shapely.to_wkb(site)) for key, site in sites.items()])
    return make_shards(
        product, placed, legend=read_legend("glc_fcs30d"), record_gaps=False,
        checksums=dict.fromkeys(paths, "0"), store=store,
    )  # fmt: skip


def decode(product: Product, sites: Sequence[shapely.Geometry]) -> None:
    """Read the windows of all sites and do nothing with them, in the loader's order."""
    tile = product.tiles[0]
    with gdal_environment(), ExitStack() as stack:
        datasets = [stack.enter_context(rasterio.open(file.path)) for file in tile.files]
        for index in reading_order(sites, tile):
            top, left, bottom, right = window_of(sites[index], tile.grid)
            for dataset in datasets:
                dataset.read(window=Window(left, top, right - left, bottom - top))


def one_map_more(folder: Path, layout: str, height: int, rng: np.random.Generator) -> list[float]:
    """CPU seconds of all maps but the last into an empty store, and then of the last one."""
    paths, store = sorted((folder / layout).iterdir()), folder / f"{layout} store"
    sites = mines(SEVERAL, height, rng)
    found = []
    for some in (paths[:-1], paths):
        shards = with_bases(shards_of(some, sites, store), Store(store))
        found.append(cpu_seconds(lambda shards=shards: [run_shard(s) for s in shards], 1))
    return found


def band_by_band(paths: Sequence[Path], frame: gpd.GeoDataFrame, strategy: str) -> None:
    """Areas by class and year with exactextract."""
    with gdal_environment():
        for path in paths:
            exact_extract(path, frame, ["unique", "frac"], strategy=strategy, output="pandas")


def with_rasterstats(paths: Sequence[Path], frame: gpd.GeoDataFrame) -> None:
    """Pixel counts by class and year with rasterstats."""
    with gdal_environment():
        for path, n in zip(paths, EPOCHS, strict=True):
            for band in range(1, n + 1):
                zonal_stats(frame, str(path), band=band, categorical=True)


def cpu_seconds(work: Callable[[], object], repeat: int) -> float:
    """Median CPU seconds of ``work``."""
    taken = []
    for _ in range(repeat):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def measure(
    folder: Path, layout: str, codes: Pixels, sites: dict[str, shapely.Geometry]
) -> dict[str, float]:
    """CPU seconds of each way to read one layout."""
    paths = write_layout(folder / layout, codes, LAYOUTS[layout])
    product = recognise(paths, Naming())
    shards = shards_of(paths, sites, folder / "store")
    polygons = list(sites.values())
    frame = gpd.GeoDataFrame(geometry=polygons, crs="EPSG:4326")
    return {
        "decode": cpu_seconds(lambda: decode(product, polygons), 3),
        "quarrydb": cpu_seconds(lambda: [read_shard(shard) for shard in shards], 3),
        "exactextract by band": cpu_seconds(
            lambda: band_by_band(paths, frame, "feature-sequential"), 1
        ),
        "exactextract raster-sequential": cpu_seconds(
            lambda: band_by_band(paths, frame, "raster-sequential"), 1
        ),
        "rasterstats": cpu_seconds(lambda: with_rasterstats(paths, frame), 1),
    }


def two_processes(folder: Path, sites: dict[str, shapely.Geometry]) -> dict[str, float]:
    """Wall and summed CPU seconds with one and with two processes, started beforehand.

    Equal CPU seconds mean that two processes do not hinder each other; the wall seconds show twice
    the speed on a machine with two idle cores only.
    """
    paths = sorted((folder / "cloud-optimised").iterdir())
    found = {}
    for workers in (1, 2):
        pool = process_pool(workers)
        list(pool.map(warm_up, range(4 * workers)))
        shards = shards_of(paths, sites, folder / f"store{workers}")
        start = time.perf_counter()
        cpu = map_shards(timed_shard, shards, workers=workers, scheduler=lambda pool=pool: pool)
        found[f"wall seconds, {workers} processes"] = time.perf_counter() - start
        found[f"CPU seconds, {workers} processes"] = sum(cpu)
    return found


def timed_shard(shard: Shard) -> float:
    """CPU seconds of a shard."""
    start = time.process_time()
    run_shard(shard)
    return time.process_time() - start


def warm_up(number: int) -> int:
    """Keep a worker busy until all have started and imported this module."""
    time.sleep(1)
    return number


def table(found: dict[str, dict[str, float]]) -> str:
    """CPU seconds as a Markdown table, with the ratio to the bare decoding."""
    names = list(next(iter(found.values())))
    head = "| CPU s (times decoding) | " + " | ".join(found) + " |"
    lines = [head, "|---" * (len(found) + 1) + "|"]
    for name in names:
        cells = [f"{row[name]:.2f} ({row[name] / row['decode']:.2f})" for row in found.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> None:
    """Run and print; ``--json`` keeps the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mines", type=int, default=60)
    parser.add_argument("--height", type=int, default=2400, help="rows of the tile")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(0)
    codes = histories(options.height, rng)
    sites = mines(options.mines, options.height, rng)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = {layout: measure(folder, layout, codes, sites) for layout in LAYOUTS}
        more = {layout: one_map_more(folder, layout, options.height, rng) for layout in LAYOUTS}
        shards = shards_of(sorted((folder / "tiled").iterdir()), sites, folder)
        rows = [read_shard(shard)[0] for shard in shards]
        area = sum(sum(part["area_km2"].to_pylist()) for part in rows)
        n = sum(part.num_rows for part in rows)
        processes = two_processes(folder, mines(MANY, options.height, rng))
    print(f"{len(sites)} mines, {area:.0f} km2, {n / area:.0f} distinct trajectories a km2\n")
    print(table(found))
    for layout, (all_but_one, one) in more.items():
        print(f"{layout}, {SEVERAL} mines: one map more {one:.2f}, those before {all_but_one:.2f}")
    print("\n" + "\n".join(f"{key}: {value:.2f}" for key, value in processes.items()))
    if options.json:
        options.json.write_text(
            json.dumps({"cpu_seconds": found, "one map more": more, **processes}, indent=1)
        )


if __name__ == "__main__":
    main(sys.argv[1:])
