"""A STAC catalogue of images reads to the same rows as a table: item by item, or as a collection."""

import json
from datetime import date, datetime

import numpy as np
import pytest
import shapely

from quarrydb.database.connection import connect
from quarrydb.engine.build import build
from quarrydb.errors import SourceError
from quarrydb.loaders.image import read_catalogue
from quarrydb.project import load_project

from .planted import paint, scene, write_image

BANDS = ("blue", "green", "red", "nir")
FOOTPRINT = shapely.box(-57.1, -6.1, -56.9, -5.9)


def item(image_id, href, *, geometry=FOOTPRINT, assets=None, **properties):
    """A STAC item as a provider writes it: a picture and a sidecar stand before the data."""
    data = {
        "href": href,
        "type": "image/tiff; application=geotiff",
        "roles": ["data"],
        "bands": [{"name": f"B{i}", "common_name": name} for i, name in enumerate(BANDS, 1)],
    }
    return {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": image_id,
        "geometry": None if geometry is None else shapely.geometry.mapping(geometry),
        "bbox": [] if geometry is None else list(geometry.bounds),
        "properties": {"datetime": "2019-08-01T13:30:00Z", **properties},
        "links": [],
        "assets": assets
        or {
            "thumbnail": {"href": "preview.png", "roles": ["thumbnail"]},
            "udm": {"href": "udm.tif", "roles": ["metadata"]},
            "image": data,
        },
    }


def collection(*items):
    return json.dumps({"type": "FeatureCollection", "features": list(items)})


def test_an_item_gives_id_file_date_bands_clarity_and_outline(tmp_path):
    (tmp_path / "items.json").write_text(
        collection(item("quad_7", "tiles/quad_7.tif", **{"eo:cloud_cover": 12}))
    )
    (entry,) = read_catalogue(tmp_path / "items.json")
    assert entry.image_id == "quad_7"
    assert entry.path == (tmp_path / "tiles" / "quad_7.tif").resolve()
    assert (entry.date, entry.year) == (date(2019, 8, 1), 2019)
    assert entry.bands == BANDS
    assert entry.clarity == pytest.approx(0.88)
    assert entry.geometry.equals(FOOTPRINT)


@pytest.mark.parametrize(
    ("properties", "clarity"),
    [({}, None), ({"pl:clear_percent": 93}, 0.93), ({"eo:cloud_cover": 0}, 1.0)],
)
def test_clarity_is_what_the_item_says(tmp_path, properties, clarity):
    (tmp_path / "items.json").write_text(collection(item("a", "a.tif", **properties)))
    (entry,) = read_catalogue(tmp_path / "items.json")
    assert entry.clarity == (clarity if clarity is None else pytest.approx(clarity))


def test_an_interval_is_dated_by_its_start(tmp_path):
    span = {"datetime": None, "start_datetime": "2018-06-01T00:00:00Z"}
    (tmp_path / "items.json").write_text(collection(item("a", "a.tif", **span)))
    (entry,) = read_catalogue(tmp_path / "items.json")
    assert (entry.date, entry.year) == (date(2018, 6, 1), 2018)


def test_bands_may_stand_in_the_eo_extension_or_nowhere(tmp_path):
    older = {"image": {"href": "a.tif", "eo:bands": [{"name": "Red"}, {"name": "NIR"}]}}
    bare = {"image": {"href": "b.tif"}}
    (tmp_path / "items.json").write_text(
        collection(item("a", "a.tif", assets=older), item("b", "b.tif", assets=bare))
    )
    assert [entry.bands for entry in read_catalogue(tmp_path / "items.json")] == [
        ("red", "nir"),
        (),
    ]


def test_a_common_name_goes_before_a_bands_own_in_either_version(tmp_path):
    newer = {"href": "a.tif", "bands": [{"name": "B04", "eo:common_name": "red"}, {"name": "B08"}]}
    older = {"href": "b.tif", "eo:bands": [{"name": "B04", "common_name": "red"}, {}]}
    (tmp_path / "items.json").write_text(
        collection(
            item("a", "a.tif", assets={"image": newer}),
            item("b", "b.tif", assets={"image": older}),
            item("c", "c.tif", assets={"image": {"href": "c.tif"}}, bands=newer["bands"]),
        )
    )
    assert [entry.bands for entry in read_catalogue(tmp_path / "items.json")] == [
        ("red", "b08"),
        ("red", "unnamed 2"),
        ("red", "b08"),
    ]


