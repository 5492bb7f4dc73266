"""KML and GML: text with markup. Nothing that it names is fetched, and nothing is written beside it."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from xml.parsers import expat

import pyarrow as pa

from quarrydb.errors import SourceError
from quarrydb.loaders.formats import gdal
from quarrydb.loaders.formats.data import Reading, VectorData, convert
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.join import join
from quarrydb.loaders.formats.text import check_utf8
from quarrydb.memory import check_whole

TEXT_TIMES = 3  # the text, its copy, and what GDAL makes of one feature
CHUNK_BYTES = 2**16
KML, GML = "KML", "GML"
NO_PLACEMARK = VectorData(Path(), None, KML, "EPSG:4326", [], [], pa.table({}))
GML_NAMESPACE = "http://www.opengis.net/gml"
# GDAL would look for the schema at these addresses: in the private copy they have another name.
SCHEMA, NO_SCHEMA = b"schemaLocation", b"schemaNotAsked"


def read_kml(reading: Reading) -> VectorData:
    """All placemarks of a KML file: its folders are no layers, unless one is named."""
    copy = private_copy(reading, KML, ".kml")
    drivers = (KML, "LIBKML")
    if reading.layer is not None:
        return _checked(reading, gdal.read(copy, KML, drivers=drivers))
    names = [layer.name for layer in gdal.layers_of(copy, str(copy.path)) if layer.kind is not None]
    inner = replace(copy, may_be_empty=True)
    found = [gdal.read_layer(inner, str(copy.path), name, drivers) for name in names]
    return _checked(reading, join(reading, found or [NO_PLACEMARK]))


def read_gml(reading: Reading) -> VectorData:
    """The features of a GML file."""
    copy = private_copy(reading, GML, ".gml")
    return _checked(reading, gdal.read(copy, GML))


def _checked(reading: Reading, data: VectorData) -> VectorData:
    check_utf8(data, reading.where)
    return without_false_dates(data, {})


def private_copy(reading: Reading, kind: str, suffix: str) -> Reading:
    """A copy that GDAL may write beside; SourceError where the root element is not that of ``kind``."""
    check_whole(reading.path, reading.where, TEXT_TIMES)
    root, attributes = root_of(reading.path, reading.where)
    if kind_of(root, attributes) != kind:
        raise convert(reading.where, f"is no {kind}: it begins with the element {root}")
    copy = reading.private_folder() / f"data{suffix}"
    if kind == KML:
        shutil.copyfile(reading.path, copy)
    else:
        copy.write_bytes(reading.path.read_bytes().replace(SCHEMA, NO_SCHEMA))
    return reading.of(copy, reading.where, layer=reading.layer)


def detect(path: Path, where: str) -> str:
    """KML or GML by the root element; SourceError for any other document."""
    root, attributes = root_of(path, where)
    kind = kind_of(root, attributes)
    if kind is None:
        raise convert(
            where, f"is XML that quarrydb does not open: it begins with the element {root}"
        )
    return kind


def kind_of(root: str, attributes: Mapping[str, str]) -> str | None:
    """The format by the name of the root element and its namespaces."""
    local = root.rpartition(":")[2]
    if local == "kml":
        return KML
    namespaces = [v for k, v in attributes.items() if k == "xmlns" or k.startswith("xmlns:")]
    is_gml = any(value.startswith(GML_NAMESPACE) for value in namespaces)
    return GML if is_gml and local.endswith("FeatureCollection") else None


def root_of(path: Path, where: str) -> tuple[str, Mapping[str, str]]:
    """Name and attributes of the root element; SourceError where there is none, or entities are declared.

    Entities are refused whole: a few lines of them can stand for gigabytes.
    """
    found: list[tuple[str, Mapping[str, str]]] = []

    def note(name: str, attributes: Mapping[str, str]) -> None:
        found.append((name, dict(attributes)))

    def refuse(*_: object) -> None:
        raise SourceError(
            f"{where} declares a document type, which could stand for more than is in it: refused. "
            "Remove the DOCTYPE, or convert it with ogr2ogr."
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler = note
    parser.StartDoctypeDeclHandler = refuse
    try:
        with path.open("rb") as file:
            if file.read(2) in (b"\xff\xfe", b"\xfe\xff"):
                raise SourceError(f"{where} is in UTF-16. Save it as UTF-8.")
            file.seek(0)
            while not found and (chunk := file.read(CHUNK_BYTES)):
                parser.Parse(chunk)
    except expat.ExpatError as error:
        raise SourceError(
            f"{where} is no XML that can be read: {error}. Download it again."
        ) from error
    if found:
        return found[0]
    raise SourceError(f"{where} is no XML that can be read: it has no element. Download it again.")
