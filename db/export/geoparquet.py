"""GeoParquet 1.1: WKB with CRS, bbox covering and Hilbert order, readable by any engine."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pyproj import CRS

from quarrydb.database.connection import quote_identifier, quote_literal
from quarrydb.errors import QueryError
from quarrydb.export.rows import in_order
from quarrydb.files import (
    recover_folder,
    replace_atomically,
    replace_folder,
    sync_folder,
    temporary_path,
)

ROW_GROUP_ROWS = 20_000
WORLD = "{'min_x': -180.0, 'min_y': -90.0, 'max_x': 180.0, 'max_y': 90.0}"
# What Hive calls the folder of the rows without a value.
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
MAX_NAME = 255  # bytes of a file's name, on every common file system
# Rows of the view, computed once, and those of one value.
WHOLE, PART = "partitioned_view", "partition_of_view"
BBOX = "bbox"
BBOX_COMMENT = "Bounds of the geometry, degrees: for readers that skip what lies elsewhere."
COVERING = {edge: [BBOX, edge] for edge in ("xmin", "ymin", "xmax", "ymax")}
COMMENT = b"comment"  # in the metadata of the file and of its fields, as Spark writes it, too


@dataclass(frozen=True)
class Meaning:
    """What a view and its columns hold, in words."""

    comment: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)

    def of(self, column: str) -> dict[bytes, bytes] | None:
        """The metadata of a column's field; None where nothing is said of it."""
        words = self.columns.get(column) or (BBOX_COMMENT if column == BBOX else "")
        return {COMMENT: words.encode()} if words else None


UNSAID = Meaning()


def write_geoparquet(
    connection: duckdb.DuckDBPyConnection, view: str, target: Path, meaning: Meaning = UNSAID
) -> int:
    """Write ``view``, with or without a column ``geometry``, and return its number of rows.

    ``meaning`` goes along as ``comment`` in the metadata of the file and of its fields.
    """
    relation = connection.table(view)
    is_spatial = "geometry" in relation.columns
    query = spatial_query(view, relation.columns) if is_spatial else in_order(connection, view)
    geo = geo_metadata(connection, view) if is_spatial else None
    temporary = temporary_path(target)
    try:
        reader = connection.execute(query).to_arrow_reader(ROW_GROUP_ROWS)
        about = {b"geo": json.dumps(geo).encode()} if geo is not None else {}
        about |= {COMMENT: meaning.comment.encode()} if meaning.comment else {}
        schema = plain_schema(reader.schema, meaning).with_metadata(about or None)
        n_rows = 0
        with pq.ParquetWriter(temporary, schema, compression="zstd", version="2.6") as writer:
            for batch in reader:
                columns = [c.cast(f.type) for c, f in zip(batch.columns, schema, strict=True)]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
                n_rows += batch.num_rows
        replace_atomically(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    return n_rows


def write_partitioned(
    connection: duckdb.DuckDBPyConnection,
    view: str,
    column: str,
    folder: Path,
    meaning: Meaning = UNSAID,
) -> int:
    """Write ``view`` as a Hive data set, ``folder/COLUMN=VALUE/part-0.parquet``, and return its rows.

    Files do not hold the column: readers take it from the folders. The data set that was there is
    replaced when the new one is whole.
    """
    recover_folder(folder)
    fresh = temporary_path(folder)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {WHOLE} AS {in_order(connection, view)}")
    try:
        fresh.mkdir()
        values = connection.execute(
            f"SELECT DISTINCT {quote_identifier(column)}::VARCHAR FROM {WHOLE} ORDER BY 1"  # noqa: S608 quoted
        ).fetchall()
        names = part_names(column, [value for (value,) in values])
        n_rows = sum(
            _write_part(connection, column, value, fresh / name, meaning)
            for value, name in names.items()
        )
        sync_folder(fresh)
        replace_folder(fresh, folder)
    finally:
        connection.execute(f"DROP TABLE {WHOLE}")
        shutil.rmtree(fresh, ignore_errors=True)
    return n_rows


def part_names(column: str, values: Sequence[str | None]) -> dict[str | None, str]:
    """The folder of each value; QueryError for one that no folder can be called after."""
    names = {v: f"{column}={NO_VALUE if v is None else quote(v, safe='')}" for v in values}
    longest = max(names.values(), key=len, default="")
    if len(longest) > MAX_NAME:
        raise QueryError(
            f"--partition-by {column}: a folder can't be called {longest[:60]}... ({len(longest):,} "
            f"characters, {MAX_NAME} at most). Partition by another column, or shorten that value."
        )
    return names


def _write_part(
    connection: duckdb.DuckDBPyConnection,
    column: str,
    value: str | None,
    place: Path,
    meaning: Meaning,
) -> int:
    quoted = quote_identifier(column)
    chosen = f"{quoted} IS NULL" if value is None else f"{quoted}::VARCHAR = {quote_literal(value)}"
    query = f"SELECT * EXCLUDE ({quoted}) FROM {WHOLE} WHERE {chosen}"  # noqa: S608 quoted
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {PART} AS {query}")
    place.mkdir()
    try:
        return write_geoparquet(connection, PART, place / "part-0.parquet", meaning)
    finally:
        connection.execute(f"DROP VIEW {PART}")


def spatial_query(view: str, columns: list[str]) -> str:
    """Rows along a Hilbert curve, those of one place by all columns, each with its bounding box."""
    others = ", ".join(quote_identifier(name) for name in columns if name != "geometry")
    return (
        f"SELECT {others}, ST_AsWKB(geometry) AS geometry, "  # noqa: S608 quoted
        "{'xmin': ST_XMin(geometry), 'ymin': ST_YMin(geometry), "
        "'xmax': ST_XMax(geometry), 'ymax': ST_YMax(geometry)} AS bbox "
        f"FROM {quote_identifier(view)} "
        "ORDER BY ST_Hilbert(ST_Centroid(geometry), "
        f"{WORLD}::BOX_2D), {others}"
    )


def plain_schema(schema: pa.Schema, meaning: Meaning = UNSAID) -> pa.Schema:
    """The schema without extension types, which some readers refuse, and with what the fields mean."""
    return pa.schema([_plain_field(column, meaning) for column in schema])


def _plain_field(column: pa.Field, meaning: Meaning) -> pa.Field:
    kind = column.type.storage_type if isinstance(column.type, pa.ExtensionType) else column.type
    if column.name == "geometry":
        kind = pa.binary()
    return pa.field(column.name, kind, metadata=meaning.of(column.name))


def geo_metadata(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, Any]:
    """The ``geo`` key of the file's metadata."""
    row = connection.execute(
        "SELECT list_sort(list(DISTINCT ST_GeometryType(geometry)::VARCHAR)), min(ST_XMin(geometry)), "  # noqa: S608 quoted
        "min(ST_YMin(geometry)), max(ST_XMax(geometry)), max(ST_YMax(geometry)) "
        f"FROM {quote_identifier(view)}"
    ).fetchone()
    kinds, *bbox = row or ([], None)
    names = {"POLYGON": "Polygon", "MULTIPOLYGON": "MultiPolygon", "POINT": "Point"}
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [names.get(kind, kind.title()) for kind in kinds or [] if kind],
        "crs": CRS.from_epsg(4326).to_json_dict(),
        "edges": "planar",
        "covering": {"bbox": COVERING},
    }
    if bbox and bbox[0] is not None:
        column["bbox"] = bbox
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
