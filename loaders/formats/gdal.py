"""Read one layer of a file with GDAL, through pyogrio and one driver; count what came."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Note, Reading, VectorData, Wanted, convert

BATCH_ROWS = 16_384
# CircularString, CompoundCurve, CurvePolygon, MultiCurve, MultiSurface.
CURVED_KINDS = (8, 9, 10, 11, 12)
# Nothing is written beside a file that is read, and nothing that it names is fetched.
SETTINGS = {
    "CPL_VSIL_GZIP_WRITE_PROPERTIES": "NO",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
}


# What GDAL says and the loaders count themselves; measures, the M of PolygonZM, are no part of an outline.
COUNTED = (
    r"Measured \(M\) geometry types",
    "Non closed ring detected",
    "Invalid content for record",
    "Non-conformant content for record",
)


@contextmanager
def without_what_is_counted() -> Iterator[None]:
    """No Python warning about what becomes a row of ``raw.load_issue``, or is of no use here."""
    with warnings.catch_warnings():
        for message in COUNTED:
            warnings.filterwarnings("ignore", message)
        yield


@dataclass(frozen=True)
class Layer:
    """Name and geometry type of a layer, as GDAL tells them."""

    name: str
    kind: str | None

    def holds(self, wanted: Wanted) -> bool:
        """Whether the layer may hold such geometries; a layer of any kind may."""
        kind = str(self.kind).lower()
        return wanted in kind or (wanted == "polygon" and "surface" in kind) or kind in ANY_KIND


ANY_KIND = ("unknown", "geometry", "geometrycollection", "3d unknown", "unknown z")


def read(
    reading: Reading,
    driver: str,
    *,
    name: str | None = None,
    drivers: tuple[str, ...] = (),
    n_rows: Mapping[str, int] | int | None = None,
    encoding: str | None = None,
) -> VectorData:
    """The layer that was asked for, or the only one that fits.

    ``name`` is GDAL's name of the file where that is not its path, ``n_rows`` how many features it
    holds by another count (by layer). Raises SourceError with the file, layer and remedy.
    """
    gdal_name = name or str(reading.path)
    layer = choose_layer(reading, layers_of(reading, gdal_name))
    data = read_layer(reading, gdal_name, layer, (driver, *drivers), encoding)
    expected = n_rows.get(layer) if isinstance(n_rows, Mapping) else n_rows
    check_count(reading, layer, data, expected)
    return data


def layers_of(reading: Reading, name: str) -> list[Layer]:
    """All layers of a file; SourceError where GDAL can't open it."""
    import pyogrio
    from pyogrio.errors import DataSourceError

    pyogrio.set_gdal_config_options(SETTINGS)
    try:
        return [
            Layer(str(layer), None if kind is None else str(kind))
            for layer, kind in pyogrio.list_layers(name)
        ]
    except (DataSourceError, OSError, RuntimeError, UnicodeDecodeError) as error:
        raise SourceError(f"{reading.where} can't be read: {plain(reading, error)}.") from error


def plain(reading: Reading, error: Exception) -> str:
    """An error's text without GDAL's name for the file, which may be a private copy."""
    text = str(error).rstrip(". ").replace(str(reading.path), reading.where)
    return text.removeprefix(f"{reading.where}: ")


def choose_layer(reading: Reading, layers: Iterable[Layer]) -> str:
    """The layer that was named, else the one with geometry, of several the one that fits the role."""
    layers = list(layers)
    names = [layer.name for layer in layers]
    shown = ", ".join(names) or "none"
    if reading.layer is not None and reading.layer not in names:
        near = next((name for name in names if name.lower() == reading.layer.lower()), None)
        hint = f"Did you mean {near}?" if near else f"Layers there: {shown}."
        raise SourceError(f"{reading.where} has no layer {reading.layer}. {hint}")
    if reading.layer is not None:
        return reading.layer
    spatial = [layer for layer in layers if layer.kind is not None]
    fitting = [layer for layer in spatial if reading.wanted and layer.holds(reading.wanted)]
    if len(spatial) != 1 and len(fitting) == 1:
        return fitting[0].name
    if len(spatial) != 1:
        raise SourceError(
            f"{reading.where} holds {len(spatial)} layers with geometry ({shown}). "
            'Name one with layer = "...".'
        )
    return spatial[0].name


