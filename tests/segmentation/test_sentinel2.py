"""Sentinel-2 items as Earth Search, Planetary Computer and CDSE write them: one file a band."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.errors import SourceError
from quarrydb.inference.chips import read_chip
from quarrydb.inference.site_plan import image_source
from quarrydb.loaders.image import read_catalogue
from quarrydb.loaders.image_asset import band_assets, reflectance
from quarrydb.loaders.image_mosaic import checked_level
from quarrydb.loaders.image_reader import BandFile, ImageSource

from .planted import CRS, ORIGIN, PIXEL_M, paint, scene
from .test_chips import site_at

BANDS = ("blue", "green", "red", "nir")
SIZE = 120
CASE = Path(__file__).parents[3] / "shared" / "cases" / "12_stac_band_assets" / "item.json"
GROUND = paint(np.random.default_rng(3), SIZE, scene(3)[0], scene(3)[1], scene(3)[2])


def write_band(path, values, step=PIXEL_M):
    """A band of one image, uint16 with 0 for no data."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {"driver": "GTiff", "width": values.shape[1], "height": values.shape[0], "count": 1}
    profile |= {"crs": CRS, "transform": from_origin(*ORIGIN, step, step), "nodata": 0}
    with rasterio.open(path, "w", dtype="uint16", **profile) as dataset:
        dataset.write(values.astype(np.uint16), 1)
    return path


def raster(offset=None):
    return {"raster:bands": [{"scale": 0.0001} | ({} if offset is None else {"offset": offset})]}


def earth_search(date, *, offset=None, applied=None, collection="sentinel-2-c1-l2a"):
    """An item with keys blue ... nir, scl and aerosol first, offsets in raster:bands."""
    assets = {"aot": {"href": "aot.tif", "roles": ["data"]} | raster()}
    for band in BANDS:
        names = {"eo:bands": [{"name": band, "common_name": band}], "gsd": 10}
        assets[band] = {"href": f"{band}.tif", "roles": ["data"]} | names | raster(offset)
        assets[f"{band}-jp2"] = (
            {"href": f"{band}.jp2", "type": "image/jp2"} | names | raster(offset)
        )
    assets["scl"] = {"href": "scl.tif", "gsd": 20}
    extra = {} if applied is None else {"earthsearch:boa_offset_applied": applied}
    return item(date, assets, collection, **extra)


def planetary_computer(date, *, baseline):
    """Keys B02 ... B08 and SCL; nothing says that an offset applies, but the baseline."""
    keys = dict(zip(("B02", "B03", "B04", "B08"), BANDS, strict=True))
    assets = {
        key: {"href": f"{band}.tif", "eo:bands": [{"name": key, "common_name": band}]}
        for key, band in keys.items()
    }
    assets["AOT"], assets["SCL"] = {"href": "aot.tif"}, {"href": "scl.tif"}
    return item(date, assets, "sentinel-2-l2a", **{"s2:processing_baseline": baseline})


def cdse(date, *, offset):
    """Keys B02_10m and SCL_20m with STAC 1.1 bands; copies at 20 m."""
    keys = dict(zip(("B02", "B03", "B04", "B08"), BANDS, strict=True))
    assets = {}
    for key, band in keys.items():
        fields = {"bands": [{"name": key, "eo:common_name": band}], "raster:scale": 0.0001}
        fields["raster:offset"] = offset
        assets[f"{key}_20m"] = {"href": "coarse.tif", "gsd": 20} | fields
        assets[f"{key}_10m"] = {"href": f"{band}.tif", "gsd": 10} | fields
    assets["WVP_10m"] = {"href": "aot.tif", "raster:offset": offset}
    assets["SCL_20m"] = {"href": "scl.tif", "gsd": 20}
    return item(date, assets, "sentinel-2-l2a", **{"processing:version": "05.10"})


