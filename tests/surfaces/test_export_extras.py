"""What goes with an export: licences, a STAC item, and styles inside the GeoPackage."""

import json
import sqlite3
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pyogrio
import pytest

from quarrydb.export import export_views

VIEWS = ["mine", "grid_density", "country_summary", "mine_source", "published_figure"]


@pytest.fixture(scope="module")
def package(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of some views as one GeoPackage."""
    import quarrydb

    folder = tmp_path_factory.mktemp("package")
    with quarrydb.connect(demo_database) as connection:
        export_views(connection, folder, views=VIEWS, file_format="gpkg")
    return folder


def test_share_alike_goes_with_what_derives_from_it(package: Path) -> None:
    found = json.loads((package / "datapackage.json").read_text())
    assert [licence["name"] for licence in found["licenses"]] == ["CC-BY-SA-4.0"]
    by_name = {r["name"]: [x["name"] for x in r["licenses"]] for r in found["resources"]}
    for view in ("mine", "grid_density", "country_summary", "mine_source"):
        assert by_name[view] == ["CC-BY-SA-4.0"]
    assert by_name["published_figure"] == []
    maus = next(source for source in found["sources"] if source["title"] == "maus")
    assert maus["licence"] == "CC BY-SA 4.0"
    assert any("maus is CC BY-SA 4.0" in line for line in found["obligations"])


def test_the_stac_item_is_valid_and_names_every_file(package: Path) -> None:
    pystac = pytest.importorskip("pystac")
    item = pystac.Item.from_file(str(package / "stac_item.json"))
    assert set(item.assets) == set(VIEWS)
    assert item.properties["license"] == "CC-BY-SA-4.0"
    for asset in item.assets.values():
        assert (package / asset.href).is_file() or Path(asset.get_absolute_href()).is_file()
    west, south, east, north = item.bbox
    assert west < east
    assert south < north


def test_layers_open_with_their_styles(package: Path) -> None:
    file = package / "quarrydb.gpkg"
    layers = dict(pyogrio.list_layers(file))
    assert set(VIEWS) | {"layer_styles"} == set(layers)
    styles = pyogrio.read_dataframe(file, layer="layer_styles")
    assert set(styles.f_table_name) == {"mine", "grid_density"}
    assert styles.useAsDefault.all()
    for qml in styles.styleQML:
        assert ElementTree.fromstring(qml).find("renderer-v2/symbols/symbol") is not None


def test_classes_of_a_style_cover_every_cell(
    package: Path, demo_connection: duckdb.DuckDBPyConnection
) -> None:
    with sqlite3.connect(package / "quarrydb.gpkg") as connection:
        (qml,) = connection.execute(
            "SELECT styleQML FROM layer_styles WHERE f_table_name = 'grid_density'"
        ).fetchone()
    ranges = [
        (float(r.get("lower", 0)), float(r.get("upper", 0)))
        for r in ElementTree.fromstring(qml).iter("range")
    ]
    low, high = demo_connection.execute(
        "SELECT min(density_share), max(density_share) FROM grid_density"
    ).fetchone() or (0, 0)
    assert ranges[0][0] == pytest.approx(low)
    assert ranges[-1][1] == pytest.approx(high)
    assert all(a[1] == b[0] for a, b in pairwise(ranges))
