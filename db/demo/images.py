"""Yearly images of some sites, with a catalogue, and the outlines that are in them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.contract import SILENT, Progress, told
from quarrydb.demo.canvas import GDAL_OPTIONS
from quarrydb.demo.coverage import coverage
from quarrydb.demo.files import write_truth
from quarrydb.demo.measure import area_km2
from quarrydb.demo.mercator import PIXEL_M, from_mercator, to_mercator
from quarrydb.demo.outlines import YEARS, outline_in, yearly_factors
from quarrydb.demo.place import DEGREE_M
from quarrydb.demo.random_streams import stream
from quarrydb.demo.scene import SIZE, add_clouds, make_ground, make_scene, to_integers
from quarrydb.demo.world import CRS, World

CATALOGUE = "images/metadata.csv"
BANDS = ("blue", "green", "red", "nir")
# A site's square is twice its mine's longest side: this fits into an image.
SIDES_M = (250.0, 1000.0)
LOOSE_KINDS = ("bow tie", "contact", "multipart", "belted", "hole")
# Monthly mosaics begin in 2020; before, there is one composite a year.
FIRST_MONTHLY_YEAR = 2020


@dataclass(frozen=True)
class Site:
    """One location with images: its mine, and the image's upper left corner in EPSG:3857."""

    number: int
    mine: int
    left: float
    top: float

    @property
    def outline(self) -> shapely.Polygon:
        """The image's outline in degrees."""
        side = SIZE * PIXEL_M
        box = shapely.box(self.left, self.top - side, self.left + side, self.top)
        return shapely.transform(box, from_mercator)

    def to_pixels(self, points: np.ndarray) -> np.ndarray:
        """Degrees as columns and rows of the image."""
        offset = to_mercator(points) - [self.left, self.top]
        return np.asarray(offset / [PIXEL_M, -PIXEL_M])


@dataclass(frozen=True)
class Date:
    """One image of a site: its day, and the share of clouds to paint."""

    day: str
    clouds: float


def choose_sites(world: World) -> list[Site]:
    """Sites around mines of 250 m to 1 km, drawn at random."""
    bounds = world.mines.bounds.to_numpy()
    stretch = np.cos(np.radians(bounds[:, 1]))
    width = (bounds[:, 2] - bounds[:, 0]) * DEGREE_M * stretch
    side = np.maximum(width, (bounds[:, 3] - bounds[:, 1]) * DEGREE_M)
    fits = (side > SIDES_M[0]) & (side < SIDES_M[1]) & ~world.mines.kind.isin(LOOSE_KINDS)
    candidates = np.flatnonzero(fits)
    n = min(world.scale.n_sites, len(candidates))
    chosen = np.sort(stream(world.seed, "sites").choice(candidates, n, replace=False))
    middle = to_mercator(
        np.stack([bounds[:, [0, 2]].mean(1), bounds[:, [1, 3]].mean(1)], 1)[chosen]
    )
    corner = np.round(middle / PIXEL_M + [-SIZE / 2, SIZE / 2]) * PIXEL_M
    return [
        Site(i, int(mine), float(x), float(y))
        for i, (mine, (x, y)) in enumerate(zip(chosen, corner, strict=True))
    ]


def dates_of(year: int, rng: np.random.Generator) -> list[Date]:
    """The images of a site in a year: one, and from 2020 on sometimes a cloudy or early one too."""
    clouds = float(rng.uniform(0, 0.12)) if rng.uniform() < 0.35 else 0.0
    if year < FIRST_MONTHLY_YEAR:
        return [Date(f"{year}-06-01", clouds)]
    found = [Date(f"{year}-09-01", clouds)]
    if rng.uniform() < 0.25:
        found.append(Date(f"{year}-07-01", float(rng.uniform(0.3, 0.6))))
    if rng.uniform() < 0.08:
        found.append(Date(f"{year}-02-01", 0.0))
    return found


