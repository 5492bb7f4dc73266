"""A view as a data frame, for the formats that are written from one."""

from collections.abc import Sequence
from typing import Any

import duckdb

from quarrydb.database.connection import quote_identifier
from quarrydb.database.dictionary import View
from quarrydb.export.rows import in_order


def to_frame(connection: duckdb.DuckDBPyConnection, view: View) -> Any:
    """A view as GeoDataFrame (EPSG:4326) or DataFrame; lists and structs become JSON text."""
    import geopandas
    import shapely

    nested = [c.name for c in view.columns if c.type.endswith("]") or c.type.startswith("STRUCT")]
    select = ", ".join(_framed(column.name, nested) for column in view.columns)
    rows = in_order(connection, view.name)
    table = connection.execute(f"SELECT {select} FROM ({rows})").to_arrow_table()  # noqa: S608 quoted
    frame = table.to_pandas()
    if not view.has_geometry:
        return frame
    geometry = shapely.from_wkb(frame.pop("geometry"))
    return geopandas.GeoDataFrame(frame, geometry=geometry, crs="EPSG:4326")


def _framed(name: str, nested: Sequence[str]) -> str:
    quoted = quote_identifier(name)
    if name == "geometry":
        return f"ST_AsWKB({quoted}) AS {quoted}"
    return f"to_json({quoted})::VARCHAR AS {quoted}" if name in nested else quoted