def test_items_in_folders_are_found_and_other_json_is_passed_over(tmp_path):
    for year in (2019, 2018):
        folder = tmp_path / "catalogue" / str(year)
        folder.mkdir(parents=True)
        text = json.dumps(item(f"quad_{year}", "../quad.tif", datetime=f"{year}-07-15T00:00:00Z"))
        (folder / "item.json").write_text(text)
    root = {"type": "Catalog", "id": "root", "links": [{"rel": "item", "href": "2018/item.json"}]}
    (tmp_path / "catalogue" / "catalog.json").write_text(json.dumps(root))
    entries = read_catalogue(tmp_path / "catalogue")
    assert [(entry.image_id, entry.year) for entry in entries] == [
        ("quad_2018", 2018),
        ("quad_2019", 2019),
    ]
    assert {entry.path for entry in entries} == {(tmp_path / "catalogue" / "quad.tif").resolve()}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "can't be read as STAC"),
        ('{"type": "FeatureCollection", "features": []}', "lists no image"),
        (collection(item("a", "a.tif"), item("a", "b.tif")), "image a twice"),
        (collection(item("a", "a.tif", datetime="summer")), "item a: summer is no date"),
        (collection(item("a", "a.tif", **{"eo:cloud_cover": 120})), "between 0 and 1"),
        (collection(item("a", "a.tif", **{"eo:cloud_cover": [1]})), "item a: .* number"),
        ('{"type": "FeatureCollection", "features": null}', "lists no image"),
        (collection(item("a", "a.tif") | {"geometry": {"type": "Polygon"}}), "item a: its geom"),
        (collection(item("a", "a.tif") | {"geometry": "POINT (1 2)"}), "item a: its geometry"),
        (collection(item("a", "a.tif", geometry=shapely.Point(1, 2))), "item a: .*POINT .1 2"),
        (collection(item("a", "a.tif", geometry=shapely.Polygon())), "item a: .*EMPTY"),
        (collection(item("a", "a.tif") | {"properties": [1]}), "item a: properties: .* a list"),
        (collection(item("a", "a.tif", assets=[{"href": "a.tif"}])), "item a: assets: .* a list"),
        (collection(item("a", "a.tif", assets={"image": "a.tif"})), "item a: asset image: .* str"),
        (
            collection(item("a", "a.tif", assets={"b": {"href": "a.tif", "bands": ["red"]}})),
            "item a: band 1: .* str",
        ),
        (
            collection(item("a", "a.tif", assets={"b": {"href": "a.tif", "bands": "red"}})),
            "item a: bands are a str",
        ),
        (collection(item("a", "a\0.tif")), "item a: the path holds a NUL"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, text, message):
    (tmp_path / "items.json").write_text(text)
    with pytest.raises(SourceError, match=message):
        read_catalogue(tmp_path / "items.json")


def test_a_catalogue_that_pystac_wrote_is_read(tmp_path):
    pystac = pytest.importorskip("pystac")
    made = pystac.Catalog("images", "Yearly mosaics")
    for year in (2018, 2019):
        one = pystac.Item(
            f"mosaic_{year}",
            shapely.geometry.mapping(FOOTPRINT),
            list(FOOTPRINT.bounds),
            datetime(year, 7, 1),
            {"eo:cloud_cover": 5},
        )
        place = tmp_path / f"mosaic_{year}.tif"
        asset = pystac.Asset(str(place), media_type=pystac.MediaType.COG, roles=["data"])
        one.add_asset("image", asset)
        made.add_item(one)
    made.normalize_and_save(str(tmp_path / "stac"), pystac.CatalogType.SELF_CONTAINED)
    entries = read_catalogue(tmp_path / "stac")
    assert [(entry.image_id, entry.year, entry.clarity) for entry in entries] == [
        ("mosaic_2018", 2018, pytest.approx(0.95)),
        ("mosaic_2019", 2019, pytest.approx(0.95)),
    ]
    assert [entry.path.name for entry in entries] == ["mosaic_2018.tif", "mosaic_2019.tif"]
    assert all(entry.geometry.equals(FOOTPRINT) for entry in entries)


PROJECT = """
[project]
name = "stac"
[[polygons]]
name = "maus"
path = "mines.geojson"
[segmentation]
model = "demo"
years = [2018, 2020]
[segmentation.images]
path = "items.json"
licence = "CC0-1.0"
"""


@pytest.mark.slow
def test_a_project_with_stac_items_builds_and_sets_a_missing_image_aside(tmp_path):
    import geopandas

    from .project import lonlat

    mines, soil, transform = scene(1)
    image = paint(np.random.default_rng(1), 512, mines, soil, transform)
    write_image(tmp_path / "here.tif", image, transform)
    outlines = geopandas.GeoSeries([lonlat(mine) for mine in mines], crs=4326)
    geopandas.GeoDataFrame(geometry=outlines).to_file(tmp_path / "mines.geojson")
    (tmp_path / "items.json").write_text(
        collection(
            item("here", "here.tif", geometry=None, **{"eo:cloud_cover": 10}),
            item("gone", "gone.tif", datetime="2020-07-01T00:00:00Z"),
        )
    )
    (tmp_path / "quarry.toml").write_text(PROJECT)
    project = load_project(tmp_path)
    build(project)
    with connect(project.database) as connection:
        (row,) = connection.execute(
            "SELECT image_id, year, path, bands, clarity, ST_AsText(ST_Envelope(geometry)) "
            "FROM raw.image"
        ).fetchall()
        issue = connection.execute(
            "SELECT feature_id, problem, action FROM raw.load_issue WHERE source = 'images'"
        ).fetchall()
        load = connection.execute(
            "SELECT driver, n_rows_read, n_rows_kept, licence FROM raw.load WHERE kind = 'images'"
        ).fetchall()
        chosen = connection.execute("SELECT DISTINCT image_id, year FROM image_choice").fetchall()
    assert row[:5] == ("here", 2019, "here.tif", list(BANDS), pytest.approx(0.9))
    assert shapely.from_wkt(row[5]).contains(shapely.union_all(outlines.to_numpy()))
    assert issue == [("gone", "file is missing", "set aside")]
    assert load == [("STAC", 2, 1, "CC0-1.0")]
    assert chosen == [("here", 2019)]
