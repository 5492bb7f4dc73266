"""Vector files as publishers and programs leave them, and their neighbours, each with its right value."""

import shutil
import sqlite3
import zipfile
from contextlib import closing
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pyarrow as pa
import pyogrio
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.formats import shapefile
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import checksum, file_parts, read_vector
from quarrydb.store.checksum import sha256_of
from tests.loaders.cases import areas_km2, case

BOXES = [shapely.box(x, 0, x + 0.5, 0.5) for x in range(3)]


# Text


def dbf(path: Path, cells: list[bytes], width: int = 20, driver_id: int = 0) -> None:
    """A dBase table of one text column, byte by byte."""
    head = bytes([3, 126, 11, 28]) + len(cells).to_bytes(4, "little")
    head += (65).to_bytes(2, "little") + (width + 1).to_bytes(2, "little")
    head += bytes(17) + bytes([driver_id]) + bytes(2)
    field = b"name".ljust(11, b"\0") + b"C" + bytes(4) + bytes([width]) + bytes(15)
    rows = b"".join(b" " + cell.ljust(width) for cell in cells)
    path.write_bytes(head + field + b"\r" + rows + b"\x1a")


def text_file(folder: Path, cells: list[bytes], cpg: str | None, driver_id: int = 0) -> Path:
    frame = geopandas.GeoDataFrame({"name": ["a"] * len(cells)}, geometry=BOXES[: len(cells)])
    frame.set_crs("EPSG:4326").to_file(folder / "mines.shp")
    dbf(folder / "mines.dbf", cells, driver_id=driver_id)
    (folder / "mines.cpg").unlink()
    if cpg is not None:
        (folder / "mines.cpg").write_text(cpg)
    return folder / "mines.shp"


@pytest.mark.parametrize(
    ("cell", "cpg", "driver_id", "expected"),
    [
        (b"S\xe3o Tom\xe9", "ANSI 1252", 0, "São Tomé"),
        (b"S\xe3o Tom\xe9", "ISO 8859-1", 0, "São Tomé"),
        (b"S\xe3o Tom\xe9", "88591", 0, "São Tomé"),
        (b"S\xe3o Tom\xe9", None, 0x57, "São Tomé"),
        ("São Tomé".encode(), "UTF-8", 0, "São Tomé"),
        ("São Tomé".encode(), "65001", 0, "São Tomé"),
        ("São Tomé".encode(), None, 0, "São Tomé"),
        ("矿山".encode("gbk"), "936", 0, "矿山"),
        ("矿山".encode("gbk"), None, 0x4D, "矿山"),
        ("Карьер".encode("cp1251"), None, 0xC9, "Карьер"),
        ("Карьер".encode("cp866"), "OEM 866", 0, "Карьер"),
    ],
)
def test_text_is_read_in_the_encoding_that_its_file_names(
    cell: bytes, cpg: str | None, driver_id: int, expected: str, tmp_path: Path
) -> None:
    data = read_vector(text_file(tmp_path, [b"plain", cell], cpg, driver_id))
    assert data.attributes["name"].to_pylist() == ["plain", expected]


@pytest.mark.parametrize("cpg", ["UTF-8", None])
def test_text_in_no_named_encoding_is_refused_until_it_is_given(
    cpg: str | None, tmp_path: Path
) -> None:
    path = text_file(tmp_path, [b"plain", b"S\xe3o Tom\xe9"], cpg)
    with pytest.raises(SourceError, match=r"mines\.shp, feature 1: column name .*encoding = "):
        read_vector(path)
    data = read_vector(path, encoding="cp1252")
    assert data.attributes["name"].to_pylist() == ["plain", "São Tomé"]
    with pytest.raises(SourceError, match="encoding names the encoding 'klingon'"):
        read_vector(path, encoding="klingon")


@pytest.mark.parametrize(("text", "encoding"), [("é" * 11, "utf-8"), ("a" * 18 + "矿", "gbk")])
def test_a_character_cut_at_the_end_of_a_field_is_dropped(
    text: str, encoding: str, tmp_path: Path
) -> None:
    cell = text.encode(encoding)[:20]
    path = text_file(tmp_path, [("b" + text).encode(encoding)[:20]], encoding)
    data = read_vector(path)
    (name,) = data.attributes["name"].to_pylist()
    assert len(cell) == 20
    assert ("b" + text).startswith(name)
    assert [(note.problem, note.n) for note in data.notes] == [("text cut within a character", 1)]


