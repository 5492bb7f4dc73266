"""The demo's files are laid out as the publishers' are: names, shapes, projection, columns."""

import re
import struct
import warnings
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import CRS

from quarrydb.demo.vectors import COUNTRY_FILE, MAUS_FILE, PROTECTED_FILE, TANG_FILE
from quarrydb.demo.world import World, make_world
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import read_vector

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT.parent / "shared" / "reference" / "published_layouts.md"

# File, layer, CRS by name, columns: as their users found them. A file may have more columns.
VECTORS = [
    (MAUS_FILE, "global_mining_polygons_v2.gpkg", "mining_polygons", "WGS 84",
     ["ISO3_CODE", "COUNTRY_NAME", "AREA"]),
    (TANG_FILE, "74548_projected polygons.shp", "74548_projected polygons",
     "WGS 84 / NSIDC EASE-Grid Global", ["OBJECTID", "Shape_Area"]),
    (COUNTRY_FILE, "ne_10m_admin_0_countries.shp", "ne_10m_admin_0_countries", "WGS 84",
     ["ISO_A3"]),
    (PROTECTED_FILE, "KBAsGlobal_2026_March_01_POL.shp", "KBAsGlobal_2026_March_01_POL", "WGS 84",
     ["SitRecID", "Country", "ISO3", "NatName", "IntName", "KbaStatus", "AzeStatus"]),
]  # fmt: skip
EXACT = (MAUS_FILE, TANG_FILE)  # these have no other columns
# Every raster's path, and one name that was seen.
RASTERS = [
    (r"landcover/GLC_FCS30D_19852022maps_[EW]\d+-[EW]\d+/GLC_FCS30D_19852000_[EW]\d+[NS]\d+_5years_V1\.1\.tif",
     "GLC_FCS30D_19852000_W115N45_5years_V1.1.tif"),
    (r"landcover/GLC_FCS30D_19852022maps_[EW]\d+-[EW]\d+/GLC_FCS30D_20002022_[EW]\d+[NS]\d+_Annual_V1\.1\.tif",
     "GLC_FCS30D_20002022_W115N45_Annual_V1.1.tif"),
    (r"ntl/SVDNB_npp_\d{8}-\d{8}_(75N|00N)(180W|060W|060E)_vcmslcfg_v10_c\d{12}\.(avg_rade9h|cf_cvg)\.tif",
     "SVDNB_npp_20210901-20210930_00N060E_vcmslcfg_v10_c202110112300.tgz"),
    (r"ndvi/\w+-\d{10}-\d{10}\.tif", "NAME-0000000000-0000023296.tif"),
]  # fmt: skip
NOT_PUBLISHED = r"stable_green/.*|images/.*"  # everybody exports their own


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(seed=1, scale=1)


@pytest.mark.parametrize(("path", "name", "layer", "crs", "columns"), VECTORS)
def test_a_vector_file_is_as_published(
    demo: Path, path: str, name: str, layer: str, crs: str, columns: list[str]
) -> None:
    assert Path(path).name == name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert [layer] == [str(name) for name, _ in pyogrio.list_layers(demo / path)]
        info = pyogrio.read_info(demo / path, layer=layer)
    assert CRS.from_user_input(info["crs"]).name == crs
    found = list(info["fields"])
    assert (found == columns) if path in EXACT else (set(columns) <= set(found))
    if name.endswith(".shp"):
        parts = {file.suffix for file in (demo / path).parent.glob(f"{Path(path).stem}.*")}
        assert {".shp", ".shx", ".dbf", ".prj", ".cpg"} <= parts


@pytest.mark.filterwarnings("ignore:Measured")
def test_tang_and_werner_have_heights_and_measures_in_metres_of_epsg_3975(demo: Path) -> None:
    head = (demo / TANG_FILE).read_bytes()[:100]
    kind, *box = struct.unpack("<i8d", head[32:])
    assert kind == 15  # with Z, and with M where the box has M, as here: no M is under -1e38
    assert box[4:] == [0.0, 0.0, 0.0, 0.0]
    text = (demo / TANG_FILE).with_suffix(".prj").read_text()
    assert text.startswith('PROJCS["WGS_1984_EASE_Grid_Global",')
    assert CRS.from_wkt(text).to_epsg(min_confidence=20) == 3975
    table = pyogrio.read_dataframe(demo / TANG_FILE).dropna()
    np.testing.assert_allclose(table.Shape_Area, shapely.area(shapely.make_valid(table.geometry)))


def test_outlines_come_back_from_the_projection_to_the_bit(demo: Path, world: World) -> None:
    """Without a Python warning, whatever the file holds besides outlines."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read_vector(demo / TANG_FILE, wanted="polygon")
    found = clean("tang", data.wkb, data.ids, str(data.crs), where="x")
    shapes = world.source_rows[world.source_rows.source == "tang"].geometry.to_numpy()
    plain = np.flatnonzero(shapely.is_valid(shapes) & (shapely.get_type_id(shapes) == 3))
    assert len(plain) > 0.9 * len(shapes)
    first = np.searchsorted(found.feature, plain)
    assert shapely.equals_exact(
        shapely.normalize(found.geometry[first]), shapely.normalize(shapely.force_2d(shapes[plain]))
    ).all()


def test_every_raster_has_a_published_name(demo: Path) -> None:
    paths = [file.relative_to(demo).as_posix() for file in demo.rglob("*.tif")]
    paths = [path for path in paths if not re.fullmatch(NOT_PUBLISHED, path)]
    unknown = [p for p in paths if not any(re.fullmatch(pattern, p) for pattern, _ in RASTERS)]
    assert unknown == []
    for pattern, _ in RASTERS:
        assert any(re.fullmatch(pattern, path) for path in paths), pattern


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the notes on published layouts are not there")
def test_the_names_are_those_that_users_found() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    for _, name, layer, crs, columns in VECTORS:
        for word in (name.removesuffix(".shp"), layer, *columns):
            assert word in text, word
        assert crs in text
    assert "EPSG:3975" in text
    assert "PolygonZM" in text
    for _, name in RASTERS:
        assert name in text
