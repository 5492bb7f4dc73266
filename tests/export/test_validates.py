"""What an export says of itself holds, asked of the validators of each standard."""

import json
import sqlite3
import warnings
from pathlib import Path

import frictionless
import geopandas
import geoparquet_validator
import ibis
import pyarrow.parquet as pq
import pystac
import pytest

import quarrydb
from quarrydb.database.dictionary import public_views
from quarrydb.export.views import FORMATS, export_views

# With geometry, a list, gaps in whole numbers and booleans, times.
VIEWS = [
    "mine",
    "landcover_trajectory",
    "mine_timeline",
    "segmented_site",
    "build_info",
    "footprint",
]


@pytest.fixture(scope="module")
def exports(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    with quarrydb.connect(demo_database) as connection:
        for form in FORMATS:
            views = ["mine", "footprint"] if form == "geojson" else VIEWS
            export_views(connection, folder / form, views=views, file_format=form)
        parts = ["mine_indicator_yearly", "grid_bare_surface"]
        export_views(connection, folder / "parts", views=parts, partition_by="year")
    return folder


@pytest.mark.parametrize("form", [*FORMATS, "parts"])
def test_frictionless_validates_the_package(exports: Path, form: str) -> None:
    report = frictionless.validate(exports / form / "datapackage.json")
    assert report.valid, report.to_summary()
    assert report.stats["tasks"] >= 2


def test_a_package_that_is_wrong_is_found(exports: Path, tmp_path: Path) -> None:
    package = json.loads((exports / "csv" / "datapackage.json").read_text())
    (mine,) = (r for r in package["resources"] if r["name"] == "mine")
    field = next(f for f in mine["schema"]["fields"] if f["name"] == "mine_id")
    field["type"] = "integer"
    (tmp_path / "mine.csv").write_bytes((exports / "csv" / "mine.csv").read_bytes())
    (tmp_path / "datapackage.json").write_text(json.dumps(package | {"resources": [mine]}))
    assert not frictionless.validate(tmp_path / "datapackage.json").valid


def test_a_part_is_a_table_without_its_column(exports: Path) -> None:
    package = json.loads((exports / "parts" / "datapackage.json").read_text())
    part = next(r for r in package["resources"] if r["name"] == "grid_bare_surface.year-2022")
    assert part["partition"] == {"year": "2022"}
    assert part["path"] == "grid_bare_surface/year=2022/part-0.parquet"
    names = [field["name"] for field in part["schema"]["fields"]]
    assert "year" not in names
    assert names == pq.read_schema(exports / "parts" / part["path"]).names


@pytest.mark.parametrize("form", FORMATS)
def test_pystac_validates_the_item(exports: Path, form: str) -> None:
    """Against the schemas that pystac carries: no address is opened."""
    item = pystac.Item.from_file(str(exports / form / "stac_item.json"))
    assert item.validate()
    item.properties["license"] = 7
    with pytest.raises(pystac.errors.STACValidationError):
        item.validate()


@pytest.mark.parametrize("name", ["mine", "footprint"])
def test_geoparquet_conforms(exports: Path, name: str) -> None:
    report = geoparquet_validator.check(str(exports / "parquet" / f"{name}.parquet"))
    assert geoparquet_validator.failed(report) == []
    passed = {one["id"] for one in report["outcomes"] if one["status"] == "pass"}
    assert {"/conf/core/wkb", "/conf/core/crs-projjson", "/conf/covering/bbox-paths"} <= passed


def test_comments_go_along(exports: Path, demo_database: Path) -> None:
    with quarrydb.connect(demo_database) as connection:
        (view,) = (v for v in public_views(connection) if v.name == "mine")
    said = {column.name: column.comment for column in view.columns}
    schema = pq.read_schema(exports / "parquet" / "mine.parquet")
    assert schema.metadata[b"comment"].decode() == view.comment
    found = {name: schema.field(name).metadata[b"comment"].decode() for name in schema.names}
    assert found.pop("bbox")
    assert found == said
    with sqlite3.connect(exports / "gpkg" / "quarrydb.gpkg") as package:
        rows = package.execute(
            "SELECT column_name, description FROM gpkg_data_columns WHERE table_name = 'mine'"
        )
        assert dict(rows) == said
        query = "SELECT description FROM gpkg_contents WHERE table_name = 'mine'"
        assert package.execute(query).fetchone() == (view.comment,)


def test_a_geopackage_is_of_a_version_that_older_readers_know(exports: Path) -> None:
    file = exports / "gpkg" / "quarrydb.gpkg"
    with sqlite3.connect(file) as package:
        assert package.execute("PRAGMA user_version").fetchone() == (10300,)
        assert package.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        names = {row[0] for row in package.execute("SELECT column_name FROM gpkg_geometry_columns")}
    assert names == {"geometry"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mines = geopandas.read_file(file, layer="mine")
    assert mines.geometry.name == "geometry"
    assert mines.crs == "EPSG:4326"


def test_ibis_reads_an_export_as_the_page_says(exports: Path) -> None:
    """Geometry with a CRS is more than ibis 12 can read; without the conversion it is WKB."""
    connection = ibis.duckdb.connect()
    connection.raw_sql("SET enable_geoparquet_conversion = false")
    mines = connection.read_parquet(exports / "parquet" / "mine.parquet")
    assert mines.to_polars().height == mines.to_pyarrow().num_rows == mines.count().execute() > 0
    assert mines.schema()["geometry"].is_binary()


def test_ibis_gives_tables_with_geometry(demo_database: Path) -> None:
    with quarrydb.open(demo_database) as database:
        mines = database.ibis().table("mine")
        table = mines.to_pyarrow()
        assert table.num_rows > 0
        assert table.schema.field("geometry").type.extension_name == "geoarrow.wkb"
        assert mines.mutate(geometry=mines.geometry.as_text()).to_polars().height == len(table)
