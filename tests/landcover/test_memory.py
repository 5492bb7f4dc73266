"""Memory stays bounded whatever the size of a mine."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from pathlib import Path
import numpy as np, rasterio, shapely
from rasterio.transform import from_origin
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_years import Naming
from quarrydb.loaders.landcover_read import TileReader

path, side = Path(sys.argv[1]), 8192
with rasterio.open(path, "w", driver="GTiff", width=side, height=side, count=6, dtype="uint8",
                   crs="EPSG:4326", transform=from_origin(0, 2, 2 / side, 2 / side), nodata=255,
                   tiled=True, compress="deflate", sparse_ok=True) as raster:
    raster.write(np.full((6, 512, 512), 10, np.uint8),
                 window=rasterio.windows.Window(4000, 4000, 512, 512))
product = recognise([path], Naming(years=(1, 2, 3, 4, 5, 6)))
mine = shapely.Point(1, 1).buffer(0.95, quad_segs=2000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with TileReader(product.tiles[0], product.years, read_legend("glc_fcs30d"), record_gaps=False) as r:
    ((_, reading),) = r.read([("a", mine)])
pixels = sum(int(part.n_pixels.sum()) for part in reading.trajectories)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(pixels, (after - before) // 1024)
"""


@pytest.mark.slow
def test_a_mine_of_fifty_million_pixels(tmp_path):
    """Held at once it would take 8 GB."""
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path / "big.tif")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    pixels, megabytes = map(int, run.stdout.split())
    assert pixels > 45_000_000
    assert megabytes < 900