@pytest.mark.parametrize(
    ("name", "n"),
    [
        ("gbk_no_cpg", None),
        ("latin1_cpg_utf8", None),
        ("latin1_no_cpg", None),
        ("latin1_cpg_ansi", 2),
        ("utf8_cut", 1),
    ],
)
def test_case_of_shapefile_text(name: str, n: int | None) -> None:
    path = case("01_shapefile_text", f"{name}.shp")
    if n is None:
        with pytest.raises(SourceError, match=rf"{name}\.shp, feature 0: .*encoding = "):
            read_vector(path)
    else:
        assert len(read_vector(path).wkb) == n


# Rows and dates


@pytest.mark.parametrize("marked", [[2], [0], [0, 1], []])
def test_rows_marked_as_deleted_are_left_out(marked: list[int], tmp_path: Path) -> None:
    path = text_file(tmp_path, [b"a", b"b", b"c"], "UTF-8")
    content = bytearray((tmp_path / "mines.dbf").read_bytes())
    for row in marked:
        content[65 + 21 * row] = ord("*")
    (tmp_path / "mines.dbf").write_bytes(content)
    data = read_vector(path)
    left = [letter for i, letter in enumerate("abc") if i not in marked]
    assert data.attributes["name"].to_pylist() == left
    assert sum(n.n for n in data.notes if n.problem == "row marked as deleted") == len(marked)


def test_case_of_a_deleted_record() -> None:
    areas = areas_km2(read_vector(case("02_deleted_record", "mines.shp")))
    assert len(areas) == 4
    assert sum(areas) == pytest.approx(485.006, abs=5e-4)


def test_a_table_that_lost_rows_is_damaged(tmp_path: Path) -> None:
    path = text_file(tmp_path, [b"a", b"b", b"c"], "UTF-8")
    dbf(tmp_path / "mines.dbf", [b"a", b"b"])
    with pytest.raises(SourceError, match=r"its \.shx lists 3 shapes, its \.dbf 2 rows"):
        read_vector(path)


def drop_triggers(connection: sqlite3.Connection) -> None:
    """Those that GDAL makes call its own functions."""
    query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    for (name,) in connection.execute(query).fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')


def dated(folder: Path, driver: str) -> Path:
    days = pa.array([date(2020, 1, 5), date(2021, 2, 6), date(2022, 3, 7)])
    path = folder / f"mines.{'shp' if driver == 'ESRI Shapefile' else 'gpkg'}"
    table = pa.table({"seen": days, "g": shapely.to_wkb(np.array(BOXES))})
    options = {"geometry_name": "g", "geometry_type": "Polygon", "crs": "EPSG:4326"}
    pyogrio.write_arrow(table, path, driver=driver, **options)
    return path


def test_a_date_that_is_none_is_null_and_never_1970(tmp_path: Path) -> None:
    path = dated(tmp_path, "ESRI Shapefile")
    content = (tmp_path / "mines.dbf").read_bytes()
    content = content.replace(b"20200105", b"20201399").replace(b"20210206", b"00000000")
    (tmp_path / "mines.dbf").write_bytes(content)
    data = read_vector(path)
    assert data.attributes["seen"].to_pylist() == [None, None, date(2022, 3, 7)]
    assert [(n.problem, n.n) for n in data.notes] == [("a date that is none", 1)]


@pytest.mark.parametrize("false", ["20201399", "2020-13-99", "12345-01-01", "soon"])
def test_a_geopackage_s_false_date_is_null(false: str, tmp_path: Path) -> None:
    path = dated(tmp_path, "GPKG")
    with closing(sqlite3.connect(path)) as connection:
        drop_triggers(connection)
        connection.execute("UPDATE mines SET seen = ? WHERE fid = 2", [false])
        connection.commit()
    data = read_vector(path)
    assert data.attributes["seen"].to_pylist() == [date(2020, 1, 5), None, date(2022, 3, 7)]


# Logs


