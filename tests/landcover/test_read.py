"""Rasters of 3x3 to 6x6 pixels: every number can be worked out on paper.

One-degree pixels on the equator differ in area by row, so that areas are compared with
``square(row)``, the geodesic area of the degree square whose lower edge is at latitude ``row``.
"""

from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod

from quarrydb.errors import SourceError

GEOD = Geod(ellps="WGS84")


def square(latitude: float, size: float = 1.0) -> float:
    """Geodesic area of a lon/lat square, km2, summed over narrow strips (edges are parallels)."""
    width = size / 256
    x = np.array([0, width, width, 0])
    y = np.array([latitude, latitude, latitude + size, latitude + size])
    return GEOD.polygon_area_perimeter(x, y)[0] / 1e6 * 256


def test_whole_pixels(raster, read):
    """Two years, a mine of four whole pixels: two of them become bare."""
    years = [[130, 130, 130], [130, 130, 130], [130, 130, 130]], [
        [130, 200, 130], [130, 200, 130], [130, 130, 130]]  # fmt: skip
    path = raster("m.tif", years)
    found = read([path], {"a": shapely.box(0, 1, 2, 3)}, years=(2000, 2001))
    pixels = found.trajectories["a"]
    assert {key: n for key, (n, _) in pixels.items()} == {(130, 130): 2, (130, 200): 2}
    both_rows = square(1) + square(2)
    assert pixels[130, 130][1] == pytest.approx(both_rows, rel=1e-6)
    assert pixels[130, 200][1] == pytest.approx(both_rows, rel=1e-6)


def test_half_covered_pixels(raster, read):
    """A square of one pixel's size, moved by half a pixel, covers a quarter of four pixels."""
    path = raster("m.tif", [[[10, 20, 10], [51, 52, 10], [10, 10, 10]]])
    found = read([path], {"a": shapely.box(0.5, 1.5, 1.5, 2.5)}, years=(2000,))
    quarter = {key: area for key, (_, area) in found.trajectories["a"].items()}
    assert quarter == pytest.approx(
        {(10,): square(2) / 4, (20,): square(2) / 4, (51,): square(1) / 4, (52,): square(1) / 4},
        rel=1e-6,
    )


def test_smaller_than_a_pixel(raster, read):
    """A mine of a hundredth of a pixel has a history, and its whole area."""
    path = raster("m.tif", np.full((2, 3, 3), 200))
    found = read([path], {"a": shapely.box(1.2, 1.2, 1.3, 1.3)}, years=(1985, 1990))
    ((n, area),) = found.trajectories["a"].values()
    assert n == 1
    assert area == pytest.approx(square(1) / 100, rel=1e-6)


def test_hole(raster, read):
    """The middle pixel of nine is a hole: it does not count."""
    path = raster("m.tif", [[[10, 10, 10], [10, 200, 10], [10, 10, 10]]])
    ring = shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2)
    found = read([path], {"a": ring}, years=(2000,))
    assert found.trajectories["a"] == {
        (10,): (8, pytest.approx(3 * square(0) + 2 * square(1) + 3 * square(2), rel=1e-6))
    }


def test_filled_values_are_null_and_empty_pixels_are_left_out(raster, read):
    """Code 0 and the header's nodata are gaps; a pixel without any year has no trajectory."""
    path = raster("m.tif", [[[0, 10, 255]], [[0, 200, 200]]], top=1.0, nodata=255)
    found = read([path], {"a": shapely.box(0, 0, 3, 1)}, years=(2000, 2001))
    assert {key: n for key, (n, _) in found.trajectories["a"].items()} == {
        (10, 200): 1, (None, 200): 1
    }  # fmt: skip
    row = found.coverage["a"]
    assert row["n_pixels"] == 3
    assert row["data_km2"] == pytest.approx(2 * square(0), rel=1e-6)
    assert row["tile_km2"] == pytest.approx(3 * square(0), rel=1e-6)


def test_float_raster_with_nodata(raster, read):
    """Codes stored as float64, with the lowest number as nodata."""
    low = -1.7e308
    path = raster("m.tif", [[[10.0, low, 200.0]]], top=1.0, nodata=low, dtype="float64")
    found = read([path], {"a": shapely.box(0, 0, 3, 1)}, years=(2000,))
    assert set(found.trajectories["a"]) == {(10,), (200,)}


@pytest.mark.parametrize(
    ("codes", "dtype", "said"),
    [([[[10, 77, 10]]], "uint8", "code 77"), ([[[10.0, 1.5, 10.0]]], "float64", "code 1.5"),
     ([[[10, 300, 10]]], "int16", "code 300"), ([[[10, -1, 10]]], "int16", "code -1")],
)  # fmt: skip
def test_unknown_code(raster, read, codes, dtype, said):
    """An unknown code names file, year and mine, or is recorded and NULL."""
    path = raster("m.tif", codes, top=1.0, dtype=dtype)
    mine = {"a": shapely.box(0, 0, 3, 1)}
    with pytest.raises(SourceError, match=rf"m\.tif, band 1 \(2000\) has {said} .*mine a"):
        read([path], mine, years=(2000,))
    found = read([path], mine, years=(2000,), record_gaps=True)
    assert set(found.trajectories["a"]) == {(10,)}
    assert found.coverage["a"]["n_unknown_pixels"] == 1
    assert "not in the legend" in found.coverage["a"]["problem"]


