"""Vector files of the ordinary variety: each gives the area and number that geopandas and pyproj give."""

import gzip
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import duckdb
import geopandas
import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS, Geod

from tests.reliability.table import case
from tests.reliability.tools import load_polygons, outcome, refusal

Make = Callable[[Path], Path]
SHAPES = [
    shapely.box(-60, -5, -59.9, -4.9),
    shapely.MultiPolygon([shapely.box(-58, -5, -57.9, -4.9), shapely.box(-57.5, -5, -57.4, -4.8)]),
    shapely.box(-56, -5, -55.8, -4.8).difference(shapely.box(-55.95, -4.95, -55.9, -4.9)),
]
NAMES = ["Côte", "矿山", "plain"]
LONLAT = "EPSG:4326"


def frame(crs: str = LONLAT) -> geopandas.GeoDataFrame:
    return geopandas.GeoDataFrame({"name": NAMES}, geometry=SHAPES, crs=LONLAT).to_crs(crs)


def written(folder: Path, name: str, crs: str = LONLAT, **options: object) -> Path:
    path = folder / name
    pyogrio.write_dataframe(frame(crs), path, **options)
    return path


def geojson(folder: Path, name: str, head: str = "", **options: object) -> Path:
    path = folder / name
    path.write_text(head + json.dumps(json.loads(frame().to_json()), **options), encoding="utf-8")
    return path


def by_lines(folder: Path, name: str, separator: str = "", head: str = "") -> Path:
    features = json.loads(frame().to_json())["features"]
    path = folder / name
    lines = "".join(f"{separator}{json.dumps(f)}\n" for f in features)
    path.write_text(head + lines, encoding="utf-8")
    return path


def in_metres(folder: Path) -> Path:
    content = json.loads(frame("EPSG:3857").to_json())
    content["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::3857"}}
    path = folder / "a.geojson"
    path.write_text(json.dumps(content))
    return path


def gzipped(make: Make, folder: Path) -> Path:
    path = make(folder)
    target = path.with_name(path.name + ".gz")
    with gzip.open(target, "wb") as file:
        file.write(path.read_bytes())
    return target


def zipped(make: Make, folder: Path, inside: str = "") -> Path:
    made = folder / "made"
    made.mkdir(parents=True)
    make(made)
    target = folder / "a.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(p for p in made.rglob("*") if p.is_file()):
            archive.write(part, f"{inside}{part.relative_to(made)}")
    return target


def zip_of_zip(folder: Path) -> Path:
    inner = zipped(partial(written, name="a.shp"), folder / "inner")
    with zipfile.ZipFile(folder / "outer.zip", "w") as archive:
        archive.write(inner, "part_0.zip")
    return folder / "outer.zip"


def wal_mode(folder: Path) -> Path:
    path = written(folder, "a.gpkg")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    return path


def with_points(folder: Path) -> Path:
    path = written(folder, "a.gpkg", layer="outlines")
    points = frame().set_geometry(frame().representative_point())
    pyogrio.write_dataframe(points, path, layer="centres")
    return path


def geoparquet(folder: Path, **options: object) -> Path:
    frame().to_parquet(folder / "a.parquet", **options)
    return folder / "a.parquet"


def arrow_polygons(folder: Path) -> Path:
    parts = frame().explode()
    parts.to_parquet(folder / "a.parquet", geometry_encoding="geoarrow")
    return folder / "a.parquet"


def of_duckdb(folder: Path) -> Path:
    source, path = geoparquet(folder), folder / "duck.parquet"
    with duckdb.connect() as connection:
        connection.execute("LOAD spatial")
        connection.execute(f"COPY (FROM '{source}') TO '{path}' (FORMAT parquet)")
    return path