def item(date, assets, collection, **properties):
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": f"S2A_{date}",
        "collection": collection,
        "properties": {"datetime": f"{date}T13:00:00Z", "eo:cloud_cover": 30, **properties},
        "geometry": shapely.geometry.mapping(shapely.box(-58, -7, -56, -5)),
        "links": [],
        "assets": assets,
    }


def write_item(folder, made, *, added=0, classes=None, ground=GROUND):
    """An item beside its files, ``added`` counts on all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, band in zip(BANDS, ground, strict=True):
        write_band(folder / f"{name}.tif", np.where(band > 0, band + added, 0))
    write_band(folder / "aot.tif", np.full((SIZE // 2, SIZE // 2), 120), 2 * PIXEL_M)
    classes = np.full((SIZE // 2, SIZE // 2), 4) if classes is None else classes
    write_band(folder / "scl.tif", classes, 2 * PIXEL_M)
    (folder / "item.json").write_text(json.dumps(made))
    return folder


def source_of(folder, masked=(0, 1, 3, 8, 9, 10)):
    """The image of an item as the plan makes it of the database's rows."""
    (entry,) = read_catalogue(folder)
    parts = [vars(part) | {"path": part.href} for part in entry.parts]
    return image_source(str(entry.path), entry.bands, parts, masked, folder)


def pixels(folder, bands=BANDS, **options):
    return read_chip(site_at(60, 60, 400.0), [source_of(folder, **options)], bands, 64).pixels


LAYOUTS = {
    "before 2022": (earth_search("2021-08-01", offset=0), 0),
    "c1 with offset": (earth_search("2022-08-01", offset=-0.1), 1000),
    "offset taken off already": (
        earth_search("2022-08-02", offset=-0.1, applied=True, collection="sentinel-2-l2a"),
        0,
    ),
    "baseline alone": (planetary_computer("2022-08-03", baseline="04.00"), 1000),
    "older baseline": (planetary_computer("2021-08-03", baseline="03.01"), 0),
    "keys with resolution": (cdse("2023-08-01", offset=-0.1), 1000),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_server_gives_the_same_ground_and_no_step_in_2022(tmp_path, layout):
    made, added = LAYOUTS[layout]
    found = pixels(write_item(tmp_path, made, added=added))
    assert np.array_equal(found, GROUND[:, 28:92, 28:92])
    red, nir = (np.nanmean(found[BANDS.index(band)]) for band in ("red", "nir"))
    truth = GROUND[2:, 28:92, 28:92].astype(float).mean(axis=(1, 2))
    assert (nir - red) / (nir + red) == pytest.approx(np.diff(truth)[0] / truth.sum())


@pytest.mark.parametrize(
    ("made", "added", "said"),
    [
        (earth_search("2022-08-01", offset=-0.1, applied=True), 1000, "still in them"),
        (earth_search("2022-08-01", offset=-0.1), 0, "taken off twice"),
        (planetary_computer("2022-08-03", baseline="02.14"), 1000, "still in them"),
    ],
)
def test_wrong_metadata_is_said_and_never_corrected(tmp_path, made, added, said):
    with pytest.raises(SourceError, match=said):
        pixels(write_item(tmp_path, made, added=added))


def test_a_desert_is_no_wrong_offset():
    """Bright sand with blue at 1,400 counts; beyond that nobody can say."""
    source = ImageSource("sand", BANDS, (BandFile("blue", "sand", 1e-4, 0.0),))
    sand = np.full((4, 64, 64), 1400, np.float32) + np.arange(64, dtype=np.float32)
    checked_level(source, BANDS, sand)
    with pytest.raises(SourceError, match="still in them"):
        checked_level(source, BANDS, sand - 400)


def test_clouds_are_no_data_and_the_clearest_image_of_the_site_comes_first(tmp_path):
    """The scene says the same cloud cover of both; over the site one is half under cloud."""
    cloudy = np.full((SIZE // 2, SIZE // 2), 4)
    cloudy[:, :30] = 9
    one = write_item(tmp_path / "a", earth_search("2020-07-01", offset=0), classes=cloudy)
    two = write_item(tmp_path / "b", earth_search("2020-08-01", offset=0), ground=GROUND + 7)
    alone = pixels(one)
    assert np.isnan(alone[:, :, :32]).all()
    assert np.isfinite(alone[:, :, 32:]).all()
    site = site_at(60, 60, 400.0)
    both = read_chip(site, [source_of(one), source_of(two)], BANDS, 64).pixels
    assert np.array_equal(both, GROUND[:, 28:92, 28:92] + 7)
    assert np.isfinite(pixels(one, masked=())).all()


def test_the_median_of_the_clearest_images(tmp_path):
    folders = [
        write_item(tmp_path / str(i), earth_search(f"2020-0{i}-01", offset=0), ground=GROUND + i)
        for i in (7, 8, 9)
    ]
    sources = [source_of(folder) for folder in folders]
    found = read_chip(site_at(60, 60, 400.0), sources, BANDS, 64, median_of=3).pixels
    assert np.array_equal(found, GROUND[:, 28:92, 28:92] + 8)


def test_bands_and_not_the_aerosol_map_are_the_image(tmp_path):
    if not CASE.is_file():
        pytest.skip("the shared case is not there")
    made = json.loads(CASE.read_text())
    assets = {asset.band: asset.href for asset in band_assets(made, made["assets"])}
    assert assets == {band: f"./{band}.tif" for band in BANDS}
    (tmp_path / "item.json").write_text(
        json.dumps({**made, "assets": {"aot": made["assets"]["aot"]}})
    )
    with pytest.raises(SourceError, match="one band each"):
        read_catalogue(tmp_path)


def test_copies_are_chosen_by_kind_then_resolution():
    found = {a.band: a.href for a in band_assets({}, cdse("2023-08-01", offset=0)["assets"])}
    assert found == {**{band: f"{band}.tif" for band in BANDS}, "scl": "scl.tif"}
    twice = earth_search("2023-08-01")["assets"]
    assert {a.href for a in band_assets({}, twice)} == {*(f"{b}.tif" for b in BANDS), "scl.tif"}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, (None, None)),
        ({"raster:bands": [{"scale": 2.75e-05, "offset": -0.2}]}, (2.75e-05, -0.2)),
        ({"raster:scale": 0.5}, (0.5, 0.0)),
        ({"raster:bands": "wrong"}, (None, None)),
    ],
)
def test_other_products_are_scaled_as_they_say(fields, expected):
    assert reflectance({"id": "LC09", "collection": "landsat"}, fields) == expected