def test_unknown_code_outside_every_mine_is_no_error(raster, read):
    """Only pixels under a mine are looked at."""
    path = raster("m.tif", [[[10, 10, 77]]], top=1.0)
    found = read([path], {"a": shapely.box(0, 0, 2, 1)}, years=(2000,))
    assert set(found.trajectories["a"]) == {(10,)}


def test_mine_across_two_overlapping_tiles_counts_once(raster, read):
    """Neighbours of 3 columns that share one column: what both cover is counted once."""
    west = raster("t_w_2000.tif", [[[10, 10, 20]]], top=1.0)
    east = raster("t_e_2000.tif", [[[20, 10, 10]]], top=1.0, left=2.0)
    pattern = r"t_(?P<tile>\w)_(?P<year>\d{4})"
    found = read([west, east], {"a": shapely.box(0, 0, 5, 1)}, years_from=pattern)
    areas = {key: area for key, (_, area) in found.trajectories["a"].items()}
    assert areas == pytest.approx({(10,): 4 * square(0), (20,): square(0)}, rel=1e-6)


def test_antimeridian(raster, read):
    """A mine that goes on past 180 degrees finds its pixels at both ends of the map."""
    west = raster("t_w_2000.tif", [[[10, 20]]], top=1.0, left=-180.0)
    east = raster("t_e_2000.tif", [[[51, 52]]], top=1.0, left=178.0)
    pattern = r"t_(?P<tile>\w)_(?P<year>\d{4})"
    mine = {"a": shapely.box(179.5, 0, 180.5, 1)}
    found = read([west, east], mine, years_from=pattern)
    areas = {key: area for key, (_, area) in found.trajectories["a"].items()}
    assert areas == pytest.approx({(52,): square(0) / 2, (10,): square(0) / 2}, rel=1e-6)


def test_longitudes_0_to_360(raster, read):
    """A raster that counts to 360 serves mines in western longitudes."""
    path = raster("m.tif", [[[10, 200]]], top=1.0, left=358.0)
    found = read([path], {"a": shapely.box(-1.5, 0, -0.5, 1)}, years=(2000,))
    areas = {key: area for key, (_, area) in found.trajectories["a"].items()}
    assert areas == pytest.approx({(10,): square(0) / 2, (200,): square(0) / 2}, rel=1e-6)


def test_blocks_change_nothing(raster, read, monkeypatch):
    """A mine read in blocks of four pixels has the rows it has when read at once."""
    rng = np.random.default_rng(1)
    path = raster("m.tif", rng.choice([10, 20, 200], (3, 6, 6)), top=6.0)
    mine = {"a": shapely.Point(3, 3).buffer(2.7) - shapely.Point(3.2, 3).buffer(0.9)}
    whole = read([path], mine, years=(2000, 2001, 2002))
    monkeypatch.setattr("quarrydb.loaders.landcover_read.BLOCK_BYTES", 4 * (3 + 150))
    blocks = read([path], mine, years=(2000, 2001, 2002))
    assert blocks.trajectories["a"].keys() == whole.trajectories["a"].keys()
    for key, (n, area) in whole.trajectories["a"].items():
        assert blocks.trajectories["a"][key] == (n, pytest.approx(area, rel=1e-6))


def test_order_of_mines_changes_nothing(raster, read):
    """The rows are the same, bit by bit, whatever the order of the mines."""
    rng = np.random.default_rng(2)
    path = raster("m.tif", rng.choice([10, 20, 200], (3, 6, 6)), top=6.0)
    mines = {
        str(i): shapely.Point(*xy).buffer(0.7) for i, xy in enumerate(rng.uniform(1, 5, (9, 2)))
    }
    years = (2000, 2001, 2002)
    forward = read([path], mines, years=years)
    backward = read([path], mines, years=years, reverse=True)
    assert forward.trajectories == backward.trajectories
    assert forward.coverage == backward.coverage


def test_all_nodata(raster, read):
    """A mine on pixels without data has no trajectory; its pixels are counted."""
    path = raster("m.tif", np.zeros((2, 3, 3)))
    found = read([path], {"a": shapely.box(0, 1, 1, 2)}, years=(2000, 2001))
    assert found.trajectories == {}
    assert found.coverage["a"]["n_pixels"] == 1
    assert found.coverage["a"]["data_km2"] == 0
    assert found.coverage["a"]["tile_km2"] == pytest.approx(square(1), rel=1e-6)


def test_file_that_vanished(raster, read, monkeypatch):
    """A tile that is gone when its pixels are wanted is named."""
    path = raster("m.tif", np.full((1, 3, 3), 10))
    made = monkeypatch_make_shards(monkeypatch, path)
    with pytest.raises(SourceError, match=r"m\.tif is gone"):
        read([path], {"a": shapely.box(0, 1, 1, 2)}, years=(2000,))
    assert made == [1]


def monkeypatch_make_shards(monkeypatch: pytest.MonkeyPatch, path: Path) -> list[int]:
    """Delete ``path`` after the headers were read, before any pixel is."""
    import quarrydb.loaders.landcover_shard as shard

    made: list[int] = []
    plain = shard.read_tile

    def delete_first(tile: object, task: object) -> object:
        path.unlink()
        made.append(1)
        return plain(tile, task)

    monkeypatch.setattr(shard, "read_tile", delete_first)
    return made