def kml_folders(folder: Path) -> Path:
    """Two folders, as they are sorted in Google Earth."""
    path = written(folder, "whole.kml", driver="KML")
    text = path.read_text(encoding="utf-8")
    head, *marks = text.split("<Placemark")
    last, tail = marks[-1].split("</Placemark>")
    marks[-1] = last + "</Placemark>"
    folders = "".join(
        f"<Folder><name>{n}</name><Placemark{'<Placemark'.join(m)}</Folder>"
        for n, m in (("north", marks[:1]), ("south", marks[1:]))
    )
    outer = head[: head.index("<Folder")] if "<Folder" in head else head
    target = folder / "a.kml"
    target.write_text(outer + folders + tail.replace("</Folder>", "", 1), encoding="utf-8")
    return target


def kmz(folder: Path) -> Path:
    made = written(folder, "doc.kml", driver="KML")
    with zipfile.ZipFile(folder / "a.kmz", "w") as archive:
        archive.write(made, "doc.kml")
    return folder / "a.kmz"


def table(
    folder: Path, name: str, delimiter: str = ",", column: str = "WKT", before: str = ""
) -> Path:
    rows = [f"name{delimiter}{column}"]
    rows += [
        f'{n}{delimiter}"{before}{s.wkt}"' for n, s in zip(NAMES, frame().geometry, strict=True)
    ]
    path = folder / name
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def marked(path: Path) -> Path:
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    return path


def geodatabase(folder: Path) -> Path:
    return written(folder, "a.gdb", driver="OpenFileGDB", layer="mines", promote_to_multi=True)


def with_kind(folder: Path, kind: str) -> Path:
    high = frame()
    high.geometry = shapely.force_3d(high.geometry.values, 12.5)
    path = folder / "a.shp"
    pyogrio.write_dataframe(high, path, SHPT=kind, encoding="UTF-8")
    return path


def in_capitals(folder: Path) -> Path:
    written(folder, "mines.shp", encoding="UTF-8")
    for part in list(folder.glob("mines.*")):
        part.rename(folder / part.name.upper())
    return folder / "MINES.SHP"


def latin(folder: Path) -> Path:
    named = frame()
    named["name"] = ["Côte", "São", "Málaga"]
    pyogrio.write_dataframe(named, folder / "a.shp", encoding="ISO-8859-1")
    return folder / "a.shp"


def in_a_folder(folder: Path) -> Path:
    return zipped(partial(written, name="a.shp"), folder, inside="v2/")


def ease_grid(folder: Path, dialect: str) -> Path:
    """EPSG:3975 is spherical; ArcGIS writes, and means, the ellipsoidal projection: 13 km apart at 60 W."""
    text = CRS.from_epsg(3975).to_wkt(dialect)
    meant = text if dialect == "WKT1_ESRI" else "EPSG:3975"
    path = written(folder, "74548_projected polygons.shp", crs=meant, encoding="UTF-8")
    path.with_suffix(".prj").write_text(text)
    return path


def tagged(what: str, make: Make) -> object:
    return case("Files", what, make)


