"""The demo's images as Sentinel-2: the baseline of 2022 makes no step, and wrong items are set aside."""

import json
import shutil

import geopandas
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask

import quarrydb
from quarrydb.demo.mercator import to_mercator
from quarrydb.demo.sentinel2 import BASELINE_DATE, COLLECTION, FOLDER, PROJECT, write_sentinel2
from quarrydb.engine.build import build
from quarrydb.inference.run import segment
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from tests.fetch.server import serving

pytestmark = pytest.mark.slow
torch = pytest.importorskip("torch")

SITES = tuple(f"site{number:04d}" for number in (0, 5, 7))
HEAD = """
[project]
name = "{name}"
[[polygons]]
name = "planted"
path = "mines.gpkg"
"""
PLAIN = PROJECT[: PROJECT.index("[[indicator]]")].replace(f"{FOLDER}/items", "images/metadata.csv")


def run(folder, text):
    """Build, segment and build again; the open database."""
    (folder / "quarry.toml").write_text(text)
    project = load_project(folder)
    build(project, workers=1)
    found = segment(
        project, list(range(2016, 2025)), workers=1, device="cpu", progress=QuietProgress()
    )
    build(project, workers=1)
    return quarrydb.connect(folder / "mines.duckdb"), found


@pytest.fixture(scope="module")
def world(demo, tmp_path_factory):
    """Some sites of the demo without their clouds: as they are, and as Sentinel-2."""
    plain, sentinel = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("sentinel")
    rows = pd.read_csv(demo / "images" / "metadata.csv")
    rows = rows[rows.image_id.str[:8].isin(SITES) & (rows.clarity >= 1)]
    numbers = [int(site[4:]) for site in SITES]
    sites = geopandas.read_parquet(demo / "truth" / "site.parquet")
    mines = geopandas.read_parquet(demo / "truth" / "mine.parquet").set_index("mine")
    shapes = mines.loc[sites[sites.site.isin(numbers)].mine].geometry
    for folder in (plain, sentinel):
        geopandas.GeoDataFrame(geometry=shapes.to_numpy(), crs=4326).to_file(folder / "mines.gpkg")
    shutil.copytree(demo / "images" / "quads", plain / "images" / "quads")
    rows.to_csv(plain / "images" / "metadata.csv", index=False)
    wrong = write_sentinel2(demo, sentinel, rows.image_id)
    return plain, sentinel, rows, wrong


def test_footprints_and_ndvi_are_those_of_images_without_an_offset(world):
    plain, sentinel, rows, wrong = world
    before, found = run(plain, HEAD.format(name="plain") + PLAIN)
    after, _ = run(sentinel, HEAD.format(name="sentinel") + PROJECT)
    assert not found.failures
    areas = "SELECT site_id, year, area_km2 FROM site_history ORDER BY ALL"
    with before, after:
        expected = {row[:2]: row[2] for row in before.execute(areas).fetchall()}
        areas_found = {row[:2]: row[2] for row in after.execute(areas).fetchall()}
        said = after.execute(
            "SELECT year, reason FROM segmented_site WHERE status = 'failed' ORDER BY year"
        ).fetchall()
        issues = after.execute(
            "SELECT feature_id FROM raw.load_issue WHERE problem = 'wrong offset' ORDER BY 1"
        ).fetchall()
        ndvi = after.execute(
            "SELECT ST_AsWKB(mine.geometry)::BLOB, make_date(year, month, day)::VARCHAR, value "
            "FROM raw.indicator AS indicator INNER JOIN core.mine AS mine USING (mine_id)"
        ).fetchall()
    years = sorted(int(image_id[9:13]) for image_id in wrong)
    assert years == [2023, 2024]
    assert [year for year, _ in said] == years
    assert "still in them" in said[0][1]
    assert "taken off twice" in said[1][1]
    assert [image_id for (image_id,) in issues] == sorted(wrong)
    kept = {key: area for key, area in expected.items() if key in areas_found}
    assert len(kept) >= len(expected) - 2
    assert any(year >= 2022 for _, year in kept)
    assert any(year < 2022 for _, year in kept)
    assert areas_found == pytest.approx(kept, rel=1e-9)
    assert len(ndvi) == len(rows) - len(wrong)
    for wkb, date, value in ndvi:
        assert value == pytest.approx(ndvi_of(plain, rows, shapely.from_wkb(wkb), date), abs=0.01)


def ndvi_of(folder, rows, mine, date):
    """The mean over pixels whose middle is in a mine, of its image without any offset."""
    shape = shapely.transform(mine, to_mercator)
    for row in rows[rows.date == date].itertuples():
        with rasterio.open(folder / "images" / row.path) as raster:
            if not shapely.box(*raster.bounds).covers(shape):
                continue
            _, _, red, nir = raster.read().astype(float)
            outside = geometry_mask([shape], red.shape, raster.transform)
        return float(np.mean(((nir - red) / (nir + red))[~outside]))
    raise AssertionError(f"no image of {date}")


@pytest.mark.parametrize("kind", ["search", "catalogue"])
def test_a_search_and_the_static_catalogue_find_the_same_items(world, tmp_path, kind):
    pytest.importorskip("pystac_client")
    from typer.testing import CliRunner

    from quarrydb.cli.app import app

    _, sentinel, rows, _ = world
    wanted = set(rows.image_id[rows.date.str[5:7] > "02"])  # in the window of months
    shutil.copy(sentinel / "mines.gpkg", tmp_path / "mines.gpkg")
    (tmp_path / "cache").mkdir()
    with serving(sentinel / FOLDER) as server:
        (server.folder / "api").write_text(json.dumps(api(server.address)))
        items = [json.loads(p.read_text()) for p in sorted((server.folder / "items").iterdir())]
        items = [item for item in items if item["id"] in wanted]  # as an API chooses by date
        for item in items:
            href = f"{server.address}/items/{item['id']}.json"
            item["links"] = [{"rel": "self", "href": href}]
        found = {"type": "FeatureCollection", "features": items, "links": []}
        (server.folder / "search").write_text(json.dumps(found))
        address = f"{server.address}/{'api' if kind == 'search' else 'catalog.json'}"
        search = f'path = "items.json"\nstac = "{address}"\ncollection = "{COLLECTION}"'
        text = HEAD.format(name="searched") + PLAIN.replace('path = "images/metadata.csv"', search)
        network = f'[network]\nhosts = ["http://{server.host}"]\ncache = "cache"\n'
        (tmp_path / "quarry.toml").write_text(text + network)
        build(load_project(tmp_path), workers=1)
        done = CliRunner().invoke(app, ["images", str(tmp_path)])
        assert done.exit_code == 0, (done.output, done.exception)
    kept = json.loads((tmp_path / "items.json").read_text())["features"]
    assert {item["id"] for item in kept} == wanted
    offsets = {
        item["properties"]["datetime"] >= BASELINE_DATE: item["assets"]["red"]["raster:bands"][0][
            "offset"
        ]
        for item in kept
    }
    assert offsets == {False: 0.0, True: -0.1}


def api(address):
    """The landing page of an API whose search has one page."""
    return {
        "type": "Catalog",
        "id": "api",
        "stac_version": "1.0.0",
        "description": "the demo's",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [{"rel": "search", "href": f"{address}/search", "type": "application/geo+json"}],
    }
