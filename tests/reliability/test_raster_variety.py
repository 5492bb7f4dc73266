"""Rasters of the ordinary variety: land cover and means against rasterio's own masks, or a refusal.

The oracle reads the whole file with rasterio, side files and all, in GDAL's own way, takes a pixel as void
where a nodata value, NaN, a mask or an alpha band says so, and counts pixels; mines are whole pixels.
"""

import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.enums import ColorInterp
from rasterio.transform import Affine
from rasterio.warp import transform_geom

from quarrydb.errors import SourceError
from quarrydb.loaders.indicator import run_indicator
from quarrydb.project.indicator import IndicatorSource
from tests.landcover.conftest import read_mines
from tests.reliability.table import case
from tests.status.rasters import context_for, mines_connection

Happened = Callable[[str], None]
SIZE = 40
CODES = np.array([10, 20, 51, 61, 71, 120])
TOP, LEFT, BOTTOM, RIGHT = 5, 3, 29, 34  # pixels of the mine


@dataclass
class Variety:
    """How a file is written: profile, what hides pixels, what stands beside it."""

    profile: dict[str, Any] = field(default_factory=dict)
    crs: str = "EPSG:4326"
    corner: tuple[float, float] = (20.0, 10.0)
    pixel: float = 0.01
    mask: str | None = None  # inside, beside
    alpha: bool = False
    nodata: float | None = None
    notes: str | None = None
    values: float | None = None  # stored where nodata or NaN is
    zipped: int | None = None
    scale: tuple[float, float] | None = None
    bottom_up: bool = False


def v(**settings: Any) -> Variety:
    names = set(Variety.__dataclass_fields__)
    profile = {key: settings.pop(key) for key in list(settings) if key not in names}
    return Variety(profile=profile, **settings)


NODATA_NOTES = "<NoDataValue>{}</NoDataValue>"
VARIETIES = {
    "bytes, striped": v(),
    "bytes, tiled, LZW": v(tiled=True, blockxsize=16, blockysize=16, compress="lzw"),
    "bytes, deflate, predictor 2": v(compress="deflate", predictor=2),
    "bytes, zstd": v(compress="zstd"),
    "bytes, PackBits": v(compress="packbits"),
    "bytes, LERC without loss": v(compress="lerc", MAX_Z_ERROR=0),
    "bytes, BigTIFF, big-endian": v(BIGTIFF="YES", ENDIANNESS="BIG"),
    "bytes, sparse": v(tiled=True, blockxsize=16, blockysize=16, SPARSE_OK=True),
    "bytes, cloud-optimised": v(driver="COG", blocksize=128),
    "bytes, 4 bits": v(NBITS=4, dtype="uint8"),
    "signed bytes, nodata -128": v(dtype="int8", nodata=-128, values=-128),
    "16-bit whole numbers": v(dtype="uint16"),
    "16-bit, nodata 65535": v(dtype="uint16", nodata=65535, values=65535),
    "signed 16-bit, nodata -9999": v(dtype="int16", nodata=-9999, values=-9999),
    "32-bit, nodata below all": v(dtype="int32", nodata=-2147483648, values=-2147483648),
    "unsigned 32-bit": v(dtype="uint32"),
    "64-bit whole numbers": v(dtype="int64", nodata=-1, values=-1),
    "floats": v(dtype="float32"),
    "floats with NaN": v(dtype="float32", values=np.nan),
    "floats, nodata NaN": v(dtype="float32", nodata=np.nan, values=np.nan),
    "floats, nodata -3.4e38": v(
        dtype="float32", nodata=float(np.finfo("f4").min), values=float(np.finfo("f4").min)
    ),
    "doubles, predictor 3": v(dtype="float64", compress="deflate", predictor=3),
    "bytes, nodata 0": v(nodata=0, values=0),
    "bytes, nodata 255": v(nodata=255, values=255),
    "mask inside": v(mask="inside"),
    "mask beside (.msk)": v(mask="beside"),
    "mask inside and nodata": v(mask="inside", nodata=255, values=255),
    "mask beside and nodata": v(mask="beside", nodata=255, values=255),
    "mask inside, tiled, deflate": v(mask="inside", tiled=True, blockxsize=16, blockysize=16),
    "alpha band": v(alpha=True),
    "alpha band and nodata": v(alpha=True, nodata=255, values=255),
    "alpha band of 16 bits": v(alpha=True, dtype="uint16"),
    "nodata beside (.aux.xml)": v(notes=NODATA_NOTES.format(255), values=255),
    "nodata beside in place of that inside": v(
        notes=NODATA_NOTES.format(255), nodata=7, values=255
    ),
    "nodata beside and a mask inside": v(notes=NODATA_NOTES.format(255), mask="inside", values=255),
    "scale and offset": v(dtype="int16", scale=(0.5, -3.0)),
    "scale beside (.aux.xml)": v(
        dtype="int16", notes="<Scale>0.25</Scale><Offset>2</Offset>", scale=None
    ),
    "UTM": v(crs="EPSG:32735", corner=(500_000.0, 8_000_000.0), pixel=30.0),
    "Web Mercator": v(crs="EPSG:3857", corner=(2.2e6, 1.1e6), pixel=100.0),
    "Lambert equal area": v(crs="EPSG:3035", corner=(4.3e6, 3.2e6), pixel=100.0),
    "sinusoidal of MODIS": v(
        crs="+proj=sinu +lon_0=0 +x_0=0 +y_0=0 +R=6371007.181 +units=m",
        corner=(2e6, 1e6),
        pixel=231.656,
    ),
    "longitudes of 0 to 360": v(corner=(300.0, -10.0)),
    "south-up rows": v(bottom_up=True),
    "in a ZIP, stored": v(zipped=zipfile.ZIP_STORED, mask="beside"),
    "in a ZIP, deflated": v(zipped=zipfile.ZIP_DEFLATED, nodata=255, values=255),
    "JPEG 2000 without loss": v(driver="JP2OpenJPEG", QUALITY=100, REVERSIBLE=True),
}


