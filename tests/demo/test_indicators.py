"""Indicator rasters and labels: layout, and truth against plain readings and pymannkendall."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pymannkendall
import pytest
import rasterio

from quarrydb.demo import write_demo
from quarrydb.demo.status_truth import mann_kendall
from quarrydb.errors import ProjectError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(path, scale=0.1, only=["polygons", "landcover", "indicators", "labels"])
    return path


def truth(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"truth/{name}.parquet")


def test_ndvi_is_scaled_integers_with_nodata(folder: Path) -> None:
    paths = sorted((folder / "ndvi").glob("S2_NDVI_*.tif"))
    assert {int(path.stem.split("_")[2][:4]) for path in paths} == set(range(2018, 2024))
    with rasterio.open(paths[0]) as raster:
        assert (raster.dtypes[0], raster.scales[0], raster.nodata) == ("int16", 0.0001, -32768)


def test_ndvi_comes_in_the_parts_of_an_export(folder: Path) -> None:
    """A part lies where row and column in its name say, counted from the whole's corner."""
    corners = set()
    for path in sorted((folder / "ndvi").glob("S2_NDVI_2018-*.tif")):
        row, column = (int(text) for text in path.stem.split("-")[1:])
        assert row % 23_296 == column % 23_296 == 0
        with rasterio.open(path) as raster:
            assert max(raster.shape) <= 23_296
            west, north = raster.transform.c - column * 0.0005, raster.transform.f + row * 0.0005
            corners.add((round(west, 6), round(north, 6)))
    assert len(corners) == 1


def test_lights_are_monthly_with_a_file_of_cloud_free_views(folder: Path) -> None:
    lights = sorted(p.name for p in (folder / "ntl").glob("*.avg_rade9h.tif"))
    views = sorted(p.name for p in (folder / "ntl").glob("*.cf_cvg.tif"))
    assert len(lights) == len(views) == 72 * 6
    assert [n.split(".")[0] for n in lights] == [n.split(".")[0] for n in views]
    name = "SVDNB_npp_20200201-20200229_00N060E_vcmslcfg_v10_c202003101200"
    assert f"{name}.avg_rade9h.tif" in lights
    with rasterio.open(folder / f"ntl/{name}.cf_cvg.tif") as raster:
        assert tuple(raster.bounds) == (60, -65, 180, 0)
        assert raster.shape == (65 * 240, 120 * 240)


def test_truth_is_near_the_pixel_at_the_centre_of_a_mine(folder: Path) -> None:
    mines = gpd.read_parquet(folder / "truth/mine.parquet").set_index("mine")
    ndvi = truth(folder, "indicator_yearly").query("indicator == 'ndvi' and year == 2021")
    spots = mines.geometry.representative_point().loc[ndvi.mine]
    found = np.full(len(spots), np.nan)
    for path in (folder / "ndvi").glob("S2_NDVI_2021-*.tif"):
        with rasterio.open(path) as raster:
            west, south, east, north = raster.bounds
            inside = spots.x.between(west, east) & spots.y.between(south, north)
            points = [(p.x, p.y) for p in spots[inside]]
            found[inside.to_numpy()] = [v[0] * 0.0001 for v in raster.sample(points)]
    assert np.corrcoef(found, ndvi.value)[0, 1] > 0.9


def test_one_mine_is_never_seen_and_one_only_in_part(folder: Path) -> None:
    special = truth(folder, "mine").set_index("mine").special
    ndvi = truth(folder, "indicator_yearly").query("indicator == 'ndvi'")
    assert set(special.index) - set(ndvi.mine) == set(special.index[special == "offshore far"])
    partial = ndvi[ndvi.coverage_share < 0.999]
    assert set(special[partial.mine]) == {"offshore near"}
    assert set(partial.year) == {2020}


def test_own_mann_kendall_equals_pymannkendall() -> None:
    rng = np.random.default_rng(0)
    for n in (4, 5, 6, 9):
        for _ in range(50):
            values = rng.integers(0, 6, n).astype(float)
            s, p, trend = mann_kendall(values)
            expected = pymannkendall.original_test(values)
            assert (s, trend) == (expected.s, expected.trend)
            assert p == pytest.approx(expected.p, abs=1e-12)


def test_planted_slopes_are_found(folder: Path) -> None:
    status = truth(folder, "status").dropna(subset=["ndvi_trend"])
    found = status.ndvi_trend.map({"increasing": 1, "no trend": 0, "decreasing": -1})
    assert (found == status.planted_ndvi).mean() > 0.9
    settled = status[status.planted_ground == "settled"]
    assert (settled.bsp_trend == "no trend").all()


def test_every_status_occurs(folder: Path) -> None:
    assert set(truth(folder, "status").status) == {"active", "closed", "undefined"}


def test_labels_lie_in_their_mines_and_biomes(folder: Path) -> None:
    labels = truth(folder, "label")
    mines = gpd.read_parquet(folder / "truth/mine.parquet").set_index("mine").geometry
    points = gpd.GeoSeries(gpd.points_from_xy(labels.longitude, labels.latitude), crs=mines.crs)
    assert points.within(mines.loc[labels.mine].reset_index(drop=True)).all()
    assert labels.biome.nunique() > 1
    assert labels.predicted_year.between(2001, 2022).all()


def test_labels_are_off_by_their_lag(folder: Path) -> None:
    labels = truth(folder, "label").dropna(subset=["reference_year"])
    assert (labels.predicted_year - labels.reference_year == labels.lag_years).all()
    assert 0.8 < (labels.lag_years.abs() <= 5).mean() < 1
    written = pd.read_csv(folder / "validation/interpretation.csv")
    assert len(written) == len(truth(folder, "label"))


def test_labels_need_land_cover(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Render landcover too"):
        write_demo(tmp_path, scale=0.1, only=["labels"])