def test_a_geopackage_is_read_with_the_log_of_its_editor(tmp_path: Path) -> None:
    path = tmp_path / "mines.gpkg"
    frame = geopandas.GeoDataFrame({"n": [1, 2, 3]}, geometry=BOXES, crs="EPSG:4326")
    frame.to_file(path, layer="mines")
    connection = sqlite3.connect(path)
    drop_triggers(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    connection.execute("UPDATE mines SET n = 10 WHERE fid = 1")
    connection.commit()
    before = {p: p.read_bytes() for p in tmp_path.iterdir() if not p.name.endswith("-shm")}
    data = read_vector(path)
    assert data.attributes["n"].to_pylist() == [10, 2, 3]
    assert {p: p.read_bytes() for p in before} == before
    log = path.with_name("mines.gpkg-wal")
    assert file_parts(path) == (path, log)
    sums = {part: sha256_of(part) for part in (path, log)}
    assert checksum(path, sums) != sha256_of(path)
    with pytest.raises(SourceError, match=r"mines\.gpkg-wal appeared while"):
        checksum(path, {path: sums[path]})
    connection.close()
    assert read_vector(path).attributes["n"].to_pylist() == [10, 2, 3]


def test_an_unfinished_transaction_of_an_editor_is_not_read(tmp_path: Path) -> None:
    """A rollback journal holds the pages as they were before it."""
    path, killed = tmp_path / "mines.gpkg", tmp_path / "killed"
    frame = geopandas.GeoDataFrame({"n": [1, 2, 3]}, geometry=BOXES, crs="EPSG:4326")
    frame.to_file(path, layer="mines")
    killed.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    drop_triggers(connection)
    connection.execute("PRAGMA cache_size = 1")
    connection.execute("PRAGMA cache_spill = 1")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("CREATE TABLE filler (x BLOB)")
    connection.execute("UPDATE mines SET n = 10")
    for _ in range(50):
        connection.execute("INSERT INTO filler VALUES (randomblob(20000))")
    for suffix in ("", "-journal"):
        shutil.copy(path.with_name(path.name + suffix), killed)
    connection.close()
    copies = {p: p.read_bytes() for p in killed.iterdir()}
    assert read_vector(killed / "mines.gpkg").attributes["n"].to_pylist() == [1, 2, 3]
    assert {p: p.read_bytes() for p in killed.iterdir()} == copies


def test_case_of_a_geopackage_s_log(tmp_path: Path) -> None:
    path = Path(shutil.copy(case("03_geopackage_wal", "mines.gpkg"), tmp_path))
    assert sum(areas_km2(read_vector(path))) == pytest.approx(363.754, abs=1e-3)
    before = path.read_bytes()
    shutil.copy(case("03_geopackage_wal", "after_edit.gpkg-wal"), tmp_path / "mines.gpkg-wal")
    assert sum(areas_km2(read_vector(path))) == pytest.approx(3272, abs=1)
    assert path.read_bytes() == before


# Archives


def shapefile_bytes(folder: Path, name: str, shapes: list[shapely.Geometry]) -> dict[str, bytes]:
    folder.mkdir(exist_ok=True)
    frame = geopandas.GeoDataFrame({"WDPAID": range(len(shapes))}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(folder / f"{name}.shp")
    return {p.name: p.read_bytes() for p in folder.glob(f"{name}.*")}


def packed(path: Path, members: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path.read_bytes()


def test_what_macos_adds_to_an_archive_is_no_data(tmp_path: Path) -> None:
    members = shapefile_bytes(tmp_path / "made", "mines", BOXES)
    added = {f"__MACOSX/._{name}": b"\0\5\x16\7" for name in members} | {".DS_Store": b"x"}
    packed(tmp_path / "mines.zip", members | added)
    data = read_vector(tmp_path / "mines.zip")
    assert (len(data.wkb), data.layer) == (3, "mines")


def test_protected_areas_in_a_zip_of_zips_are_one_layer(tmp_path: Path) -> None:
    """As the World Database on Protected Areas: three archives, each with polygons, points and texts."""
    outer = {}
    for number in range(3):
        members = shapefile_bytes(tmp_path / f"{number}", "WDPA_shp-polygons", [BOXES[number]])
        members |= shapefile_bytes(tmp_path / f"{number}", "WDPA_shp-points", [shapely.Point(0, 0)])
        inner = packed(tmp_path / "inner.zip", members | {"sources.csv": b"a,b\n"})
        outer[f"WDPA_shp_{number}.zip"] = inner
    packed(tmp_path / "WDPA.zip", outer | {"Resources/guide.pdf": b"%PDF"})
    data = read_vector(tmp_path / "WDPA.zip", wanted="polygon")
    assert shapely.equals(shapely.from_wkb(data.wkb), BOXES).all()
    assert (data.layer, len(set(data.ids))) == ("WDPA_shp-polygons", 3)
    points = read_vector(tmp_path / "WDPA.zip", layer="WDPA_shp-points")
    assert len(points.wkb) == 3
    with pytest.raises(SourceError, match=r"2 data sets .*Name one with layer"):
        read_vector(tmp_path / "WDPA.zip")


def test_a_third_archive_inside_another_is_refused(tmp_path: Path) -> None:
    content = packed(tmp_path / "a.zip", shapefile_bytes(tmp_path / "made", "mines", BOXES))
    for name in ("b.zip", "c.zip"):
        content = packed(tmp_path / name, {"in.zip": content})
    with pytest.raises(SourceError, match="a third archive inside another"):
        read_vector(tmp_path / "c.zip")


# Places


def test_case_of_a_country_beyond_180() -> None:
    countries = read_vector(case("06_country_beyond_180", "countries.geojson"))
    cleaned = clean("s", countries.wkb, countries.ids, str(countries.crs), where="x")
    codes = np.array(countries.attributes["ISO_A3"].to_pylist())[cleaned.feature]
    russia = shapely.union_all(cleaned.geometry[codes == "RUS"])
    mines = read_vector(case("06_country_beyond_180", "mines.geojson"))
    shapes = clean("s", mines.wkb, mines.ids, str(mines.crs), where="x").geometry
    assert shapely.covers(russia, shapes).tolist() == [True] * 3
    assert sum(areas_km2(mines)) == pytest.approx(166.886, abs=1e-3)


@pytest.mark.parametrize("shift", [360.0, -360.0, 0.0])
def test_a_map_of_any_turn_is_the_same_globe(shift: float) -> None:
    shapes = [shapely.box(x, 10, x + 5, 12) for x in (-178.0, 0.0, 177.5)]
    moved = [shapely.transform(s, lambda xy: xy + np.array([shift, 0])) for s in shapes]
    inside = [s for s in moved if abs(s.bounds[0]) <= 360 and abs(s.bounds[2]) <= 360]
    wkb = [shapely.to_wkb(s) for s in inside]
    cleaned = clean("s", wkb, [str(i) for i in range(len(wkb))], "EPSG:4326", where="x")
    expected = [s for s, m in zip(shapes, moved, strict=True) if m in inside]
    assert np.abs(shapely.bounds(cleaned.geometry)[:, [0, 2]]).max() <= 180
    assert shapely.area(cleaned.geometry).sum() == pytest.approx(sum(s.area for s in expected))


def test_case_of_long_edges_in_a_projection() -> None:
    data = read_vector(case("08_long_edges_projected", "countries.fgb"))
    cleaned = clean("s", data.wkb, data.ids, str(data.crs), where="x")
    mine = shapely.from_wkb(read_vector(case("08_long_edges_projected", "mine.geojson")).wkb[0])
    codes = np.array(data.attributes["ISO_A3"].to_pylist())[cleaned.feature]
    assert codes[shapely.intersects(cleaned.geometry, mine)].tolist() == ["SSS"]


@pytest.mark.parametrize("crs", ["EPSG:5070", "EPSG:3975", "EPSG:32633", "ESRI:54030", "EPSG:3571"])
def test_neighbours_share_the_corners_of_a_long_edge(crs: str) -> None:
    """An edge between two polygons, drawn one way in the one and the other way in the other."""
    from pyproj import Transformer

    there = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    centre = {"EPSG:5070": (-96, 40), "EPSG:32633": (15, 50), "EPSG:3571": (150, 70)}
    x, y = there.transform(*centre.get(crs, (20, 40)))
    wide, high = 300_000.0, 200_000.0
    north = shapely.Polygon(
        [(x - wide, y), (x + wide, y + 7), (x + wide, y + high), (x - wide, y + high)]
    )
    south = shapely.Polygon(
        [(x + wide, y + 7), (x - wide, y), (x - wide, y - high), (x + wide, y - high)]
    )
    cleaned = clean("s", shapely.to_wkb([north, south]).tolist(), ["n", "s"], crs, where="x")
    upper, lower = cleaned.geometry
    back = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    line = shapely.intersection(shapely.boundary(upper), shapely.boundary(lower))
    assert shapely.intersection(upper, lower).area == 0
    assert shapely.union(upper, lower).geom_type == "Polygon"
    assert shapely.get_num_interior_rings(shapely.union(upper, lower)) == 0
    # Between its corners, too, the border lies within some centimetres of the line that was drawn.
    points = shapely.get_coordinates(shapely.segmentize(line, 0.003))
    px, py = back.transform(points[:, 0], points[:, 1])
    drawn = shapely.LineString([(x - wide, y), (x + wide, y + 7)])
    assert shapely.distance(drawn, shapely.points(px, py)).max() < 0.1


@pytest.mark.parametrize(("crs", "n"), [("EPSG:3413", 1), ("EPSG:3031", 1), ("EPSG:6933", 2)])
def test_an_outline_round_a_pole_is_set_aside_by_name(crs: str, n: int) -> None:
    """In degrees it would be a sliver along the 180th meridian: a whole Antarctica lost in silence."""
    shapes = [shapely.Point(0, 0).buffer(5e5), shapely.Point(2e6, 0).buffer(5e5)]
    cleaned = clean("s", shapely.to_wkb(shapes).tolist(), ["round", "beside"], crs, where="x")
    assert len(set(cleaned.feature.tolist())) == n
    said = [(i.feature_id, i.action) for i in cleaned.issues if i.problem == "a pole lies inside"]
    assert said == ([("round", "set aside")] if n == 1 else [])


def test_no_encoding_of_the_code_pages_is_unknown() -> None:
    from quarrydb.loaders.formats.dbf import CODE_PAGES

    assert {shapefile.known(name, "x", "x") for name in CODE_PAGES.values()}
