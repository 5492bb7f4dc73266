"""GeoParquet: geometry as WKB, or as lists of coordinates (GeoArrow)."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Reading, VectorData
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import check_utf8

SIGNATURE = b"PAR1"
WKB = "WKB"
# How deep the coordinates of each encoding lie in lists, and what shapely calls it.
NESTED = {
    "point": (0, shapely.GeometryType.POINT),
    "linestring": (1, shapely.GeometryType.LINESTRING),
    "polygon": (2, shapely.GeometryType.POLYGON),
    "multipoint": (1, shapely.GeometryType.MULTIPOINT),
    "multilinestring": (2, shapely.GeometryType.MULTILINESTRING),
    "multipolygon": (3, shapely.GeometryType.MULTIPOLYGON),
}
EXTENSION = "geoarrow."
LONLAT = "OGC:CRS84"


def read(reading: Reading) -> VectorData:
    """The rows of a GeoParquet file."""
    from pyproj.exceptions import CRSError

    from quarrydb.loaders.formats.parquet import read_rows

    # What nonsense in the metadata raises, and what a damaged file does.
    nonsense = (ValueError, TypeError, AttributeError, LookupError, RecursionError, CRSError)
    try:
        table = read_rows(reading.path, reading.meter())
        check_names(table.column_names)
        name, encoding, crs = geometry_column(table.schema)
        wkb = to_wkb(table[name], encoding)
    except (*nonsense, OSError, pa.ArrowException, shapely.errors.ShapelyError) as error:
        raise SourceError(
            f"{reading.where} is no GeoParquet file with geometry as WKB or GeoArrow: {_first_line(error)}. "
            "Convert it."
        ) from error
    if table.num_rows == 0 and not reading.may_be_empty:
        raise SourceError(f"{reading.where} holds no features. Name another file.")
    attributes = table.drop_columns([name])
    if reading.columns is not None:
        attributes = attributes.select(list(reading.columns))
    data = VectorData(
        path=reading.path,
        layer=None,
        driver="Parquet",
        crs=crs,
        wkb=wkb,
        ids=[str(i) for i in range(table.num_rows)],
        attributes=attributes,
    )
    check_utf8(data, reading.where)
    return without_false_dates(data, {})


def check_names(names: Sequence[str]) -> None:
    """ValueError where two columns have one name: nobody could ask for either."""
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ValueError(f"two of its columns are called {twice[0]!r}")


def geometry_column(schema: pa.Schema) -> tuple[str, str, str | None]:
    """Name, encoding and CRS of the geometry, from the file's metadata or its columns' types."""
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    if geo:
        name = str(geo["primary_column"])
        column = geo["columns"][name]
        return name, _encoding(str(column.get("encoding"))), crs_of(column)
    for field in schema:
        kind = _extension(field)
        if kind.startswith(EXTENSION):
            said = json.loads((field.metadata or {}).get(b"ARROW:extension:metadata") or b"{}")
            return field.name, _encoding(kind.removeprefix(EXTENSION)), crs_of(said)
    raise ValueError("it has no geo metadata")


def _extension(field: pa.Field) -> str:
    if isinstance(field.type, pa.BaseExtensionType):
        return str(field.type.extension_name)
    return (field.metadata or {}).get(b"ARROW:extension:name", b"").decode("utf-8", "replace")


def _encoding(said: str) -> str:
    if said.upper() == WKB:
        return WKB
    if said.lower() in NESTED:
        return said.lower()
    raise ValueError(f"its encoding is {said}")


def crs_of(column: Mapping[str, Any]) -> str | None:
    """The CRS of a geometry column; left out it is longitude and latitude, null it is unknown."""
    from pyproj import CRS

    if "crs" not in column:
        return LONLAT
    return CRS.from_user_input(column["crs"]).to_string() if column["crs"] is not None else None


def to_wkb(column: pa.ChunkedArray, encoding: str) -> list[bytes | None]:
    """Each geometry as WKB; None where there is none."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if encoding == WKB:
        values: list[bytes | None] = array.cast(pa.binary()).to_pylist()
        return values
    known = np.asarray(array.is_valid())
    shapes = _from_lists(array.drop_null(), encoding)
    wkb: npt.NDArray[np.object_] = np.full(len(array), None, dtype=object)
    wkb[known] = shapely.to_wkb(shapes)
    return [None if value is None else bytes(value) for value in wkb]


def _from_lists(array: pa.Array, encoding: str) -> npt.NDArray[np.object_]:
    """Geometries of nested lists of coordinates, which are structs or short lists of numbers."""
    depth, kind = NESTED[encoding]
    offsets = []
    for _ in range(depth):
        offsets.append(np.asarray(array.offsets, dtype=np.int64) - array.offsets[0].as_py())
        array = array.flatten()
    coordinates = _coordinates(array)
    shapes = shapely.from_ragged_array(kind, coordinates, tuple(reversed(offsets)) or None)
    return np.asarray(shapes, dtype=object)


def _coordinates(array: pa.Array) -> npt.NDArray[np.float64]:
    if pa.types.is_struct(array.type):
        names = [field.name for field in array.type]
        wanted = [name for name in ("x", "y", "z") if name in names]
        parts = [np.asarray(array.field(name), dtype=np.float64) for name in wanted]
        return np.stack(parts, axis=1)
    width = array.type.list_size
    return np.asarray(array.flatten(), dtype=np.float64).reshape(-1, width)[:, : min(width, 3)]


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300].rstrip(". ")
