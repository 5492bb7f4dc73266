"""Blocks cover an area without gaps, and what is found outside known sites becomes a new site."""

from types import SimpleNamespace

import duckdb
import geopandas
import numpy as np
import pytest
import shapely
from pyproj import Geod

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import SourceError
from quarrydb.inference.run import segment
from quarrydb.loaders.area import run_area
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from quarrydb.project.segmentation import SearchArea
from tests.sql_world import database

from .footprint_rows import done, prediction_rows, site_rows
from .project import PROJECT, TO_LONLAT, YEARS, plant_project

GEOD = Geod(ellps="WGS84")


def blocks(area, block_m=4000.0, **parameters):
    """Squares of core.site for an area as WKT."""
    tables = {
        "raw.area": f"SELECT 'a' AS source_id, 1 AS part, ST_GeomFromText('{area.wkt}') AS geometry",
        "raw.image": "SELECT ST_MakeEnvelope(0, 0, 1, 1) AS geometry WHERE false",
        "core.mine": "SELECT 'm' AS mine_id, 0.0 AS xmin, 0.0 AS ymin, 0.0 AS xmax, 0.0 AS ymax WHERE false",
    }
    with database(["core.site"], tables, block_m=block_m, **parameters) as connection:
        rows = connection.execute(
            "SELECT site_id, mine_id, side_m, ST_AsWKB(geometry) FROM core.site"
        )
        return [(*row[:3], shapely.from_wkb(bytes(row[3]))) for row in rows.fetchall()]


@pytest.mark.parametrize("latitude", [0.0, 45.0, -60.0, 79.0])
def test_blocks_cover_an_area_and_hardly_overlap(latitude):
    width = 0.3 / np.cos(np.radians(latitude))
    area = shapely.box(10.0, latitude, 10.0 + width, latitude + 0.3)
    found = blocks(area)
    squares = [square for *_, square in found]
    assert len({row[0] for row in found}) == len(found) > 40
    assert {row[1:3] for row in found} == {(None, 4000.0)}
    assert shapely.union_all(squares).buffer(1e-9).covers(area)
    assert sum(square.area for square in squares) < 1.05 * shapely.union_all(squares).area
    west, south, east, north = squares[0].bounds
    middle = (south + north) / 2
    assert GEOD.inv(west, middle, east, middle)[2] == pytest.approx(4000, rel=2e-3)


def test_blocks_at_180_degrees_stay_on_the_globe():
    found = blocks(shapely.box(179.95, -0.05, 180.0, 0.05))
    union = shapely.union_all([square for *_, square in found])
    assert union.covers(shapely.box(179.95, -0.05, 180.0, 0.05).buffer(-1e-9))
    assert union.bounds[2] <= 180


@pytest.mark.parametrize(
    ("area", "block_m"), [((-180, -90, 180, 90), 4000.0), ((10, 5, 11, 6), 1e-3)]
)
def test_an_area_of_too_many_blocks_is_refused_at_once(area, block_m):
    """The whole globe, and a degree in blocks of a millimetre: said, not counted out."""
    with pytest.raises(duckdb.InvalidInputException, match="more than 10,000,000 blocks"):
        blocks(shapely.box(*area), block_m)


@pytest.mark.parametrize("geometry", [None, shapely.Point(1, 2), shapely.Polygon()])
def test_an_area_without_a_polygon_is_refused(tmp_path, geometry):
    """Nothing to look at is no search that found nothing."""
    path = tmp_path / "area.geojson"
    geopandas.GeoSeries([geometry], crs=4326).to_file(path, driver="GeoJSON")
    context = SimpleNamespace(root=tmp_path, checksums={path: "0"})
    with pytest.raises(SourceError, match=r"area\.geojson, layer .* no feature is a polygon"):
        run_area(context, area=SearchArea(path=path))


def test_what_meets_no_known_square_is_a_new_site():
    """A mine beside the known one, found in three years with a gap; one that is seen once is no site."""
    boxes = [
        *((f"known{y}", y, 0.1) for y in (2016, 2017)),
        *((f"new{y}", y, 3.0) for y in (2016, 2017)),
        ("wider2018", 2018, 3.005),
        ("once2017", 2017, 6.0),
    ]
    rows = prediction_rows([(name, y, None, x, 0.0, x + 0.01, 0.01) for name, y, x in boxes])
    tables = {
        "raw.footprint": rows,
        "raw.segmented_site": site_rows(done([2016, 2017, 2018])),
        "core.site_clarity": "SELECT 's' AS site_id, 2016 AS year, 1.0 AS clarity",
        "core.site": (
            "SELECT unnest(['m', NULL]) AS mine_id, unnest([ST_MakeEnvelope(0, 0, 1, 1), "
            "ST_MakeEnvelope(2, 0, 9, 1)]) AS geometry"
        ),
        "core.footprint_region": (
            "SELECT 'x' AS footprint_id, 'country' AS layer, 'A' AS region_id, true AS is_main WHERE false"
        ),
        "core.country": "SELECT 'A' AS iso3, 'A' AS country WHERE false",
    }
    with database(["main.new_site", "main.footprint"], tables) as connection:
        sites = connection.execute(
            "SELECT first_year, last_year, n_years, mean_probability, ST_XMin(geometry), ST_XMax(geometry) "
            "FROM new_site"
        ).fetchall()
        marked = connection.execute(
            "SELECT footprint_id, is_new_site FROM footprint ORDER BY 1"
        ).fetchall()
    assert sites == [(2016, 2018, 3, pytest.approx(0.75), 3.0, pytest.approx(3.015))]
    assert [is_new for _, is_new in marked] == [False, False, True, True, True, True]


