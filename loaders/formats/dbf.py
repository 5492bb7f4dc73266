"""The table of a shapefile, byte by byte: deleted rows, the encoding it names, dates that are none."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from quarrydb.errors import SourceError

DELETED = ord("*")
CHUNK_BYTES = 2**24
# Language drivers that name a code page (dBase, FoxPro and ArcGIS); 0 and what is not here name none.
CODE_PAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x0D: "cp437", 0x10: "cp850",
    0x13: "cp932", 0x26: "cp866", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950", 0x50: "cp874",
    0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865",
    0x67: "cp861", 0x6A: "cp737", 0x6B: "cp857", 0x78: "cp950", 0x79: "cp949", 0x7A: "cp936",
    0x7B: "cp932", 0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """One column: its type letter, where it begins in a row, and how wide it is, bytes."""

    name: str
    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Table:
    """What a .dbf file says of itself, and the rows that it marks as deleted."""

    n_records: int
    encoding: str | None
    fields: tuple[Field, ...]
    deleted: npt.NDArray[np.bool_]
    false_dates: dict[int, list[int]]  # rows, by the number of the column

    @property
    def n_deleted(self) -> int:
        """Rows that are marked as deleted and not packed away."""
        return int(self.deleted.sum())


def read_table(path: Path, where: str) -> Table:
    """Look through a .dbf file; SourceError where it is cut or its header makes no sense."""
    damaged = SourceError(f"{where} is damaged: its .dbf is cut or no dBase table. Copy it again.")
    try:
        with path.open("rb") as file:
            head = file.read(32)
            n_records, header, width = struct.unpack_from("<IHH", head, 4)
            fields = _fields(file.read(max(0, header - 32)))
            if width < 1 or path.stat().st_size < header + n_records * width:
                raise damaged
            deleted = np.zeros(n_records, dtype=bool)
            false_dates: dict[int, list[int]] = {}
            for first, rows in _rows(path, header, n_records, width):
                deleted[first : first + len(rows)] = rows[:, 0] == DELETED
                _look_at_dates(fields, first, rows, false_dates)
    except (OSError, struct.error, ValueError, IndexError) as error:
        raise damaged from error
    return Table(n_records, CODE_PAGES.get(head[29]), fields, deleted, false_dates)


def _fields(descriptors: bytes) -> tuple[Field, ...]:
    found, start = [], 1
    for offset in range(0, len(descriptors) - 31, 32):
        one = descriptors[offset : offset + 32]
        if one[:1] == b"\r":
            break
        kind = chr(one[11])
        width = one[16] + (256 * one[17] if kind == "C" else 0)
        name = one[:11].split(b"\0")[0].decode("latin-1")
        found.append(Field(name, kind, start, width))
        start += width
    return tuple(found)


def _rows(
    path: Path, header: int, n_records: int, width: int
) -> Iterator[tuple[int, npt.NDArray[np.uint8]]]:
    """Rows as bytes, in chunks, with the number of the first."""
    step = max(1, CHUNK_BYTES // width)
    with path.open("rb") as file:
        file.seek(header)
        for first in range(0, n_records, step):
            n = min(step, n_records - first)
            content = np.frombuffer(file.read(n * width), dtype=np.uint8)
            yield first, content.reshape(n, width)


def _look_at_dates(
    fields: tuple[Field, ...],
    first: int,
    rows: npt.NDArray[np.uint8],
    false_dates: dict[int, list[int]],
) -> None:
    """Note the rows whose date is neither empty (blanks, zeros) nor a day of the calendar."""
    for number, field in enumerate(fields):
        if field.kind != "D":
            continue
        cells = np.ascontiguousarray(rows[:, field.start : field.start + field.width])
        texts, where = np.unique(cells.view(f"S{field.width}").ravel(), return_inverse=True)
        wrong = np.array([not _is_date(text) for text in texts.tolist()])
        found = (first + np.flatnonzero(wrong[where])).tolist()
        if found:
            false_dates.setdefault(number, []).extend(found)


def _is_date(text: bytes) -> bool:
    if not text.strip(b" 0\0"):
        return True
    try:
        date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return True
