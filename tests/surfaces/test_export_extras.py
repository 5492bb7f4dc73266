"""What goes with an export: licences, a STAC item, and styles inside the GeoPackage."""

import json
import sqlite3
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pyogrio
import pytest

from quarrydb.database.dictionary import public_views
from quarrydb.export import datapackage as module
from quarrydb.export.datapackage import datapackage
from quarrydb.export.qgis_styles import style
from quarrydb.export.views import export_views
from quarrydb.palette import BLUE
from quarrydb.provenance.licence import read_sources

VIEWS = ["mine", "grid_density", "country_summary", "mine_source", "published_figure"]


@pytest.fixture(scope="module")
def package(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of some views as one GeoPackage."""
    import quarrydb

    folder = tmp_path_factory.mktemp("package")
    with quarrydb.connect(demo_database) as connection:
        export_views(connection, folder, views=VIEWS, file_format="gpkg")
    return folder


def test_share_alike_goes_with_what_derives_from_it(
    demo_connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where every source names a licence; the areas that may not be passed on forbid the rest."""
    free = [
        source if source.licence else replace(source, licence="CC BY 4.0")
        for source in read_sources(demo_connection)
    ]
    monkeypatch.setattr(module, "read_sources", lambda connection: free)
    views = [v for v in public_views(demo_connection) if v.name in VIEWS]
    files = {name: ["quarrydb.gpkg"] for name in VIEWS}
    found = datapackage(demo_connection, views, "gpkg", files)
    assert found["licenses"] == []
    assert found["obligations"][-1].startswith("protected areas may not be passed on; ")
    by_name = {r["name"]: [x["name"] for x in r["licenses"]] for r in found["resources"]}
    assert by_name == {
        "mine": [],
        "grid_density": [],
        "country_summary": ["CC-BY-SA-4.0"],
        "mine_source": ["CC-BY-SA-4.0"],
        "published_figure": [],
    }
    one = [view for view in views if view.name == "mine_source"]
    alone = datapackage(demo_connection, one, "gpkg", files)
    assert [licence["name"] for licence in alone["licenses"]] == ["CC-BY-SA-4.0"]
    assert {source["title"] for source in alone["sources"]} == {"maus", "tang", "stable green"}


def test_sources_carry_their_licences(package: Path) -> None:
    found = json.loads((package / "datapackage.json").read_text())
    assert found["licenses"] == []
    maus = next(source for source in found["sources"] if source["title"] == "maus")
    assert maus["licence"] == "CC BY-SA 4.0"
    assert any("maus is CC BY-SA 4.0" in line for line in found["obligations"])


def test_the_stac_item_is_valid_and_names_every_file(package: Path) -> None:
    pystac = pytest.importorskip("pystac")
    item = pystac.Item.from_file(str(package / "stac_item.json"))
    assert set(item.assets) == set(VIEWS)
    assert item.properties["license"] == "other"
    assert any("may not be passed on" in line for line in item.properties["quarrydb:obligations"])
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
    assert set(styles.f_geometry_column) == {"geometry"}


def test_a_style_of_names_has_a_symbol_for_each(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "x.gpkg") as connection:
        root = ElementTree.fromstring(style(connection, "footprint"))
    categories = [(c.get("value"), c.get("symbol")) for c in root.iter("category")]
    assert categories == [("1", "0"), ("0", "1")]
    symbols = {symbol.get("name"): symbol for symbol in root.iter("symbol")}
    assert set(symbols) == {"0", "1"}
    fill = {o.get("name"): o.get("value") for o in symbols["0"].iter("Option") if o.get("name")}
    old = {prop.get("k"): prop.get("v") for prop in symbols["0"].iter("prop")}
    assert fill == old
    assert fill["color"] == "{},{},{},255".format(*bytes.fromhex(BLUE[1:]))


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
