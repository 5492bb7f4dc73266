"""Means of rasters over mines, against numbers that can be worked out on paper."""

import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from quarrydb.contract import KEPT
from quarrydb.errors import SourceError
from quarrydb.loaders import indicator
from quarrydb.loaders.coverage import CellCoverage
from quarrydb.loaders.indicator import run_indicator
from quarrydb.loaders.indicator_cells import cells_of_runs, runs
from quarrydb.loaders.indicator_dates import Date, file_date
from quarrydb.loaders.indicator_series import read_series

from .rasters import context_for, load, mines_connection, source_of, write_raster

MINE = shapely.box(0.001, 0.007, 0.003, 0.009)  # the 2 x 2 pixels of rows 1-2, columns 1-2


def pixels(values=(1.0, 2.0, 3.0, 4.0), dtype=np.float32):
    grid = np.full((10, 10), 99, dtype)
    grid[1:3, 1:3] = np.asarray(values, dtype).reshape(2, 2)
    return grid


def test_the_mean_of_four_whole_pixels(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    (row,), issues = load(tmp_path, {"a": MINE}, path="ndvi_*.tif")
    assert (row["indicator"], row["mine_id"], row["year"], row["month"]) == (
        "ndvi",
        "a",
        2018,
        None,
    )
    assert row["value"] == pytest.approx(2.5, rel=1e-6)
    assert row["valid_km2"] == pytest.approx(4 * 0.0123, rel=0.01)
    assert row["inside_km2"] == row["valid_km2"] == row["weight_km2"]
    assert issues == []


def test_half_pixels_count_half(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    half = shapely.box(0.0015, 0.007, 0.003, 0.009)
    (row,), _ = load(tmp_path, {"a": half}, path="ndvi_*.tif")
    assert row["value"] == pytest.approx((0.5 * 1 + 2 + 0.5 * 3 + 4) / 3, rel=1e-5)


def test_a_mine_smaller_than_a_pixel_has_its_value(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    (row,), _ = load(tmp_path, {"a": shapely.box(0.0012, 0.0085, 0.0013, 0.0086)}, path="*.tif")
    assert row["value"] == 1.0


@pytest.mark.parametrize(
    "keys",
    [
        {"nodata": [4]},
        {"valid_max": 3.5},
        {"valid_min": -1.0, "valid_max": 3.0},
    ],
)
def test_untagged_fill_values_are_no_data(tmp_path, keys):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    (row,), _ = load(tmp_path, {"a": MINE}, path="*.tif", **keys)
    assert row["value"] == pytest.approx(2.0, rel=1e-5)
    assert row["valid_km2"] == pytest.approx(row["inside_km2"] * 0.75, rel=1e-4)


def test_tagged_nodata_nan_and_a_mask_band_are_no_data(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels(), nodata=4)
    write_raster(tmp_path / "ndvi_2019.tif", pixels((1, 2, 3, np.nan)))
    mask = np.full((10, 10), 255, np.uint8)
    mask[2, 2] = 0
    write_raster(tmp_path / "ndvi_2020.tif", pixels(), mask=mask)
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif")
    assert [row["value"] for row in rows] == pytest.approx([2.0] * 3, rel=1e-5)


def test_scale_and_offset_of_the_file_and_of_the_project(tmp_path):
    stored = pixels((1000, 2000, 3000, -9999), np.int16)
    write_raster(tmp_path / "a_2018.tif", stored, scales=[0.001], offsets=[1.0], nodata=-9999)
    write_raster(tmp_path / "a_2019.tif", stored, nodata=-9999)
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif")
    assert [row["value"] for row in rows] == pytest.approx([3.0, 2000.0], rel=1e-5)
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif", scale=0.01, offset=-5)
    assert [row["value"] for row in rows] == pytest.approx([15.0, 15.0], rel=1e-5)


def test_weights_by_band_and_by_file_are_the_same(tmp_path):
    weights = pixels((1, 1, 2, 0))
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    write_raster(tmp_path / "one" / "ntl_201801.tif", np.stack([pixels(), weights]))
    write_raster(tmp_path / "two" / "ntl_201801.avg.tif", pixels())
    write_raster(tmp_path / "two" / "ntl_201801.cvg.tif", weights)
    by_band, _ = load(tmp_path, {"a": MINE}, path="one/*.tif", weight_band=2)
    by_file, _ = load(tmp_path, {"a": MINE}, path="two/*avg.tif", weight_path="two/*cvg.tif")
    assert by_band == by_file
    (row,) = by_band
    assert row["value"] == pytest.approx((1 + 2 + 3 * 2) / 4, rel=1e-5)
    assert row["valid_km2"] == pytest.approx(row["inside_km2"] * 0.75, rel=1e-4)
    assert (row["year"], row["month"]) == (2018, 1)


def test_dates_in_bands(tmp_path):
    write_raster(tmp_path / "all.tif", np.stack([pixels(), pixels() * 2, pixels() * 3]))
    rows, _ = load(
        tmp_path, {"a": MINE}, path="all.tif", band_dates=["2018-11", "2018-12", "2019-01"]
    )
    assert [(row["year"], row["month"]) for row in rows] == [(2018, 11), (2018, 12), (2019, 1)]
    assert [row["value"] for row in rows] == pytest.approx([2.5, 5.0, 7.5], rel=1e-5)


def test_a_mine_over_two_tiles_has_a_row_of_each(tmp_path):
    write_raster(tmp_path / "west_2018.tif", pixels())
    write_raster(tmp_path / "east_2018.tif", pixels() * 0 + 7, west=0.01)
    mine = shapely.box(0.009, 0.007, 0.012, 0.008)
    rows, _ = load(tmp_path, {"a": mine}, path="*.tif")
    assert sorted(row["value"] for row in rows) == pytest.approx([7.0, 99.0])
    areas = {round(row["value"]): row["inside_km2"] for row in rows}
    assert areas[7] == pytest.approx(2 * areas[99], rel=1e-3)


def test_partly_outside_is_seen_in_the_area_inside(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    mine = shapely.box(-0.001, 0.001, 0.003, 0.002)
    connection = mines_connection({"a": mine})
    (area,) = connection.execute("SELECT area_km2 FROM core.mine").fetchone()
    (row,), issues = load(tmp_path, {"a": mine}, path="*.tif")
    assert row["inside_km2"] == pytest.approx(0.75 * area, rel=1e-4)
    assert issues == []


def test_mines_without_data_have_a_reason(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels((np.nan,) * 4))
    polygons = {"void": MINE, "away": shapely.box(50, 50, 50.1, 50.1), "good": MINE.buffer(0.002)}
    rows, issues = load(tmp_path, polygons, path="*.tif")
    values = {row["mine_id"]: row["value"] for row in rows}
    assert values["void"] is None
    assert values["good"] == pytest.approx(99.0)
    assert "away" not in values
    reasons = {issue["feature_id"]: issue["problem"] for issue in issues}
    assert reasons == {"void": "no pixel with data", "away": "outside all rasters"}


@pytest.mark.parametrize(("crs", "step"), [("EPSG:32631", 10.0), ("EPSG:32631", 500.0)])
def test_another_projection_and_resolution(tmp_path, crs, step):
    ramp = np.add.outer(np.zeros(200), np.arange(200)).astype(np.float32)
    write_raster(tmp_path / "n_2018.tif", ramp, west=166_000, north=2000, step=step, crs=crs)
    mine = shapely.box(0.002, 0.002, 0.012, 0.012)
    (row,), _ = load(tmp_path, {"a": mine}, path="*.tif")
    assert row["inside_km2"] == pytest.approx(1.2309, rel=1e-3)
    assert 0 < row["value"] < 200


def test_a_second_run_reads_the_store_and_a_new_year_reads_one_file(tmp_path, monkeypatch):
    for year in (2018, 2019):
        write_raster(tmp_path / f"ndvi_{year}.tif", pixels() * (year - 2017))
    load(tmp_path, {"a": MINE}, path="*.tif")
    store = tmp_path / ".quarry" / "store"
    before = {path.name: path.stat().st_mtime_ns for path in store.rglob("*.parquet")}
    assert len(list((store / "coverage").glob("*.parquet"))) == 1
    assert len(list((store / "indicator").glob("*.parquet"))) == 2
    write_raster(tmp_path / "ndvi_2020.tif", pixels() * 3)
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif")
    after = {path.name: path.stat().st_mtime_ns for path in store.rglob("*.parquet")}
    assert len(after) == len(before) + 1
    assert before.items() <= after.items()
    assert [row["value"] for row in rows] == pytest.approx([2.5, 5.0, 7.5], rel=1e-5)


@pytest.mark.slow
def test_two_workers_give_what_one_gives(tmp_path, monkeypatch):
    monkeypatch.setattr(indicator, "SERIAL_MEANS", 0)
    rng = np.random.default_rng(1)
    for year in range(2018, 2022):
        write_raster(tmp_path / f"ndvi_{year}.tif", rng.random((100, 100)).astype(np.float32))
    polygons = {f"m{i}": shapely.box(x := i * 0.002, -0.05, x + 0.0013, -0.04) for i in range(40)}
    one, _ = load(tmp_path, polygons, path="*.tif")
    (tmp_path / ".quarry").rename(tmp_path / "old")
    two, _ = load(tmp_path, polygons, 2, path="*.tif")
    assert one == two


def test_runs_of_cells_keep_every_cell():
    cell = np.array([3, 4, 5, 9, 10, 11, 12], np.int64)
    share = np.array([0.5, 1, 1, 1, 1, 0.25, 1])
    start, length, run_share, _ = runs([CellCoverage(cell, share)])
    assert start.tolist() == [3, 4, 9, 11, 12]
    assert length.tolist() == [1, 2, 2, 1, 1]
    back, back_share = cells_of_runs(start, length, run_share)
    assert back.tolist() == cell.tolist()
    assert back_share.tolist() == share.tolist()
    empty, _ = cells_of_runs(*runs([CellCoverage(cell[:0], share[:0])])[:3])
    assert empty.size == 0


def test_runs_of_many_polygons_are_those_of_each():
    """Also where one goes on where another ends, and where one has no cells."""
    cells = [[3, 4, 5], [], [6, 7], [7, 9], []]
    found = [CellCoverage(np.array(own, np.int64), np.ones(len(own))) for own in cells]
    *together, n_runs = runs(found)
    alone = [runs([one]) for one in found]
    assert n_runs.tolist() == [1, 0, 1, 2, 0]
    for column, own in zip(together, zip(*(one[:3] for one in alone), strict=True), strict=True):
        assert column.tolist() == np.concatenate(own).tolist()


@pytest.mark.parametrize(
    ("name", "template", "date"),
    [
        ("ndvi_2018.tif", None, Date(2018)),
        ("ndvi_2018_10m.tif", None, Date(2018)),
        ("S2_20180715_ndvi.tif", None, Date(2018, 7, 15)),
        ("ndvi_2018-07.tif", None, Date(2018, 7)),
        (
            "SVDNB_npp_20180101-20180131_75N060W_vcmslcfg_v10_c201805021200.avg_rade9h.tif",
            None,
            Date(2018, 1),
        ),
        ("VNL_v22_npp-j01_2022_global_vcmslcfg_c202303062300.average.dat.tif", None, Date(2022)),
        ("ndvi_2018_07.tif", "ndvi_{year}_{month}.tif", Date(2018, 7)),
        ("b_2018_to_2019.tif", "*_{year}_to_*", Date(2018)),
    ],
)
def test_dates_of_published_names(tmp_path, name, template, date):
    assert file_date(tmp_path / name, template, source="x") == date


def test_a_date_in_a_folder(tmp_path):
    assert file_date(tmp_path / "2018" / "07.tif", "{year}/{month}.tif", source="x") == Date(
        2018, 7
    )


@pytest.mark.parametrize(
    ("names", "keys", "message"),
    [
        (["ndvi.tif"], {}, "no date"),
        (["a_2018_2019.tif"], {}, "2018 and 2019"),
        (["a_2018.tif"], {"dates": "b_{year}.tif"}, "not like"),
        (["a_2018.tif", "b_2019-01.tif"], {}, "yearly files"),
        (["a_2018.tif", "b_2018.tif"], {}, "both 2018"),
        (["a_2018.tif"], {"band": 2}, "has 1 bands"),
        (["a_2018.tif"], {"band_dates": ["2018", "2019"]}, "has 1 bands"),
    ],
)
def test_series_that_cannot_be_read_name_the_file_and_the_remedy(tmp_path, names, keys, message):
    for name in names:
        write_raster(tmp_path / name, pixels())
    with pytest.raises(SourceError, match=message) as error:
        load(tmp_path, {"a": MINE}, path="*.tif", **keys)
    assert names[0] in str(error.value) or "ndvi" in str(error.value)


def test_weights_on_another_grid_are_refused(tmp_path):
    write_raster(tmp_path / "v_2018.tif", pixels())
    write_raster(tmp_path / "w_2018.tif", pixels(), west=0.0005)
    with pytest.raises(SourceError, match="another grid"):
        load(tmp_path, {"a": MINE}, path="v_*.tif", weight_path="w_*.tif")


def test_a_raster_without_crs_is_refused_until_it_is_given(tmp_path):
    write_raster(tmp_path / "n_2018.tif", pixels(), crs=None)
    with pytest.raises(SourceError, match="names no CRS"):
        load(tmp_path, {"a": MINE}, path="*.tif")
    (row,), _ = load(tmp_path, {"a": MINE}, path="*.tif", crs="EPSG:4326")
    assert row["value"] == pytest.approx(2.5, rel=1e-6)


def test_a_truncated_raster_names_its_rows(tmp_path):
    path = tmp_path / "n_2018.tif"
    write_raster(path, np.random.default_rng(1).random((400, 400)), step=0.0001)
    path.write_bytes(path.read_bytes()[:-600_000])
    with pytest.raises(SourceError, match=r"rows .* can't be read|not a GeoTIFF"):
        load(tmp_path, {"a": shapely.box(0.0, -0.03, 0.03, 0.01)}, path="*.tif")


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"name": "bsp"}, "land cover"),
        ({"name": "NDVI"}, "pattern"),
        ({"dates": "ndvi.tif"}, "year"),
        ({"band_dates": ["18"]}, "neither a year"),
        ({"band_dates": ["2018", "2018"]}, "twice"),
        ({"band_dates": ["2018"], "weight_band": 2}, "weight_path"),
        ({"weight_band": 1}, "both 1"),
        ({"valid_min": 2.0, "valid_max": 1.0}, "above"),
        ({"weight_band": 2, "weight_path": "*.tif"}, "not both"),
        ({"bands": [1]}, "Extra inputs"),
    ],
)
def test_mistakes_in_the_project_file(tmp_path, keys, message):
    write_raster(tmp_path / "n_2018.tif", pixels())
    with pytest.raises(ValidationError, match=message):
        source_of(tmp_path, **{"path": "*.tif", **keys})


