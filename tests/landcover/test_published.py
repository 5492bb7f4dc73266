"""Land cover as it lies on its servers: names, bands, folders, archives, codes, and what hides pixels."""

import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.landcover import check_landcover, load_trajectories
from quarrydb.loaders.landcover_legend import read_legend
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_years import Naming, glc_box, glc_tile
from quarrydb.project.landcover import LandcoverSource
from tests.landcover.conftest import read_mines, write_raster
from tests.status.rasters import context_for, mines_connection

EARLY, YEARS = (1985, 1990, 1995), tuple(range(2000, 2023))
TILE = {"left": 100.0, "top": 30.0, "pixel": 0.5}
LEGEND = "code,class_name,cover_type,category"


def bands(n: int, code: int = 10) -> np.ndarray:
    return np.full((n, 10, 10), code)


def tile(folder: Path, early: str, n_early: int, late: str, **options: object) -> list[Path]:
    """Both files of a tile; the five-yearly one holds cropland, the annual one forest."""
    size = {**TILE, **options}
    return [
        write_raster(folder / early, bands(n_early, 10), **size),
        write_raster(folder / late, bands(23, 51), **size),
    ]


def section_of(folder: Path, **settings: object) -> LandcoverSource:
    return LandcoverSource.model_validate(settings, context={"root": folder})


NAMES = [
    ("GLC_FCS30D_19852000_E100N30_5years_V1.1.tif", "GLC_FCS30D_20002022_E100N30_Annual_V1.1.tif"),
    ("GLC_FCS30D_19852000_E100N30_5years.tif", "GLC_FCS30D_20002022_E100N30_Annual.tif"),
    ("GLC_FCS30D_19851995_5years_E100N30.tif", "GLC_FCS30D_20002022_E100N30.tif"),
    ("glc_fcs30d_19851995_e100n30_5years_v1.1.tif", "GLC_FCS30D_20002022maps_E100N30_Annual.tif"),
]


@pytest.mark.parametrize("n_early", [3, 4])
@pytest.mark.parametrize(("early", "late"), NAMES)
def test_names_and_bands_of_glc_fcs30d(tmp_path, early, late, n_early):
    """Three or four bands: where both files have 2000, the annual one answers."""
    found = read_mines(tile(tmp_path, early, n_early, late), {"a": shapely.box(101, 26, 102, 27)})
    assert found.years == (*EARLY, *YEARS)
    assert set(found.trajectories["a"]) == {(10,) * 3 + (51,) * 23}
    assert found.gaps == ()


def test_the_year_2000_of_the_early_file_counts_where_there_is_no_other(tmp_path):
    path = write_raster(tmp_path / NAMES[0][0], bands(4), **TILE)
    assert recognise([path], Naming()).years == (*EARLY, 2000)


def test_other_numbers_of_bands_are_no_edition(tmp_path):
    path = write_raster(tmp_path / NAMES[0][0], bands(5), **TILE)
    with pytest.raises(SourceError, match=r"_5years_V1\.1\.tif has 5 bands; .* 3 .* or 4"):
        recognise([path], Naming())


def test_a_tile_under_anothers_name_is_refused(tmp_path):
    path = write_raster(tmp_path / NAMES[0][1], bands(23), **{**TILE, "left": 105.0})
    with pytest.raises(SourceError, match=r"is called E100N30, but spans 105\.00 to 110\.00"):
        recognise([path], Naming())


@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("E100N30", (100, 25, 105, 30)),
        ("W120N50", (-120, 45, -115, 50)),
        ("W5S10", (-5, -15, 0, -10)),
    ],
)
def test_a_tiles_name_is_its_north_west_corner(name, box):
    assert glc_box(name).bounds == box
    assert glc_tile(box[0] + 1, box[1] + 1) == name