def render_images(world: World, folder: Path, progress: Progress = SILENT) -> None:
    """Write images, their catalogue, and the truth about sites and yearly outlines."""
    sites = choose_sites(world)
    seen, rows = [], []
    tree = shapely.STRtree(world.mines.geometry.to_numpy())
    factors = yearly_factors(world)[world.mines.deposit]
    for site in told(sites, progress, "Images", "sites"):
        # Outlines grow by a quarter at most: mines a little outside may reach in.
        around = np.sort(tree.query(shapely.buffer(site.outline, 0.003), predicate="intersects"))
        outlines = yearly_outlines(world, around, factors)
        rows += list(_render_site(world, site, outlines, folder))
        seen.append(outlines.assign(site=site.number))
    catalogue = pd.DataFrame(rows, columns=["image_id", "date", "clarity", "path", "bands"])
    catalogue.to_csv(folder / CATALOGUE, index=False, lineterminator="\n")
    write_truth(site_table(sites), folder, "site")
    truth = pd.concat(seen, ignore_index=True)
    truth["is_site_mine"] = truth.mine == np.array([s.mine for s in sites])[truth.site]
    truth["area_km2"] = area_km2(truth.geometry.to_numpy())
    write_truth(gpd.GeoDataFrame(truth, crs=CRS), folder, "segmented")


def site_table(sites: list[Site]) -> gpd.GeoDataFrame:
    """Sites: site, mine, geometry (the images' outline)."""
    columns = {"site": [s.number for s in sites], "mine": [s.mine for s in sites]}
    return gpd.GeoDataFrame(columns, geometry=[s.outline for s in sites], crs=CRS)


def yearly_outlines(world: World, mines: np.ndarray, factors: np.ndarray) -> gpd.GeoDataFrame:
    """Outlines of these mines by year: mine, year, geometry; no row before a mine opens."""
    shapes = world.mines.geometry.to_numpy()
    records = [
        {"mine": int(mine), "year": int(year), "geometry": shape}
        for mine in mines
        for year, factor in zip(YEARS, factors[mine], strict=True)
        if (shape := outline_in(shapes[mine], float(factor))) is not None
    ]
    return gpd.GeoDataFrame(records, columns=["mine", "year", "geometry"], crs=CRS)


def _render_site(
    world: World, site: Site, outlines: gpd.GeoDataFrame, folder: Path
) -> Iterator[tuple[str, str, float, str, str]]:
    """Write one site's images; yields their rows of the catalogue."""
    ground = make_ground(stream(world.seed, "ground", site.number))
    for year in YEARS:
        rng = stream(world.seed, "images", site.number, int(year))
        mine = mine_share(site, outlines[outlines.year == year].geometry.to_numpy())
        for date in dates_of(int(year), rng):
            scene, clarity = add_clouds(make_scene(ground, mine, rng), date.clouds, rng)
            pixels = to_integers(scene, rng)
            name = f"site{site.number:04d}_{date.day.replace('-', '')}"
            for image_id, left, part in _quads(site, name, pixels):
                path = f"quads/{image_id}.tif"
                write_image(folder / "images" / path, part, left, site.top)
                yield image_id, date.day, round(clarity, 4), path, " ".join(BANDS)


def mine_share(site: Site, outlines: np.ndarray) -> np.ndarray:
    """Share of each pixel of a site's image that lies in a mine."""
    share = np.zeros((SIZE, SIZE))
    frame = shapely.box(0, 0, SIZE, SIZE)
    for outline in outlines:
        part = shapely.intersection(shapely.transform(outline, site.to_pixels), frame)
        if shapely.area(part) > 0:
            share = np.maximum(share, coverage(part, (SIZE, SIZE)))
    return share


def _quads(site: Site, name: str, pixels: np.ndarray) -> list[tuple[str, float, np.ndarray]]:
    """One image, or for every twelfth site two quads side by side: id, left edge, pixels."""
    if site.number % 12 != 11:
        return [(name, site.left, pixels)]
    half = SIZE // 2 - 20
    right = site.left + half * PIXEL_M
    return [(f"{name}w", site.left, pixels[:, :, :half]), (f"{name}e", right, pixels[:, :, half:])]


def write_image(path: Path, pixels: np.ndarray, left: float, top: float) -> None:
    """Write a 4-band GeoTIFF in EPSG:3857, uint16, nodata 0."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "dtype": "uint16",
        "count": len(BANDS),
        "height": pixels.shape[1],
        "width": pixels.shape[2],
        "crs": "EPSG:3857",
        "transform": from_origin(left, top, PIXEL_M, PIXEL_M),
        "nodata": 0,
        "tiled": True,
        "blockxsize": 128,
        "blockysize": 128,
        "compress": "deflate",
        "predictor": 2,
        "zlevel": 1,
    }
    with rasterio.Env(**GDAL_OPTIONS), rasterio.open(path, "w", **profile) as raster:
        raster.descriptions = BANDS
        raster.write(pixels)
