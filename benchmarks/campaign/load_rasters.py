"""One mine of a million km2 over 40 land-cover tiles; 50 indicators."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import rasterio
import shapely
from pyproj import Geod
from rasterio.transform import from_origin
from rasterio.windows import Window

from benchmarks.campaign.load_polygons import write_countries
from benchmarks.campaign.outcome import Outcome, in_a_process, must, project_file, quarry, scalar

TILE = 5.0  # degrees
N_COLUMNS = 20  # of tiles, in two rows
WANTED_KM2 = 1e6
FINE, COARSE = 1 / 3600, 1 / 360  # degrees: 30 m and 300 m
BLOCK = 256
EDGE = 0.1  # degrees
CODES = (10, 51, 120, 130, 190, 200, 210)
N_INDICATORS, N_YEARS = 50, 5
AREA_TOLERANCE = 1e-6  # of the mine's area


def strip(pixel: float) -> shapely.Geometry:
    """A strip of a million km2 along the equator, over 40 tiles of 5 degrees; its ends lie between pixels.

    Its edges have a vertex every 11 km: areas are geodesic, and a long edge would bow.
    """
    west, width = 0.3 * pixel, N_COLUMNS * TILE - pixel
    height = 1.0
    geod = Geod(ellps="WGS84")
    for _ in range(20):
        box = shapely.box(west, -height / 2, west + width, height / 2)
        shape = shapely.segmentize(box, EDGE)
        area = abs(geod.geometry_area_perimeter(shape)[0]) / 1e6
        height *= WANTED_KM2 / area
    return shape


def write_tile(path: Path, west: float, north: float, pixel: float, mine: shapely.Geometry) -> None:
    """A map of two bands, with values in the blocks under the mine; the rest is void and takes no room."""
    side = round(TILE / pixel)
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": 2, "dtype": "uint8", "nodata": 0,
        "crs": "EPSG:4326", "transform": from_origin(west, north, pixel, pixel), "tiled": True,
        "blockxsize": BLOCK, "blockysize": BLOCK, "compress": "deflate", "sparse_ok": True,
    }  # fmt: skip
    random = np.random.default_rng(round(west * 10 + north))
    _, south, _, top = mine.bounds
    first = max(0, int((north - top) / pixel) // BLOCK)
    last = min(side - 1, int((north - south) / pixel)) // BLOCK
    with rasterio.open(path, "w", **profile) as target:
        for row in range(first, last + 1):
            height = min(BLOCK, side - row * BLOCK)
            coarse = random.choice(CODES, (2, -(-height // 16), -(-side // 16))).astype("uint8")
            codes = coarse.repeat(16, 1).repeat(16, 2)[:, :height, :side]
            target.write(codes, window=Window(0, row * BLOCK, side, height))


def write_vast(folder: Path, pixel: float) -> None:
    """Write the mine and its tiles."""
    mine = strip(pixel)
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[mine], crs="EPSG:4326")
    frame.to_file(folder / "mine.gpkg", layer="mines")
    for number in range(2 * N_COLUMNS):
        column, row = number % N_COLUMNS, number // N_COLUMNS
        path = folder / f"lc_{number:02}.tif"
        write_tile(path, column * TILE, TILE * (1 - row), pixel, mine)


def vast(folder: Path, pixel: float = FINE) -> Iterator[Outcome]:
    """Read land cover of two years in one mine of a million km2."""
    in_a_process(write_vast, folder, pixel)
    sections = [
        "[[polygons]]", 'name = "vast"', 'path = "mine.gpkg"', *write_countries(folder),
        "[landcover]", 'path = "lc_*.tif"', "years = [2000, 2001]",
    ]  # fmt: skip
    ran = quarry("build", project_file(folder, sections), "--workers", "1")
    database = folder / "mines.duckdb"
    area = float(str(scalar(database, "SELECT sum(area_km2) FROM mine")))
    read = float(
        str(scalar(database, "SELECT sum(area_km2) FROM mine_landcover_yearly WHERE year = 2001"))
    )
    must(abs(area / WANTED_KM2 - 1) < AREA_TOLERANCE, f"{area:,.3f} km2 built")
    must(abs(read / area - 1) < AREA_TOLERANCE, f"{read:,.3f} km2 read of {area:,.3f}")
    yield Outcome(
        f"one mine of {area:,.0f} km2 over {2 * N_COLUMNS} land-cover tiles of "
        f"{pixel * 111_195:.0f} m, two years",
        f"The classes' areas add up to the mine's within {abs(read / area - 1):.0e}.",
        ran.cpu_s,
        ran.peak_mb,
    )


def indicators(folder: Path, n: int = N_INDICATORS) -> Iterator[Outcome]:
    """Read ``n`` indicators of five years in 40 mines."""
    from tests.reliability.small import discs
    from tests.worlds import write_project

    write_project(folder, {"a": discs(0, 0.03)})
    random = np.random.default_rng(5)
    sections = []
    for number in range(n):
        name = f"series_{number:02}"
        sections += ["[[indicator]]", f'name = "{name}"', f'path = "{name}_*.tif"']
        sections.append(f'dates = "{name}_{{year}}.tif"')
        for year in range(2000, 2000 + N_YEARS):
            profile = {
                "driver": "GTiff",
                "width": 200,
                "height": 120,
                "count": 1,
                "dtype": "float32",
            }
            place = from_origin(-0.1, 0.5, 0.005, 0.005)
            with rasterio.open(
                folder / f"{name}_{year}.tif", "w", **profile, crs="EPSG:4326", transform=place
            ) as target:
                target.write(random.random((120, 200), dtype="float32"), 1)
    text = (folder / "quarry.toml").read_text(encoding="utf-8")
    (folder / "quarry.toml").write_text(text + "\n" + "\n".join(sections) + "\n", encoding="utf-8")
    ran = quarry("build", folder, "--workers", "1")
    database = folder / "mines.duckdb"
    n_means = scalar(database, "SELECT count(*) FROM core.indicator_yearly")
    n_mines = int(str(scalar(database, "SELECT count(*) FROM mine")))
    must(n_means == n * N_YEARS * n_mines, f"{n_means} yearly means")
    yield Outcome(
        f"{n} indicators of {N_YEARS} years in {n_mines} mines",
        f"Built: {n_means:,} yearly means, one an indicator, year and mine.",
        ran.cpu_s,
        ran.peak_mb,
    )