def test_folders_of_ten_degrees_and_zips_give_the_same(tmp_path):
    """Two tile columns a folder, named as the archive of it; the archives are read in place."""
    folder = "GLC_FCS30D_19852022maps_E100-E105"
    early, late = NAMES[0]
    tile(tmp_path / "open" / folder, early, 4, late)
    east = [name.replace("E100", "E105") for name in (early, late)]
    tile(tmp_path / "open" / folder, east[0], 4, east[1], left=105.0)
    for kind, method in (("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)):
        (tmp_path / kind).mkdir()
        with zipfile.ZipFile(tmp_path / kind / f"{folder}.zip", "w", method) as archive:
            for path in sorted((tmp_path / "open" / folder).iterdir()):
                archive.write(path, f"{folder}/{path.name}")
            archive.writestr(f"__MACOSX/{folder}/._{early}", b"clutter")
            archive.writestr(f"{folder}/readme.txt", b"text")
    mines = {"a": shapely.box(104, 26, 106, 27)}
    open_files = section_of(tmp_path, path="open/GLC_FCS30D_*/*.tif").path
    expected = read_mines(open_files, mines).trajectories
    assert sum(n for n, _ in expected["a"].values()) == 8
    for pattern in ("stored/*.zip", "deflated/GLC*.zip", "stored/*.zip/**/*.tif"):
        section = section_of(tmp_path, path=pattern)
        with mines_connection(mines) as connection:
            loaded = load_trajectories(section, context_for(connection, tmp_path))
        rows = [row for table in loaded["raw.landcover_trajectory"] for row in rows_of(table)]
        assert {tuple(r["classes"]): (r["n_pixels"], r["area_km2"]) for r in rows} == expected["a"]
        files = loaded["raw.load_file"].to_pylist()
        assert {row["path"].split(".zip/")[1] for row in files} == {
            f"{folder}/{name}" for name in (early, late, *east)
        }


def rows_of(path: Path) -> list[dict]:
    import pyarrow.parquet as pq

    return pq.read_table(path).to_pylist()


def test_a_missing_tile_is_named_as_the_tile(tmp_path):
    """Tiles may fall short by a pixel, half a degree here."""
    write_raster(tmp_path / NAMES[0][1], bands(23), **TILE)
    section = section_of(tmp_path, path="*.tif")
    mines = {f"m{i:02d}": shapely.box(106 + i / 100, 26, 106.1 + i / 100, 26.1) for i in range(40)}
    mines["across"] = shapely.box(102, 24.3, 102.1, 25.1)
    with mines_connection(mines) as connection, pytest.raises(SourceError) as error:
        load_trajectories(section, context_for(connection, tmp_path))
    assert "no land cover of tiles E100N25, E105N30: 41 of 41 mines" in str(error.value)


def test_a_file_that_a_tile_lacks_is_named_with_the_tile(tmp_path):
    tile(tmp_path, *[NAMES[0][0], 4, NAMES[0][1]])
    write_raster(
        tmp_path / NAMES[0][1].replace("E100", "E105"), bands(23), **{**TILE, "left": 105.0}
    )
    with pytest.raises(SourceError, match=r"tile E105N30 .* lacks 1985, 1990, 1995"):
        check_landcover(section_of(tmp_path, path="*.tif"))


# Years


@pytest.mark.parametrize(
    ("names", "settings", "years"),
    [
        (["2019/lc.tif", "2020/lc.tif"], {}, (2019, 2020)),
        (["2019/lc.tif", "2020/lc.tif"], {"years_from": r"(?P<year>\d{4})/lc"}, (2019, 2020)),
        (["y2019/a/lc.tif", "y2020/b/lc.tif"], {"years_from": r"y(?P<year>\d{4})"}, (2019, 2020)),
        (["lc_2019_v1.tif", "lc_2020_v1.tif"], {}, (2019, 2020)),
        (
            [
                f"lc_glc.fcs30d_c_30m_s_{year}0101_{year}1231_go_epsg.4326_v20231026.tif"
                for year in (2000, 2001)
            ],
            {},
            (2000, 2001),
        ),
    ],
)
def test_years_in_names_and_folders(tmp_path, names, settings, years):
    paths = [write_raster(tmp_path / name, bands(1), **TILE) for name in names]
    assert recognise(paths, Naming(**settings)).years == years


def test_years_of_described_bands(tmp_path):
    path = write_raster(tmp_path / "mapbiomas.tif", bands(38), **TILE)
    with rasterio.open(path, "r+") as dataset:
        dataset.descriptions = [f"classification_{year}" for year in range(1985, 2023)]
    assert recognise([path], Naming()).years == tuple(range(1985, 2023))


@pytest.mark.parametrize(
    ("given", "years"),
    [
        ("1985-2022", tuple(range(1985, 2023))),
        (["1985-1995/5", "2000 - 2002"], (1985, 1990, 1995, 2000, 2001, 2002)),
        ([2001, 2006], (2001, 2006)),
    ],
)
def test_a_range_of_years(tmp_path, given, years):
    write_raster(tmp_path / "all.tif", bands(len(years)), **TILE)
    section = section_of(tmp_path, path="*.tif", years=given)
    assert section.years == years
    assert recognise(section.path, Naming(section.years)).years == years


def test_all_faults_of_names_and_headers_at_once(tmp_path):
    write_raster(tmp_path / "a" / "map.tif", bands(2), **TILE)
    write_raster(tmp_path / "b" / "lc_2001.tif", bands(1), crs=None, **TILE)
    (tmp_path / "c_2002.tif").write_bytes(b"no raster")
    (tmp_path / "legend.csv").write_text(LEGEND + "\n600,Urban,built-up,mine-related\n")
    section = section_of(tmp_path, path="**/*.tif", legend="legend.csv")
    with pytest.raises(SourceError) as error:
        check_landcover(section)
    assert len(error.value.messages) == 4
    for words in (
        "'600' is not a whole number",
        "years of its 2 bands",
        "names no CRS",
        "is not a GeoTIFF",
    ):
        assert words in str(error.value)


# Codes


def test_all_unknown_codes_are_named_with_the_legend(tmp_path):
    codes = np.full((3, 3), 10)
    codes[0] = [3, 15, 15]
    codes[2, 0] = 77
    path = write_raster(tmp_path / "lc_2001.tif", codes)
    other = write_raster(tmp_path / "lc_2002.tif", np.full((3, 3), 3))
    with pytest.raises(SourceError) as error:
        read_mines([path, other], {"a": shapely.box(0, 0, 3, 3)})
    assert (
        "legend glc_fcs30d does not list: 3 (10 pixels, 2001-2002), 15 (2 pixels, 2001), 77 (1 p"
        in str(error.value)
    )


def test_every_unknown_code_of_every_shard_is_named(tmp_path, monkeypatch):
    """Shards are read one after the other, in processes: one error for all of them."""
    monkeypatch.setattr("quarrydb.loaders.landcover_shard.MAX_MINES", 1)
    write_raster(tmp_path / "lc_2001.tif", [[3, 4], [10, 10]], top=2.0)
    section = section_of(tmp_path, path="*.tif")
    mines = {
        "a": shapely.box(0, 1, 1, 2),
        "b": shapely.box(1, 1, 2, 2),
        "c": shapely.box(0, 0, 1, 1),
    }
    with (
        mines_connection(mines) as connection,
        pytest.raises(SourceError, match=r"3 \(1 .*, 4 \(1 "),
    ):
        load_trajectories(section, context_for(connection, tmp_path))


def test_codes_above_255_and_below_0_by_a_column_of_the_legend(tmp_path):
    """CORINE's own codes, and -1 for no data in a signed type."""
    legend = tmp_path / "legend.csv"
    rows = [
        "131,Mines,mine,mine-related,131",
        "44,Sea,water,unclassified,523",
        "0,None,none,no data,-1",
    ]
    legend.write_text("\n".join([LEGEND + ",stored", *rows]) + "\n")
    path = write_raster(tmp_path / "lc_2018.tif", [[131, 523], [-1, 523]], top=2.0, dtype="int16")
    found = read_mines([path], {"a": shapely.box(0, 0, 2, 2)}, legend=read_legend(legend))
    assert {key: n for key, (n, _) in found.trajectories["a"].items()} == {(131,): 1, (44,): 2}
    assert found.coverage["a"]["data_km2"] == pytest.approx(
        found.coverage["a"]["tile_km2"] * 0.75, rel=1e-3
    )


def test_stored_values_of_bytes_are_decoded_too(tmp_path):
    legend = tmp_path / "legend.csv"
    legend.write_text(f"{LEGEND},stored\n1,A,a,cropland,7\n7,B,b,mine-related,1\n")
    path = write_raster(tmp_path / "lc_2018.tif", [[7, 1, 1]], top=1.0)
    found = read_mines([path], {"a": shapely.box(0, 0, 3, 1)}, legend=read_legend(legend))
    assert {key: n for key, (n, _) in found.trajectories["a"].items()} == {(1,): 1, (7,): 2}
    path = write_raster(tmp_path / "lc_2018.tif", [[7, 1, 2]], top=1.0)
    with pytest.raises(SourceError, match=r"does not list: 2 \(1 pixels"):
        read_mines([path], {"a": shapely.box(0, 0, 3, 1)}, legend=read_legend(legend))


def test_the_advice_for_large_codes_can_be_followed(tmp_path):
    legend = tmp_path / "legend.csv"
    legend.write_text(LEGEND + "\n523,Sea,water,unclassified\n")
    with pytest.raises(SourceError, match="write theirs into a fifth column called stored"):
        read_legend(legend)


def test_signed_bytes(tmp_path):
    path = write_raster(tmp_path / "lc_2018.tif", [[10, 51]], top=1.0, dtype="int8", nodata=-128)
    found = read_mines([path], {"a": shapely.box(0, 0, 2, 1)})
    assert Counter({k: n for k, (n, _) in found.trajectories["a"].items()}) == {(10,): 1, (51,): 1}


def test_fill_values_0_and_250_are_no_data(tmp_path):
    path = write_raster(tmp_path / "lc_2018.tif", [[10, 0, 250]], top=1.0)
    found = read_mines([path], {"a": shapely.box(0, 0, 3, 1)})
    assert {k: n for k, (n, _) in found.trajectories["a"].items()} == {(10,): 1}


def test_scaled_codes_are_refused(tmp_path):
    path = write_raster(tmp_path / "lc_2018.tif", [[10, 0, 250]], top=1.0)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales = [0.1]
    with pytest.raises(SourceError, match=r"lc_2018\.tif tags scale 0\.1 .*-unsetscale"):
        recognise([path], Naming())
