"""Open polygon files: recognised by their first bytes, read by pyogrio or pyarrow, never by
guesswork.

Only formats that hold their own data are opened. A file that points elsewhere (VRT, WFS, a service
description) is refused by its content, whatever its name says.
"""

import sqlite3
import zipfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quarrydb.errors import SourceError

SIGNATURES = {
    b"SQLite format 3\x00": "GPKG",
    b"\x00\x00\x27\x0a": "ESRI Shapefile",
    b"fgb\x03": "FlatGeobuf",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "Zip",
}
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")
FORMATS = "GeoPackage, shapefile (also zipped), GeoJSON, GeoParquet or FlatGeobuf"
ZIP_LIMIT_BYTES = 20 * 2**30
ZIP_RATIO_LIMIT = 200
ZIPPED_SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".fgb")


@dataclass(frozen=True)
class VectorData:
    """Features of one layer as they stand in the file.

    ``wkb`` has one geometry (or None) a feature, ``ids`` the feature numbers, ``attributes`` the
    columns.
    """

    path: Path
    layer: str | None
    driver: str
    crs: str | None
    wkb: list[bytes | None]
    ids: list[str]
    attributes: pa.Table


def file_parts(path: Path) -> tuple[Path, ...]:
    """The file and, for a shapefile, those that belong to it."""
    if path.suffix.lower() != ".shp":
        return (path,)
    others = sorted(
        other
        for other in path.parent.glob(f"{glob_escape(path.stem)}.*")
        if other.suffix.lower() in SHAPEFILE_PARTS and other != path
    )
    return (path, *others)


def glob_escape(text: str) -> str:
    """``text`` with the characters that a glob would read as a pattern made literal."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in text)


def detect_format(path: Path) -> str:
    """Driver name by the file's first bytes; SourceError for anything quarrydb does not open."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}.") from error
    if not head:
        raise SourceError(f"{path} is empty (0 bytes). Download or copy it again.")
    return format_of(head, str(path))


def format_of(head: bytes, name: str) -> str:
    """Driver name by the first bytes of a file called ``name``."""
    for signature, driver in SIGNATURES.items():
        if head.startswith(signature):
            return driver
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        return "GeoJSON"
    raise SourceError(f"{name} is not a {FORMATS}: it starts with {head[:16]!r}. Convert it.")


def read_vector(
    path: Path, *, layer: str | None = None, crs: str | None = None, encoding: str | None = None
) -> VectorData:
    """Read one layer whole.

    ``crs`` is used where the file names none. Raises SourceError with the file, layer and remedy.
    """
    driver = detect_format(path)
    is_parquet = driver == "Parquet"
    data = _read_parquet(path) if is_parquet else _read_gdal(path, driver, layer, encoding)
    if data.crs is None and crs is None:
        raise SourceError(
            f'{path} names no CRS. If it is longitude and latitude, add crs = "EPSG:4326" to this '
            "source; else give its code there."
        )
    return data if data.crs else VectorData(**{**data.__dict__, "crs": crs})


def _read_gdal(path: Path, driver: str, layer: str | None, encoding: str | None) -> VectorData:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    name = str(path)
    if driver == "Zip":
        name = _zip_member(path)
    elif driver == "GPKG":
        check_geopackage(path)
    elif driver == "ESRI Shapefile":
        _check_shapefile(path)
    try:
        layer = _choose_layer(path, pyogrio.list_layers(name), layer)
        options: dict[str, Any] = {"encoding": encoding} if encoding else {}
        info = pyogrio.read_info(name, layer=layer, force_feature_count=True)
        meta, table = pyogrio.read_arrow(name, layer=layer, return_fids=True, **options)
    except (
        DataSourceError,
        DataLayerError,
        RuntimeError,
        UnicodeDecodeError,
        pa.ArrowException,
    ) as error:
        raise SourceError(f"{path}{_layer_note(layer)} can't be read: {error}.") from error
    n_expected = info["features"]
    if driver == "GPKG":
        n_expected = geopackage_rows(path, str(layer))
    if n_expected >= 0 and table.num_rows != n_expected:
        raise SourceError(
            f"{path}{_layer_note(layer)} holds {n_expected:,} features but only {table.num_rows:,} can "
            "be read: it is damaged. Download or copy it again."
        )
    return _from_table(path, layer, driver, meta, table)


def _from_table(
    path: Path, layer: str | None, driver: str, meta: dict[str, Any], table: pa.Table
) -> VectorData:
    geometry = meta["geometry_name"] or "wkb_geometry"
    fid = next(n for n in table.column_names if n not in meta["fields"] and n != geometry)
    if geometry not in table.column_names:
        raise SourceError(f"{path}{_layer_note(layer)} has no geometry column. Name another layer.")
    if table.num_rows == 0:
        raise SourceError(
            f"{path}{_layer_note(layer)} holds no features. Name another layer or file."
        )
    return VectorData(
        path=path,
        layer=layer,
        driver=driver,
        crs=meta["crs"],
        wkb=table[geometry].to_pylist(),
        ids=[str(i) for i in table[fid].to_pylist()],
        attributes=table.drop_columns([geometry, fid]),
    )


