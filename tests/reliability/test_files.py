"""Files that are damaged, misnamed, hostile, or not what they seem."""

import io
import json
import os
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from tests.reliability.table import case
from tests.reliability.tools import load_polygons, outcome, refusal

Make = Callable[[Path], Path]
SQUARES = [shapely.box(x, 0, x + 0.01, 0.01) for x in np.arange(0, 4, 0.02)]


def frame(shapes: list[shapely.Geometry] | None = None) -> geopandas.GeoDataFrame:
    """Square mines with a text column long enough to fill many pages."""
    shapes = SQUARES if shapes is None else shapes
    return geopandas.GeoDataFrame(
        {"remark": ["mine " * 100] * len(shapes)}, geometry=shapes, crs="EPSG:4326"
    )


def geopackage(folder: Path, name: str = "mines.gpkg", layer: str = "mines") -> Path:
    path = folder / name
    frame().to_file(path, layer=layer, driver="GPKG")
    return path


def geojson(folder: Path, name: str = "mines.geojson") -> Path:
    path = folder / name
    frame(SQUARES[:3]).to_file(path, driver="GeoJSON")
    return path


def shapefile(folder: Path) -> Path:
    path = folder / "mines.shp"
    frame().to_file(path)
    return path


def empty_file(folder: Path) -> Path:
    path = folder / "mines.gpkg"
    path.touch()
    return path


def truncated(path: Path, share: float = 0.5) -> Path:
    size = path.stat().st_size
    os.truncate(path, int(size * share))
    return path


def corrupted_pages(folder: Path) -> Path:
    path = geopackage(folder)
    content = bytearray(path.read_bytes())
    for page in range(20, len(content) // 4096, 5):
        content[page * 4096 : page * 4096 + 200] = b"\xff" * 200
    path.write_bytes(content)
    return path


def lost_rows(folder: Path) -> Path:
    """A page of the table of rows is a valid, empty leaf: SQLite's check passes rows it never sees."""
    path = geopackage(folder)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'mines'")
        page = root.fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : (page - 1) * 4096 + 8] = struct.pack(">BHHHB", 13, 0, 0, 4096, 0)
    path.write_bytes(content)
    return path


def text_called(name: str, text: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make


def no_features(folder: Path) -> Path:
    path = folder / "mines.gpkg"
    frame([]).to_file(path, layer="mines", driver="GPKG")
    return path


def two_layers(folder: Path) -> Path:
    path = geopackage(folder)
    frame().to_file(path, layer="other", driver="GPKG")
    return path


def without_crs(folder: Path) -> Path:
    path = folder / "mines.gpkg"
    frame().set_crs(None, allow_override=True).to_file(path, layer="mines", driver="GPKG")
    return path


def without_dbf(folder: Path) -> Path:
    path = shapefile(folder)
    path.with_suffix(".dbf").unlink()
    return path


def archive(folder: Path, members: dict[str, bytes], **options: int) -> Path:
    path = folder / "mines.zip"
    with zipfile.ZipFile(path, "w", **options) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return path


def zip_bomb(folder: Path) -> Path:
    return archive(folder, {"mines.geojson": b"{" + b" " * 50_000_000}, compression=8)


def zip_twice(folder: Path) -> Path:
    content = geojson(folder).read_bytes()
    path = archive(folder, {"mines.geojson": content})
    with zipfile.ZipFile(path, "a") as file, pytest.warns(UserWarning, match="Duplicate"):
        file.writestr("mines.geojson", content)
    return path


def zip_slip(folder: Path) -> Path:
    return archive(folder, {"../mines.geojson": b"{}"})


def zip_with_vrt(folder: Path) -> Path:
    return archive(folder, {"mines.geojson": VRT.encode()})


def zip_liar(folder: Path) -> Path:
    """An archive whose directory claims a smaller member than is packed in it."""
    path = archive(folder, {"mines.geojson": geojson(folder).read_bytes()}, compression=8)
    content = bytearray(path.read_bytes())
    start = content.index(b"PK\x01\x02")
    content[start + 24 : start + 28] = struct.pack("<I", 100)
    path.write_bytes(content)
    return path


def zip_flipped(folder: Path) -> Path:
    path = archive(folder, {"mines.geojson": geojson(folder).read_bytes()})
    content = bytearray(path.read_bytes())
    content[300] ^= 1
    path.write_bytes(content)
    return path


def zip_without_dbf(folder: Path) -> Path:
    path = shapefile(folder)
    parts = {p.name: p.read_bytes() for p in (path, path.with_suffix(".shx"))}
    return archive(folder, parts)


def zipped_view(folder: Path) -> Path:
    path = geopackage_view(folder)
    return archive(folder, {"mines.gpkg": path.read_bytes()}, compression=8)


def geopackage_view(folder: Path) -> Path:
    """A layer that is a view, whose query the file's author wrote."""
    path = geopackage(folder)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIEW trap AS SELECT fid, geom, ogr_geocode('x') AS n FROM mines")
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) "
            "VALUES ('trap', 'features', 'trap', 4326)"
        )
        connection.execute(
            "INSERT INTO gpkg_geometry_columns VALUES ('trap', 'geom', 'POLYGON', 4326, 0, 0)"
        )
        connection.commit()
    return path


