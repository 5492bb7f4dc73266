"""How files become a product, and what is said of files that don't fit."""

import numpy as np
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_years import Naming

PATTERN = r"_(?P<year>\d{4})"
ONES = np.full((1, 3, 3), 10)


def test_published_names(raster):
    """Both files of a tile, at different depths, give 26 years and one 5-degree tile."""
    size = {"pixel": 0.5, "left": 100.0, "top": 30.0}
    paths = [
        raster("a/GLC_FCS30D_19851995_E100N30_5years_V1.1.tif", np.full((3, 10, 10), 10), **size),
        raster("b/c/GLC_FCS30D_20002022_E100N30_Annual.tif", np.full((23, 10, 10), 10), **size),
    ]
    product = recognise(paths, Naming())
    assert product.years == (1985, 1990, 1995, *range(2000, 2023))
    (tile,) = product.tiles
    assert tile.name == "E100N30"
    assert tile.region.bounds == (100, 25, 105, 30)


def test_wide_tile_answers_for_its_nominal_box(raster):
    """A tile whose pixels reach half a pixel over its 5 degrees is cut there."""
    path = raster(
        "GLC_FCS30D_20002022_W065S10_Annual.tif",
        np.full((23, 11, 11), 10), pixel=0.4777, left=-65.0, top=-10.0,
    )  # fmt: skip
    (tile,) = recognise([path], Naming()).tiles
    assert tile.grid.extent[2] > -60
    assert tile.region.bounds == (-65, -15, -60, -10)


def test_years_can_not_be_told(raster):
    """The error says which options tell them."""
    with pytest.raises(SourceError, match=r"map\.tif: the years of its 1 bands .*years_from"):
        recognise([raster("map.tif", ONES)], Naming())


def test_wrong_number_of_bands(raster):
    """A published file with a band too few."""
    path = raster("GLC_FCS30D_20002022_E100N30_Annual.tif", np.full((22, 3, 3), 10))
    with pytest.raises(SourceError, match="has 22 bands, but 23 years are expected"):
        recognise([path], Naming())


def test_half_a_pixel_off(raster, read):
    """A year shifted by half a pixel is an error, or left out and recorded."""
    paths = [raster(f"m_{year}.tif", ONES) for year in (2000, 2001, 2003)]
    paths.append(raster("m_2002.tif", ONES, left=0.5))
    with pytest.raises(SourceError, match=r"m_2002\.tif is shifted by 0\.50 pixels east"):
        recognise(paths, Naming(years_from=PATTERN))
    found = read(paths, {"a": shapely.box(0, 1, 1, 2)}, years_from=PATTERN, record_gaps=True)
    assert found.years == (2000, 2001, 2003)
    assert [gap.problem for gap in found.gaps] == ["raster off the grid", "year missing"]
    assert set(found.trajectories["a"]) == {(10, 10, 10)}


def test_other_pixel_size(raster):
    """Another resolution is no shift, and is named as what it is."""
    paths = [raster("m_2000.tif", ONES), raster("m_2001.tif", np.full((6, 6), 10), pixel=0.5)]
    with pytest.raises(SourceError, match=r"has pixels of 0\.5 x 0\.5 instead of 1 x 1"):
        recognise(paths, Naming(years_from=PATTERN))


def test_whole_pixels_off_are_read_where_they_lie(raster, read):
    """Files that start one row apart on one grid share the part that both cover."""
    first = raster("m_2000.tif", [[10, 10], [20, 20], [51, 51]], top=3.0)
    second = raster("m_2001.tif", [[130, 130], [200, 200]], top=2.0)
    found = read([first, second], {"a": shapely.box(0, 0, 1, 2)}, years_from=PATTERN)
    assert set(found.trajectories["a"]) == {(20, 130), (51, 200)}


