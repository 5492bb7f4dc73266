"""Open polygon files: recognised by their first bytes, read by pyogrio or pyarrow, never by
guesswork.

Only formats that hold their own data are opened. A file that points elsewhere (VRT, WFS, a pipeline, a
service description) is refused by its content, whatever its name says.
"""

import glob
import json
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.loaders.geojson import check_crs_is_no_link
from quarrydb.loaders.geopackage import check_geopackage, count_rows, open_bytes, open_file

SIGNATURES = {
    b"SQLite format 3\x00": "GPKG",
    b"\x00\x00\x27\x0a": "ESRI Shapefile",
    b"fgb\x03": "FlatGeobuf",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "Zip",
}
# CircularString, CompoundCurve, CurvePolygon, MultiCurve, MultiSurface.
CURVED_KINDS = (8, 9, 10, 11, 12)
SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")
FORMATS = "GeoPackage, shapefile (also zipped), GeoJSON, GeoParquet or FlatGeobuf"
ZIP_LIMIT_BYTES = 20 * 2**30
ZIP_RATIO_LIMIT = 200
ZIPPED_GEOPACKAGE_LIMIT_BYTES = 2**31
CHUNK_BYTES = 2**20
ZIPPED_SUFFIXES = (".shp", ".gpkg", ".geojson", ".json", ".fgb")


@dataclass(frozen=True)
class VectorData:
    """Features of one layer as they stand in the file.

    ``wkb`` has one geometry (or None) a feature, ``ids`` the feature numbers, ``attributes`` the
    columns, ``n_curves`` how many outlines with arcs were drawn with short lines.
    """

    path: Path
    layer: str | None
    driver: str
    crs: str | None
    wkb: list[bytes | None]
    ids: list[str]
    attributes: pa.Table
    n_curves: int = 0


def file_parts(path: Path) -> tuple[Path, ...]:
    """The file and, for a shapefile, those that belong to it."""
    if path.suffix.lower() != ".shp":
        return (path,)
    others = sorted(
        other
        for other in path.parent.glob(f"{glob.escape(path.stem)}.*")
        if other.suffix.lower() in SHAPEFILE_PARTS and other != path
    )
    return (path, *others)


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
    return data if data.crs else replace(data, crs=crs)


def _read_gdal(path: Path, driver: str, layer: str | None, encoding: str | None) -> VectorData:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    name, driver, n_rows = _prepare(path, driver)
    try:
        layer = _choose_layer(path, pyogrio.list_layers(name), layer)
        options: dict[str, Any] = {"encoding": encoding} if encoding else {}
        info = pyogrio.read_info(name, layer=layer, force_feature_count=True)
        _check_driver(path, driver, str(info.get("driver", driver)))
        meta, table = pyogrio.read_arrow(name, layer=layer, return_fids=True, **options)
    except (
        DataSourceError,
        DataLayerError,
        OSError,
        RuntimeError,
        UnicodeDecodeError,
        pa.ArrowException,
    ) as error:
        raise SourceError(f"{path}{_layer_note(layer)} can't be read: {error}.") from error
    n_expected = n_rows.get(str(layer), -1) if driver == "GPKG" else info["features"]
    if n_expected >= 0 and table.num_rows != n_expected:
        raise SourceError(
            f"{path}{_layer_note(layer)} holds {n_expected:,} features but only {table.num_rows:,} can "
            "be read: it is damaged. Download or copy it again."
        )
    data = _from_table(path, layer, driver, meta, table)
    return _with_lines(data, name, layer)


def _with_lines(data: VectorData, name: str, layer: str | None) -> VectorData:
    """The features with arcs drawn as lines, which GDAL does where it reads feature by feature."""
    import pyogrio.raw

    curved = [i for i, wkb in enumerate(data.wkb) if wkb is not None and is_curved(wkb)]
    if not curved:
        return data
    wkb = list(data.wkb)
    try:
        for index in curved:
            fid = int(data.ids[index])
            wkb[index] = pyogrio.raw.read(name, layer=layer, fids=[fid], columns=[])[2][0]
    except (OSError, RuntimeError, ValueError) as error:
        raise SourceError(
            f"{data.path}{_layer_note(layer)}: an outline with arcs can't be drawn with lines: {error}. "
            "Convert it with ogr2ogr -nlt CONVERT_TO_LINEAR."
        ) from error
    return replace(data, wkb=wkb, n_curves=len(curved))


def is_curved(wkb: bytes) -> bool:
    """Whether a geometry's type is one of those with arcs (ISO WKB, with or without Z and M)."""
    kind = int.from_bytes(wkb[1:5], "little" if wkb[:1] == b"\x01" else "big") & 0x0FFFFFFF
    return kind % 1000 in CURVED_KINDS


def _prepare(path: Path, driver: str) -> tuple[str, str, dict[str, int]]:
    """GDAL's name for the file, its driver, and the rows of each layer where SQLite counts them."""
    if driver == "Zip":
        return _zip_member(path)
    if driver == "GPKG":
        with open_file(path) as connection:
            check_geopackage(connection, str(path))
            return str(path), driver, count_rows(connection)
    if driver == "ESRI Shapefile":
        check_shapefile(path)
    if driver == "GeoJSON":
        with path.open("rb") as file:
            check_crs_is_no_link(file, str(path))
    return gdal_name(str(path), driver), driver, {}