def virtual_table(folder: Path) -> Path:
    path = geopackage(folder)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute(
            "INSERT INTO sqlite_master VALUES ('table', 'trap', 'trap', 0, "
            "'CREATE VIRTUAL TABLE trap USING VirtualOGR(''/etc/passwd'')')"
        )
        connection.commit()
    return path


def plain_sqlite(folder: Path) -> Path:
    path = folder / "mines.gpkg"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mines (geom BLOB)")
    return path


def pipeline(folder: Path) -> Path:
    secret = geopackage(folder, "secret.gpkg")
    command = f"gdal vector pipeline ! read {secret}"
    content = {"type": "gdal_streamed_alg", "command_line": command}
    return text_called("mines.geojson", json.dumps(content))(folder)


def feature_service(folder: Path) -> Path:
    content = {"exceededTransferLimit": True, "features": [], "url": "http://127.0.0.1:9/query"}
    return text_called("mines.geojson", json.dumps(content))(folder)


def parquet_without_geometry(folder: Path) -> Path:
    path = folder / "mines.parquet"
    frame().drop(columns="geometry").to_parquet(path)
    return path


def parquet_with_wrong_metadata(folder: Path) -> Path:
    import pyarrow.parquet as pq

    path = folder / "mines.parquet"
    frame().to_parquet(path)
    table = pq.read_table(path)
    metadata = {**table.schema.metadata, b"geo": b"[1, 2]"}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    return path


def truncated_parquet(folder: Path) -> Path:
    path = folder / "mines.parquet"
    frame().to_parquet(path)
    return truncated(path)


def truncated_flatgeobuf(folder: Path) -> Path:
    path = folder / "mines.fgb"
    frame().to_file(path, driver="FlatGeobuf")
    return truncated(path)


def unknown_compression(folder: Path) -> Path:
    path = archive(folder, {"mines.geojson": b"{}"})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        start = content.index(signature)
        content[start + offset : start + offset + 2] = struct.pack("<H", 97)
    path.write_bytes(content)
    return path


VRT = """<OGRVRTDataSource><OGRVRTLayer name="mines"><SrcDataSource>/etc/passwd</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
WFS = "<OGRWFSDataSource><URL>http://127.0.0.1:9/wfs</URL></OGRWFSDataSource>"
BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;">]><gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml">&c;
</gml:FeatureCollection>"""
DEEP = b"[" * 200_000

