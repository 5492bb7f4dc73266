"""What is fuzzed: each target takes bytes, and may end only in a QuarryError."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import geopandas
import numpy as np
import shapely

from quarrydb.errors import QuarryError, SourceError
from quarrydb.loaders.raster import gdal_environment, grid_of, open_raster, read_window
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import read_vector
from quarrydb.project import load_project

FOLDER = Path(tempfile.mkdtemp(prefix="quarry-fuzz-"))
MAX_SIDE = 4096
SUFFIXES = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".fgb": "FlatGeobuf"}
PROJECT = b"""[project]
name = "a"
database = "b.duckdb"
[[polygons]]
name = "m"
path = "project"
[countries]
path = "project"
iso3 = "x"
[parameters]
min_area_km2 = 0.5
"""


def project(data: bytes) -> None:
    """The project file."""
    file = FOLDER / "project"
    file.write_bytes(data)
    with suppress(QuarryError):
        load_project(file)


def vector(data: bytes) -> None:
    """The vector opener and the cleaning of what it gives."""
    file = FOLDER / "vector"
    file.write_bytes(data)
    with suppress(QuarryError):
        found = read_vector(file, crs="EPSG:4326")
        cleaned = clean("fuzz", found.wkb, found.ids, str(found.crs), where="fuzz")
        if not shapely.is_valid(cleaned.geometry).all():
            raise AssertionError("an invalid geometry passed")


def raster(data: bytes) -> None:
    """The raster opener and its first pixels."""
    from rasterio.windows import Window

    file = FOLDER / "raster.tif"
    file.write_bytes(data)
    with suppress(QuarryError), gdal_environment(), open_raster(file) as dataset:
        grid_of(dataset, file, "EPSG:4326")
        if dataset.count * MAX_SIDE > 2**20:
            raise SourceError("more bands than a fuzzer has memory for")
        read_window(dataset, file, Window(0, 0, min(dataset.width, 64), min(dataset.height, 64)))


TARGETS: dict[str, Callable[[bytes], None]] = {
    "project": project,
    "vector": vector,
    "raster": raster,
}


def seeds(name: str) -> list[bytes]:
    """Whole files of every format that a target opens."""
    if name == "project":
        return [PROJECT]
    return _rasters() if name == "raster" else _vectors()


def _vectors() -> list[bytes]:
    frame = geopandas.GeoDataFrame({"a": [1]}, geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    found = []
    for suffix, driver in SUFFIXES.items():
        path = FOLDER / f"seed{suffix}"
        path.unlink(missing_ok=True)
        frame.to_file(path, driver=driver)
        found.append(path.read_bytes())
    frame.to_parquet(FOLDER / "seed.parquet")
    return [*found, (FOLDER / "seed.parquet").read_bytes(), b"PK\x03\x04"]


def _rasters() -> list[bytes]:
    import rasterio

    found = []
    for options in (
        {},
        {"compress": "deflate"},
        {"tiled": True, "blockxsize": 16, "blockysize": 16},
    ):
        path = FOLDER / "seed.tif"
        shape = {"width": 20, "height": 20, "count": 2, "dtype": "uint8", "crs": "EPSG:4326"}
        transform = rasterio.Affine(0.1, 0, 0, 0, -0.1, 2)
        with rasterio.open(
            path, "w", driver="GTiff", transform=transform, **shape, **options
        ) as file:
            file.write(np.arange(800, dtype="uint8").reshape(2, 20, 20))
        found.append(path.read_bytes())
    return found
