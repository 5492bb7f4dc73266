"""Sums by region are exact: they add up to the world, and equal pixels counted by rasterio and numpy."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import SourceError
from quarrydb.loaders import landcover_shard
from quarrydb.loaders.region import with_points_along
from quarrydb.project import load_project
from tests.worlds import write_polygons, write_project

SIZE = 0.001  # degrees of a pixel
YEARS = range(2000, 2005)
MINES = [shapely.box(0.01, 0.01, 0.09, 0.08), shapely.Point(0.15, 0.05).buffer(0.03)]
# Two protected areas that overlap each other and cut both mines, none along the pixels' edges.
PROTECTED = [shapely.box(0.0503, -0.1, 0.1487, 0.2), shapely.Point(0.08, 0.06).buffer(0.0371)]
SECTIONS = """
[landcover]
path = "landcover/m_*.tif"
years_from = 'm_(?P<year>\\d{4})'
gaps = "record"

[[regions]]
name = "park"
path = "parks.gpkg"
id = "n"

[[regions]]
name = "half"
path = "halves.gpkg"
id = "n"
"""
HALVES = [shapely.box(-1, -1, 0.0817, 1), shapely.box(0.0817, -1, 1, 1)]


def pixels() -> np.ndarray:
    """Forest, bare ground and cropland at random, by year."""
    random = np.random.default_rng(5)
    return random.choice(np.array([52, 200, 10], np.uint8), (len(YEARS), 100, 200))


def write_parks(path: Path, shapes: list[shapely.Geometry], column: str = "n") -> None:
    """Regions numbered from 0."""
    frame = geopandas.GeoDataFrame({column: range(len(shapes))}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project of two mines, five maps and two region layers."""
    folder = write_project(tmp_path_factory.mktemp("world"), {"a": MINES})
    (folder / "landcover").mkdir()
    for year, band in zip(YEARS, pixels(), strict=True):
        with rasterio.open(
            folder / f"landcover/m_{year}.tif", "w", driver="GTiff", width=200, height=100, count=1,
            dtype="uint8", crs="EPSG:4326", transform=from_origin(0, 0.1, SIZE, SIZE),
        ) as dataset:  # fmt: skip
            dataset.write(band, 1)
    write_parks(folder / "parks.gpkg", PROTECTED)
    write_parks(folder / "halves.gpkg", HALVES)
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + SECTIONS)
    build(load_project(folder), workers=1)
    return folder


@pytest.fixture
def connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        yield connection


def pixel_areas() -> np.ndarray:
    """Geodesic area of a pixel of each row, km2, from the closed formula of WGS84."""
    a, e = 6378.137, 0.0818191908426215
    b = a * np.sqrt(1 - e**2)
    edges = np.radians(0.1 - SIZE * np.arange(101))
    s = np.sin(edges)
    zone = s / (1 - (e * s) ** 2) / 2 + np.arctanh(e * s) / (2 * e)
    return b**2 * -np.diff(zone) * np.radians(SIZE)


def inside(region: shapely.Geometry) -> np.ndarray:
    """Covered area of each pixel in mines and region, by shapely's intersection, km2."""
    mines = shapely.union_all([mine.intersection(region) for mine in MINES])
    columns, rows = np.meshgrid(np.arange(200), np.arange(100))
    cells = shapely.box(
        columns * SIZE, 0.1 - (rows + 1) * SIZE, (columns + 1) * SIZE, 0.1 - rows * SIZE
    )
    share = shapely.area(shapely.intersection(cells, mines)) / SIZE**2
    return share * pixel_areas()[:, None]


@pytest.mark.parametrize("number", [0, 1])
def test_disturbance_inside_each_park_is_that_of_its_pixels(
    connection: duckdb.DuckDBPyConnection, number: int
) -> None:
    area, codes = inside(PROTECTED[number]), pixels()
    rows = connection.execute(
        "SELECT year, mine_related_km2, developed_km2, reclaimed_km2 FROM region_yearly "
        "WHERE layer = 'park' AND region_id = ? ORDER BY year",
        [str(number)],
    ).fetchall()
    assert [row[0] for row in rows] == list(YEARS)
    assert rows[0][2:] == (None, None)
    for n, (_, bare, developed, reclaimed) in enumerate(rows):
        assert bare == pytest.approx((area * (codes[n] == 200)).sum(), rel=1e-6)
        if n:
            was, now = codes[n - 1] == 200, codes[n] == 200
            assert developed == pytest.approx((area * (~was & now)).sum(), rel=1e-6)
            assert reclaimed == pytest.approx((area * (was & ~now)).sum(), rel=1e-6)


