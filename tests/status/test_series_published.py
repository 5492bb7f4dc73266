"""Raster series as they lie on their servers: tiles, parts, weights, archives, days, netCDF, overlaps."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.io import netcdf_file

from quarrydb.errors import SourceError
from quarrydb.loaders.indicator import check_series
from quarrydb.loaders.indicator_dates import Date, dates_in, file_date
from quarrydb.loaders.indicator_series import read_series
from quarrydb.loaders.raster import input_files

from .rasters import write_raster
from .test_indicator_loader import MINE, load, pixels, source_of

TILES = ("75N180W", "75N060W", "75N060E", "00N180W", "00N060W", "00N060E")
STEM = "SVDNB_npp_{month}_{tile}_vcmslcfg_v10_c202110112300"


def ones(value: float = 1.0, shape: tuple[int, int] = (10, 10)) -> np.ndarray:
    return np.full(shape, value, np.float32)


def viirs_month(folder: Path, month: str = "20210901-20210930", level: float = 0.0) -> list[Path]:
    """Six tiles of one month, 0.01 degrees wide side by side, each with weights of its own."""
    folder.mkdir(exist_ok=True)
    made = []
    for i, tile in enumerate(TILES):
        stem = folder / STEM.format(month=month, tile=tile)
        for kind, value in (("avg_rade9h", level + i), ("cf_cvg", i + 1)):
            made.append(stem.with_name(f"{stem.name}.{kind}.tif"))
            write_raster(made[-1], ones(value), west=i * 0.01)
    return made


ACROSS = shapely.box(0.002, 0.002, 0.058, 0.008)  # 8, 4 times 10, 8 columns of the six tiles


def in_one(rows: list[dict]) -> float:
    """The mean over all tiles, as core.indicator_date unites them."""
    return sum(r["value"] * r["weight_km2"] for r in rows) / sum(r["weight_km2"] for r in rows)


def expected_light(level: float = 0.0) -> float:
    columns, i = np.array([8, 10, 10, 10, 10, 8]), np.arange(6)
    return float((columns * (i + 1) * (level + i)).sum() / (columns * (i + 1)).sum())


def test_six_tiles_a_month_with_nothing_but_names_of_files(tmp_path):
    """Radiance and cloud-free views are told apart by their names, and paired tile by tile."""
    viirs_month(tmp_path / "m")
    rows, issues = load(tmp_path, {"a": ACROSS}, path="m/*.tif")
    assert len(rows) == 6
    assert {(row["year"], row["month"], row["day"]) for row in rows} == {(2021, 9, None)}
    assert in_one(rows) == pytest.approx(expected_light(), rel=1e-4)
    assert issues == []


def test_still_in_tgz(tmp_path):
    """As the group ships them: an archive a tile; other names are listed from the archive."""
    viirs_month(tmp_path / "m")
    (tmp_path / "t").mkdir()
    for tile in TILES:
        stem = STEM.format(month="20210901-20210930", tile=tile)
        for name in (stem, f"my_{stem}"):
            with tarfile.open(tmp_path / "t" / f"{name}.tgz", "w:gz") as archive:
                for path in sorted((tmp_path / "m").glob(f"{stem}*")):
                    archive.add(path, path.name if name == stem else f"./x/{path.name}")
    by_file, _ = load(tmp_path, {"a": ACROSS}, path="m/*.tif")
    by_archive, _ = load(tmp_path, {"a": ACROSS}, path="t/SVDNB*.tgz")
    assert by_archive == by_file
    named = {"path": "t/my*.tgz/*avg_rade9h.tif", "weight_path": "t/my*.tgz/*.cf_cvg.tif"}
    by_member, _ = load(tmp_path, {"a": ACROSS}, **named)
    assert by_member == by_file
    assert not list(Path(tmp_path).glob("**/quarrydb-*"))


def test_weights_are_those_of_the_own_tile_whatever_the_order(tmp_path):
    viirs_month(tmp_path / "m")
    files = read_series(source_of(tmp_path, path="m/*.tif")).files
    assert len(files) == 6
    for file in files:
        assert file.weight_path == file.path.with_name(
            file.path.name.replace("avg_rade9h", "cf_cvg")
        )


def test_names_of_the_world_bank(tmp_path):
    stem = "DNB_npp_20230101-20230131_global_ecm-slcorr_v10_ops"
    write_raster(tmp_path / f"{stem}.avg_rade9.tif", pixels())
    write_raster(tmp_path / f"{stem}.n_cf.tif", pixels((1, 1, 2, 0)))
    (row,), _ = load(tmp_path, {"a": MINE}, path="DNB_*.tif")
    assert row["value"] == pytest.approx((1 + 2 + 3 * 2) / 4, rel=1e-5)
    assert (row["year"], row["month"], row["day"]) == (2023, 1, None)


def test_weights_that_fit_two_files_are_an_error(tmp_path):
    for tile in ("a", "b"):
        write_raster(tmp_path / f"v_2018_{tile}.tif", ones(), west=0.01 * ord(tile))
        write_raster(tmp_path / f"w_{ord(tile)}_2018.tif", ones(), west=0.01 * ord(tile))
    with pytest.raises(SourceError, match="2 weight files for 2018, none more like its name"):
        check_series(source_of(tmp_path, path="v_*.tif", weight_path="w_*.tif"))
    (tmp_path / "w_98_2018.tif").unlink()
    with pytest.raises(SourceError, match=r"w_97_2018\.tif, is that of 2 files"):
        check_series(source_of(tmp_path, path="v_*.tif", weight_path="w_*.tif"))


# Parts and overlaps


def test_parts_of_an_export_are_one_date(tmp_path):
    """Earth Engine cuts a large export; row and column stand in the names."""
    whole = np.arange(400, dtype=np.float32).reshape(20, 20)
    for row in (0, 10):
        for column in (0, 10):
            name = f"ndvi_2019-{row:010d}-{column:010d}.tif"
            place = {"west": column * 0.001, "north": 0.02 - row * 0.001}
            write_raster(tmp_path / name, whole[row : row + 10, column : column + 10], **place)
    mine = shapely.box(0.005, 0.005, 0.015, 0.015)
    for dates in ({}, {"dates": "ndvi_{year}.tif"}):
        rows, _ = load(tmp_path, {"a": mine}, path="ndvi_*.tif", **dates)
        assert {row["year"] for row in rows} == {2019}
        assert in_one(rows) == pytest.approx(whole[5:15, 5:15].mean(), rel=1e-6)


def case_05(shared: Path, name: str) -> tuple[float, float]:
    polygon = shapely.from_geojson((shared / "mine.geojson").read_text())
    (mine,) = shapely.get_parts(polygon)
    rows, _ = load(shared, {"a": mine}, path=f"{name}_*.tif")
    area = 19.401980  # km2 of the mine
    return in_one(rows), sum(row["valid_km2"] for row in rows) / area


@pytest.fixture
def overlapping(tmp_path):
    """Two tiles whose right half nobody has, and two that disagree where they overlap."""
    place = {"step": 0.01, "north": 10.07}
    write_raster(tmp_path / "tile_2018_a.tif", np.ones((10, 5), np.uint8), west=9.97, **place)
    write_raster(tmp_path / "tile_2018_b.tif", np.ones((10, 4), np.uint8), west=9.98, **place)
    write_raster(tmp_path / "bias_2018_a.tif", np.ones((10, 5), np.uint8), west=9.97, **place)
    second = np.full((10, 6), 3, np.uint8)
    second[:, 0] = 1
    write_raster(tmp_path / "bias_2018_b.tif", second, west=10.01, **place)
    box = shapely.geometrycollections([shapely.box(10.0, 10.0, 10.04, 10.04)])
    (tmp_path / "mine.geojson").write_text(shapely.to_geojson(box))
    return tmp_path


def test_ground_under_two_tiles_counts_once(overlapping):
    """The first file answers: half of the mine has no tile, and the second's 1 does not count."""
    assert case_05(overlapping, "tile") == pytest.approx((1.0, 0.5), rel=1e-6)
    assert case_05(overlapping, "bias") == pytest.approx((2.0, 1.0), rel=1e-6)


