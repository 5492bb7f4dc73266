"""Chips lie where they should, keep the image's pixels, and splits never share ground."""

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod, Transformer
from rasterio.transform import from_origin

from quarrydb.errors import SourceError
from quarrydb.inference.chips import Chip, Site, chip_ground, mine_mask, read_chip, write_chip
from quarrydb.inference.training_data import read_pair
from quarrydb.loaders.image import file_outline
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.loaders.vector_clean import geodesic_area_km2

from .planted import CRS, ORIGIN, PIXEL_M, write_image

BANDS = ("blue", "green", "red", "nir")
TO_LONLAT = Transformer.from_crs(CRS, 4326, always_xy=True)


def site_at(column, row, side_m, site_id="s"):
    """A site around the corner of a pixel."""
    x, y = ORIGIN[0] + column * PIXEL_M, ORIGIN[1] - row * PIXEL_M
    longitude, latitude = TO_LONLAT.transform(x, y)
    return Site(site_id, longitude, latitude, side_m)


@pytest.fixture
def counted(tmp_path):
    """An image whose values count its pixels (never 0, which is no data)."""
    values = np.arange(1, 200 * 200 + 1, dtype=np.uint32).reshape(200, 200)
    image = np.stack([values] * 4)
    path = write_image(tmp_path / "a.tif", image, from_origin(*ORIGIN, PIXEL_M, PIXEL_M))
    return ImageSource(path), values


def test_small_window_keeps_the_images_own_pixels(counted):
    source, values = counted
    chip = read_chip(site_at(100, 100, 200.0), [source], BANDS, 64)
    assert np.array_equal(chip.pixels[0], values[68:132, 68:132])
    assert chip.grid.inner == (22, 22, 42, 42)  # 20 pixels of 10 m around the middle


def test_large_window_is_resampled_to_the_chip(counted):
    source, values = counted
    chip = read_chip(site_at(100, 100, 1280.0), [source], BANDS, 64)
    assert chip.grid.transform[0] == pytest.approx(20.0, rel=2e-3)
    block = values[36:164, 36:164].reshape(64, 2, 64, 2).mean(axis=(1, 3))
    assert chip.pixels[0] == pytest.approx(block, rel=0.03)
    assert chip.grid.inner == (0, 0, 64, 64)


def test_window_sides_are_metres_on_the_ground(tmp_path):
    """In web mercator at 60 degrees north, a metre is two units of the map."""
    to_map = Transformer.from_crs(4326, 3857, always_xy=True)
    x, y = to_map.transform(25.0, 60.0)
    transform = from_origin(x - 2000, y + 2000, 20, 20)
    path = write_image(
        tmp_path / "m.tif", np.ones((4, 200, 200), np.uint16), transform, "EPSG:3857"
    )
    grid = read_chip(Site("s", 25.0, 60.0, 800.0), [ImageSource(path)], BANDS, 128).grid
    _, left, _, right = grid.inner
    a, _, c, _, e, f = grid.transform
    back = Transformer.from_crs(3857, 4326, always_xy=True)
    lon, lat = back.transform([c + a * left, c + a * right], [f + e * 64, f + e * 64])
    width = Geod(ellps="WGS84").inv(lon[0], lat[0], lon[1], lat[1])[2]
    assert width == pytest.approx(800, abs=45)


def test_chip_is_padded_where_the_image_ends(counted):
    source, values = counted
    chip = read_chip(site_at(0, 0, 200.0), [source], BANDS, 64)
    assert np.isnan(chip.pixels[:, :32]).all()
    assert np.isnan(chip.pixels[:, :, :32]).all()
    assert np.array_equal(chip.pixels[0, 32:, 32:], values[:32, :32])


