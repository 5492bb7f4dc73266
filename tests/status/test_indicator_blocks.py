"""A raster series is read block by block: each once a date, with the same bits however mines are taken."""

from collections import Counter

import numpy as np
import pytest
import shapely
from pyproj import CRS

from quarrydb.loaders import indicator_raster, indicator_read
from quarrydb.loaders.coverage import cell_coverage
from quarrydb.loaders.grid import Grid, cell_area_km2

from .rasters import load, write_raster


def scattered(n=50):
    rng = np.random.default_rng(1)
    places = [shapely.Point(*rng.uniform(0.02, 0.18, 2)) for _ in range(n)]
    return {f"m{i}": point.buffer(rng.uniform(0.0005, 0.02)) for i, point in enumerate(places)}


@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_means_are_the_same_to_the_bit_however_mines_are_read_together(
    tmp_path, monkeypatch, dtype
):
    grid = (np.random.default_rng(1).random((200, 200)) * 1000).astype(dtype)
    write_raster(tmp_path / "ndvi_2018.tif", grid, north=0.2)
    whole, _ = load(tmp_path, scattered(), path="*.tif")
    (tmp_path / ".quarry").rename(tmp_path / "old")
    monkeypatch.setattr(indicator_raster, "MAX_CELLS", 300)
    monkeypatch.setattr(indicator_raster, "MAX_WINDOW_BYTES", 1)
    monkeypatch.setattr(indicator_read, "POOL_BYTES", 1)
    pieces, _ = load(tmp_path, scattered(), path="*.tif")
    assert pieces == whole


def test_a_mean_is_the_sum_of_its_cells_in_their_order(tmp_path):
    """A loop over the cells of each mine, in plain Python, has the same bits."""
    grid = np.random.default_rng(1).random((200, 200)).astype(np.float32)
    weight = np.random.default_rng(2).integers(0, 3, (200, 200)).astype(np.uint16)
    write_raster(tmp_path / "v_2018.tif", grid, north=0.2, nodata=float(grid[50, 50]))
    write_raster(
        tmp_path / "w_2018.tif", weight, north=0.2, tiled=True, blockxsize=16, blockysize=32
    )
    rows, _ = load(tmp_path, scattered(8), path="v*.tif", weight_path="w*.tif")
    place = Grid(CRS.from_epsg(4326).to_wkt(), (0.001, 0.0, 0.0, 0.0, -0.001, 0.2), 200, 200)
    for row in rows:
        (found,) = cell_coverage([shapely.to_wkb(scattered(8)[row["mine_id"]])], place)
        areas = found.coverage.astype(np.float32).astype(float) * cell_area_km2(
            place, found.cell_id
        )
        summed = total = valid = 0.0
        for cell, area in zip(found.cell_id, areas, strict=True):
            if weight.flat[cell] > 0 and grid.flat[cell] != grid[50, 50]:
                summed += float(grid.flat[cell]) * (area * float(weight.flat[cell]))
                total += area * float(weight.flat[cell])
                valid += area
        assert (row["value"], row["weight_km2"], row["valid_km2"]) == (summed / total, total, valid)


@pytest.mark.parametrize("layout", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_each_block_is_decoded_once_a_date_whatever_the_number_of_mines(
    tmp_path, monkeypatch, layout
):
    """Mines of many squares of the globe share rows of blocks; none is read twice, none beside them."""
    rng = np.random.default_rng(1)
    for month in (1, 2):
        for name, dtype in (("v", np.float32), ("w", np.uint8)):
            pixels = rng.integers(1, 9, (160, 360)).astype(dtype)
            write_raster(
                tmp_path / f"{name}_2018{month:02d}.tif",
                pixels,
                west=-180,
                north=80,
                step=1,
                **layout,
            )
    polygons = {
        f"m{i}": shapely.Point(rng.uniform(-170, 170), rng.uniform(-70, 70)).buffer(1.5)
        for i in range(60)
    }
    read, n_opened = [], Counter()
    read_windows, open_raster = indicator_raster.read_windows, indicator_raster.open_raster
    monkeypatch.setattr(
        indicator_raster,
        "read_windows",
        lambda dataset, path, windows, bands: (
            read.append((path, dataset.block_shapes[0], windows)),
            read_windows(dataset, path, windows, bands),
        )[1],
    )
    monkeypatch.setattr(
        indicator_raster,
        "open_raster",
        lambda path: (n_opened.update([path]), open_raster(path))[1],
    )
    rows, _ = load(tmp_path, polygons, path="v*.tif", weight_path="w*.tif")
    assert len(rows) == 120
    assert set(n_opened.values()) == {1}
    assert len(read) == len(n_opened) == 4
    for _, (high, wide), windows in read:
        blocks = Counter(
            (row, column)
            for window in windows
            for row in range(window.row_off // high, -(-(window.row_off + window.height) // high))
            for column in range(window.col_off // wide, -(-(window.col_off + window.width) // wide))
        )
        assert set(blocks.values()) == {1}
        near = shapely.union_all(list(polygons.values()))
        for row, column in blocks:
            left, top = column * wide - 180, 80 - row * high
            assert near.intersects(shapely.box(left, top - high, left + wide, top))


def test_a_file_is_opened_only_if_a_mine_may_lie_on_it(tmp_path, monkeypatch):
    """A tile north of all mines has no cells to measure and no row; a mine on both counts on both."""
    for name, north in (("n", 10.0), ("s", 0.0)):
        pixels = np.full((100, 100), 7.0, np.float32)
        write_raster(tmp_path / f"v_2018_{name}.tif", pixels, north=north, step=0.1)
    opened = []
    open_raster = indicator_raster.open_raster
    monkeypatch.setattr(
        indicator_raster,
        "open_raster",
        lambda path: (opened.append(path.name), open_raster(path))[1],
    )
    south, both = shapely.box(2, -3, 3, -2), shapely.box(4, -1, 5, 1)
    rows, issues = load(tmp_path, {"a": south}, path="v*.tif", dates="v_{year}_*.tif")
    assert [row["value"] for row in rows] == [pytest.approx(7.0)]
    assert (opened, issues) == (["v_2018_s.tif"], [])
    rows, _ = load(tmp_path, {"a": south, "b": both}, path="v*.tif", dates="v_{year}_*.tif")
    assert sorted(row["mine_id"] for row in rows) == ["a", "b", "b"]
