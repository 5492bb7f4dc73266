"""A STAC API and a static catalogue on the loopback: found, written down, and read by their blocks."""

import json

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import NetworkError, SourceError
from quarrydb.inference.run import segment
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from tests.fetch.server import serving

from .planted import CRS, ORIGIN, PIXEL_M, paint, scene
from .project import lonlat

pytest.importorskip("torch")
pystac_client = pytest.importorskip("pystac_client")

BANDS = ("blue", "green", "red", "nir")
SIZE = 512
YEARS = (2021, 2022)
COLLECTION = "sentinel-2-c1-l2a"


def write_band(path, values):
    profile = {"driver": "GTiff", "width": SIZE, "height": SIZE, "count": 1, "dtype": "uint16"}
    profile |= {"crs": CRS, "transform": from_origin(*ORIGIN, PIXEL_M, PIXEL_M), "nodata": 0}
    profile |= {"tiled": True, "blockxsize": 64, "blockysize": 64, "compress": "deflate"}
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(values.astype(np.uint16), 1)


def s2_item(year, cloud=10, base=""):
    added = 1000 if year >= 2022 else 0
    assets = {
        band: {
            "href": f"{base}../data/{year}/{band}.tif",
            "eo:bands": [{"name": band, "common_name": band}],
            "raster:bands": [{"scale": 0.0001, "offset": -0.1 if added else 0}],
        }
        for band in BANDS
    }
    assets["scl"] = {"href": f"{base}../data/{year}/scl.tif"}
    west, south, east, north = lonlat(
        shapely.box(ORIGIN[0], ORIGIN[1] - SIZE * PIXEL_M, ORIGIN[0] + SIZE * PIXEL_M, ORIGIN[1])
    ).bounds
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": f"S2_{year}_{cloud}",
        "collection": COLLECTION,
        "bbox": [west, south, east, north],
        "geometry": shapely.geometry.mapping(shapely.box(west, south, east, north)),
        "properties": {"datetime": f"{year}-08-01T13:00:00Z", "eo:cloud_cover": cloud},
        "assets": assets,
        "links": [],
    }


def publish(folder, address):
    """Files of two years, an API whose search has two pages, and a static catalogue of the same."""
    mines, soil, transform = scene(11, n_mines=4)
    for year in YEARS:
        image = paint(np.random.default_rng(7), SIZE, mines, soil, transform).astype(int)
        for name, band in zip(BANDS, image, strict=True):
            write_band(folder / "data" / str(year) / f"{name}.tif", band + 1000 * (year >= 2022))
        write_band(folder / "data" / str(year) / "scl.tif", np.full((SIZE, SIZE), 4))
    items = [{**s2_item(year), "links": self_link(address, year)} for year in YEARS]
    cloudy = {**s2_item(2021, cloud=95), "links": self_link(address, 2021)}
    root = {
        "type": "Catalog",
        "id": "api",
        "stac_version": "1.0.0",
        "description": "planted",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [{"rel": "search", "href": f"{address}/search", "type": "application/geo+json"}],
    }
    pages = [
        {"features": [items[0], cloudy], "links": [{"rel": "next", "href": f"{address}/page2"}]},
        {"features": [items[1]], "links": []},
    ]
    (folder / "api").write_text(json.dumps(root))
    for name, page in zip(("search", "page2"), pages, strict=True):
        (folder / name).write_text(json.dumps({"type": "FeatureCollection", **page}))
    static = {k: v for k, v in root.items() if k != "conformsTo"}
    static["links"] = [{"rel": "item", "href": f"items/{year}.json"} for year in YEARS]
    (folder / "catalog.json").write_text(json.dumps(static))
    (folder / "items").mkdir()
    for year in YEARS:
        (folder / "items" / f"{year}.json").write_text(json.dumps(s2_item(year)))
    return mines


def self_link(address, year):
    return [{"rel": "self", "href": f"{address}/items/{year}.json"}]


PROJECT = """
[project]
name = "searched"
[[polygons]]
name = "planted"
path = "mines.gpkg"
[network]
hosts = ["{host}"]
cache = "cache"
[segmentation]
model = "{model}"
years = [2021, 2022]
[segmentation.images]
path = "images/items.json"
stac = "{address}"
collection = "sentinel-2-c1-l2a"
"""