def test_gaps_of_the_clearest_image_are_filled_by_the_next(tmp_path):
    transform = from_origin(*ORIGIN, PIXEL_M, PIXEL_M)
    clear = np.full((4, 100, 100), 7, np.uint16)
    clear[:, :, 50:] = 0
    sources = [
        ImageSource(write_image(tmp_path / "clear.tif", clear, transform)),
        ImageSource(write_image(tmp_path / "next.tif", np.full_like(clear, 9), transform)),
    ]
    pixels = read_chip(site_at(50, 50, 200.0), sources, BANDS, 32).pixels
    assert set(np.unique(pixels[:, :, :16])) == {7}
    assert set(np.unique(pixels[:, :, 16:])) == {9}


def test_image_in_another_crs_is_placed_on_the_grid(tmp_path, counted):
    source, values = counted
    site = site_at(100, 100, 200.0)
    degree = 1e-4
    transform = from_origin(
        site.longitude - 50 * degree, site.latitude + 50 * degree, degree, degree
    )
    flat = write_image(
        tmp_path / "ll.tif", np.full((4, 100, 100), 5, np.uint16), transform, "EPSG:4326"
    )
    chip = read_chip(site, [ImageSource(flat), source], BANDS, 32)
    assert chip.grid.crs == "EPSG:4326"
    assert np.unique(chip.pixels).tolist() == [5]
    swapped = read_chip(site, [source, ImageSource(flat)], BANDS, 32)
    assert swapped.grid.crs == CRS
    assert np.array_equal(swapped.pixels[0], values[84:116, 84:116])


@pytest.mark.parametrize(("crs", "side"), [("EPSG:4326", 180.0), ("EPSG:3857", 20037508.342789244)])
def test_a_square_across_180_degrees_is_read_from_both_sides(tmp_path, crs, side):
    """Two images that end at the edge of the map, values 5 in its east and 9 in its west."""
    step = side / 20_000
    east, west = (np.full((4, 64, 64), value, np.uint16) for value in (5, 9))
    sources = [
        ImageSource(
            write_image(tmp_path / name, image, from_origin(left, 32 * step, step, step), crs)
        )
        for name, image, left in (
            ("east.tif", east, side - 64 * step),
            ("west.tif", west, -side),
        )
    ]
    mines = [shapely.box(179.95, -0.05, 180, 0.05), shapely.box(-180, -0.05, -179.95, 0.05)]
    for longitude, order in ((179.999, sources), (-179.999, sources[::-1])):
        chip = read_chip(Site("s", longitude, 0.0, 20_000.0), order, BANDS, 32)
        values = chip.pixels[0, 16]
        assert np.unique(chip.pixels).tolist() == [5, 9]
        assert values.tolist() == sorted(values)
        columns = mine_mask(chip.grid, mines).max(axis=0)
        assert 10 <= columns.sum() <= 12
        assert np.ptp(np.flatnonzero(columns)) + 1 == columns.sum()


def test_bands_are_found_by_name_in_any_order(tmp_path):
    image = np.stack([np.full((64, 64), value, np.uint16) for value in (1, 2, 3, 4)])
    path = write_image(tmp_path / "b.tif", image, from_origin(*ORIGIN, PIXEL_M, PIXEL_M))
    pixels = read_chip(
        site_at(32, 32, 100), [ImageSource(path)], ("red", "green", "blue"), 32
    ).pixels
    assert pixels[:, 0, 0].tolist() == [3, 2, 1]
    named = ImageSource(path, ("nir", "red", "green", "blue"))
    assert read_chip(site_at(32, 32, 100), [named], ("nir",), 32).pixels[0, 0, 0] == 1


@pytest.mark.parametrize(
    ("bands", "message"), [(("nir", "swir"), "needs swir"), (("a", "b", "c"), "has 4 bands")]
)
def test_missing_band_is_an_error(counted, bands, message):
    with pytest.raises(SourceError, match=message):
        read_chip(site_at(100, 100, 200.0), [counted[0]], bands, 32)


def test_site_off_the_image_is_an_error(counted):
    with pytest.raises(SourceError, match="No pixel"):
        read_chip(site_at(1000, 1000, 200.0), [counted[0]], BANDS, 32)