def read_layer(
    reading: Reading, name: str, layer: str, drivers: tuple[str, ...], encoding: str | None = None
) -> VectorData:
    """One layer whole; SourceError where it can't be read, or another driver took the file."""
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    options: dict[str, Any] = {"encoding": encoding} if encoding else {}
    where = reading.at(layer)
    try:
        info = pyogrio.read_info(name, layer=layer, **options)
        if (used := str(info.get("driver"))) not in drivers:
            raise convert(reading.where, f"is a {used} file, which quarrydb does not open")
        meta, table = read_batches(reading, name, layer, options)
    except (
        DataSourceError,
        DataLayerError,
        OSError,
        RuntimeError,
        UnicodeDecodeError,
        pa.ArrowException,
    ) as error:
        raise SourceError(f"{where} can't be read: {plain(reading, error)}.") from error
    data = from_table(reading, layer, drivers[0], meta, table)
    return with_lines(data, name, where)


def read_batches(
    reading: Reading, name: str, layer: str, options: Mapping[str, Any]
) -> tuple[Mapping[str, Any], pa.Table]:
    """GDAL's description of a layer and all its rows, counted as they come."""
    import pyogrio

    meter = reading.meter()
    with pyogrio.open_arrow(
        name,
        layer=layer,
        return_fids=True,
        datetime_as_string=True,
        columns=reading.columns,
        batch_size=BATCH_ROWS,
        use_pyarrow=True,
        **options,
    ) as (meta, reader):
        batches = []
        for batch in reader:
            meter.add(batch.num_rows, batch.nbytes)
            batches.append(batch)
        return meta, pa.Table.from_batches(batches, schema=reader.schema)


def check_count(
    reading: Reading, layer: str | None, data: VectorData, expected: int | None
) -> None:
    """SourceError where fewer (or more) features were read than the file says it holds."""
    if expected is not None and expected >= 0 and len(data.wkb) != expected:
        raise SourceError(
            f"{reading.at(layer)} holds {expected:,} features but only {len(data.wkb):,} can be read: "
            "it is damaged. Download or copy it again."
        )


def from_table(
    reading: Reading, layer: str | None, driver: str, meta: Mapping[str, Any], table: pa.Table
) -> VectorData:
    """Features from pyogrio's table; SourceError where it has no geometry or no row."""
    geometry = meta["geometry_name"] or "wkb_geometry"
    if geometry not in table.column_names:
        raise SourceError(f"{reading.at(layer)} has no geometry column. Name another layer.")
    if table.num_rows == 0 and not reading.may_be_empty:
        raise SourceError(f"{reading.at(layer)} holds no features. Name another layer or file.")
    # By their places, first and last: an attribute may be called as either of them is.
    ids, shapes = table.column(0), table.num_columns - 1 - table.column_names[::-1].index(geometry)
    return VectorData(
        path=reading.path,
        layer=layer,
        driver=driver,
        crs=meta["crs"],
        wkb=table.column(shapes).to_pylist(),
        ids=[str(i) for i in ids.to_pylist()],
        attributes=table.remove_column(shapes).remove_column(0),
    )


def with_lines(data: VectorData, name: str, where: str) -> VectorData:
    """The features with arcs drawn as lines, which GDAL does where it reads feature by feature."""
    import pyogrio.raw

    curved = [i for i, wkb in enumerate(data.wkb) if wkb is not None and is_curved(wkb)]
    if not curved:
        return data
    wkb = list(data.wkb)
    try:
        for index in curved:
            fid = int(data.ids[index])
            wkb[index] = pyogrio.raw.read(name, layer=data.layer, fids=[fid], columns=[])[2][0]
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{where}: an outline with arcs can't be drawn with lines: {error}. "
            "Convert it with ogr2ogr -nlt CONVERT_TO_LINEAR."
        ) from error
    note = Note("outline with arcs", "drawn with short lines", len(curved))
    return replace(data, wkb=wkb, notes=(*data.notes, note))


def is_curved(wkb: bytes) -> bool:
    """Whether a geometry's type is one of those with arcs (ISO WKB, with or without Z and M)."""
    kind = int.from_bytes(wkb[1:5], "little" if wkb[:1] == b"\x01" else "big") & 0x0FFFFFFF
    return kind % 1000 in CURVED_KINDS