def _layer_note(layer: str | None) -> str:
    return f", layer {layer}" if layer else ""


def _choose_layer(path: Path, layers: Iterable[Any], wanted: str | None) -> str:
    names = [str(name) for name, _ in layers]
    spatial = [str(name) for name, kind in layers if kind is not None]
    shown = ", ".join(names) or "none"
    if wanted is not None and wanted not in names:
        near = next((name for name in names if name.lower() == wanted.lower()), None)
        hint = f"Did you mean {near}?" if near else f"Layers there: {shown}."
        raise SourceError(f"{path} has no layer {wanted}. {hint}")
    if wanted is not None:
        return wanted
    if len(spatial) != 1:
        raise SourceError(
            f'{path} holds {len(spatial)} layers with geometry ({shown}). Name one with layer = "...".'
        )
    return spatial[0]


def check_geopackage(path: Path) -> None:
    """SourceError where SQLite finds the file damaged."""
    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as c:
            result = c.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        result = (str(error),)
    if result != ("ok",):
        raise SourceError(
            f"{path} is a damaged GeoPackage: {result[0]}. Download or copy it again."
        )


def geopackage_rows(path: Path, layer: str) -> int:
    """Rows of a layer as SQLite counts them; -1 where the layer is no plain table."""
    from quarrydb.connection import quote_identifier

    try:
        with closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as c:
            query = f"SELECT count(*) FROM {quote_identifier(layer)}"  # noqa: S608 quoted
            return int(c.execute(query).fetchone()[0])
    except sqlite3.Error:
        return -1


def _check_shapefile(path: Path) -> None:
    there = {part.suffix.lower() for part in file_parts(path)}
    missing = sorted({".shx", ".dbf"} - there)
    if missing:
        raise SourceError(
            f"{path} lacks {' and '.join(path.stem + suffix for suffix in missing)}. "
            "A shapefile is several files: put them all in one folder."
        )
    with path.open("rb") as file:
        said = int.from_bytes(file.read(28)[24:28], "big") * 2
    if path.stat().st_size < said:
        raise SourceError(
            f"{path} is truncated: {path.stat().st_size:,} of {said:,} bytes. Copy it again."
        )


def _zip_member(path: Path) -> str:
    """GDAL's name for the one data set in an archive that is read in place, never unpacked."""
    try:
        with zipfile.ZipFile(path) as archive:
            inner = _only_data_set(path, archive.infolist())
            with archive.open(inner) as file:
                driver = format_of(file.read(512), f"{path}, {inner}")
    except (zipfile.BadZipFile, OSError, RuntimeError) as error:
        raise SourceError(f"{path} is a damaged zip file: {error}. Download it again.") from error
    if driver not in ("ESRI Shapefile", "GPKG", "GeoJSON", "FlatGeobuf"):
        raise SourceError(f"{path} holds {inner}, a {driver} file. Unpack it and name that file.")
    return f"/vsizip/{{{path}}}/{inner}"


def _only_data_set(path: Path, members: list[zipfile.ZipInfo]) -> str:
    size = sum(member.file_size for member in members)
    packed = max(1, sum(member.compress_size for member in members))
    if size > ZIP_LIMIT_BYTES or size / packed > ZIP_RATIO_LIMIT:
        raise SourceError(
            f"{path} would unpack to {size:,} bytes from {packed:,}: refused. Unpack it yourself if you "
            "trust it, and name the file inside."
        )
    names = [member.filename for member in members]
    unsafe = [n for n in names if n.startswith(("/", "\\")) or ".." in Path(n).parts]
    if unsafe:
        raise SourceError(f"{path} holds the path {unsafe[0]}, which leaves the archive: refused.")
    inner = [n for n in names if n.lower().endswith(ZIPPED_SUFFIXES)]
    if len(inner) != 1:
        raise SourceError(
            f"{path} holds {len(inner)} data sets ({', '.join(inner[:5])}). Unpack it and name one."
        )
    return inner[0]


def _read_parquet(path: Path) -> VectorData:
    import geopandas

    try:
        frame = geopandas.read_parquet(path)
    except (ValueError, OSError, KeyError, pa.ArrowException) as error:
        raise SourceError(f"{path} is not a readable GeoParquet file: {error}.") from error
    if frame.empty:
        raise SourceError(f"{path} holds no features. Name another file.")
    crs = frame.crs.to_string() if frame.crs is not None else None
    names = [name for name in frame.columns if name != frame.geometry.name]
    return VectorData(
        path=path,
        layer=None,
        driver="Parquet",
        crs=crs,
        wkb=frame.geometry.to_wkb().replace({np.nan: None}).tolist(),
        ids=[str(i) for i in range(len(frame))],
        attributes=pa.Table.from_pandas(frame[names], preserve_index=False),
    )
