"""Tables of text (CSV) with an outline as WKT, or with longitude and latitude, in each row."""

import csv
import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Meter, Note, Reading, VectorData
from quarrydb.loaders.formats.shapefile import known
from quarrydb.loaders.layout import find_column
from quarrydb.memory import check_whole

UNPLACED = "row without geometry"  # what is done with every row whose place can't be read
SUFFIXES = (".csv", ".tsv", ".txt")
DELIMITERS = ",;\t|"
WKT = ("wkt", "wkt_geom", "geometry", "geom", "the_geom", "_wkt_", "geometry_wkt")
LONGITUDE = ("longitude", "lon", "long", "lng", "decimallongitude", "x_lon")
LATITUDE = ("latitude", "lat", "decimallatitude", "y_lat")
EAST, NORTH = ("x", "easting", "x_coord"), ("y", "northing", "y_coord")
LONLAT = "EPSG:4326"
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # byte order marks
# 500,000 is half a million to some and 500 to others.
AMBIGUOUS = re.compile(r"[+-]?\d{1,3},\d{3}")
SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
TEXT_TIMES = 5  # a file's text, in characters of four bytes at most, beside its bytes
CELL_BYTES = 12  # of a cell whatever is in it; counted with what a feature takes
HEADER_BYTES = 2**20  # in which the first line, of thousands of columns, ends
SHOWN = 40  # characters of a value in a message
FIELD_LIMIT_BYTES = 2**30  # an outline of a country is one field


def is_text(head: bytes, path: Path) -> bool:
    """Whether a file has a name of tables and begins with text: in UTF-16 where it says so, as Excel does."""
    return path.suffix.lower() in SUFFIXES and (b"\0" not in head or head.startswith(UTF16))


def check_header(path: Path, where: str) -> None:
    """SourceError where no columns say where the rows of a table lie."""
    with path.open("rb") as file:
        head = file.read(HEADER_BYTES)
    encoding = "utf-16" if head.startswith(UTF16) else "utf-8-sig"
    text = head.decode(encoding, "replace")
    names = _names(text, _delimiter(text))
    if not _tells_places(names):
        raise SourceError(
            f"{where} is a table in which nothing says where its rows lie: name its columns longitude and "
            f"latitude (or x and y with a crs), or wkt, in its first line. Columns there: {', '.join(names)}."
        )


def _names(text: str, delimiter: str) -> list[str]:
    """The names in the first line, which go on in the next where one holds a line break."""
    reader = csv.reader(io.StringIO(text[:HEADER_BYTES], newline=""), delimiter=delimiter)
    try:
        return [name.strip() for name in next(reader, [])]
    except csv.Error:
        return []


def _delimiter(text: str) -> str:
    """The sign that parts the first line into columns with a place, and into the most."""
    names = {sign: _names(text, sign) for sign in DELIMITERS}
    return max(DELIMITERS, key=lambda sign: (_tells_places(names[sign]), len(names[sign])))


def _tells_places(names: Sequence[str]) -> bool:
    return _wkt_column(names) is not None or _coordinates(names) is not None


def _wkt_column(names: Sequence[str]) -> str | None:
    return find_column(names, WKT)


def _coordinates(names: Sequence[str]) -> tuple[str, str, bool] | None:
    """Columns of x and y, and whether they are longitude and latitude."""
    for east, north, is_lonlat in ((LONGITUDE, LATITUDE, True), (EAST, NORTH, False)):
        x, y = find_column(names, east), find_column(names, north)
        if x is not None and y is not None:
            return x, y, is_lonlat
    return None


def read(reading: Reading) -> VectorData:
    """The rows of a table; its columns stay text. A row without a place has no geometry."""
    names, rows = _rows(reading)
    if not rows and not reading.may_be_empty:
        raise SourceError(f"{reading.where} holds no rows. Name another file.")
    columns = {name: [row[i] or None for row in rows] for i, name in enumerate(names)}
    wkt = _wkt_column(names)
    if wkt is not None:
        cells = [columns.pop(wkt)]
        wkb, crs = _from_wkt(reading.where, cells[0])
    else:
        x, y, is_lonlat = _coordinates(names) or ("", "", False)
        wkb = _from_numbers(columns[x], columns[y], is_lonlat=is_lonlat)
        cells = [columns[x], columns[y]]
        crs = LONLAT if is_lonlat else None
    chosen = columns if reading.columns is None else {n: columns[n] for n in reading.columns}
    attributes = pa.table({name: pa.array(values, pa.string()) for name, values in chosen.items()})
    unplaced = [row for row, value in enumerate(wkb) if value == b""]
    notes = _notes(unplaced, cells)
    if rows and len(unplaced) == len(rows):
        raise SourceError(
            f"{reading.where} has no row whose place can be read: {notes[0].detail}. Write plain numbers "
            "such as -5.25, or WKT."
        )
    return VectorData(
        path=reading.path,
        layer=None,
        driver="CSV",
        crs=crs,
        wkb=[value or None for value in wkb],
        ids=[str(number) for number in range(1, len(rows) + 1)],
        attributes=attributes,
        notes=notes,
    )


