"""Outlines of random fields against an 8 times supersampled isoline, and exact
outlines of masks.
"""

import numpy as np
import pytest
import shapely
from rasterio import features
from scipy.ndimage import gaussian_filter

from quarrydb.inference import outline
from quarrydb.inference.ground import to_degrees
from quarrydb.loaders.vector_clean import geodesic_area_km2


def random_field(seed: int, n: int = 128, smooth: float = 4.0) -> np.ndarray:
    """A smooth field of logits, (n, n), with blobs, holes, rings and shapes cut by the edge."""
    noise = np.random.default_rng(seed).normal(size=(n, n))
    field = gaussian_filter(noise, smooth, mode="reflect")
    return (field / field.std() * 2).astype(np.float32)


def supersampled_area(
    field: np.ndarray, threshold: float, cell_px: int = 4, factor: int = 8
) -> float:
    """Square pixels where the interpolated probability is at least
    ``threshold``, on a fine grid.
    """
    fine = outline.upsample(field, cell_px * factor)
    return float((fine >= outline.logit(threshold)).sum()) / factor**2


def ring_field(n: int = 64) -> np.ndarray:
    """A ring about an island: positive between 10 and 20 cells from the centre, and within 4."""
    y, x = np.mgrid[:n, :n] + 0.5 - n / 2
    radius = np.hypot(x, y)
    return np.maximum(5 - np.abs(radius - 15), 4 - radius).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.5, 0.55, 0.8])
def test_contour_area_has_no_bias(threshold):
    shares = []
    for seed in range(20):
        field = random_field(seed)
        polygons = outline.outline(field, threshold)
        truth = supersampled_area(field, threshold)
        shares.append((sum(polygon.area for polygon in polygons) - truth) / truth)
        assert all(polygon.is_valid for polygon in polygons)
    assert abs(float(np.mean(shares))) < 0.002
    assert float(np.max(np.abs(shares))) < 0.01


def test_simplified_outline_stays_within_half_a_pixel():
    for seed in range(5):
        field = random_field(seed)
        exact = outline.outline(field, 0.5, tolerance_px=0, minimum_px2=0)
        simple = outline.outline(field, 0.5, minimum_px2=0)
        distance = shapely.hausdorff_distance(
            shapely.union_all(shapely.boundary(exact)), shapely.union_all(shapely.boundary(simple))
        )
        assert distance <= 0.5
        assert shapely.get_num_coordinates(simple).sum() < shapely.get_num_coordinates(exact).sum()


def test_ring_and_island_are_two_polygons():
    found = outline.outline(ring_field(), 0.5)
    assert sorted(len(polygon.interiors) for polygon in found) == [0, 1]
    ring = max(found, key=lambda polygon: polygon.area)
    assert ring.area == pytest.approx(np.pi * ((20 * 4) ** 2 - (10 * 4) ** 2), rel=0.01)


def test_diagonal_touch_stays_valid():
    field = np.full((8, 8), -1.0, dtype=np.float32)
    field[2:4, 2:4] = 1
    field[4:6, 4:6] = 1
    for mode in ("contour", "pixel"):
        polygons = outline.outline(field, 0.5, mode=mode)
        assert all(polygon.is_valid for polygon in polygons)


def test_field_above_everywhere_is_the_whole_chip():
    polygons = outline.outline(np.ones((16, 16), np.float32), 0.5)
    assert [polygon.area for polygon in polygons] == pytest.approx([64 * 64])


def test_field_below_everywhere_is_nothing():
    assert outline.outline(-np.ones((16, 16), np.float32), 0.5) == []


def test_field_that_equals_the_threshold_is_inside():
    polygons = outline.outline(np.zeros((16, 16), np.float32), 0.5)
    assert [polygon.area for polygon in polygons] == pytest.approx([64 * 64])


def test_chip_edge_loses_nothing():
    """A half plane that runs off the chip: the exact area is known on paper."""
    x = np.arange(32, dtype=np.float32) + 0.5
    field = np.tile(10.25 - x, (32, 1)).astype(np.float32)
    (polygon,) = outline.outline(field, 0.5)
    assert polygon.area == pytest.approx(10.25 * 4 * 32 * 4, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_pixel_mode_equals_the_mask_exactly(seed):
    field = random_field(seed, smooth=2)
    mask = outline.pixel_mask(field, 0.6, 4)
    polygons = outline.outline(field, 0.6, mode="pixel", minimum_px2=0)
    assert sum(polygon.area for polygon in polygons) == pytest.approx(mask.sum(), rel=1e-9)
    again = features.rasterize(polygons, out_shape=mask.shape, fill=0, default_value=1).astype(bool)
    assert np.array_equal(again, mask)
    assert all(polygon.is_valid for polygon in polygons)


def test_upsample_equals_torch():
    torch = pytest.importorskip("torch")
    field = random_field(3, n=16)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(field)[None, None], scale_factor=4, mode="bilinear", align_corners=False
    )
    assert outline.upsample(field, 4) == pytest.approx(theirs[0, 0].numpy(), abs=1e-5)


def test_mean_probability_of_a_constant_field():
    field = np.full((16, 16), outline.logit(0.9), np.float32)
    polygons = outline.outline(field, 0.5)
    assert outline.mean_probability(field, polygons, 4) == pytest.approx([0.9])


def test_pixels_are_placed_on_the_ground():
    square = shapely.box(0, 0, 10, 10)
    (placed,), origin = to_degrees([square], (2.0, 0, 100.0, 0, -2.0, 50.0), "EPSG:4326")
    assert origin == [0]
    assert placed.bounds == (100.0, 30.0, 120.0, 50.0)


@pytest.mark.parametrize(
    ("crs", "corner", "step"),
    [("EPSG:4326", 179.99, 0.001), ("EPSG:3857", 20_036_000, 100), ("EPSG:32660", 833_500, 100)],
)
def test_a_polygon_across_180_degrees_is_cut_there(crs, corner, step):
    """Both parts on the globe, together as large as the square that was drawn."""
    square = shapely.box(0, 0, 20, 20)
    top = 0.01 if crs == "EPSG:4326" else 1000.0
    parts, origin = to_degrees([square], (step, 0, corner, 0, -step, top), crs)
    assert origin == [0, 0]
    west, east = sorted(parts, key=lambda part: part.bounds[0])
    assert west.bounds[0] == -180
    assert east.bounds[2] == 180
    side = 20 * step * (111.32 if crs == "EPSG:4326" else 0.001)
    assert sum(map(geodesic_area_km2, parts)) == pytest.approx(side**2, rel=0.02)


def test_find_contours_through_pixel_centres_loses_half_a_pixel():
    """Why outlines are not traced through pixel centres: a disc of 5 pixels loses a seventh and
    more.
    """
    y, x = np.mgrid[:32, :32] + 0.5 - 16
    mask = np.hypot(x, y) <= 5
    centres = shapely.convex_hull(shapely.multipoints(np.argwhere(mask)))
    assert 0.13 < 1 - centres.area / mask.sum() < 0.2
