"""Open vector files of every role: recognised by their first bytes, read by one driver, never by guesswork.

Only formats that hold their own data are opened. A file that points elsewhere (VRT, WFS, a pipeline, a
service description) is refused by its content, whatever its name says.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.loaders.formats import (
    archive,
    delimited,
    filegdb,
    flatgeobuf,
    gdal,
    geojson,
    geopackage,
    geoparquet,
    markup,
    shapefile,
)
from quarrydb.loaders.formats.data import Reading, VectorData, Wanted, convert
from quarrydb.loaders.formats.join import join
from quarrydb.project.types import is_utf8

__all__ = ["VectorData", "check_parts", "checksum", "detect_format", "file_parts", "read_vector"]

FORMATS = (
    "GeoPackage, shapefile, GeoJSON (also by lines), FlatGeobuf, GeoParquet, KML, GML, CSV with WKT or "
    "longitude and latitude, file geodatabase (.gdb), or one of these in a .zip or .gz"
)
SIGNATURES = {
    geopackage.SIGNATURE: "GPKG",
    shapefile.SIGNATURE: "ESRI Shapefile",
    b"fgb\x03": "FlatGeobuf",
    geoparquet.SIGNATURE: "Parquet",
    archive.ZIP_SIGNATURE: "Zip",
    archive.GZIP_SIGNATURE: "GZip",
    geojson.SEPARATOR: "GeoJSON",
}
READERS: Mapping[str, Callable[[Reading], VectorData]] = {
    "GPKG": geopackage.read,
    "ESRI Shapefile": shapefile.read,
    "FlatGeobuf": flatgeobuf.read,
    "Parquet": geoparquet.read,
    "GeoJSON": geojson.read,
    "KML": markup.read_kml,
    "GML": markup.read_gml,
    "CSV": delimited.read,
    filegdb.DRIVER: filegdb.read,
}
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
HEAD_BYTES = 4096


def file_parts(path: Path) -> tuple[Path, ...]:
    """The file and those that belong to it: of a shapefile, a geodatabase, or a GeoPackage with a log."""
    if path.is_dir():
        return filegdb.parts(path) if filegdb.is_geodatabase(path) else (path,)
    if path.suffix.lower() == ".shp":
        return shapefile.parts(path)
    return geopackage.parts(path)


def checksum(path: Path, known: Mapping[Path, str]) -> str:
    """SHA-256 of a file, of several that are one the SHA-256 of theirs, from those ``known`` by path.

    A shapefile goes by its .shp. Raises SourceError where a part came since ``known`` was made.
    """
    parts = file_parts(path)
    new = [part for part in parts if part not in known]
    if new:
        raise SourceError(f"{new[0]} appeared while {path} was loaded. Run the build again.")
    if len(parts) == 1 or path.suffix.lower() == ".shp":
        return known[path]
    return hashlib.sha256("".join(known[part] for part in parts).encode()).hexdigest()


def detect_format(path: Path, where: str) -> str:
    """Driver name by the file's first bytes; SourceError for anything quarrydb does not open."""
    if path.is_dir():
        if filegdb.is_geodatabase(path):
            return filegdb.DRIVER
        raise SourceError(
            f"{where} is a folder. Name a file in it (or a folder that ends in .gdb)."
        )
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise SourceError(f"{where} can't be read: {error.strerror}.") from error
    if not head:
        raise SourceError(f"{where} is empty (0 bytes). Download or copy it again.")
    for signature, driver in SIGNATURES.items():
        if head.startswith(signature):
            return driver
    text = head.removeprefix(BYTE_ORDER_MARK).lstrip()
    if text.startswith(b"{"):
        return "GeoJSON"
    if text.startswith(b"<"):
        return markup.detect(path, where)
    if delimited.is_text(head, path):
        delimited.check_header(path, where)
        return "CSV"
    raise convert(where, f"is not a {FORMATS}: it starts with {head[:16]!r}")


def read_vector(
    path: Path,
    *,
    layer: str | None = None,
    crs: str | None = None,
    encoding: str | None = None,
    wanted: Wanted | None = None,
    may_be_empty: bool = False,
    columns: Sequence[str] | None = None,
) -> VectorData:
    """Read one layer whole.

    ``crs`` is used where the file names none, ``wanted`` tells which of several layers fits,
    ``may_be_empty`` allows a layer without features, ``columns`` reads these attributes only.
    Raises SourceError with the file, layer and remedy.
    """
    with ExitStack() as resources, gdal.without_what_is_counted():
        reading = Reading(
            path, str(path), layer, encoding, wanted, resources, may_be_empty, columns
        )
        try:
            data = read_file(reading)
        except OSError as error:
            raise SourceError(f"{path} can't be read: {error.strerror or error}.") from error
    data = replace(data, path=path)
    if data.crs is None and crs is None and data.wkb:
        raise SourceError(
            f'{path} names no CRS. If it is longitude and latitude, add crs = "EPSG:4326" to this '
            "source; else give its code there."
        )
    return data if data.crs else replace(data, crs=crs)


def read_file(reading: Reading) -> VectorData:
    """Features of a file, or of the data set that an archive holds."""
    driver = detect_format(reading.path, reading.where)
    reading = reachable(reading)
    if driver == "GZip":
        return read_file(reading.of(archive.gunzip(reading), reading.where, layer=reading.layer))
    if driver == "Zip":
        return read_archive(reading)
    return READERS[driver](reading)


def reachable(reading: Reading) -> Reading:
    """The same file under a name that reaches GDAL as it is, by links in a private folder where it must.

    pyogrio takes a path for an address: what stands before an exclamation mark is an archive to it, what
    follows a semicolon is no part of the name, line breaks and tabs are none either.
    """
    from pyogrio.util import vsi_path

    path = reading.path
    if path.suffix.lower() == ".zip" or (is_utf8(str(path)) and vsi_path(path) == str(path)):
        return reading
    folder = reading.private_folder()
    name = archive.safe_name(path.stem)
    for part in [path] if path.is_dir() else file_parts(path):
        ending = part.name.removeprefix(path.stem)
        (folder / f"{name}{ending}").symlink_to(part.absolute())
    return reading.of(folder / f"{name}{path.suffix}", reading.where, layer=reading.layer)


def read_archive(reading: Reading) -> VectorData:
    """The one layer of an archive, however many of its files it is in."""
    found = archive.members(reading, reading.path, reading.where)
    chosen, layer = archive.choose(found, reading.layer, reading.wanted, reading.where)
    inner = replace(reading, may_be_empty=reading.may_be_empty or len(chosen) > 1)
    data = [
        read_file(inner.of(archive.copied_member(reading, member), member.where, layer=layer))
        for member in chosen
    ]
    joined = join(reading, data)
    name = chosen[0].stem if chosen[0].suffix == ".shp" else joined.layer
    return replace(joined, layer=name)


def check_parts(path: Path) -> None:
    """SourceError where files that belong to ``path`` are not there; it may be of any format, and unread."""
    if path.is_dir():
        detect_format(path, str(path))
    if path.suffix.lower() != ".shp" or not path.is_file():
        return
    with path.open("rb") as file:
        if SIGNATURES.get(file.read(4)) == "ESRI Shapefile":
            shapefile.check(path, str(path))