def test_a_file_under_others_is_noted(overlapping):
    polygon = shapely.box(10.0, 10.0, 10.04, 10.04)
    _, issues = load(overlapping, {"a": polygon}, path="tile_*.tif")
    (issue,) = [one for one in issues if one["feature_id"] is None]
    assert issue["problem"] == "raster under others"
    assert "tile_2018_b.tif: other files of 2018 cover all of it" in issue["detail"]


def test_overlaps_are_cut_by_date(tmp_path):
    """The second tile answers alone in the year that the first one lacks."""
    write_raster(tmp_path / "a_2018.tif", ones(1.0), west=0.0)
    for year in (2018, 2019):
        write_raster(tmp_path / f"b_{year}.tif", ones(3.0), west=0.005)
    mine = {"a": shapely.box(0.002, 0.002, 0.012, 0.008)}
    rows, _ = load(tmp_path, mine, path="*.tif")
    year = {y: [row for row in rows if row["year"] == y] for y in (2018, 2019)}
    assert in_one(year[2018]) == pytest.approx((8 * 1 + 2 * 3) / 10, rel=1e-5)
    assert in_one(year[2019]) == pytest.approx(3.0)
    assert year[2019][0]["inside_km2"] == pytest.approx(
        sum(r["inside_km2"] for r in year[2018]) * 0.7, rel=1e-3
    )