def test_disturbance_by_cover_type_is_that_of_its_pixels(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    area, codes = inside(PROTECTED[0]), pixels()
    rows = connection.execute(
        "SELECT year, cover_type, is_in_totals, developed_km2, reclaimed_km2 FROM "
        "region_disturbance_yearly WHERE layer = 'park' AND region_id = '0'"
    ).fetchall()
    assert {(year, cover) for year, cover, *_ in rows} == {
        (year, cover) for year in YEARS[1:] for cover in ("forest", "cropland")
    }
    for year, cover, is_in_totals, developed, reclaimed in rows:
        code = {"forest": 52, "cropland": 10}[cover]
        was, now = codes[year - YEARS[0] - 1], codes[year - YEARS[0]]
        assert is_in_totals
        assert developed == pytest.approx((area * ((was == code) & (now == 200))).sum(), rel=1e-6)
        assert reclaimed == pytest.approx((area * ((was == 200) & (now == code))).sum(), rel=1e-6)


def test_areas_are_those_of_an_overlay(connection: duckdb.DuckDBPyConnection) -> None:
    mines = geopandas.GeoDataFrame({"mine": [0, 1]}, geometry=MINES, crs=4326)
    parks = geopandas.GeoDataFrame({"park": ["0", "1"]}, geometry=PROTECTED, crs=4326)
    parts = geopandas.overlay(mines, parks)
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    parts["km2"] = [abs(geod.geometry_area_perimeter(g)[0]) / 1e6 for g in parts.geometry]
    found = dict(
        connection.execute(
            "SELECT region_id, mine_area_km2 FROM region_summary WHERE layer = 'park'"
        ).fetchall()
    )
    assert found == pytest.approx(parts.groupby("park").km2.sum().to_dict(), rel=1e-6)


def test_a_partition_adds_up_to_the_world(connection: duckdb.DuckDBPyConnection) -> None:
    rows = connection.execute(
        "WITH half AS (SELECT year, sum(mine_related_km2) AS bare, sum(developed_km2) AS developed, "
        "sum(reclaimed_km2) AS reclaimed FROM region_yearly WHERE layer = 'half' GROUP BY year) "
        "SELECT half.bare, world.mine_related_km2, half.developed, change.developed_km2, "
        "half.reclaimed, change.reclaimed_km2 FROM half JOIN bare_surface_yearly AS world "
        "ON world.scope = 'world' AND half.year = world.year JOIN disturbance_yearly AS change "
        "ON half.year = change.year ORDER BY half.year"
    ).fetchall()
    assert len(rows) == len(YEARS) - 1
    for bare, world_bare, developed, world_developed, reclaimed, world_reclaimed in rows:
        assert bare == pytest.approx(world_bare, rel=1e-9)
        assert developed == pytest.approx(world_developed, rel=1e-9)
        assert reclaimed == pytest.approx(world_reclaimed, rel=1e-9)


def test_inside_and_outside_add_up_and_overlaps_count_once(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    rows = connection.execute(
        "SELECT place, mine_area_km2 FROM layer_yearly WHERE layer = 'park' AND year = 2002"
    ).fetchall()
    within = dict(rows)
    assert sum(within.values()) == pytest.approx(
        connection.execute("SELECT sum(area_km2) FROM mine").fetchone()[0]
    )
    once = inside(shapely.union_all(PROTECTED)).sum()
    assert within["inside"] == pytest.approx(once, rel=1e-6)
    twice = connection.execute(
        "SELECT sum(mine_area_km2) FROM region_summary WHERE layer = 'park'"
    ).fetchone()[0]
    assert twice > 1.1 * once


def shards(folder: Path) -> set[Path]:
    kinds = (landcover_shard.TRAJECTORY, landcover_shard.COVERAGE)
    return {p for kind in kinds for p in (folder / ".quarry" / "store" / kind).glob("*.parquet")}


def test_a_new_layer_reads_only_under_the_mines_that_it_cuts(folder: Path) -> None:
    """It cuts the second mine; of the first, cut by others, nothing is read again."""
    before = shards(folder)
    write_parks(folder / "more.gpkg", [shapely.box(0.1601, -1, 1, 1)])
    file = folder / "quarry.toml"
    old = file.read_text()
    file.write_text(old + '\n[[regions]]\nname = "more"\npath = "more.gpkg"\nid = "n"\n')
    build(load_project(folder), workers=1)
    new = shards(folder) - before
    file.write_text(old)
    held = {
        row
        for path in new
        if path.parent.name == landcover_shard.COVERAGE
        for (row,) in duckdb.sql(f"SELECT mine_id FROM '{path}'").fetchall()
    }
    assert len(held) > 1
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        of_second = connection.execute(
            "SELECT piece_id FROM core.mine_piece JOIN mine USING (mine_id) WHERE longitude > 0.1"
        ).fetchall()
    assert held <= {piece for (piece,) in of_second}


def test_a_region_without_an_id_is_an_error(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "p", {"a": [shapely.box(0, 0, 0.01, 0.01)]})
    frame = geopandas.GeoDataFrame({"n": [None]}, geometry=[shapely.box(0, 0, 1, 1)], crs=4326)
    frame.to_file(folder / "r.gpkg")
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + '\n[[regions]]\nname = "r"\npath = "r.gpkg"\nid = "n"\n')
    with pytest.raises(SourceError, match="nothing in n"):
        build(load_project(folder), workers=1)


def zone_km2(south: float, north: float) -> float:
    """Area between two parallels on the WGS84 ellipsoid, by its closed form."""
    flattening = 1 / 298.257223563
    b, e = 6356.752314245, np.sqrt(flattening * (2 - flattening))
    sines = np.sin(np.radians([south, north]))
    low, high = sines / (1 - e**2 * sines**2) + np.arctanh(e * sines) / e
    return float(np.pi * b**2 * (high - low))


def test_bands_around_the_world_have_their_area(tmp_path: Path) -> None:
    """Edges along a parallel are such; a feature more of one region that has another name is noted."""
    folder = write_project(tmp_path / "p", {"a": [shapely.box(0, 0, 0.02, 0.02)]})
    bands = {"tropics": (-23.5, 23.5), "arctic": (66.5, 90.0), "cap": (80.0, 90.0)}
    shapes = [shapely.box(-180, south, 180, north) for south, north in bands.values()]
    rows = {"n": [*bands, "quarter", "quarter"], "name": [*bands, "a", "b"]}
    shapes += [shapely.box(0, 0, 40, 45), shapely.box(40, 0, 90, 45)]
    geopandas.GeoDataFrame(rows, geometry=shapes, crs=4326).to_file(folder / "bands.gpkg")
    file = folder / "quarry.toml"
    section = '[[regions]]\nname = "band"\npath = "bands.gpkg"\nid = "n"\nlabel = "name"\n'
    file.write_text(f"{file.read_text()}\n{section}")
    part = build(load_project(folder), workers=1, until=["region", "region_summary"])
    with quarrydb.connect(part.database) as connection:
        regions = "region JOIN region_summary USING (layer, region_id)"
        query = f"SELECT region_id, area_km2, mine_area_km2 FROM {regions}"
        found = {name: row for name, *row in connection.execute(query).fetchall()}
        noted = connection.execute(
            "SELECT feature_id, problem FROM raw.load_issue WHERE source = 'band'"
        ).fetchall()
    expected = {name: zone_km2(*edges) for name, edges in bands.items()}
    expected["quarter"] = zone_km2(0, 45) / 4
    for name, area in expected.items():
        assert found[name][0] == pytest.approx(area, rel=1e-5), name
    assert found["tropics"][1] == found["quarter"][1] == pytest.approx(4.89, rel=0.01)
    assert ("quarter", "has 2 names: a, b") in noted


def test_points_along_long_edges_keep_to_the_memory_of_one_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A small file of edges around the world would take a thousand times its size."""
    bands = np.array([shapely.box(-180, -1, 180, 1)] * 1000, dtype=object)
    assert shapely.get_num_coordinates(with_points_along(bands[:1], "bands.gpkg")[0]) > 2 * 1440
    monkeypatch.setenv("QUARRY_READ_MEMORY", "50MB")
    with pytest.raises(SourceError, match=r"bands.gpkg .* points along its long edges: 2,896,000"):
        with_points_along(bands, "bands.gpkg")


@pytest.mark.parametrize("name", ["country", "grid", "final"])
def test_a_layer_may_not_take_a_name_that_is_taken(tmp_path: Path, name: str) -> None:
    from quarrydb.errors import ProjectError

    folder = write_project(tmp_path / "p", {"a": [shapely.box(0, 0, 0.01, 0.01)]})
    write_polygons(folder / "r.gpkg", [shapely.box(0, 0, 1, 1)])
    file = folder / "quarry.toml"
    file.write_text(
        file.read_text() + f'\n[[regions]]\nname = "{name}"\npath = "r.gpkg"\nid = "n"\n'
    )
    with pytest.raises(ProjectError, match="Choose another name"):
        load_project(folder)
