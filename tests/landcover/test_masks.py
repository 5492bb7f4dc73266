"""What is hidden is hidden: stable green and images, by the rule that land cover and series follow."""

from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.enums import ColorInterp
from rasterio.transform import from_origin

from quarrydb.database.connection import connect
from quarrydb.errors import SourceError
from quarrydb.loaders.image_mosaic import read_square
from quarrydb.loaders.image_reader import ImageSource
from quarrydb.loaders.stable_green import check_rasters, run_raster
from quarrydb.project.sources import BreakRaster
from tests.landcover.conftest import read_mines
from tests.status.rasters import context_for

KINDS = ("nodata", "mask inside", "mask beside", "alpha band", "nodata beside", "nodata and alpha")
SIZE = 40


def write(
    path: Path, values: np.ndarray, kind: str, void: np.ndarray, corner: tuple, step: float
) -> Path:
    """Write bands (n, rows, columns) with ``void`` pixels hidden in the way that ``kind`` says."""
    values = values.copy()
    bands = len(values)
    has_alpha = "alpha" in kind
    if "nodata" in kind:
        values[:, void] = 77
    if kind == "nodata and alpha":
        values[:, void & (np.arange(SIZE) % 2 == 0)] = 10  # every other one by alpha alone
    profile = {
        "driver": "GTiff", "width": SIZE, "height": SIZE, "count": bands + has_alpha, "dtype": "uint8",
        "crs": "EPSG:4326" if step < 1 else "EPSG:32631", "transform": from_origin(*corner, step, step),
        "nodata": 77 if kind.startswith("nodata") and kind != "nodata beside" else None,
        "photometric": "minisblack",
    }  # fmt: skip
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=kind == "mask inside"),
        rasterio.open(path, "w", **profile) as file,
    ):
        if has_alpha:
            file.colorinterp = [
                ColorInterp.gray,
                *[ColorInterp.undefined] * (bands - 1),
                ColorInterp.alpha,
            ]
        file.write(values, list(range(1, bands + 1)))
        if has_alpha:
            file.write((~void * 255).astype(np.uint8), bands + 1)
        if kind.startswith("mask"):
            file.write_mask((~void * 255).astype(np.uint8))
    if kind == "nodata beside":
        notes = "".join(
            f"<PAMRasterBand band='{i + 1}'><NoDataValue>77</NoDataValue></PAMRasterBand>"
            for i in range(bands)
        )
        path.with_name(path.name + ".aux.xml").write_text(f"<PAMDataset>{notes}</PAMDataset>")
    return path


def right_half() -> np.ndarray:
    void = np.zeros((SIZE, SIZE), bool)
    void[:, SIZE // 2 :] = True
    return void


@pytest.mark.parametrize("kind", KINDS)
def test_land_cover(tmp_path, kind):
    """Half of a mine is hidden: unknown there, whatever code is stored."""
    path = write(
        tmp_path / "lc_2000.tif", np.full((1, SIZE, SIZE), 200), kind, right_half(), (10, 10), 0.01
    )
    found = read_mines([path], {"a": shapely.box(10.1, 9.8, 10.3, 9.9)})
    assert {codes: n for codes, (n, _) in found.trajectories["a"].items()} == {(200,): 100}
    row = found.coverage["a"]
    assert row["data_km2"] == pytest.approx(row["tile_km2"] / 2, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("hides", ["breaks", "landcover"])
def test_stable_green(tmp_path, kind, hides):
    """Ground hidden in either raster is not stable green: objects end in the middle of the mine."""
    zeros, forest = np.zeros((1, SIZE, SIZE)), np.full((1, SIZE, SIZE), 61)
    shown = np.zeros((SIZE, SIZE), bool)
    corner = (10.0, 10.0)
    for name, values in (("breaks", zeros), ("landcover", forest)):
        void = right_half() if name == hides else shown
        write(
            tmp_path / f"{name}.tif", values, kind if name == hides else "plain", void, corner, 0.01
        )
    section = BreakRaster(path=tmp_path / "breaks.tif", landcover=tmp_path / "landcover.tif")
    connection = connect(read_only=False)
    connection.execute("CREATE SCHEMA core")
    connection.execute(
        "CREATE TABLE parameter AS SELECT 0 AS break_count_max, 1000.0::DOUBLE AS green_window_m"
    )
    connection.execute(
        "CREATE TABLE core.merged AS "
        "SELECT 'a' AS merged_key, ST_MakeEnvelope(10.1, 9.8, 10.3, 9.9) AS geometry"
    )
    check_rasters(section)
    loaded = run_raster(context_for(connection, tmp_path), section=section, source="green")
    green = shapely.union_all(shapely.from_wkb(loaded["raw.stable_green"]["geometry"].to_pylist()))
    assert green.bounds[2] == pytest.approx(10.2)
    assert green.contains(shapely.box(10.11, 9.81, 10.19, 9.89))


def test_faults_of_both_rasters_at_once(tmp_path):
    (tmp_path / "breaks.tif").write_bytes(b"text")
    shown = np.zeros((SIZE, SIZE), bool)
    write(tmp_path / "cover.tif", np.zeros((1, SIZE, SIZE)), "plain", shown, (10, 10), 0.01)
    section = BreakRaster(
        path=tmp_path / "breaks.tif", landcover=tmp_path / "cover.tif", landcover_band=23
    )
    with pytest.raises(SourceError, match="has 1 bands, not 23") as error:
        check_rasters(section)
    assert len(error.value.messages) == 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("resampled", [False, True])
def test_images(tmp_path, kind, resampled):
    """On the image's own pixels and resampled: hidden pixels are NaN, and mix into no other."""
    rng = np.random.default_rng(1)
    values = rng.integers(100, 200, (3, SIZE, SIZE)).astype(np.uint8)
    path = write(tmp_path / "a.tif", values, kind, right_half(), (500_000, 400), 10.0)
    size = 10 if resampled else SIZE
    pixels, grid, _ = read_square(
        [ImageSource(path)], ("blue", "green", "red"),
        longitude=3.0 + 200 / 111_320, latitude=200 / 110_574, side_m=400, size_px=size,
    )  # fmt: skip
    columns = (np.arange(size) + 0.5) * grid.transform[0] + grid.transform[2] - 500_000
    known = ~np.isnan(pixels).any(axis=(0, 1))
    assert known[(columns > 20) & (columns < 180)].all()
    assert not known[columns > 220].any()
    assert np.nanmin(pixels) >= 100
    if not resampled:
        assert np.array_equal(pixels[:, 5:30, 5:15], values[:, 5:30, 5:15])


def test_four_bands_of_bytes_with_names_have_no_alpha(tmp_path):
    """GDAL tags the fourth as alpha: here it is near infrared, and 0 is a value."""
    values = np.full((4, SIZE, SIZE), 9, np.uint8)
    values[3] = 0
    path = tmp_path / "a.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=SIZE, height=SIZE, count=4, dtype="uint8", crs="EPSG:32631",
        transform=from_origin(500_000, 400, 10, 10),
    ) as file:  # fmt: skip
        file.write(values)
        assert file.colorinterp[3] == ColorInterp.alpha
    bands = ("blue", "green", "red", "nir")
    for size in (SIZE, 10):
        pixels, _, _ = read_square(
            [ImageSource(path, bands)], bands, longitude=3.0 + 200 / 111_320, latitude=200 / 110_574,
            side_m=200, size_px=size,
        )  # fmt: skip
        assert not np.isnan(pixels[:, 2:-2, 2:-2]).any()
        assert (pixels[3][~np.isnan(pixels[3])] == 0).all()