def broken(kind, path):
    if kind == "empty":
        path.write_bytes(b"")
    elif kind == "text":
        path.write_text("not an image")
    elif kind == "truncated":
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
    elif kind == "vrt":
        path.write_text("<VRTDataset rasterXSize='1' rasterYSize='1'></VRTDataset>")
    elif kind == "missing":
        path.unlink()


@pytest.mark.parametrize("kind", ["empty", "text", "truncated", "vrt", "missing"])
def test_broken_image_is_an_error_that_names_it(counted, kind):
    source, _ = counted
    broken(kind, source.path)
    with pytest.raises(SourceError, match=r"a\.tif.*(be read|is gone)"):
        read_chip(site_at(100, 180, 200.0), [source], BANDS, 64)


@pytest.mark.parametrize(
    ("crs", "said"),
    [
        (None, "no CRS"),
        ('LOCAL_CS["quarry",UNIT["metre",1]]', r"no\.tif: .* has no place on the Earth"),
    ],
)
def test_image_without_a_place_is_an_error(tmp_path, crs, said):
    path = tmp_path / "no.tif"
    profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 4, "dtype": "uint8", "crs": crs}
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(np.ones((4, 8, 8), np.uint8))
    with pytest.raises(SourceError, match=said):
        file_outline(path)
    with pytest.raises(SourceError, match=said):
        read_chip(site_at(4, 4, 10.0), [ImageSource(path)], BANDS, 32)


@pytest.mark.parametrize("path", ["/vsicurl/http://host/a.tif", "https://host/a.tif"])
def test_remote_image_is_refused(path):
    from pathlib import Path

    with pytest.raises(SourceError, match="no local file"):
        read_chip(site_at(4, 4, 10.0), [ImageSource(Path(path))], BANDS, 32)


def test_mask_holds_all_mines_of_the_window(counted):
    source, _ = counted
    chip = read_chip(site_at(100, 100, 200.0), [source], BANDS, 64)
    a, _, left, _, _, top = chip.grid.transform
    squares = [
        shapely.box(left + 5 * a, top - 9 * a, left + 9 * a, top - 5 * a),
        shapely.box(left + 60 * a, top - 70 * a, left + 70 * a, top - 60 * a),
    ]
    lonlat = [
        shapely.transform(square, lambda x, y: TO_LONLAT.transform(x, y), interleaved=False)
        for square in squares
    ]
    mask = mine_mask(chip.grid, lonlat)
    assert mask[5:9, 5:9].all()
    assert mask.sum() == 16 + 16


def test_a_chips_ground_is_what_it_shows(counted):
    """A square of 200 m on a chip of 64 pixels of 10 m."""
    ground = chip_ground(site_at(100, 100, 200.0), counted[0], 64)
    assert geodesic_area_km2(ground) == pytest.approx(0.64**2, rel=2e-3)


@pytest.mark.parametrize(
    ("change", "dtype", "nodata"),
    [
        (lambda p: p, "uint16", 0),
        (lambda p: np.where(p == 1, 0, p), "uint16", 65535),
        (lambda p: p + np.float32(0.5), "float32", None),
        (lambda p: p * 1000, "float32", None),
    ],
)
def test_written_chip_reads_back(tmp_path, counted, change, dtype, nodata):
    source, _ = counted
    chip = read_chip(site_at(0, 0, 200.0), [source], BANDS, 64)
    chip = Chip(change(chip.pixels), chip.grid)
    mask = np.eye(64, dtype=np.uint8)
    image, masked = write_chip(tmp_path, "s_2019", chip, mask)
    with rasterio.open(image) as dataset:
        assert dataset.dtypes[0] == dtype
        assert nodata is None or dataset.nodata == nodata
    pixels, label = read_pair(image, masked)
    assert np.array_equal(pixels, chip.pixels, equal_nan=True)
    assert np.array_equal(label, mask)
