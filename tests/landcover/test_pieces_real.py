"""Real mines and real annual maps by region: what a build says of each region and year, against numpy.

The mines are cut with shapely along the regions' borders, and pixels weighed as in ``test_real``, which
shares no code with the loader.
"""

from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.landcover.test_real import LEGEND, MINE_RELATED, REAL, covered

pytestmark = [
    pytest.mark.real,
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/real is not here"),
]
FRAME = shapely.box(-56.13, -11.22, -55.11, -10.70)
YEARS = range(2001, 2017)
# Straight in degrees is bent in the map: 0.02 m over a hundredth of a degree, which the loader leaves out.
BENT_KM2 = 2e-5
PROJECT = f"""
[project]
name = "Mato Grosso"
[[polygons]]
name = "amw"
path = "mines.gpkg"
[[regions]]
name = "square"
path = "squares.gpkg"
id = "code"
[[regions]]
name = "disc"
path = "discs.gpkg"
id = "code"
[landcover]
path = "{REAL.resolve()}/landcover_mato_grosso/MT_*.tif"
years_from = 'MT_(?P<year>\\d{{4}})'
legend = "legend.csv"
"""


@pytest.fixture(scope="module")
def regions() -> gpd.GeoDataFrame:
    """Squares of a twentieth of a degree, and discs that overlap each other."""
    west, south, east, north = FRAME.bounds
    x, y = (
        a.ravel() for a in np.meshgrid(np.arange(west, east, 0.05), np.arange(south, north, 0.05))
    )
    shapes = {
        "square": shapely.box(x, y, x + 0.05, y + 0.05),
        "disc": shapely.buffer(shapely.points(x[::3], y[::3]), 0.09),
    }
    rows = [
        (layer, f"{layer}{i}", shape) for layer in shapes for i, shape in enumerate(shapes[layer])
    ]
    return gpd.GeoDataFrame(pd.DataFrame(rows, columns=["layer", "code", "geometry"]), crs=4326)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, regions: gpd.GeoDataFrame) -> Path:
    folder = tmp_path_factory.mktemp("mato-grosso")
    files = sorted((REAL / "amazon_mining_watch").glob("*.geojson"))
    mines = pd.concat([gpd.read_file(file, mask=FRAME)[["geometry"]] for file in files])
    gpd.GeoDataFrame(mines, crs=4326).to_file(folder / "mines.gpkg")
    for layer, rows in regions.groupby("layer"):
        rows.to_file(folder / f"{layer}s.gpkg")
    legend = pd.read_csv(LEGEND)
    legend.loc[legend.code.isin(MINE_RELATED), "category"] = "mine-related"
    legend.to_csv(folder / "legend.csv", index=False)
    (folder / "quarry.toml").write_text(PROJECT)
    return build(load_project(folder), workers=1).database


def test_every_region_and_year_is_what_numpy_reads_under_the_cut_mines(
    database: Path, regions: gpd.GeoDataFrame
) -> None:
    with quarrydb.connect(database) as connection:
        wkb = connection.execute("SELECT ST_AsWKB(geometry)::BLOB FROM mine").fetchall()
        found = connection.execute(
            "SELECT layer, region_id, year, mine_related_km2, developed_km2, reclaimed_km2 "
            "FROM region_yearly WHERE layer IN ('square', 'disc') AND known_km2 > 0"
        ).fetchall()
    mines = gpd.GeoDataFrame(geometry=shapely.from_wkb([row[0] for row in wkb]), crs=4326)
    parts = gpd.overlay(mines, regions, how="intersection", keep_geom_type=True)
    assert len(parts) > 3 * len(mines)  # discs overlap, and borders cut
    wanted: dict[tuple, np.ndarray] = defaultdict(lambda: np.zeros(3))
    codes = []
    for year in YEARS:
        with rasterio.open(REAL / f"landcover_mato_grosso/MT_{year}.tif") as raster:
            codes.append(np.where(raster.read_masks(1) > 0, raster.read(1), 0).astype(int))
            frame = raster.profile
    stack = np.array(codes)
    is_bare = np.isin(stack, list(MINE_RELATED))
    with rasterio.open(REAL / "landcover_mato_grosso/MT_2001.tif") as raster:
        assert (frame["width"], frame["height"]) == (raster.width, raster.height)
        for part in parts.itertuples():
            rows, columns, areas = covered(raster, shapely.segmentize(part.geometry, 0.0005))
            bare, known = is_bare[:, rows, columns], stack[:, rows, columns] > 0
            both = known[1:] & known[:-1]
            for i, year in enumerate(YEARS):
                sums = wanted[part.layer, part.code, year]
                sums[0] += areas[bare[i]].sum()
                if i:
                    sums[1] += areas[both[i - 1] & bare[i] & ~bare[i - 1]].sum()
                    sums[2] += areas[both[i - 1] & bare[i - 1] & ~bare[i]].sum()
    assert {key[:3] for key in found} >= {key for key, sums in wanted.items() if sums[0] > 1e-6}
    changed = 0
    for layer, code, year, *areas in found:
        expected = wanted[layer, code, year]
        assert areas[0] == pytest.approx(expected[0], rel=1e-5, abs=BENT_KM2), (layer, code, year)
        if year > YEARS[0]:
            assert areas[1:] == pytest.approx(expected[1:], rel=1e-5, abs=BENT_KM2), (
                layer,
                code,
                year,
            )
            changed += min(expected[1:]) > 0
    assert changed > 200
