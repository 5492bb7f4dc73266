"""Shapefiles: several files that belong together, text in the encoding of its time, rows that are deleted."""

import glob
import re
from dataclasses import replace
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.loaders.formats import dbf, gdal
from quarrydb.loaders.formats.data import Note, Reading, VectorData, Wanted
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import BYTES, decode

PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg", ".qix", ".sbn", ".sbx")
NEEDED = (".shx", ".dbf")
SIGNATURE = b"\x00\x00\x27\x0a"
HEADER_BYTES = 100
RECORD_HEAD_BYTES = 8
MOST_HEAD_BYTES = 44  # kind, box, number of parts, number of points
KINDS: dict[int, Wanted] = {5: "polygon", 15: "polygon", 25: "polygon", 1: "point", 11: "point"}
ASCII = "Name_09"
NUMBERED = re.compile(r"(?:ansi|oem|cp|windows|ms)?[ _-]*(\d{3,5})", re.IGNORECASE)


def parts(path: Path) -> tuple[Path, ...]:
    """The .shp file and those that belong to it."""
    others = sorted(
        other
        for other in path.parent.glob(f"{glob.escape(path.stem)}.*")
        if other.suffix.lower() in PARTS and other != path
    )
    return (path, *others)


def part(path: Path, suffix: str) -> Path | None:
    """The file beside ``path`` with this ending, in any case."""
    return next((p for p in parts(path) if p.suffix.lower() == suffix), None)


def check(path: Path, where: str) -> None:
    """SourceError where the files that belong to a shapefile are not beside it, or it is cut."""
    there = {other.suffix.lower() for other in parts(path)}
    missing = [suffix for suffix in sorted(NEEDED) if suffix not in there]
    if missing:
        raise SourceError(
            f"{where} lacks {' and '.join(Path(where).stem + suffix for suffix in missing)}. "
            "A shapefile is several files: put them all in one folder."
        )
    with path.open("rb") as file:
        said = int.from_bytes(file.read(28)[24:28], "big") * 2
    if path.stat().st_size < said:
        raise SourceError(
            f"{where} is truncated: {path.stat().st_size:,} of {said:,} bytes. Copy it again."
        )


def kind_of(head: bytes) -> Wanted | None:
    """What the first bytes of a .shp file say that it holds."""
    return KINDS.get(int.from_bytes(head[32:36], "little"))


def read(reading: Reading) -> VectorData:
    """The shapes of a shapefile, its text decoded, without rows that are marked as deleted."""
    check(reading.path, reading.where)
    table_path, index_path = part(reading.path, ".dbf"), part(reading.path, ".shx")
    if table_path is None or index_path is None:  # pragma: no cover - check has found them
        raise SourceError(f"{reading.where} lacks its .dbf or .shx.")
    table = dbf.read_table(table_path, reading.where)
    n_shapes = max(0, index_path.stat().st_size - HEADER_BYTES) // 8
    if n_shapes != table.n_records:
        raise SourceError(
            f"{reading.where} is damaged: its .shx lists {n_shapes:,} shapes, its .dbf {table.n_records:,} "
            "rows. Copy all its files again, from one place."
        )
    n_rows = table.n_records - table.n_deleted
    data = gdal.read(reading, "ESRI Shapefile", n_rows=n_rows, encoding=BYTES)
    check_missing(reading, index_path, data)
    if table.n_deleted:
        note = Note("row marked as deleted", "left out", table.n_deleted)
        data = replace(data, notes=(*data.notes, note))
    encoding, said = encoding_of(reading, table)
    columns = data.attributes.column_names
    by_row = {int(fid): row for row, fid in enumerate(data.ids)}
    chosen = list(range(len(table.fields)))
    if reading.columns is not None:
        chosen = [i for i, field in enumerate(table.fields) if field.name in columns]
    false = {
        name: [by_row[r] for r in table.false_dates.get(i, ()) if r in by_row]
        for i, name in zip(chosen, columns, strict=False)
    }
    data = without_false_dates(data, false)
    widths = [table.fields[i].width for i in chosen]
    return decode(data, encoding, said, widths, reading.where)


def check_missing(reading: Reading, index_path: Path, data: VectorData) -> None:
    """SourceError where a row has a shape that can't be read: GDAL takes it for a row without one."""
    rows = [int(row) for row, wkb in zip(data.ids, data.wkb, strict=True) if wkb is None]
    if not rows:
        return
    index = index_path.read_bytes()
    with reading.path.open("rb") as file:
        for row in rows:
            entry = HEADER_BYTES + 8 * row
            file.seek(int.from_bytes(index[entry : entry + 4], "big") * 2 + RECORD_HEAD_BYTES)
            record = file.read(MOST_HEAD_BYTES)
            kind, n_parts = record[:4], record[36:40]
            if record and (kind == bytes(4) or (len(record) == 44 and n_parts == bytes(4))):
                continue
            raise SourceError(
                f"{reading.where} is damaged: the shape of row {row} can't be read. Copy it again."
            )


def encoding_of(reading: Reading, table: dbf.Table) -> tuple[str | None, str]:
    """The encoding of the text and who says so: the project file, the .cpg, the .dbf; None: nobody."""
    if reading.encoding is not None:
        return known(reading.encoding, reading.where, "encoding"), "encoding says"
    page = part(reading.path, ".cpg")
    said = (
        page.read_bytes()[:64].decode("ascii", "replace").strip("\ufeff \r\n\t\0") if page else ""
    )
    if said:
        return known(said, reading.where, "its .cpg"), "its .cpg says"
    if table.encoding:
        return table.encoding, "its .dbf says"
    return None, "the file does not name"


def known(name: str, where: str, by: str) -> str:
    """Python's name of an encoding; SourceError where there is none such."""
    numbered = NUMBERED.fullmatch(name)
    spellings = [name, name.replace(" ", "-")]
    if numbered:
        number = numbered[1]
        spellings += ["utf-8"] if number == "65001" else [f"cp{number}"]
        if number.startswith("8859"):
            spellings.insert(0, f"iso-8859-{number[4:] or 1}")
    iso = re.fullmatch(r"(?i)iso[ _-]*8859[ _-]*(\d{1,2})", name)
    if iso:
        spellings.insert(0, f"iso-8859-{iso[1]}")
    for spelling in spellings:
        try:
            if ASCII.encode(spelling) == ASCII.encode():  # a table is bytes of ASCII, and more
                return spelling
        except (LookupError, ValueError):
            continue
    raise SourceError(
        f"{where}: {by} names the encoding {name!r}, which is unknown. Give it for this source with "
        'encoding = "...", such as utf-8, cp1252 or gbk.'
    )