def test_overlaps_between_projections(tmp_path):
    """A UTM tile first, a lon/lat tile over its eastern half and beyond: both together cover once."""
    write_raster(
        tmp_path / "a_2018.tif",
        ones(1.0, (200, 200)),
        west=500_000,
        north=2000,
        step=10,
        crs="EPSG:32631",
    )
    write_raster(tmp_path / "b_2018.tif", ones(3.0, (40, 40)), west=3.009, north=0.02, step=0.001)
    mine = shapely.box(3.001, 0.002, 3.035, 0.012)
    rows, _ = load(tmp_path, {"a": mine}, path="*.tif")
    (alone,), _ = load(tmp_path, {"a": mine}, path="a_*.tif")
    by_value = {row["value"]: row["inside_km2"] for row in rows}
    assert by_value[1.0] == alone["inside_km2"]
    area = (3.035 - 3.001) * 111.3195 * 0.01 * 110.574
    assert sum(by_value.values()) == pytest.approx(area, rel=1e-4)


def test_tiles_that_only_touch_keep_their_whole_ground(tmp_path):
    """Rounded headers overlap by a millionth of a pixel: no new shard of cells for that."""
    write_raster(tmp_path / "a_2018.tif", ones(), west=0.0)
    write_raster(tmp_path / "b_2018.tif", ones(), west=0.01 - 1e-9)
    parts = read_series(source_of(tmp_path, path="*.tif")).parts
    assert [part.region for part in parts] == [None, None]


# Dates


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("MOD13Q1.A2018193.h12v10.061.2021345123456.tif", Date(2018, 7, 12)),
        ("MOD13Q1.061__250m_16_days_NDVI_doy2020366_aid0001.tif", Date(2020, 12, 31)),
        ("MOD13Q1.061__250m_16_days_NDVI_doy2018001000000_aid0001.tif", Date(2018, 1, 1)),
        ("ndvi_2018-07-12.tif", Date(2018, 7, 12)),
        ("ndvi_20180101-20180108.tif", Date(2018, 1, 1)),
        ("ndvi_20180101_20181231.tif", Date(2018)),
        ("ndvi_20200201_20200229.tif", Date(2020, 2)),
        ("S2_20180701_20180715.tif", Date(2018, 7, 1)),
        ("S2_20180701T101_to_20180715T101.tif", Date(2018, 7)),
        ("ndvi_2018-0000000000-0000023296.tif", Date(2018)),
    ],
)
def test_dates_in_published_names(tmp_path, name, date):
    assert file_date(tmp_path / name, None, source="x") == date


def test_a_day_that_does_not_exist_is_no_date():
    assert dates_in("a_20190231") == set()
    assert dates_in("a_doy2019366") == set()


@pytest.mark.parametrize(
    ("name", "template", "date"),
    [
        ("a_2018_07_12.tif", "a_{year}_{month}_{day}.tif", Date(2018, 7, 12)),
        ("2018/193/a.tif", "{year}/{doy}/a.tif", Date(2018, 7, 12)),
    ],
)
def test_days_by_template(tmp_path, name, template, date):
    assert file_date(tmp_path / name, template, source="x") == date


def test_several_dates_a_month(tmp_path):
    for day, value in (("01", 1.0), ("09", 2.0), ("17", 6.0)):
        write_raster(tmp_path / f"evi_2018-01-{day}.tif", ones(value))
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif")
    assert [(r["month"], r["day"]) for r in rows] == [(1, 1), (1, 9), (1, 17)]
    assert [r["value"] for r in rows] == pytest.approx([1.0, 2.0, 6.0])


