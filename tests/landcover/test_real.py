"""Real annual maps (16 files, float64, sinusoidal) within real mines, against rasterio and numpy.

The comparison shares no code with the loader: shares of pixels come from shapely, their areas from
geodesic quadrilaterals, transitions from a loop over the codes.
"""

from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer

from quarrydb.catalog.objects import in_order, read_catalog
from quarrydb.loaders.landcover_legend import Legend, read_legend

REAL = Path(__file__).parents[2] / "../shared/data/real"
LEGEND = Path(__file__).with_name("mato_grosso_legend.csv")
WATER = 15
# No change in these mines is to or from water: pasture stands in, so that there is something to compare.
MINE_RELATED = {5, 6, WATER}
GEOD = Geod(ellps="WGS84")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data/real is not here"),
]


@pytest.fixture(scope="module")
def maps() -> list[Path]:
    """The sixteen maps, by year."""
    return sorted((REAL / "landcover_mato_grosso").glob("MT_*.tif"))


@pytest.fixture(scope="module")
def mines(maps: list[Path]) -> dict[str, shapely.Geometry]:
    """Amazon mines that meet the maps, cut to a few polygons each."""
    with rasterio.open(maps[0]) as raster:
        frame = shapely.box(*raster.bounds)
        to_map = Transformer.from_crs(4326, raster.crs.to_wkt(), always_xy=True)
    found = {}
    for path in sorted((REAL / "amazon_mining_watch").glob("*.geojson")):
        polygons = gpd.read_file(path).geometry.make_valid().explode(ignore_index=True)
        for number, polygon in polygons.items():
            x, y = to_map.transform(polygon.centroid.x, polygon.centroid.y)
            if polygon.geom_type == "Polygon" and frame.intersects(shapely.Point(x, y)):
                found[f"{path.stem[-4:]}-{number}"] = polygon
    return found