def test_weight_files_are_found_by_date_and_folder(tmp_path):
    for folder in ("75N060W", "75N180W"):
        (tmp_path / folder).mkdir()
        for kind in ("avg", "cvg"):
            place = {"west": 1.0} if folder == "75N180W" else {}
            write_raster(tmp_path / folder / f"n_201801.{kind}.tif", pixels(), **place)
    files = read_series(source_of(tmp_path, path="**/*avg.tif", weight_path="**/*cvg.tif")).files
    assert [file.weight_path.parent for file in files] == [file.path.parent for file in files]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a GeoTIFF"),
        (b"year,ndvi\n2018,0.4\n", "not a GeoTIFF"),
        (
            b'<VRTDataset rasterXSize="1" rasterYSize="1"><SRS>EPSG:4326</SRS></VRTDataset>',
            "GeoTIFF",
        ),
    ],
)
def test_what_only_looks_like_a_raster_is_refused(tmp_path, content, message):
    (tmp_path / "n_2018.tif").write_bytes(content)
    with pytest.raises(SourceError, match=message) as error:
        load(tmp_path, {"a": MINE}, path="*.tif")
    assert "n_2018.tif" in str(error.value)


def test_a_grid_of_half_a_pixel_more_has_its_own_coverage(tmp_path):
    write_raster(tmp_path / "n_2018.tif", pixels())
    write_raster(tmp_path / "n_2019.tif", pixels(), west=-0.0005)
    rows, _ = load(tmp_path, {"a": MINE}, path="*.tif")
    assert len(list((tmp_path / ".quarry" / "store" / "coverage").glob("*.parquet"))) == 2
    values = {row["year"]: row["value"] for row in rows}
    assert values[2018] == pytest.approx(2.5, rel=1e-5)
    left, right = (1 + 3) / 2, (2 + 4) / 2  # columns lie half a pixel west of the mine's
    assert values[2019] == pytest.approx((0.5 * left + right + 0.5 * 99) / 2, rel=1e-5)


def test_a_series_with_a_missing_year_has_a_gap(tmp_path):
    for year in (2018, 2021):
        write_raster(tmp_path / f"n_{year}.tif", pixels())
    rows, issues = load(tmp_path, {"a": MINE}, path="*.tif")
    assert [row["year"] for row in rows] == [2018, 2021]
    assert issues == []


def test_the_cells_of_mines_are_kept_for_the_next_date(tmp_path):
    write_raster(tmp_path / "ndvi_2018.tif", pixels())
    context = context_for(mines_connection({"a": MINE}), tmp_path)
    loaded = run_indicator(context, source=source_of(tmp_path, path="ndvi_*.tif"))
    assert loaded[KEPT] == list((tmp_path / ".quarry" / "store" / "coverage").glob("*.parquet"))
    assert len(loaded[KEPT]) == 1