def _notes(unplaced: Sequence[int], cells: Sequence[Sequence[str | None]]) -> tuple[Note, ...]:
    """What is said of rows whose place can't be read: how many, and what the first one holds."""
    if not unplaced:
        return ()
    first = ", ".join(repr((column[unplaced[0]] or "")[:SHOWN]) for column in cells)
    detail = f"first in row {unplaced[0] + 1}: {first}"
    return (Note("place is no number or no WKT", UNPLACED, len(unplaced), detail=detail),)


def _rows(reading: Reading) -> tuple[list[str], list[list[str]]]:
    """Column names and rows; SourceError names the line with too many or too few fields."""
    check_whole(reading.path, reading.where, TEXT_TIMES)
    raw = reading.path.read_bytes()
    encoding = "utf-8-sig"
    if raw.startswith(UTF16):
        encoding = "utf-16"
    elif reading.encoding is not None:
        encoding = known(reading.encoding, reading.where, "encoding")
    try:
        text = raw.decode(encoding)
        text.encode()  # some encodings spell halves of characters
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{reading.where}, line {line} holds {error.object[error.start : error.start + 20]!r}, which is "
            f"not in {encoding.removesuffix('-sig')}. Give the true encoding for this source with "
            'encoding = "...", such as cp1252 or gbk.'
        ) from error
    except UnicodeEncodeError as error:
        line = text[: error.start].count("\n") + 1
        raise SourceError(
            f"{reading.where}, line {line} holds half a character in {encoding}. Save the file as UTF-8."
        ) from error
    return _parsed(text, reading.where, reading.meter())


def _parsed(text: str, where: str, meter: Meter) -> tuple[list[str], list[list[str]]]:
    before = csv.field_size_limit(FIELD_LIMIT_BYTES)
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
        names = [name.strip() for name in next(reader)]
        rows = list(_full_rows(reader, len(names), where, meter))
    except csv.Error as error:
        raise SourceError(
            f"{where}, line {reader.line_num} is no CSV: {error}. Correct it."
        ) from error
    finally:
        csv.field_size_limit(before)
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise SourceError(f"{where} has two columns called {twice[0]!r}. Rename one.")
    return names, rows


def _full_rows(
    reader: "Iterator[list[str]]", n: int, where: str, meter: Meter
) -> Iterator[list[str]]:
    for row in reader:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != n:
            line = getattr(reader, "line_num", "?")
            raise SourceError(
                f"{where}, line {line} has {len(row)} fields, the header {n}. Correct it."
            )
        meter.add(1, CELL_BYTES * n + sum(map(len, row)))
        yield [cell.strip() for cell in row]


def _from_numbers(
    xs: Sequence[str | None], ys: Sequence[str | None], *, is_lonlat: bool
) -> list[bytes]:
    """Points as WKB; empty bytes where a coordinate is no number, or may be two."""
    rows = zip(xs, ys, strict=True)
    pairs = np.array([[_number(text, is_lonlat) for text in row] for row in rows], dtype=float)
    pairs = pairs.reshape(-1, 2)
    good = np.isfinite(pairs).all(axis=1)
    wkb = shapely.to_wkb(shapely.points(np.where(good[:, None], pairs, 0.0)))
    return [bytes(value) if fits else b"" for value, fits in zip(wkb, good, strict=True)]


def _number(text: str | None, is_degrees: bool) -> float:
    """A number, also with a decimal comma; NaN for all else, and where the comma may part thousands."""
    written = text or ""
    if "_" in written or (not is_degrees and AMBIGUOUS.fullmatch(written)):
        return math.nan
    try:
        return float(written.replace(",", ".") if written.count(",") == 1 else written)
    except ValueError:
        return math.nan


def _from_wkt(where: str, texts: Sequence[str | None]) -> tuple[list[bytes], str | None]:
    """Geometries as WKB, and the CRS where EWKT names one; SourceError where rows name several."""
    heads = [SRID.match(text) if text else None for text in texts]
    codes = {head[1] for head in heads if head is not None}
    if len(codes) > 1:
        raise SourceError(f"{where} mixes the SRIDs {', '.join(sorted(codes))}. Convert it to one.")
    bodies = [
        (text or "")[head.end() if head else 0 :] for text, head in zip(texts, heads, strict=True)
    ]
    shapes = shapely.from_wkt(np.array(bodies, dtype=object), on_invalid="ignore")
    wkb = [b"" if shape is None else bytes(shapely.to_wkb(shape)) for shape in shapes]
    return wkb, f"EPSG:{codes.pop()}" if codes else None
