"""Footprints against land cover, pixel by pixel in shapely, and the ground that no country has."""

from pathlib import Path

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb
from quarrydb.engine.build import build
from quarrydb.loaders.vector_clean import geodesic_area_km2
from quarrydb.project import load_project

pytestmark = pytest.mark.slow

YEARS = (2016, 2017, 2018)
WEST, NORTH, STEP, SIZE = -57.0, -6.0, 0.0005, 40
# Bare ground and water are mine-related, forest is not.
FOREST, BARE, WATER = 62, 200, 210
MINES = [
    shapely.box(-56.9981, -6.0123, -56.9912, -6.0034),
    shapely.Polygon([(-56.9871, -6.0051), (-56.9822, -6.0169), (-56.9893, -6.0147)]),
]
# Once only, and inside a mine: the continuity rule takes it out.
ONCE = shapely.box(-56.9975, -6.0119, -56.9969, -6.0113)

PROJECT = f"""
[project]
name = "agreement"
[[polygons]]
name = "drawn"
path = "mines.geojson"
[countries]
path = "countries.geojson"
iso3 = "iso3"
country = "country"
continent = "continent"
[landcover]
path = "landcover.tif"
years = {list(YEARS)}
[[segmentation.footprint]]
name = "seen"
path = "footprint_*.geojson"
"""


def footprints(year: int) -> list[shapely.Polygon]:
    """Two footprints that overlap and grow by the year, one that leaves its mine."""
    more = 0.0007 * (year - YEARS[0])
    return [
        shapely.box(-56.9973, -6.0081, -56.9941 + more, -6.0047),
        shapely.box(-56.9957, -6.0103, -56.9932, -6.0063),
        shapely.box(-56.9868, -6.0161, -56.9801 + more, -6.0091),
    ]


def write(path: Path, shapes: list[shapely.Geometry], **columns: list[str]) -> None:
    frame = geopandas.GeoDataFrame(columns or {"n": range(len(shapes))}, geometry=shapes, crs=4326)
    frame.to_file(path, driver="GeoJSON")


@pytest.fixture(scope="module")
def landcover() -> np.ndarray:
    """Codes by year, row and column, without any order."""
    random = np.random.default_rng(3)
    return random.choice([FOREST, BARE, WATER], (len(YEARS), SIZE, SIZE)).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, landcover: np.ndarray) -> Path:
    folder = tmp_path_factory.mktemp("agreement")
    write(folder / "mines.geojson", MINES)
    # The country ends inside the eastern footprint: what is beyond lies in none.
    land = shapely.box(-58, -7, -56.9831, -5)
    write(folder / "countries.geojson", [land], iso3=["LND"], country=["Land"], continent=["C"])
    for year in YEARS:
        shown = [*footprints(year), *([ONCE] if year == 2017 else [])]
        write(folder / f"footprint_{year}.geojson", shown)
    with rasterio.open(
        folder / "landcover.tif", "w", driver="GTiff", width=SIZE, height=SIZE, count=len(YEARS),
        dtype="uint8", crs="EPSG:4326", transform=from_origin(WEST, NORTH, STEP, STEP),
    ) as raster:  # fmt: skip
        raster.write(landcover)
    (folder / "quarry.toml").write_text(PROJECT)
    build(load_project(folder), workers=1)
    return folder


def pixels() -> np.ndarray:
    """The outline of every pixel, shape (rows, columns)."""
    x, y = WEST + STEP * np.arange(SIZE), NORTH - STEP * np.arange(SIZE)
    west, north = np.meshgrid(x, y)
    return shapely.box(west, north - STEP, west + STEP, north)


def area_under(shape: shapely.Geometry, wanted: np.ndarray) -> float:
    """Area of the wanted pixels' parts inside a shape, km2, each part cut and measured by itself."""
    parts = shapely.intersection(shape, pixels()[wanted])
    return sum(geodesic_area_km2(part) for part in parts if not part.is_empty)


def test_agreement_equals_every_pixel_cut_by_itself(folder: Path, landcover: np.ndarray) -> None:
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        mines = connection.execute("SELECT mine_id, ST_AsWKB(geometry) FROM core.mine").fetchall()
        found = connection.execute(
            "SELECT mine_id, year, segmented_km2, mine_related_km2, both_km2, iou "
            "FROM footprint_agreement ORDER BY mine_id, year"
        ).fetchall()
    assert len(found) == len(MINES) * len(YEARS)
    shapes = {name: shapely.from_wkb(bytes(wkb)) for name, wkb in mines}
    for mine_id, year, *areas in found:
        mine, band = shapes[mine_id], landcover[YEARS.index(year)]
        inside = shapely.intersection(mine, shapely.union_all(footprints(year)))
        segmented = area_under(inside, np.ones_like(band, bool))
        related, both = area_under(mine, band != FOREST), area_under(inside, band != FOREST)
        assert 0 < both < min(segmented, related)
        expected = [segmented, related, both, both / (segmented + related - both)]
        assert areas == pytest.approx(expected, rel=1e-5)


def test_countries_and_what_none_has_add_up(folder: Path) -> None:
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        rows = connection.execute(
            """
            SELECT whole.year, whole.area_km2, country.area_km2, outside.area_km2,
                whole.n, country.n_polygons, outside.n_polygons
            FROM (
                SELECT year, sum(area_km2) AS area_km2, count(*) AS n FROM footprint
                WHERE is_continuous IS NOT FALSE GROUP BY year
            ) AS whole
            INNER JOIN segmented_country_yearly AS country ON whole.year = country.year
            INNER JOIN core.footprint_outside AS outside ON whole.year = outside.year
            ORDER BY whole.year
            """
        ).fetchall()
    assert [row[0] for row in rows] == list(YEARS)
    beyond = shapely.box(-56.9831, -7, -56, -5)
    for year, whole, inside, outside, n, n_inside, n_outside in rows:
        expected = shapely.intersection(shapely.union_all(footprints(year)), beyond)
        assert outside == pytest.approx(geodesic_area_km2(expected), rel=1e-5)
        assert inside + outside == pytest.approx(whole, rel=1e-9)
        # In 2018 most of the eastern footprint lies beyond, yet it counts for the country it reaches.
        assert (n_inside, n_outside) == (n, 0)