FILES = [
    case("Files", "0-byte file", empty_file),
    case("Files", "truncated GeoPackage", lambda f: truncated(geopackage(f))),
    case("Files", "GeoPackage cut within its header", lambda f: truncated(geopackage(f), 0.0001)),
    case("Files", "GeoPackage with corrupted pages", corrupted_pages),
    case("Files", "GeoPackage whose rows vanished behind a valid page", lost_rows),
    case("Files", "SQLite database that is no GeoPackage", plain_sqlite),
    case("Files", "layer without features", no_features),
    case("Files", "several layers and none named", two_layers),
    case("Files", "GeoPackage without CRS", without_crs),
    case("Files", "truncated shapefile", lambda f: truncated(shapefile(f))),
    case("Files", "shapefile without .dbf", without_dbf),
    case("Files", "truncated GeoJSON", lambda f: truncated(geojson(f))),
    case("Files", "truncated FlatGeobuf", truncated_flatgeobuf),
    case("Files", "truncated GeoParquet", truncated_parquet),
    case("Files", "Parquet without geometry", parquet_without_geometry),
    case("Files", "GeoParquet with nonsense for metadata", parquet_with_wrong_metadata),
    case("Files", "text named .gpkg", text_called("mines.gpkg", "longitude,latitude")),
    case("Files", "JSON nested 200,000 deep", text_called("mines.json", b'{"a":' + DEEP)),
    case("Files", "zip cut in half", lambda f: truncated(zip_with_vrt(f))),
    case("Files", "zip with a flipped bit", zip_flipped),
    case("Files", "zip with an unknown compression", unknown_compression),
    case("Files", "zipped shapefile without .dbf", zip_without_dbf),
    case("Files", "a folder in place of a file", lambda f: f),
    case("Security", "VRT named .geojson", text_called("mines.geojson", VRT)),
    case("Security", "WFS description named .gpkg", text_called("mines.gpkg", WFS)),
    case("Security", "VRT inside a zip", zip_with_vrt),
    case("Security", "GDAL pipeline named .geojson", pipeline),
    case("Security", "feature service named .geojson", feature_service),
    case("Security", "GML entity bomb", text_called("mines.gml", BOMB)),
    case("Security", "zip bomb", zip_bomb),
    case("Security", "zip that lies about a size", zip_liar),
    case("Security", "zip slip", zip_slip),
    case("Security", "zip that holds one name twice", zip_twice),
    case("Security", "GeoPackage layer that is a view with a network call", geopackage_view),
    case("Security", "the same view in a zip", zipped_view),
    case("Security", "GeoPackage with a virtual table over another file", virtual_table),
]


@pytest.mark.parametrize("make", FILES)
def test_file_is_refused(make: Make, tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = make(tmp_path)
    happened(refusal(lambda: load_polygons(tmp_path, path)))


LAYERS = [
    case("Files", "layer that is not there", "quarries"),
    case("Files", "layer named in another case", "MINES"),
    case("Files", "layer named with SQL in it", 'mines\\"; DROP TABLE mines; --'),
]


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_is_refused(layer: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = geopackage(tmp_path)
    happened(refusal(lambda: load_polygons(tmp_path, path, layer=layer)))


def braces(folder: Path) -> Path:
    geojson(folder)
    content = (folder / "mines.geojson").read_bytes()
    path = archive(folder, {"mines.geojson": content})
    return path.rename(folder / "mi}n{es.zip")


def wrong_suffix(folder: Path) -> Path:
    return geopackage(folder).rename(folder / "mines.txt")


def shapefile_with_small_header(folder: Path) -> Path:
    """zipped, as publishers send them."""
    path = shapefile(folder)
    parts = {p.name: p.read_bytes() for p in sorted(folder.glob("mines.*"))}
    del path
    return archive(folder, parts, compression=8)


LOADED = [
    case("Files", "GeoPackage named .txt", wrong_suffix),
    case("Files", "zip whose name has braces", braces),
    case("Files", "zipped shapefile", shapefile_with_small_header),
    case(
        "Files",
        "file name with quotes, spaces and umlauts",
        lambda f: geopackage(f, "mü 'n\" es.gpkg"),
    ),
    case(
        "Files",
        "layer name with quotes and SQL",
        lambda f: geopackage(f, layer='a"; DROP TABLE b--'),
    ),
]


@pytest.mark.parametrize("make", LOADED)
def test_file_is_loaded(make: Make, tmp_path: Path, happened: Callable[[str], None]) -> None:
    path = make(tmp_path)
    written = str(path).replace('"', '\\"')
    happened(outcome(load_polygons(tmp_path, written)))


def test_nothing_was_written_beside_a_geopackage(tmp_path: Path) -> None:
    path = geopackage(tmp_path)
    before = path.read_bytes()
    load_polygons(tmp_path, path)
    assert path.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mines.gpkg", "quarry.toml"]


def test_crc_of_zip_is_the_contents(tmp_path: Path) -> None:
    """The flipped bit above is found by the archive's checksum, so the checksum must be the content's."""
    content = geojson(tmp_path).read_bytes()
    path = archive(tmp_path, {"mines.geojson": content})
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as file:
        assert zlib.crc32(content) == file.getinfo("mines.geojson").CRC