@pytest.mark.parametrize("fields", [{"scale": 0.0}, {"scale": -1.0}, {"offset": float("nan")}])
def test_a_scale_that_is_none_is_refused(fields):
    asset = {"raster:bands": [{"scale": 0.0001, **fields}], "href": "a.tif"}
    with pytest.raises(SourceError, match="item bad: band blue"):
        band_assets({"id": "bad"}, {"blue": asset, "red": asset})


def test_tags_of_a_geotiff_are_honoured(tmp_path):
    path = tmp_path / "tagged.tif"
    profile = {"driver": "GTiff", "width": 64, "height": 64, "count": 2, "dtype": "uint16"}
    profile |= {"crs": CRS, "transform": from_origin(*ORIGIN, PIXEL_M, PIXEL_M)}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.full((2, 64, 64), 1500, np.uint16))
        dataset.scales, dataset.offsets = (1e-4, 1e-4), (-0.1, 0.0)
        dataset.descriptions = ("red", "nir")
    found = read_chip(site_at(32, 32, 100), [ImageSource(path)], ("red", "nir"), 32).pixels
    assert found[:, 16, 16].tolist() == [500, 1500]


def test_a_missing_band_is_said(tmp_path):
    folder = write_item(tmp_path, earth_search("2021-08-01", offset=0))
    with pytest.raises(SourceError, match="needs swir16"):
        pixels(folder, ("red", "swir16"))