ORDINARY = [
    tagged("GeoPackage", partial(written, name="a.gpkg")),
    tagged("GeoPackage with a write-ahead log's mode", wal_mode),
    tagged("GeoPackage of outlines and points, no layer named", with_points),
    tagged("GeoPackage, zipped", partial(zipped, partial(written, name="a.gpkg"))),
    tagged("FlatGeobuf", partial(written, name="a.fgb")),
    tagged("FlatGeobuf without an index", partial(written, name="a.fgb", SPATIAL_INDEX="NO")),
    tagged("FlatGeobuf, zipped", partial(zipped, partial(written, name="a.fgb"))),
    tagged("GeoJSON", partial(geojson, name="a.geojson")),
    tagged("GeoJSON, indented", partial(geojson, name="a.geojson", indent=2)),
    tagged("GeoJSON with a byte order mark", partial(geojson, name="a.geojson", head="\ufeff")),
    tagged("GeoJSON in metres with a named CRS", in_metres),
    tagged("GeoJSON, gzipped", partial(gzipped, partial(geojson, name="a.geojson"))),
    tagged("GeoJSON, zipped", partial(zipped, partial(geojson, name="a.geojson"))),
    tagged("GeoJSON by lines", partial(by_lines, name="a.geojsonl")),
    tagged("GeoJSON text sequence", partial(by_lines, name="a.geojsons", separator="\x1e")),
    tagged("GeoJSON by lines, gzipped", partial(gzipped, partial(by_lines, name="a.geojsonl"))),
    tagged("GeoJSON by lines, zipped", partial(zipped, partial(by_lines, name="a.ndjson"))),
    tagged(
        "GeoJSON by lines with a byte order mark",
        partial(by_lines, name="a, b?.jsonl", head="\ufeff"),
    ),
    tagged("GeoParquet", geoparquet),
    tagged("GeoParquet with a bounding box a row", partial(geoparquet, write_covering_bbox=True)),
    tagged("GeoParquet, compressed with zstd", partial(geoparquet, compression="zstd")),
    tagged("GeoParquet with GeoArrow polygons", arrow_polygons),
    tagged("GeoParquet with GeoArrow multipolygons", partial(geoparquet, geometry_encoding="geoarrow")),
    tagged("GeoParquet of DuckDB", of_duckdb),
    tagged("KML", partial(written, name="a.kml", driver="KML")),
    tagged("KML with folders", kml_folders),
    tagged("KMZ", kmz),
    tagged("GML 3", partial(written, name="a.gml", driver="GML")),
    tagged("GML 2", partial(written, name="a.gml", driver="GML", FORMAT="GML2")),
    tagged("GML 3 in metres", partial(written, name="a.gml", driver="GML", crs="EPSG:32721")),
    tagged("file geodatabase", geodatabase),
    tagged("file geodatabase, zipped", partial(zipped, geodatabase)),
    tagged("CSV with WKT", partial(table, name="a.csv")),
    tagged("CSV with semicolons", partial(table, name="a.csv", delimiter=";", column="geometry")),
    tagged("TSV with WKT", partial(table, name="a.tsv", delimiter="\t", column="geom")),
    tagged("CSV with SRID before WKT", partial(table, name="a.csv", before="SRID=4326;")),
    tagged("CSV with a byte order mark", lambda f: marked(table(f, "a.csv"))),
    tagged("shapefile in UTF-8", partial(written, name="a.shp", encoding="UTF-8")),
    tagged("shapefile in Latin 1", latin),
    tagged("shapefile of PolygonZ", partial(with_kind, kind="POLYGONZ")),
    tagged("shapefile of PolygonZM", partial(with_kind, kind="POLYGONZM")),
    tagged("shapefile of PolygonM", partial(with_kind, kind="POLYGONM")),
    tagged("shapefile named in capitals", in_capitals),
    tagged("shapefile in a folder of an archive", in_a_folder),
    tagged("shapefile in EPSG:3975, as GDAL names it", partial(ease_grid, dialect="WKT1_GDAL")),
    tagged("shapefile in EPSG:3975, as ArcGIS names it", partial(ease_grid, dialect="WKT1_ESRI")),
    tagged("shapefile in a zip in a zip", zip_of_zip),
    *(
        tagged(f"shapefile in {crs}", partial(written, name="a b.shp", crs=crs, encoding="UTF-8"))
        for crs in ("EPSG:6933", "EPSG:32721", "EPSG:3857", "EPSG:4674", "ESRI:54009", "EPSG:5880")
    ),
]  # fmt: skip