def test_ground_of_new_sites_is_the_union_of_all_their_polygons():
    """Discs strewn at random: shapely's union of all at once falls into the same sites."""
    random = np.random.default_rng(3)
    discs = shapely.points(random.uniform(0, 20, (200, 2))).tolist()
    discs = shapely.buffer(discs, random.uniform(0.1, 0.9, 200), quad_segs=3)
    rows = ", ".join(f"('f{i:03}', {2016 + i % 3}, '{disc.wkt}')" for i, disc in enumerate(discs))
    tables = {
        "core.footprint_placed": (
            "SELECT id AS footprint_id, year, 'AAA' AS iso3, 'A' AS country, 1.0 AS area_km2, "
            "0.5 AS mean_probability, true AS is_new_site, true AS is_main_threshold, "
            "true AS is_continuous, ST_GeomFromText(wkt) AS geometry "
            f"FROM (VALUES {rows}) AS t (id, year, wkt)"
        )
    }
    with database(["main.new_site", "core.new_site_year"], tables) as connection:
        sites = connection.execute("SELECT ST_AsWKB(geometry) FROM new_site").fetchall()
        members = connection.execute("SELECT count(*) FROM core.new_site_year").fetchone()
    wanted = sorted(shapely.get_parts(shapely.union_all(discs)), key=lambda part: part.bounds)
    found = sorted((shapely.from_wkb(bytes(wkb)) for (wkb,) in sites), key=lambda part: part.bounds)
    assert 200 > len(wanted) > 20
    assert any(shapely.get_num_interior_rings(wanted))
    assert shapely.equals_exact(shapely.normalize(found), shapely.normalize(wanted), 1e-9).all()
    assert members == (200,)


@pytest.mark.slow
def test_a_mine_that_nobody_knew_is_found(tmp_path, trained):
    """All mines but two are taken out of the polygons; blocks over the scene find the others."""
    planted = plant_project(tmp_path, trained / "model")
    mines = geopandas.read_file(tmp_path / "mines.gpkg")
    mines.iloc[:2].to_file(tmp_path / "mines.gpkg", layer="mines")
    corners = [
        TO_LONLAT.transform(500_000 + x, 9_300_000 - y) for x, y in ((200, 200), (4900, 4900))
    ]
    area = shapely.box(*corners[0], *corners[1])
    geopandas.GeoSeries([area], crs=4326).to_file(tmp_path / "area.geojson", driver="GeoJSON")
    text = PROJECT.replace(
        "[segmentation.images]",
        '[segmentation.area]\npath = "area.geojson"\n\n[segmentation.images]',
    )
    (tmp_path / "quarry.toml").write_text(
        text.replace("[parameters]", "[parameters]\nblock_m = 500.0")
    )
    project = load_project(tmp_path)
    build(project)
    options = {"workers": 1, "device": "cpu", "progress": QuietProgress()}
    result = segment(project, [2019, 2020], **options)
    assert result.n_planned == 4
    result = segment(project, [2019, 2020], everywhere=True, **options)
    assert result.n_done > 100
    build(project)
    with quarrydb.connect(tmp_path / "mines.duckdb") as connection:
        rows = connection.execute(
            "SELECT ST_AsWKB(geometry), n_years, mean_probability FROM new_site"
        ).fetchall()
        known = connection.execute(
            "SELECT ST_AsWKB(geometry) FROM core.site WHERE mine_id IS NOT NULL"
        )
        squares = shapely.union_all([shapely.from_wkb(bytes(wkb)) for (wkb,) in known.fetchall()])
    sites = [shapely.from_wkb(bytes(wkb)) for wkb, *_ in rows]
    assert all(probability > 0.5 for *_, probability in rows)
    unknown = [mine for mine in planted.mines[2020] if not mine.intersects(squares)]
    assert unknown
    for mine in unknown:
        ((site),) = [site for site in sites if site.intersects(mine)]
        assert site.intersection(mine).area / site.union(mine).area > 0.6


def test_everywhere_without_an_area_is_said(tmp_path, untrained):
    plant_project(tmp_path, untrained)
    project = load_project(tmp_path)
    build(project)
    options = {"workers": 1, "device": "cpu", "progress": QuietProgress()}
    with pytest.raises(SourceError, match="Name an area"):
        segment(project, list(YEARS)[:1], everywhere=True, **options)