@pytest.fixture
def searched(tmp_path, untrained):
    """A project with a mine, and a server with its images; yields a maker of the project."""
    published, folder = tmp_path / "published", tmp_path / "project"
    published.mkdir()
    folder.mkdir()
    (folder / "cache").mkdir()
    with serving(published) as server:
        mines = publish(published, server.address)
        shapes = geopandas.GeoSeries([lonlat(mine) for mine in mines[:1]], crs=4326)
        geopandas.GeoDataFrame(geometry=shapes).to_file(folder / "mines.gpkg")

        def make(name):
            text = PROJECT.format(
                host=f"http://{server.host}", model=untrained, address=f"{server.address}/{name}"
            )
            (folder / "quarry.toml").write_text(text)
            return load_project(folder)

        yield make, server, folder


def quarry(*arguments):
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.mark.parametrize("name", ["api", "catalog.json"])
def test_images_are_found_and_written_down(searched, name):
    make, server, folder = searched
    build(make(name))  # before anything was asked: no image yet
    done = quarry("images", folder)
    assert done.exit_code == 0, (done.output, done.exception)
    found = json.loads((folder / "images" / "items.json").read_text())["features"]
    assert [item["id"] for item in found] == ["S2_2021_10", "S2_2022_10"]
    hrefs = {asset["href"] for item in found for asset in item["assets"].values()}
    assert f"{server.address}/data/2021/red.tif" in hrefs
    assert len(hrefs) == 10
    n_before = len(server.requests)
    build(make(name))
    assert len(server.requests) == n_before  # a build asks nobody
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        chosen = connection.execute("SELECT year, image_id FROM image_choice ORDER BY 1").fetchall()
    assert chosen == [(2021, "S2_2021_10"), (2022, "S2_2022_10")]


def test_only_blocks_under_the_sites_are_fetched_and_years_agree(searched):
    """Both years show the same ground: the offset of 2022 makes no step."""
    make, server, folder = searched
    project = make("api")
    build(project)
    assert quarry("images", folder).exit_code == 0
    build(project)
    options = {"workers": 1, "device": "cpu", "progress": QuietProgress()}
    with pytest.raises(NetworkError, match="nothing is fetched unless you say so"):
        segment(project, list(YEARS), **options)
    before = server.n_bytes
    result = segment(project, list(YEARS), fetch=True, **options)
    assert (result.n_done, result.failures) == (2, ())
    files = [p for year in YEARS for p in (server.folder / "data" / str(year)).iterdir()]
    assert 0 < server.n_bytes - before < 0.6 * sum(file.stat().st_size for file in files)
    build(project)
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        rows = connection.execute(
            "SELECT year, status, seen_share FROM segmented_site ORDER BY year"
        ).fetchall()
        areas = connection.execute("SELECT area_km2 FROM site_history ORDER BY year").fetchall()
    assert rows == [(2021, "done", 1.0), (2022, "done", 1.0)]
    assert areas[0][0] == pytest.approx(areas[1][0], rel=1e-6)
    again = segment(project, list(YEARS), **options)
    assert (again.n_done, again.n_kept) == (0, 2)


def test_hosts_that_are_not_listed_and_odd_links_are_not_asked(searched):
    make, server, folder = searched
    project = make("api")
    build(project)
    text = (folder / "quarry.toml").read_text()
    (folder / "quarry.toml").write_text(text.replace(f"http://{server.host}", "http://127.0.0.1:9"))
    refused = quarry("images", folder)
    assert isinstance(refused.exception, NetworkError)
    make("catalog.json")
    root = json.loads((server.folder / "catalog.json").read_text())
    root["links"] = [{"rel": "item", "href": "file:///etc/hostname"}]
    (server.folder / "catalog.json").write_text(json.dumps(root))
    odd = quarry("images", folder)
    assert odd.exception is not None
    assert not (folder / "images").exists()


@pytest.mark.parametrize("text", ["{", "[]", '{"type": "Feature"}', "<html></html>"])
def test_what_is_no_catalogue_is_said(searched, text):
    make, server, folder = searched
    build(make("api"))
    (server.folder / "api").write_text(text)
    refused = quarry("images", folder).exception
    assert isinstance(refused, SourceError)
    assert f"{server.address}/api" in str(refused)


def test_nothing_found_says_what_to_check(searched):
    make, server, folder = searched
    build(make("api"))
    for name in ("search", "page2"):
        (server.folder / name).write_text(
            '{"type": "FeatureCollection", "features": [], "links": []}'
        )
    assert isinstance(quarry("images", folder).exception, SourceError)