def test_all_faults_of_a_series_at_once(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", ones())
    write_raster(tmp_path / "ndvi.tif", ones())
    write_raster(tmp_path / "ndvi_2019_2020.tif", ones())
    with pytest.raises(SourceError) as error:
        check_series(source_of(tmp_path, path="*.tif"))
    assert len(error.value.messages) == 2
    (tmp_path / "ndvi.tif").write_bytes(b"text")
    write_raster(tmp_path / "ndvi_2021.tif", ones(), crs=None)
    with pytest.raises(SourceError) as error:
        check_series(source_of(tmp_path, path="*.tif"))
    assert len(error.value.messages) == 2
    assert "ndvi_2021.tif names no CRS" in str(error.value)


def test_two_dates_of_a_grid_are_all_named(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        for year in (2018, 2019):
            write_raster(tmp_path / folder / f"ndvi_{year}.tif", ones())
    with pytest.raises(SourceError, match="both 2018") as error:
        check_series(source_of(tmp_path, path="**/*.tif"))
    assert "both 2019" in str(error.value)


# Scales, netCDF


def test_an_implausible_scale_is_noted(tmp_path):
    """MODIS tags 10000 and means: divide by it."""
    write_raster(tmp_path / "ndvi_2018.tif", np.full((10, 10), 5000, np.int16), scales=[10_000.0])
    (row,), issues = load(tmp_path, {"a": MINE}, path="*.tif")
    assert row["value"] == 5e7
    assert issues[0]["problem"] == "implausible scale"
    assert "set scale = 0.0001" in issues[0]["detail"]
    (row,), issues = load(tmp_path, {"a": MINE}, path="*.tif", scale=0.0001)
    assert row["value"] == 0.5
    assert issues == []


def write_netcdf(
    path: Path, *names: str, calendar: bytes = b"standard", south_up: bool = True
) -> None:
    """Variables over three months, packed, in degrees; without a CRS as most are."""
    with netcdf_file(path, "w") as file:
        for name, n in (("time", 3), ("lat", 10), ("lon", 10)):
            file.createDimension(name, n)
        time = file.createVariable("time", "d", ("time",))
        time.units, time.calendar, time[:] = b"days since 2017-12-31", calendar, [15, 46, 400]
        for name, unit, first in (
            ("lat", b"degrees_north", 0.0005),
            ("lon", b"degrees_east", 0.0005),
        ):
            axis = file.createVariable(name, "d", (name,))
            values = first + 0.001 * np.arange(10)
            axis.units = unit
            axis[:] = values[::-1] if name == "lat" and not south_up else values
        for name in names:
            packed = file.createVariable(name, "h", ("time", "lat", "lon"))
            packed.scale_factor, packed.add_offset = np.float64(0.5), np.float64(1.0)
            packed._FillValue = np.int16(-99)
            rows = pixels((1, 2, 3, -99), np.int16)
            packed[:] = np.stack([rows[::-1] if south_up else rows] * 3)


@pytest.mark.parametrize("south_up", [True, False])
def test_a_netcdf_variable_is_a_series_by_its_time_axis(tmp_path, south_up):
    write_netcdf(tmp_path / "ndvi.nc", "ndvi", "qa", south_up=south_up)
    with pytest.raises(SourceError, match=r'holds several layers: ndvi, qa.*"ndvi\.nc/ndvi"'):
        check_series(source_of(tmp_path, path="*.nc"))
    rows, _ = load(tmp_path, {"a": MINE}, path="ndvi.nc/ndvi")
    assert [(r["year"], r["month"], r["day"]) for r in rows] == [
        (2018, 1, 15),
        (2018, 2, 15),
        (2019, 2, 4),
    ]
    assert [r["value"] for r in rows] == pytest.approx([0.5 * 2 + 1] * 3, rel=1e-5)
    assert rows[0]["valid_km2"] == pytest.approx(rows[0]["inside_km2"] * 0.75, rel=1e-4)


def test_another_calendar_is_refused(tmp_path):
    write_netcdf(tmp_path / "ndvi.nc", "ndvi", calendar=b"360_day")
    with pytest.raises(SourceError, match=r"calendar 360_day\. Give band_dates"):
        check_series(source_of(tmp_path, path="*.nc"))


def test_times_that_are_no_dates_are_refused(tmp_path):
    write_netcdf(tmp_path / "ndvi.nc", "ndvi")
    content = (tmp_path / "ndvi.nc").read_bytes()
    (tmp_path / "ndvi.nc").write_bytes(content.replace(b"since 2017-12-31", b"since 0000-12-31"))
    with pytest.raises(SourceError, match=r"no dates: .*Give band_dates"):
        check_series(source_of(tmp_path, path="*.nc"))
    dates = ["2018-01", "2018-02", "2019-02"]
    assert len(load(tmp_path, {"a": MINE}, path="*.nc", band_dates=dates)[0]) == 3


def test_a_changed_mask_is_another_input(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", ones())
    before = input_files([tmp_path / "ndvi_2018.tif"])
    mask = tmp_path / "ndvi_2018.tif.msk"
    mask.write_bytes(b"")
    assert input_files([tmp_path / "ndvi_2018.tif"]) == (*before, mask)
    notes = tmp_path / "ndvi_2018.tif.aux.xml"
    notes.write_text("<PAMDataset><PAMRasterBand band='1'><Metadata/></PAMRasterBand></PAMDataset>")
    assert notes not in input_files([tmp_path / "ndvi_2018.tif"])
