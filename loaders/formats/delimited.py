"""Tables of text (CSV) with an outline as WKT, or with longitude and latitude, in each row."""

import csv
import io
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
SRID = re.compile(r"\s*SRID\s*=\s*(\d+)\s*;", re.IGNORECASE)
TEXT_TIMES = 5  # a file's text, in characters of four bytes at most, beside its bytes
CELL_BYTES = 12  # of a cell whatever is in it; counted with what a feature takes
FIELD_LIMIT_BYTES = 2**30  # an outline of a country is one field


def is_table(head: bytes, path: Path) -> bool:
    """Whether a file of text with a name of tables has columns that say where its rows lie."""
    if path.suffix.lower() not in SUFFIXES or b"\0" in head:
        return False
    line = head.removeprefix(b"\xef\xbb\xbf").splitlines()[:1]
    names = _split(line[0].decode("utf-8", "replace")) if line else []
    return _wkt_column(names) is not None or _coordinates(names) is not None


def _split(line: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line], delimiter=_delimiter(line)), [])]


def _delimiter(line: str) -> str:
    """The sign that stands most often in the header line."""
    return max(DELIMITERS, key=line.count)


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
        wkb, crs = _from_wkt(reading.where, columns.pop(wkt))
    else:
        x, y, is_lonlat = _coordinates(names) or ("", "", False)
        wkb = _from_numbers(columns[x], columns[y])
        crs = LONLAT if is_lonlat else None
    chosen = columns if reading.columns is None else {n: columns[n] for n in reading.columns}
    attributes = pa.table({name: pa.array(values, pa.string()) for name, values in chosen.items()})
    unplaced = sum(value == b"" for value in wkb)
    notes = (Note("place is no number or no WKT", UNPLACED, unplaced),)
    return VectorData(
        path=reading.path,
        layer=None,
        driver="CSV",
        crs=crs,
        wkb=[value or None for value in wkb],
        ids=[str(number) for number in range(1, len(rows) + 1)],
        attributes=attributes,
        notes=notes if unplaced else (),
    )


def _rows(reading: Reading) -> tuple[list[str], list[list[str]]]:
    """Column names and rows; SourceError names the line with too many or too few fields."""
    encoding = "utf-8-sig"
    if reading.encoding is not None:
        encoding = known(reading.encoding, reading.where, "encoding")
    check_whole(reading.path, reading.where, TEXT_TIMES)
    try:
        text = reading.path.read_bytes().decode(encoding)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise SourceError(
            f"{reading.where}, line {line} holds {error.object[error.start : error.start + 20]!r}, which is "
            f"not in {encoding.removesuffix('-sig')}. Give the true encoding for this source with "
            'encoding = "...", such as cp1252 or gbk.'
        ) from error
    return _parsed(text, reading.where, reading.meter())


def _parsed(text: str, where: str, meter: Meter) -> tuple[list[str], list[list[str]]]:
    before = csv.field_size_limit(FIELD_LIMIT_BYTES)
    try:
        reader = csv.reader(
            io.StringIO(text, newline=""), delimiter=_delimiter(text.splitlines()[0]), strict=True
        )
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


def _from_numbers(xs: Sequence[str | None], ys: Sequence[str | None]) -> list[bytes]:
    """Points as WKB; empty bytes where a coordinate is no number."""
    pairs = np.array([(_number(x), _number(y)) for x, y in zip(xs, ys, strict=True)], dtype=float)
    pairs = pairs.reshape(-1, 2)
    good = np.isfinite(pairs).all(axis=1)
    wkb = shapely.to_wkb(shapely.points(np.where(good[:, None], pairs, 0.0)))
    return [bytes(value) if fits else b"" for value, fits in zip(wkb, good, strict=True)]


def _number(text: str | None) -> float:
    try:
        return float((text or "").replace(",", ".") if (text or "").count(",") == 1 else text or "")
    except ValueError:
        return float("nan")


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