def pixels_of(one: Variety) -> NDArray[Any]:
    """Codes, and in a block of them the value that is no data."""
    rng = np.random.default_rng(1)
    dtype = one.profile.get("dtype", "uint8")
    codes = np.array([1, 2, 3, 5, 7, 9]) if "NBITS" in one.profile else CODES
    found = rng.choice(codes, (SIZE, SIZE)).astype(dtype)
    if one.values is not None:
        found[10:18, 8:20] = one.values
    return found


def write(folder: Path, one: Variety) -> Path:
    """Write the variety under ``folder`` and return what the project file would name."""
    path = folder / ("lc_2018.jp2" if one.profile.get("driver") == "JP2OpenJPEG" else "lc_2018.tif")
    values = pixels_of(one)
    left, top = one.corner
    step = -one.pixel if one.bottom_up else one.pixel
    shift = top - SIZE * one.pixel if one.bottom_up else top
    profile = {
        "driver": "GTiff", "width": SIZE, "height": SIZE, "count": 2 if one.alpha else 1,
        "dtype": values.dtype, "crs": one.crs, "nodata": one.nodata,
        "transform": Affine(one.pixel, 0, left, 0, -step, shift), **one.profile,
    }  # fmt: skip
    with (
        rasterio.Env(GDAL_TIFF_INTERNAL_MASK=one.mask == "inside"),
        rasterio.open(path, "w", **profile) as file,
    ):
        if one.alpha:
            file.colorinterp = [ColorInterp.gray, ColorInterp.alpha]
        file.write(values, 1)
        if one.alpha:
            file.write((hidden_block() * 255).astype(values.dtype), 2)
        if one.scale:
            file.scales, file.offsets = [one.scale[0]], [one.scale[1]]
        if one.mask:
            file.write_mask(hidden_block().astype(np.uint8) * 255)
    if one.notes:
        text = f'<PAMDataset><PAMRasterBand band="1">{one.notes}</PAMRasterBand></PAMDataset>'
        path.with_name(path.name + ".aux.xml").write_text(text)
    return path


def hidden_block() -> NDArray[np.bool_]:
    """True where a mask lets pixels pass."""
    shown = np.ones((SIZE, SIZE), bool)
    shown[20:26, 15:40] = False
    return shown