def cell_areas(raster: rasterio.DatasetReader, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Geodesic area of each pixel as a quadrilateral, km2."""
    to_lonlat = Transformer.from_crs(raster.crs.to_wkt(), 4326, always_xy=True)
    areas = []
    for row, column in zip(rows, columns, strict=True):
        corners = [
            raster.transform * (column + dx, row + dy)
            for dx, dy in ((0, 1), (1, 1), (1, 0), (0, 0))
        ]
        lon, lat = to_lonlat.transform(*np.transpose(corners))
        areas.append(abs(GEOD.polygon_area_perimeter(lon, lat)[0]) / 1e6)
    return np.array(areas)


def covered(raster: rasterio.DatasetReader, mine: shapely.Geometry) -> tuple:
    """Rows, columns and areas inside a mine of the pixels it meets."""
    to_map = Transformer.from_crs(4326, raster.crs.to_wkt(), always_xy=True)
    dense = shapely.segmentize(mine, 0.01)
    shape = shapely.transform(dense, lambda xy: np.column_stack(to_map.transform(*xy.T)))
    west, south, east, north = shape.bounds
    top, left = raster.index(west, north)
    bottom, right = raster.index(east, south)
    rows, columns = np.mgrid[max(top, 0) : min(bottom + 1, raster.height),
                             max(left, 0) : min(right + 1, raster.width)].reshape(2, -1)  # fmt: skip
    if rows.size == 0:
        return rows, columns, np.empty(0)
    size = raster.transform.a
    x, y = raster.transform.c + columns * size, raster.transform.f - rows * size
    share = (
        shapely.area(shapely.intersection(shapely.box(x, y - size, x + size, y), shape)) / size**2
    )
    inside = share > 0
    rows, columns = rows[inside], columns[inside]
    return rows, columns, share[inside] * cell_areas(raster, rows, columns)


@pytest.fixture(scope="module")
def expected(maps, mines) -> dict:
    """Area by (mine, year from, year to, code from, code to), plainly."""
    stack = []
    for path in maps:
        with rasterio.open(path) as raster:
            stack.append(np.where(raster.read_masks(1) > 0, raster.read(1), 0).astype(int))
    area = defaultdict(float)
    with rasterio.open(maps[0]) as raster:
        for mine_id, mine in mines.items():
            rows, columns, areas = covered(raster, mine)
            for (first, before), (second, after) in pairwise(enumerate(stack, 2001)):
                pairs = zip(before[rows, columns], after[rows, columns], areas, strict=True)
                for code_from, code_to, km2 in pairs:
                    area[mine_id, first, second, code_from, code_to] += km2
    return dict(area)


@pytest.fixture(scope="module")
def connection(maps, mines, read_module):
    """The views over what the loader reads."""
    legend = Legend(
        tuple(
            replace(row, category="mine-related") if row.code in MINE_RELATED else row
            for row in read_legend(LEGEND).classes
        )
    )
    reading = read_module(
        maps, mines, legend=legend, years_from=r"MT_(?P<year>\d{4})", record_gaps=True
    )
    assert reading.years == tuple(range(2001, 2017))
    catalog = read_catalog()
    names = ["raw.landcover_class", "raw.landcover_epoch", "raw.landcover_trajectory",
             "raw.landcover_coverage", "core.landcover_state", "core.landcover_step", "core.is_disturbance",
             "core.landcover_transition", "core.landcover_disturbance", "main.landcover_change"]  # fmt: skip
    with duckdb.connect() as con:
        con.execute("CREATE SCHEMA raw; CREATE SCHEMA core")
        for item in in_order([catalog[name] for name in names], catalog):
            con.execute(item.statement)
        classes = legend.table()
        assert classes.num_rows == 15
        con.execute("INSERT INTO raw.landcover_class FROM classes")
        con.executemany(
            "INSERT INTO raw.landcover_epoch VALUES (?, ?)", list(enumerate(reading.years, 1))
        )
        for mine_id, found in reading.trajectories.items():
            con.execute("INSERT INTO raw.landcover_coverage (mine_id) VALUES (?)", [mine_id])
            con.executemany(
                "INSERT INTO raw.landcover_trajectory VALUES (?, ?, ?, ?)",
                [(mine_id, list(classes), n, area) for classes, (n, area) in found.items()],
            )
        yield con


def is_bare(code: int) -> bool:
    """Whether a code counts as mine-related here."""
    return int(code) in MINE_RELATED


def test_there_is_something_to_compare(mines, expected):
    """Dozens of mines, with changes both ways in most years."""
    assert len(mines) > 30
    ways = {(key[1], key[4] in MINE_RELATED) for key in expected
            if (key[3] in MINE_RELATED) != (key[4] in MINE_RELATED)}  # fmt: skip
    assert len(ways) > 20


def test_every_change_of_all_fifteen_year_pairs(connection, expected):
    """Area of every change of class in every mine and pair of years."""
    found = {
        tuple(row[:-1]): row[-1] for row in connection.execute("FROM landcover_change").fetchall()
    }
    changes = {key: km2 for key, km2 in expected.items() if key[3] != key[4] and 0 not in key[3:]}
    assert found.keys() == changes.keys()
    assert {key[1:3] for key in changes} == set(pairwise(range(2001, 2017)))
    for key, km2 in changes.items():
        assert found[key] == pytest.approx(km2, rel=1e-5, abs=1e-8)


def test_development_and_reclamation_of_all_fifteen_year_pairs(connection, expected):
    """Vegetation to mine-related and back, by mine and year, over all cover types."""
    wanted = defaultdict(lambda: [0.0, 0.0])
    for (mine_id, _, year, code_from, code_to), km2 in expected.items():
        if 0 in (code_from, code_to) or is_bare(code_from) == is_bare(code_to):
            continue
        wanted[mine_id, year][is_bare(code_from)] += km2
    query = (
        "SELECT mine_id, year_to, sum(developed_km2), sum(reclaimed_km2) "
        "FROM core.landcover_disturbance GROUP BY ALL"
    )
    found = {row[:2]: row[2:] for row in connection.execute(query).fetchall()}
    assert found.keys() == wanted.keys()
    for key, areas in wanted.items():
        assert found[key] == pytest.approx(areas, rel=1e-5, abs=1e-8)
