"""GeoJSON, whole or line by line, is looked at before GDAL opens it.

GDAL fetches a CRS that a file gives as a link, and passes over lines that it can't read.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from quarrydb.errors import SourceError
from quarrydb.loaders.formats import gdal
from quarrydb.loaders.formats.data import Reading, VectorData, convert
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import check_utf8

BLOCK_BYTES = 2**22
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# More than a crs member needs; one that is longer, with its white space, is refused.
CRS_LIMIT_BYTES = 2**16
# "crs" in any case, its letters written out or as \u escapes, as GDAL finds it.
CRS_KEY = re.compile(rb'(?i)"(?:c|\\u00[46]3)(?:r|\\u00[57]2)(?:s|\\u00[57]3)"')
# What follows: no colon where "crs" is a value, and no brace where the member is no object.
HARMLESS = re.compile(rb"\s*(?:[,}\]]|:\s*[^\s{/])")
OBJECT = re.compile(rb"\s*:\s*(?=\{)")
NAMED_TYPES = ("name", "epsg", "ogc")
# Before each record of a text sequence (RFC 8142); without it every line is a record.
SEPARATOR = b"\x1e"
FIRST_LINE_LIMIT_BYTES = 2**26
HEAD_BYTES = 4096
OTHER_FORMATS = {
    "TopoJSON": re.compile(rb'"type"\s*:\s*"Topology"'),
    "Esri JSON": re.compile(rb'"geometryType"\s*:\s*"esri'),
}


def read(reading: Reading) -> VectorData:
    """The features of a GeoJSON file.

    Text that starts with a brace could also be a pipeline that reads other files (GDALG) or a service
    description: with the driver's name before the path GDAL asks no other driver.
    """
    with reading.path.open("rb") as file:
        refuse_others(file.read(HEAD_BYTES), reading.where)
        file.seek(0)
        check_crs_is_no_link(file, reading.where)
    lines = n_lines(reading.path)
    driver, path = (
        ("GeoJSON", reading.path) if lines is None else ("GeoJSONSeq", after_mark(reading.path))
    )
    data = gdal.read(reading, driver, name=f"{driver}:{path}", n_rows=lines)
    check_utf8(data, reading.where)
    return without_false_dates(data, {})


def after_mark(path: Path) -> str:
    """The file as GDAL is to open it: past a byte order mark, with which it loses the first line."""
    with path.open("rb") as file:
        has_mark = file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK
    return f"/vsisubfile/{len(BYTE_ORDER_MARK)},{path}" if has_mark else str(path)


def refuse_others(head: bytes, where: str) -> None:
    """SourceError where JSON of another format is seen for what it is."""
    for name, sign in OTHER_FORMATS.items():
        if sign.search(head):
            raise convert(where, f"is {name}")


def n_lines(path: Path) -> int | None:
    """How many features a file holds one a line; None where it is one document."""
    with path.open("rb") as file:
        first = file.readline(FIRST_LINE_LIMIT_BYTES).strip().removeprefix(BYTE_ORDER_MARK)
        while first == b"" and file.tell() < path.stat().st_size:
            first = file.readline(FIRST_LINE_LIMIT_BYTES).strip()
        if first.startswith(SEPARATOR):
            return first.count(SEPARATOR) + sum(block.count(SEPARATOR) for block in _blocks(file))
        if len(first) >= FIRST_LINE_LIMIT_BYTES - 2 or not _is_feature(first):
            return None
        others = sum(1 for line in file if line.strip())
        return 1 + others if others else None


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK_BYTES):
        yield block


def _is_feature(line: bytes) -> bool:
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("type") == "Feature"


def check_crs_is_no_link(file: IO[bytes], where: str) -> None:
    """SourceError where any ``crs`` member of a GeoJSON ``file`` is a link.

    The file is read in blocks, which overlap by as much as a member may be long.
    """
    text = b""
    while True:
        block = file.read(BLOCK_BYTES)
        text += block
        end = len(text) - CRS_LIMIT_BYTES if block else len(text)
        for key in CRS_KEY.finditer(text):
            if key.start() < end:
                check_member(text[key.end() : key.end() + CRS_LIMIT_BYTES], where)
        if not block:
            return
        text = text[max(0, end) :]


def check_member(text: bytes, where: str) -> None:
    """SourceError where what follows a ``crs`` key is an object other than a name."""
    if HARMLESS.match(text):
        return
    types = crs_types(text)
    if not types or any(kind not in NAMED_TYPES for kind in types):
        said = f"of type {', '.join(types)}" if types else "that can't be read"
        raise SourceError(
            f"{where} has a crs member {said}: quarrydb fetches nothing to read a file. Remove the "
            'member, and give the CRS as crs = "EPSG:..." in the project file.'
        )


def crs_types(text: bytes) -> list[str]:
    """Every ``type`` of the object after a ``crs`` key, however deep; none where it is no JSON."""
    types: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> None:
        types.extend(str(value).lower() for key, value in pairs if key.lower() == "type")

    start = OBJECT.match(text)
    if start is None:
        return []
    try:
        decoder = json.JSONDecoder(object_pairs_hook=note)
        decoder.raw_decode(text[start.end() :].decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    return types
