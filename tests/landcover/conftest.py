"""Small land-cover rasters and what the loader makes of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.loaders import landcover_shard
from quarrydb.loaders.landcover_legend import Legend, read_legend
from quarrydb.loaders.landcover_product import recognise
from quarrydb.loaders.landcover_run import refuse_unknown
from quarrydb.loaders.landcover_shard import Mine, make_shards, place_mines
from quarrydb.loaders.landcover_years import Naming
from quarrydb.loaders.raster import input_files

Trajectory = tuple[int | None, ...]


@dataclass
class Reading:
    """Trajectories by mine as {classes: (n_pixels, area_km2)}, and coverage rows by mine."""

    trajectories: dict[str, dict[Trajectory, tuple[int, float]]]
    coverage: dict[str, dict[str, Any]]
    years: tuple[int, ...]
    gaps: tuple[Any, ...]


def write_raster(
    path: Path,
    codes: Any,
    *,
    left: float = 0.0,
    top: float = 3.0,
    pixel: float = 1.0,
    crs: str | None = "EPSG:4326",
    nodata: float | None = None,
    dtype: str = "uint8",
    **options: Any,
) -> Path:
    """Write ``codes`` (bands, rows, columns) or (rows, columns) as a GeoTIFF."""
    pixels = np.atleast_3d(np.asarray(codes, dtype)) if np.ndim(codes) == 3 else None
    pixels = np.asarray(codes, dtype)[None] if pixels is None else pixels
    n_bands, height, width = pixels.shape
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=n_bands, dtype=dtype,
        crs=crs, nodata=nodata, transform=from_origin(left, top, pixel, pixel), **options,
    ) as dataset:  # fmt: skip
        dataset.write(pixels)
    return path


def read_mines(
    paths: list[Path],
    mines: Mapping[str, shapely.Geometry],
    *,
    legend: Legend | None = None,
    record_gaps: bool = False,
    reverse: bool = False,
    **naming: Any,
) -> Reading:
    """Recognise ``paths`` and read ``mines`` (EPSG:4326) in this process."""
    legend = legend or read_legend("glc_fcs30d")
    product = recognise(paths, Naming(record_gaps=record_gaps, **naming))
    placed: list[Mine] = place_mines(
        product, [(mine_id, shapely.to_wkb(mine)) for mine_id, mine in mines.items()]
    )
    shards = make_shards(
        product,
        placed[::-1] if reverse else placed,
        legend=legend,
        record_gaps=record_gaps,
        checksums={
            file: sha256(file.read_bytes()).hexdigest() for file in input_files(product.files)
        },
        store=Path("unused"),
    )
    reading = Reading({}, {}, product.years, product.gaps)
    for shard in shards:
        readings = landcover_shard.read_mines(shard)
        if not record_gaps and (found := landcover_shard.unknown_codes(shard, readings)):
            refuse_unknown([found], legend)
        table, coverage = landcover_shard.shard_tables(shard, readings)
        for row in table.to_pylist():
            mine = reading.trajectories.setdefault(row["mine_id"], {})
            assert tuple(row["classes"]) not in mine
            mine[tuple(row["classes"])] = (row["n_pixels"], row["area_km2"])
        reading.coverage |= {row["mine_id"]: row for row in coverage.to_pylist()}
    return reading


@pytest.fixture
def raster(tmp_path: Path) -> Callable[..., Path]:
    """Write a raster under the test's folder."""
    return lambda name, codes, **options: write_raster(tmp_path / name, codes, **options)


@pytest.fixture(scope="module")
def read_module() -> Callable[..., Reading]:
    """Read mines from rasters, in fixtures of a module."""
    return read_mines


@pytest.fixture
def read() -> Callable[..., Reading]:
    """Read mines from rasters."""
    return read_mines