@pytest.mark.parametrize("make", ORDINARY)
def test_an_ordinary_file_gives_the_right_number(
    make: Make, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    path = make(tmp_path)
    before = {p: p.stat().st_mtime_ns for p in path.parent.iterdir()}
    keys = {} if path.suffix not in (".csv", ".tsv") else {"crs": LONLAT}
    tables = load_polygons(tmp_path, path, **keys)
    shapes = shapely.from_wkb(tables["raw.polygon"]["geometry"].to_pylist())
    found = [abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) for s in shapes]
    parts = shapely.get_parts(np.array(SHAPES, dtype=object))
    expected = [
        abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.orient_polygons(s))[0])
        for s in parts
    ]
    assert sorted(found) == pytest.approx(sorted(expected), rel=2e-5)
    attributes = [json.loads(text) for text in tables["raw.polygon"]["attributes"].to_pylist()]
    names = {str(row.get("name") or row.get("Name")) for row in attributes}
    assert names == set(NAMES) or names == {"Côte", "São", "Málaga"}
    left = {p for p in path.parent.iterdir() if p not in before and p.name != "quarry.toml"}
    assert left == set(), "nothing is written beside a file that is read"
    happened(outcome(tables))


def topojson(folder: Path) -> Path:
    content = {"type": "Topology", "arcs": [], "objects": {}}
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


def esri_json(folder: Path) -> Path:
    content = {"geometryType": "esriGeometryPolygon", "features": [], "fields": []}
    (folder / "a.json").write_text(json.dumps(content))
    return folder / "a.json"


def broken_lines(folder: Path) -> Path:
    path = by_lines(folder, "a.geojsonl")
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join([lines[0], lines[1][:50], lines[2]]), encoding="utf-8")
    return path


def broken_row(folder: Path) -> Path:
    path = table(folder, "a.csv")
    path.write_text(path.read_text(encoding="utf-8") + "one field\n", encoding="utf-8")
    return path


def cut_gzip(folder: Path) -> Path:
    path = gzipped(partial(geojson, name="a.geojson"), folder)
    path.write_bytes(path.read_bytes()[:-20])
    return path


def gzip_bomb(folder: Path) -> Path:
    path = folder / "a.geojson.gz"
    path.write_bytes(gzip.compress(b"{" + b" " * 50_000_000))
    return path


def two_zipped(folder: Path) -> Path:
    def both(made: Path) -> Path:
        written(made, "a.shp")
        return written(made, "b.shp")

    return zipped(both, folder)


def empty_gdb(folder: Path) -> Path:
    path = folder / "a.gdb"
    path.mkdir()
    return path


def no_placemarks(folder: Path) -> Path:
    path = folder / "a.kml"
    path.write_text('<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>')
    return path


REFUSED = [
    tagged("TopoJSON", topojson),
    tagged("Esri JSON", esri_json),
    tagged("MapInfo", lambda f: written(f, "a.tab", driver="MapInfo File")),
    tagged("GeoJSON by lines, one of them cut", broken_lines),
    tagged("CSV with a row of fewer fields", broken_row),
    tagged("gzip file cut short", cut_gzip),
    tagged("gzip bomb", gzip_bomb),
    tagged("archive of two data sets, none named", two_zipped),
    tagged("folder that is called .gdb and is none", empty_gdb),
    tagged("KML without a placemark", no_placemarks),
]


@pytest.mark.parametrize("make", REFUSED)
def test_what_is_not_read_is_refused_with_a_way_out(
    make: Make, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    path = make(tmp_path)
    happened(refusal(lambda: load_polygons(tmp_path, path)))


def test_a_point_table_is_read_by_its_coordinates(tmp_path: Path) -> None:
    from quarrydb.loaders.vector_file import read_vector

    path = tmp_path / "points.csv"
    path.write_text("id,Longitude,Latitude\n1,10.5,20\n2,,\n3,-170,5\n")
    data = read_vector(path)
    assert [None if w is None else shapely.from_wkb(w).coords[0] for w in data.wkb] == [
        (10.5, 20.0),
        None,
        (-170.0, 5.0),
    ]
    assert data.crs == LONLAT
    assert data.attributes["id"].to_pylist() == ["1", "2", "3"]
    assert [(note.problem, note.n) for note in data.notes] == [("place is no number or no WKT", 1)]
