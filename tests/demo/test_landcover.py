"""Land-cover tiles as published, and truth that can be read back from them with plain rasterio."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.windows import from_bounds

from quarrydb.demo import write_demo
from quarrydb.demo.grid import PIXEL, Tile, tiles_of
from quarrydb.demo.measure import area_km2
from quarrydb.project import load_project

TILES = [Tile(west, 5) for west in (0, 105, -5, -120)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("demo")
    write_demo(path, scale=0.1, only=["polygons", "landcover"])
    return path


def truth(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"truth/{name}.parquet")


def test_tiles_are_laid_out_as_published(folder: Path) -> None:
    """A folder for ten degrees, named by its two columns of tiles; both editions of the early file."""
    tree = folder / "landcover"
    annual = sorted(tree.glob("GLC_FCS30D_19852022maps_*/GLC_FCS30D_20002022_*_Annual_V1.1.tif"))
    early = sorted(tree.glob("GLC_FCS30D_19852022maps_*/GLC_FCS30D_19852000_*_5years_V1.1.tif"))
    assert len(annual) == len(early) > 3
    n_early = set()
    for path in (*annual, *early):
        column = path.name.split("_")[3].replace("S", "N").partition("N")[0]
        assert column in path.parent.name.rpartition("_")[2].split("-")
        with rasterio.open(path) as raster:
            if path in early:
                n_early.add(raster.count)
            assert raster.count == (23 if path in annual else raster.count)
            assert (raster.width, raster.dtypes[0]) == (18_554, "uint8")
            assert raster.res == (PIXEL, PIXEL)
            assert raster.crs.to_epsg() == 4326
            assert raster.block_shapes[0] == (256, 256)
        assert path.stat().st_size < 5_000_000
    assert n_early == {3, 4}


def test_folders_of_ten_degrees_begin_at_five_in_the_west() -> None:
    names = {tile.name: tile.folder.rpartition("_")[2] for tile in TILES}
    assert names == {
        "E0N5": "E0-E5",
        "E105N5": "E100-E105",
        "W5N5": "W5-W10",
        "W120N5": "W115-W120",
    }


def annual_file(folder: Path, tile: str) -> Path:
    """The annual file of a tile."""
    (path,) = (folder / "landcover").glob(f"*/GLC_FCS30D_20002022_{tile}_Annual_V1.1.tif")
    return path


def boxes_of(path: Path, mine: shapely.Polygon) -> tuple[np.ndarray, np.ndarray]:
    """Codes of the pixels around a mine, (bands, n), and their boxes."""
    with rasterio.open(path) as raster:
        window = from_bounds(*mine.bounds, raster.transform).round_offsets().round_lengths()
        window = rasterio.windows.Window(
            window.col_off - 1, window.row_off - 1, window.width + 3, window.height + 3
        )
        codes = raster.read(window=window)
        west, _, _, north = raster.window_bounds(window)
    rows, columns = np.mgrid[: codes.shape[1], : codes.shape[2]]
    x, y = west + columns.ravel() * PIXEL, north - rows.ravel() * PIXEL
    return codes.reshape(len(codes), -1), shapely.box(x, y - PIXEL, x + PIXEL, y)


def test_truth_equals_a_plain_reading_of_the_tiles(folder: Path) -> None:
    mines = gpd.read_parquet(folder / "truth/mine.parquet")
    yearly = truth(folder, "landcover_yearly").set_index(["mine", "year", "code"]).area_km2
    checked = 0
    for mine, shape in zip(mines.mine, mines.geometry, strict=True):
        tiles = tiles_of(shape.bounds)
        if len(tiles) > 1 or mine % 4:
            continue
        path = annual_file(folder, tiles[0].name)
        codes, boxes = boxes_of(path, shape)
        area = area_km2(shapely.intersection(boxes, shape))
        for year in (2000, 2011, 2022):
            found = np.bincount(codes[year - 2000], area, 256)
            planted = yearly.loc[mine, year]
            np.testing.assert_allclose(found[planted.index], planted, rtol=1e-5, atol=1e-9)
        checked += 1
    assert checked > 5


def test_disturbance_explains_the_change_of_mine_related_area(folder: Path) -> None:
    bare = truth(folder, "bare_surface").set_index(["mine", "year"]).mine_related_km2
    change = truth(folder, "disturbance_yearly").groupby("mine")[["developed_km2", "reclaimed_km2"]]
    net = change.sum().eval("developed_km2 - reclaimed_km2")
    grown = bare.xs(2022, level="year") - bare.xs(1985, level="year")
    np.testing.assert_allclose(net.reindex(grown.index, fill_value=0), grown, atol=1e-9)


def test_one_mine_has_ground_without_data(folder: Path) -> None:
    coverage = truth(folder, "landcover_coverage").set_index("mine").coverage_share
    mine = truth(folder, "mine").set_index("mine")
    partial = coverage[(coverage - 1).abs() > 1e-4]
    assert list(mine.special[partial.index]) == ["offshore far"]
    assert 0.2 < partial.iloc[0] < 0.8


def test_both_fill_values_of_the_product_occur(folder: Path) -> None:
    mines = gpd.read_parquet(folder / "truth/mine.parquet")
    (shape,) = mines.geometry[mines.special == "offshore far"]
    codes = set()
    for tile in tiles_of(shape.bounds):
        codes |= set(np.unique(boxes_of(annual_file(folder, tile.name), shape)[0]))
    assert {0, 250} <= codes


def test_trajectories_add_up_to_the_classes(folder: Path) -> None:
    rows = truth(folder, "landcover_trajectory")
    last = rows.codes.map(lambda text: int(text[-2:], 16))
    found = rows[last > 0].groupby(["mine", last[last > 0]]).area_km2.sum()
    classes = truth(folder, "landcover_yearly").query("year == 2022")
    planted = classes.set_index(["mine", "code"]).area_km2
    np.testing.assert_allclose(found.to_numpy(), planted.sort_index().to_numpy(), rtol=1e-9)


def test_green_pixels_are_forest_without_breaks(folder: Path) -> None:
    objects = gpd.read_parquet(folder / "truth/green_raster.parquet")
    assert objects.is_valid.all()
    for _, row in objects.groupby("role").head(3).iterrows():
        spot = shapely.point_on_surface(row.geometry)
        with rasterio.open(folder / f"stable_green/ccdc_breaks_1999_2019_{row.tile}.tif") as raster:
            assert next(raster.sample([(spot.x, spot.y)]))[0] == 0
        with rasterio.open(annual_file(folder, row.tile)) as raster:
            assert set(next(raster.sample([(spot.x, spot.y)]))) == {52}


def test_erased_pixel_objects_are_those_at_edges(folder: Path) -> None:
    objects = truth(folder, "green_raster")
    assert objects.is_erased[objects.role.isin(["belt"])].all()
    assert not objects.is_erased[objects.role.isin(["inside", "outside"])].any()


def test_both_project_files_are_valid(folder: Path) -> None:
    rasters = load_project(folder / "quarry_green_raster.toml").stable_green
    assert rasters is not None
    assert len(rasters.raster) == len(list((folder / "stable_green").glob("*.tif")))
    assert load_project(folder).stable_green != rasters
