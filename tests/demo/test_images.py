"""Images, points and footprints: layout, and truth that the pixels and files bear out."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask

from quarrydb.demo import make_world, write_demo
from quarrydb.demo.mercator import from_mercator, to_mercator
from quarrydb.demo.outlines import REFERENCE_YEAR, YEARS, yearly_factors
from quarrydb.demo.scene import PIT, SIZE, make_ground
from quarrydb.errors import ProjectError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(path, scale=0.3, only=["polygons", "images", "points", "footprints"])
    return path


@pytest.fixture(scope="module")
def catalogue(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "images/metadata.csv", parse_dates=["date"])


def test_every_image_is_there_and_every_year_has_one(folder: Path, catalogue: pd.DataFrame) -> None:
    assert catalogue.image_id.is_unique
    assert all((folder / "images" / path).is_file() for path in catalogue.path)
    in_season = catalogue[catalogue.date.dt.month.between(6, 11)]
    sites = in_season.groupby(in_season.image_id.str[:8]).date.apply(lambda d: set(d.dt.year))
    assert len(sites) == len(gpd.read_parquet(folder / "truth/site.parquet"))
    assert all(years == set(YEARS) for years in sites)


def test_images_have_four_named_bands_in_web_mercator(
    folder: Path, catalogue: pd.DataFrame
) -> None:
    with rasterio.open(folder / "images" / catalogue.path[0]) as raster:
        assert raster.descriptions == ("blue", "green", "red", "nir")
        assert (raster.crs.to_epsg(), raster.dtypes[0], raster.nodata) == (3857, "uint16", 0)
        assert raster.shape == (SIZE, SIZE)


def test_mercator_there_and_back_agrees_with_proj() -> None:
    from pyproj import Transformer

    points = np.array([[100.5, 27.3], [-61.0, -12.5], [20.0, 0.0]])
    expected = Transformer.from_crs(4326, 3857, always_xy=True).transform(*points.T)
    np.testing.assert_allclose(to_mercator(points).T, expected, atol=1e-6)
    np.testing.assert_allclose(from_mercator(to_mercator(points)), points, atol=1e-12)


def test_bare_rock_lies_inside_the_planted_outline(folder: Path, catalogue: pd.DataFrame) -> None:
    outlines = gpd.read_parquet(folder / "truth/segmented.parquet").to_crs(3857)
    clear = catalogue[(catalogue.clarity == 1) & (catalogue.date.dt.month == 9)].head(12)
    for row in clear.itertuples():
        site, year = int(row.image_id[4:8]), row.date.year
        rows = outlines[(outlines.site == site) & (outlines.year == year)]
        with rasterio.open(folder / "images" / row.path) as raster:
            blue = raster.read(1)
            inside = geometry_mask(rows.geometry, blue.shape, raster.transform, invert=True)
        if inside.sum() > 50:
            assert blue[inside].mean() > 2 * blue[~inside].mean()


def test_outlines_are_the_polygons_in_the_reference_year() -> None:
    factors = yearly_factors(make_world(1, 1))
    at = list(YEARS).index(REFERENCE_YEAR)
    assert set(np.unique(factors[:, at])) == {1.0}
    assert ((factors > 0).sum(axis=1) >= 6).all()
    assert (factors[:, -1] > 0).all()


def test_half_cloudy_images_say_so(catalogue: pd.DataFrame) -> None:
    july = catalogue[catalogue.date.dt.month == 7]
    assert len(july) > 0
    assert july.clarity.between(0.3, 0.8).all()


def test_points_are_labelled_by_the_outlines(folder: Path) -> None:
    points = gpd.read_file(folder / "points/labelled_points.gpkg")
    truth = gpd.read_parquet(folder / "truth/point.parquet")
    outlines = gpd.read_parquet(folder / "truth/segmented.parquet")
    assert points.is_mine.mean() == pytest.approx(0.5, abs=0.1)
    for (site, year), rows in list(truth.groupby(["site", "year"]))[:20]:
        own = outlines[(outlines.site == site) & (outlines.year == year)]
        assert (rows.within(own.union_all()) == (rows.is_mine == 1)).all()


def test_points_need_images(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="Render images too"):
        write_demo(tmp_path, scale=0.1, only=["points"])


def footprints(folder: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(folder / "truth/footprint.parquet")


def test_footprint_files_hold_the_planted_rows(folder: Path) -> None:
    truth = footprints(folder)
    for year in YEARS:
        layer = gpd.read_file(folder / f"footprints/mining_footprint_{year}.gpkg")
        planted = truth[truth.year == year]
        assert layer.geometry.to_wkb().to_list() == planted.geometry.to_wkb().to_list()
    assert len(truth) == pytest.approx(make_world(1, 0.3).scale.n_footprints, rel=0.1)


def test_only_false_detections_stand_alone(folder: Path) -> None:
    truth = footprints(folder).reset_index(drop=True)
    shapes = truth.geometry.to_numpy()
    i, j = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    is_neighbour = np.abs(truth.year.to_numpy()[i] - truth.year.to_numpy()[j]) == 1
    confirmed = np.zeros(len(truth), bool)
    confirmed[i[is_neighbour]] = True
    np.testing.assert_array_equal(confirmed, ~truth.is_false)
    assert truth.is_false.sum() > 5


def test_scene_ground_is_plausible() -> None:
    ground = make_ground(np.random.default_rng(3))
    assert 0 < ground.land.min() < ground.land.max() < 0.5
    assert ground.pit[0].mean() == pytest.approx(PIT[0], rel=0.3)