def gdal_name(name: str, driver: str) -> str:
    """``name`` so that GDAL opens it with ``driver`` alone.

    Text that starts with a brace could also be a pipeline that reads other files (GDALG) or a service
    description; with the prefix GDAL asks no other driver. The other signatures belong to one driver.
    """
    return f"GeoJSON:{name}" if driver == "GeoJSON" else name


def _check_driver(path: Path, wanted: str, used: str) -> None:
    if used != wanted:
        raise SourceError(f"{path} is a {used} file, not {FORMATS}. Convert it.")


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


def check_parts(path: Path) -> None:
    """As ``check_shapefile``, for a file that may be of any format and is not read yet."""
    if path.suffix.lower() != ".shp" or not path.is_file():
        return
    with path.open("rb") as file:
        if SIGNATURES.get(file.read(4)) == "ESRI Shapefile":
            check_shapefile(path)


def check_shapefile(path: Path) -> None:
    """SourceError where the files that belong to a shapefile are not beside it, or it is cut."""
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


def _zip_member(path: Path) -> tuple[str, str, dict[str, int]]:
    """As ``_prepare``, for the one data set in an archive that is read in place, never unpacked."""
    rows: dict[str, int] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            inner = _only_data_set(path, archive.infolist())
            with archive.open(inner) as file:
                driver = format_of(file.read(512), f"{path}, {inner}")
            _check_members(path, archive, inner)
            if driver == "GPKG":
                rows = _check_zipped_geopackage(path, archive, inner)
            if driver == "GeoJSON":
                with archive.open(inner) as file:
                    check_crs_is_no_link(file, f"{path}, {inner}")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError) as error:
        # NotImplementedError (an unknown compression) is a RuntimeError, as is a password.
        raise SourceError(f"{path} is a damaged zip file: {error}. Download it again.") from error
    if driver not in ("ESRI Shapefile", "GPKG", "GeoJSON", "FlatGeobuf"):
        raise SourceError(f"{path} holds {inner}, a {driver} file. Unpack it and name that file.")
    outer = str(path) if "}" in str(path) else f"{{{path}}}"
    return gdal_name(f"/vsizip/{outer}/{inner}", driver), driver, rows


def _check_members(path: Path, archive: zipfile.ZipFile, inner: str) -> None:
    """Read the data set's members whole: their checksums must hold."""
    stem = inner.rpartition(".")[0]
    parts = [n for n in archive.namelist() if n.rpartition(".")[0] == stem]
    if inner.lower().endswith(".shp"):
        there = {n.rpartition(".")[2].lower() for n in parts}
        missing = sorted({"shx", "dbf"} - there)
        if missing:
            raise SourceError(
                f"{path} holds {inner}, but not its .{missing[0]}. Pack all its files."
            )
    for name in parts:
        with archive.open(name) as file:
            while file.read(CHUNK_BYTES):
                pass


def _check_zipped_geopackage(path: Path, archive: zipfile.ZipFile, inner: str) -> dict[str, int]:
    if archive.getinfo(inner).file_size > ZIPPED_GEOPACKAGE_LIMIT_BYTES:
        raise SourceError(
            f"{path} holds {inner}, too large to check. Unpack it and name that file."
        )
    with open_bytes(archive.read(inner)) as connection:
        check_geopackage(connection, f"{path}, {inner}")
        return count_rows(connection)


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
    import pyarrow.parquet as pq
    from pyproj.exceptions import CRSError

    # What nonsense in the metadata raises, and what a damaged file does.
    nonsense = (ValueError, TypeError, AttributeError, KeyError, CRSError)
    try:
        table = pq.ParquetFile(path).read()
        geo = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
        if not geo:
            raise ValueError("it has no geo metadata")
        name = str(geo["primary_column"])
        crs = _parquet_crs(geo["columns"][name])
        wkb = table[name].cast(pa.binary()).to_pylist()
    except (*nonsense, OSError, pa.ArrowException) as error:
        raise SourceError(
            f"{path} is no GeoParquet file with geometry as WKB: {_first_line(error)}. Convert it."
        ) from error
    if table.num_rows == 0:
        raise SourceError(f"{path} holds no features. Name another file.")
    return VectorData(
        path=path,
        layer=None,
        driver="Parquet",
        crs=crs,
        wkb=wkb,
        ids=[str(i) for i in range(table.num_rows)],
        attributes=table.drop_columns([name]),
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300].rstrip(". ")


def _parquet_crs(column: Mapping[str, Any]) -> str | None:
    """The CRS of a geometry column; left out it is longitude and latitude, null it is unknown."""
    from pyproj import CRS

    if column.get("encoding") != "WKB":
        raise ValueError(f"its encoding is {column.get('encoding')}")
    if "crs" not in column:
        return "OGC:CRS84"
    return CRS.from_user_input(column["crs"]).to_string() if column["crs"] is not None else None
