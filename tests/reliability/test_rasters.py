"""Rasters that are damaged, misplaced, or not what they seem."""

import os
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.database.connection import connect
from quarrydb.loaders import landcover_read
from quarrydb.loaders.indicator import run_indicator
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster
from quarrydb.project.indicator import IndicatorSource
from quarrydb.udfs import register
from tests.landcover.conftest import read_mines, write_raster
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal
from tests.status.rasters import context_for, mines_connection

Happened = Callable[[str], None]
CODES = np.array([[130, 130, 200], [200, 130, 130], [130, 200, 130]])
MINE = shapely.box(0, 1, 2, 3)


def tiff(folder: Path, name: str = "lc_2000.tif", codes: Any = CODES, **options: Any) -> Path:
    return write_raster(folder / name, codes, **options)


def read(path: Path, mine: shapely.Geometry = MINE, **options: Any) -> Mapping[str, Any]:
    """What a mine's pixels were, in one map of the year 2000."""
    options.setdefault("years", (2000,))
    found = read_mines([path], {"a": mine}, **options)
    return {
        "pixels": found.trajectories.get("a", {}),
        "row": found.coverage["a"],
        "gaps": found.gaps,
    }


# Files that are refused when they are opened


def content(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "lc_2000.tif"
        path.write_bytes(data)
        return path

    return make


def truncated(folder: Path) -> Path:
    path = tiff(folder, codes=np.full((1, 400, 400), 130), pixel=0.01)
    os.truncate(path, path.stat().st_size // 2)
    return path


def cut_header(folder: Path) -> Path:
    path = tiff(folder)
    os.truncate(path, 60)
    return path


def enormous(folder: Path) -> Path:
    """Width and height of 2e9 written into the header of a small file."""
    path = tiff(folder)
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack("<I", data[4:8])
    (n_tags,) = struct.unpack("<H", data[start : start + 2])
    for place in range(start + 2, start + 2 + 12 * n_tags, 12):
        (tag,) = struct.unpack("<H", data[place : place + 2])
        if tag in (256, 257):
            data[place + 2 : place + 12] = struct.pack("<HII", 4, 1, 2_000_000_000)
    path.write_bytes(data)
    return path


def rotated(folder: Path) -> Path:
    path = folder / "lc_2000.tif"
    transform = from_origin(0, 3, 1, 1) @ rasterio.Affine.rotation(30)
    options = {"width": 3, "height": 3, "count": 1, "dtype": "uint8", "crs": "EPSG:4326"}
    with rasterio.open(path, "w", driver="GTiff", transform=transform, **options) as file:
        file.write(CODES[None].astype("uint8"))
    return path


def no_place(folder: Path) -> Path:
    path = folder / "lc_2000.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=3, height=3, count=1, dtype="uint8", crs="EPSG:4326"
    ) as file:
        file.write(CODES[None].astype("uint8"))
    return path


VRT = b"""<VRTDataset rasterXSize="3" rasterYSize="3"><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""
WMS = (
    b'<GDAL_WMS><Service name="TMS"><ServerUrl>http://127.0.0.1:9/</ServerUrl></Service></GDAL_WMS>'
)
STACTA = b'{"stac_version": "1.0.0", "type": "Feature", "assets": {}, "asset_templates": {}}'
REFUSED = [
    case("Rasters", "0-byte file", content(b"")),
    case("Rasters", "text named .tif", content(b"longitude,latitude\n1,2\n")),
    case("Rasters", "TIFF cut within its header", cut_header),
    case("Rasters", "TIFF that claims 2e9 x 2e9 pixels", enormous),
    case("Rasters", "without CRS", lambda f: tiff(f, crs=None)),
    case("Rasters", "without place", no_place),
    case("Rasters", "rotated grid", rotated),
    case("Rasters", "metres labelled EPSG:4326", lambda f: tiff(f, left=5e5, top=7e6, pixel=30.0)),
    case("Security", "VRT named .tif", content(VRT)),
    case("Security", "WMS description named .tif", content(WMS)),
    case("Security", "STAC tile description named .tif", content(STACTA)),
]


@pytest.mark.parametrize("make", REFUSED)
def test_raster_is_refused(
    make: Callable[[Path], Path], tmp_path: Path, happened: Happened
) -> None:
    path = make(tmp_path)

    def look() -> None:
        with gdal_environment(), open_raster(path) as dataset:
            grid_of(dataset, path)

    happened(refusal(look))


def bands(folder: Path) -> Path:
    return tiff(folder, codes=np.stack([CODES, CODES]))


UNREADABLE = [
    case("Rasters", "truncated TIFF", truncated, shapely.box(0, -0.9, 2, 2.9)),
    case("Rasters", "unknown land-cover code", lambda f: tiff(f, codes=CODES + 50), MINE),
    case("Rasters", "more bands than years", bands, MINE),
    case(
        "Rasters",
        "land cover with fractions",
        lambda f: tiff(f, codes=CODES + 0.5, dtype="float32"),
        MINE,
    ),
]


@pytest.mark.parametrize(("make", "mine"), UNREADABLE)
def test_pixels_are_refused(
    make: Callable[[Path], Path], mine: shapely.Geometry, tmp_path: Path, happened: Happened
) -> None:
    path = make(tmp_path)
    happened(refusal(lambda: read(path, mine)))


# What is read all the same, and gives the right number


@tried("Rasters", "without nodata value")
def test_without_nodata(tmp_path: Path, happened: Happened) -> None:
    found = read(tiff(tmp_path))
    assert sum(n for n, _ in found["pixels"].values()) == 4
    happened("Every pixel is data.")


@tried("Rasters", "all nodata")
def test_all_nodata(tmp_path: Path, happened: Happened) -> None:
    found = read(tiff(tmp_path, codes=np.zeros((3, 3)), nodata=0))
    assert found["pixels"] == {}
    assert found["row"]["data_km2"] == 0
    happened("No trajectory; the coverage of the mine says 0 km2 of data: unknown, not zero.")


@tried("Rasters", "mine half outside its raster")
def test_half_outside(tmp_path: Path, happened: Happened) -> None:
    found = read(tiff(tmp_path), shapely.box(2, 1, 4, 2))
    ((n, area),) = found["pixels"].values()
    assert n == 1
    assert found["row"]["data_km2"] == pytest.approx(area)
    assert 12_000 < area < 12_400  # one square degree near the equator, not two
    happened("The part inside is measured; data_km2 says how much of the mine that is.")


@tried("Rasters", "raster in another CRS than the mines")
def test_other_crs(tmp_path: Path, happened: Happened) -> None:
    """A metre raster around the equator: the mine is two of its pixels of 1,000 m."""
    path = tiff(tmp_path, left=500_000.0, top=3000.0, pixel=1000.0, crs="EPSG:32631")
    mine = shapely.box(3.0, 0.0, 3.0 + 2000 / 111_275, 1000 / 110_620)
    found = read(path, mine)
    assert sum(area for _, area in found["pixels"].values()) == pytest.approx(2.0, rel=2e-3)
    happened("Mines are placed on the raster's grid: areas agree with the ground.")


@tried("Rasters", "CRS of a building site, somewhere on the Earth")
def test_unplaced_crs(tmp_path: Path, happened: Happened) -> None:
    path = tiff(tmp_path, crs='LOCAL_CS["quarry",UNIT["metre",1]]')
    said = refusal(lambda: read(path, MINE))
    assert "has no place on the Earth" in said
    happened(said.partition(":")[0] + ": CRS is unknown or has no place on the Earth.")


@tried("Rasters", "half a pixel off the other years")
def test_half_pixel_shift(tmp_path: Path, happened: Happened) -> None:
    first = tiff(tmp_path, "MT_2000.tif")
    second = tiff(tmp_path, "MT_2001.tif", left=0.5)
    pattern = r"MT_(?P<year>\d{4})"
    happened(refusal(lambda: read_mines([first, second], {"a": MINE}, years_from=pattern)))


YEARS = [
    case(
        "Rasters", "a missing year", ["MT_2000.tif", "MT_2002.tif"], {"years": (2000, 2001, 2002)}
    ),
    case("Rasters", "a year that stands twice", ["a/MT_2000.tif", "b/MT_2000.tif"], {}),
    case("Rasters", "a year that can't be told", ["MT_20.tif"], {}),
]


@pytest.mark.parametrize(("names", "naming"), YEARS)
def test_years(
    names: list[str], naming: dict[str, Any], tmp_path: Path, happened: Happened
) -> None:
    paths = [tiff(tmp_path, name) for name in names]
    pattern = r"MT_(?P<year>\d{4})"
    happened(refusal(lambda: read_mines(paths, {"a": MINE}, years_from=pattern, **naming)))


@tried("Rasters", "land-cover tile that vanishes while tiles are read")
def test_tile_vanishes(tmp_path: Path, happened: Happened) -> None:
    paths = [tiff(tmp_path, "MT_2000.tif"), tiff(tmp_path, "MT_2001.tif")]
    opened = landcover_read.open_raster

    def vanishing(path: Path) -> Any:
        paths[1].unlink(missing_ok=True)
        return opened(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landcover_read, "open_raster", vanishing)
        pattern = r"MT_(?P<year>\d{4})"
        happened(refusal(lambda: read_mines(paths, {"a": MINE}, years_from=pattern)))


@tried("Rasters", "mine outside all land-cover tiles")
def test_outside_landcover(tmp_path: Path, happened: Happened) -> None:
    found = read_mines([tiff(tmp_path)], {"a": shapely.box(50, 50, 51, 51)}, years=(2000,))
    assert (found.trajectories, found.coverage) == ({}, {})
    happened("No trajectory and no coverage: unknown, not zero; a build notes such mines.")


# Series of indicators


def series(folder: Path, mine: shapely.Geometry = MINE, **keys: Any) -> tuple[list[Any], list[Any]]:
    """Rows of raw.indicator and raw.load_issue of one source."""
    section = {"name": "ndvi", "path": "ndvi_*.tif", **keys}
    source = IndicatorSource.model_validate(section, context={"root": folder})
    context = context_for(mines_connection({"a": mine}), folder)
    loaded = run_indicator(context, source=source)
    rows = loaded["raw.indicator"]
    table = rows if isinstance(rows, pa.Table) else pa.concat_tables(map(pq.read_table, rows))
    return table.to_pylist(), loaded["raw.load_issue"].to_pylist()


def value(rows: list[Any]) -> Any:
    assert len(rows) == 1
    return rows[0]["value"]


@tried("Rasters", "indicator that is NaN everywhere")
def test_all_nan(tmp_path: Path, happened: Happened) -> None:
    tiff(tmp_path, "ndvi_2018.tif", np.full((3, 3), np.nan), dtype="float32")
    rows, noted = series(tmp_path)
    assert all(row["value"] is None for row in rows)
    happened(f"No value; noted: {'; '.join(sorted({row['problem'] for row in noted}))}.")


@tried("Rasters", "indicator with an infinite pixel")
def test_infinite(tmp_path: Path, happened: Happened) -> None:
    pixels = np.full((3, 3), 0.5)
    pixels[0, 0] = np.inf
    tiff(tmp_path, "ndvi_2018.tif", pixels, dtype="float32")
    rows, _ = series(tmp_path)
    assert value(rows) == pytest.approx(0.5)
    happened("The pixel is no data; the mean is that of the others.")


@tried("Rasters", "mine outside the indicator's raster")
def test_outside(tmp_path: Path, happened: Happened) -> None:
    tiff(tmp_path, "ndvi_2018.tif", np.full((3, 3), 0.5), dtype="float32")
    rows, noted = series(tmp_path, shapely.box(50, 50, 51, 51))
    assert all(row["value"] is None for row in rows)
    happened(f"No value; noted: {'; '.join(sorted({row['problem'] for row in noted}))}.")


@tried("Rasters", "two indicator files of one date")
def test_same_date_twice(tmp_path: Path, happened: Happened) -> None:
    for name in ("ndvi_2018_a.tif", "ndvi_2018_b.tif"):
        tiff(tmp_path, name, np.full((3, 3), 0.5), dtype="float32")
    happened(refusal(lambda: series(tmp_path, dates="ndvi_{year}_*.tif")))


SERIES = [
    case("Rasters", "series too short", [0.1, 0.2]),
    case("Rasters", "series without any value", [None, None, None, None]),
    case("Rasters", "constant series", [0.3] * 6),
    case("Rasters", "series of three values and gaps", [0.1, None, 0.2, None, 0.3]),
]


@pytest.mark.parametrize("values", SERIES)
def test_trend_of_series(values: list[float | None], happened: Happened) -> None:
    connection = connect(read_only=False)
    register(connection)
    found = connection.execute("SELECT mann_kendall(?::DOUBLE[])", [values]).fetchone()
    assert found is not None
    result = found[0]
    if result is None:
        happened("No trend: NULL.")
        return
    shown = {k: v for k, v in result.items() if k in ("trend", "p", "s", "reason")}
    happened(", ".join(f"{k} {v}" for k, v in shown.items()))


@tried("Security", "side file that renames the CRS of a raster")
def test_side_file(tmp_path: Path, happened: Happened) -> None:
    path = tiff(tmp_path)
    xml = "<PAMDataset><SRS>EPSG:3857</SRS><GeoTransform>9,9,0,9,0,-9</GeoTransform></PAMDataset>"
    path.with_name(path.name + ".aux.xml").write_text(xml)
    with gdal_environment(), open_raster(path) as dataset:
        assert dataset.crs.to_epsg() == 4326
        assert dataset.transform.a == 1.0
    happened("Not read: only the named file is.")
