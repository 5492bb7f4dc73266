"""Small rasters and mines for the tests of the indicator loader."""

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import shapely
from affine import Affine
from rasterio.crs import CRS

from quarrydb.contract import LoadContext, SilentProgress
from quarrydb.database.connection import connect
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.loaders.indicator import run_indicator
from quarrydb.project.indicator import IndicatorSource
from quarrydb.project.parameters import Parameters
from quarrydb.store.shards import Store


def write_raster(path, bands, *, west=0.0, north=0.01, step=0.001, crs="EPSG:4326", **profile):
    """Write bands (n, rows, columns) as a GeoTIFF; ``tags`` scale, offset, mask by profile."""
    bands = np.asarray(bands)
    bands = bands[None] if bands.ndim == 2 else bands
    scales, offsets = profile.pop("scales", None), profile.pop("offsets", None)
    mask = profile.pop("mask", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=len(bands),
        height=bands.shape[1],
        width=bands.shape[2],
        dtype=bands.dtype,
        crs=CRS.from_user_input(crs) if crs else None,
        transform=Affine(step, 0, west, 0, -step, north),
        **profile,
    ) as file:
        file.write(bands)
        if scales:
            file.scales = scales
        if offsets:
            file.offsets = offsets
        if mask is not None:
            file.write_mask(mask)


def mines_connection(polygons) -> duckdb.DuckDBPyConnection:
    """A connection with ``core.mine`` holding ``polygons`` by id, areas geodesic."""
    connection = connect(read_only=False)
    connection.execute("CREATE SCHEMA core")
    create_parameter_table(connection, Parameters())
    connection.execute(
        "CREATE TABLE core.mine (mine_id VARCHAR, geometry GEOMETRY, area_km2 DOUBLE)"
    )
    for mine_id, polygon in polygons.items():
        connection.execute(
            "INSERT INTO core.mine SELECT ?, geometry, ST_Area_Spheroid(geometry) / 1e6 "
            "FROM (SELECT ST_GeomFromWKB(?) AS geometry)",
            [mine_id, shapely.to_wkb(polygon)],
        )
    return connection


class Checksums(dict):
    """A checksum for each file: its content's length and first bytes, enough for a test."""

    def __missing__(self, path):
        return str(hash(path.read_bytes()))


def context_for(connection, root, workers=1) -> LoadContext:
    """What a loader gets, with a store in ``root``."""
    return LoadContext(
        connection, Store(root / ".quarry"), SilentProgress(), workers, Checksums(), root
    )


def source_of(root, **keys):
    return IndicatorSource.model_validate({"name": "ndvi", **keys}, context={"root": root})


def load(root, polygons, workers=1, **keys):
    connection = mines_connection(polygons)
    context = context_for(connection, root, workers)
    loaded = run_indicator(context, source=source_of(root, **keys))
    rows = loaded["raw.indicator"]
    if not isinstance(rows, pa.Table):
        rows = pa.concat_tables([pq.read_table(path) for path in rows])
    return rows.to_pylist(), loaded["raw.load_issue"].to_pylist()