def test_missing_year_of_a_regular_series(raster):
    """A hole in an annual series is an error, a gap, or as listed."""
    paths = [raster(f"m_{year}.tif", ONES) for year in (2000, 2001, 2003)]
    with pytest.raises(SourceError, match="no land-cover file is of 2002"):
        recognise(paths, Naming(years_from=PATTERN))
    listed = recognise(paths, Naming(years=(2000, 2001, 2003), years_from=PATTERN))
    assert not listed.gaps
    recorded = recognise(paths, Naming(years_from=PATTERN, record_gaps=True))
    assert [(gap.problem, gap.detail) for gap in recorded.gaps] == [
        ("year missing", "in all tiles: 2002")
    ]


def test_missing_year_of_one_tile(raster, read):
    """What one tile lacks is an error, or NULL there."""
    pattern = r"(?P<tile>\w)_(?P<year>\d{4})"
    paths = [raster("w_2000.tif", ONES), raster("w_2001.tif", ONES)]
    paths.append(raster("e_2000.tif", ONES, left=3.0))
    with pytest.raises(SourceError, match=r"tile e .* lacks 2001"):
        recognise(paths, Naming(years_from=pattern))
    mine = {"a": shapely.box(2, 1, 4, 2)}
    found = read(paths, mine, years_from=pattern, record_gaps=True)
    assert {key: n for key, (n, _) in found.trajectories["a"].items()} == {
        (10, 10): 1, (10, None): 1
    }  # fmt: skip


def test_year_twice(raster):
    """Two files of one year and place."""
    paths = [raster("a/m_2000.tif", ONES), raster("b/m_2000.tif", ONES)]
    with pytest.raises(SourceError, match=r"repeats years of m_2000\.tif"):
        recognise(paths, Naming(years_from=PATTERN))
    product = recognise(paths, Naming(years_from=PATTERN, record_gaps=True))
    assert [gap.problem for gap in product.gaps] == ["year twice"]


def test_tiles_off_the_lattice(raster):
    """Neighbours whose pixels don't line up."""
    paths = [raster("w_2000.tif", ONES), raster("e_2000.tif", ONES, left=3.3)]
    with pytest.raises(SourceError, match="tiles of one product must share a grid"):
        recognise(paths, Naming(years_from=PATTERN))


def test_no_crs(raster):
    """A raster without CRS is an error until the project says which it is in."""
    path = raster("m_2000.tif", ONES, crs=None)
    with pytest.raises(SourceError, match=r'names no CRS\. Set crs = "EPSG'):
        recognise([path], Naming(years_from=PATTERN))
    assert recognise([path], Naming(years_from=PATTERN, crs="EPSG:4326")).tiles


def test_metres_called_degrees(raster):
    """A UTM raster that says EPSG:4326."""
    path = raster("m_2000.tif", ONES, left=500_000.0, top=8_000_000.0, pixel=30.0)
    with pytest.raises(SourceError, match="these are not degrees"):
        recognise([path], Naming(years_from=PATTERN))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("m_2000.tif", b""),
        ("m_2000.tif", b"this is text\n"),
        ("m_2000.tif", b'<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>'),
    ],
)
def test_not_a_geotiff(tmp_path, name, content):
    """Empty files, text, and virtual rasters under a GeoTIFF's name are refused."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"m_2000\.tif \(\d+ bytes\) is not a GeoTIFF"):
        recognise([path], Naming(years_from=PATTERN))


def test_truncated_file(raster, read):
    """Half a file opens, but the rows that are cut off are an error that names them."""
    rng = np.random.default_rng(0)
    path = raster("m_2000.tif", rng.choice([10, 20], (600, 600)), pixel=0.005, compress="lzw")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match=r"m_2000\.tif.*(can't be read|not a GeoTIFF)"):
        read([path], {"a": shapely.box(0, 0, 3, 3)}, years_from=PATTERN)


def test_enormous_raster(tmp_path):
    """A header that claims 2e9 x 2e9 pixels is refused before anything is read."""
    import rasterio
    from rasterio.transform import from_origin

    path = tmp_path / "m_2000.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000_000, height=1, count=1, dtype="uint8",
        crs="EPSG:4326", transform=from_origin(0, 1, 1e-9, 1), sparse_ok=True,
    ):  # fmt: skip
        pass
    with pytest.raises(SourceError, match="claims 200000000 x 1 pixels"):
        recognise([path], Naming(years_from=PATTERN))