def zipped(path: Path, method: int | None) -> Path:
    """The file and what lies beside it in an archive, if the variety asks for one."""
    if method is None:
        return path
    archive = path.with_name("maps.zip")
    with zipfile.ZipFile(archive, "w", method) as file:
        for part in sorted(path.parent.glob(path.name + "*")):
            file.write(part, f"maps/{part.name}")
            part.unlink()
    return archive


def by_rasterio(path: Path) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scaled values of the mine's pixels, and which are data: by GDAL with all side files in force."""
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="FALSE"), rasterio.open(path) as file:
        values = file.read(1)[TOP:BOTTOM, LEFT:RIGHT]
        shown = np.ones(values.shape, bool)
        for mask in [file.read_masks(1), *([file.read(2)] if file.count == 2 else [])]:
            shown &= mask[TOP:BOTTOM, LEFT:RIGHT] > 0
        if file.nodata is not None:
            shown &= values != file.nodata
        if values.dtype.kind == "f":
            shown &= ~np.isnan(values)
        return values * file.scales[0] + file.offsets[0], shown


def mine_of(path: Path) -> shapely.Geometry:
    """The mine's pixels as a polygon in EPSG:4326, its sides drawn with many points."""
    with rasterio.open(path) as file:
        corners = [file.transform * place for place in ((LEFT, TOP), (RIGHT, BOTTOM))]
        (x0, y0), (x1, y1) = corners
        box = shapely.box(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        dense = shapely.segmentize(box, abs(x1 - x0) / 500)
        lonlat = transform_geom(file.crs, "EPSG:4326", shapely.geometry.mapping(dense))
    return shapely.geometry.shape(lonlat)


def counts(path: Path, mine: shapely.Geometry) -> dict[int, float]:
    """Whole pixels of each code, by the loader: slivers of neighbours are below a thousandth."""
    found = read_mines([path], {"a": mine}, record_gaps=True)
    areas: Counter[int] = Counter()
    for (code,), (_, area) in found.trajectories.get("a", {}).items():
        areas[code] += area
    return dict(areas)


def mean(folder: Path, path: Path, mine: shapely.Geometry) -> tuple[float, float]:
    """Mean and share with data, by the loader of series."""
    source = IndicatorSource.model_validate(
        {"name": "x", "path": path.name, "dates": None}, context={"root": folder}
    )
    context = context_for(mines_connection({"a": mine}), folder)
    loaded = run_indicator(context, source=source)["raw.indicator"]
    rows = loaded if isinstance(loaded, pa.Table) else pa.concat_tables(map(pq.read_table, loaded))
    (row,) = rows.to_pylist()
    return row["value"], row["valid_km2"] / row["inside_km2"]


@pytest.mark.parametrize("one", [case("Rasters", name, one) for name, one in VARIETIES.items()])
def test_a_raster_gives_what_rasterio_says(
    one: Variety, tmp_path: Path, happened: Happened
) -> None:
    path = write(tmp_path, one)
    values, shown = by_rasterio(path)
    mine = mine_of(path)
    named = zipped(path, one.zipped)
    assert 0 < shown.sum() <= shown.size
    value, share = mean(tmp_path, named, mine)
    assert value == pytest.approx(values[shown].mean(), rel=2e-3)
    assert share == pytest.approx(shown.mean(), abs=2e-3)
    said = f"Mean and share with data as rasterio says: {share:.3f} of the mine has data."
    if one.scale or "Scale" in (one.notes or ""):
        with pytest.raises(SourceError, match=r"lc_2018\.tif tags scale"):
            counts(named, mine)
        happened(f"{said} As land cover refused: codes are not scaled.")
        return
    areas = counts(named, mine)
    expected = Counter(values[shown].astype(int).tolist())
    known = {code: n for code, n in expected.items() if code in areas}
    assert "NBITS" in one.profile or set(expected) == set(areas)
    total = sum(areas.values())
    for code, n in known.items():
        assert areas[code] / total == pytest.approx(n / sum(known.values()), abs=2e-3)
    happened(said)
