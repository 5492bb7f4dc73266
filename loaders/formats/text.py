"""Text of attributes, checked before anybody reads it: every value is text in the encoding of its file."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Note, VectorData

# Bytes as characters one to one, which GDAL passes on without a loss; decoded here, by what the file says.
BYTES = "ISO-8859-1"


def check_utf8(data: VectorData, where: str) -> None:
    """SourceError that names the row and column of text that is no UTF-8, as its format demands."""
    for name in data.attributes.column_names:
        column = data.attributes[name]
        if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
            continue
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as error:
            binary = pa.binary() if pa.types.is_string(column.type) else pa.large_binary()
            values = column.combine_chunks().cast(binary).to_pylist()
            row = next(i for i, value in enumerate(values) if value and not _is_utf8(value))
            raise SourceError(
                f"{where}, feature {data.ids[row]}: column {name} holds {values[row][:40]!r}, which is no "
                "UTF-8. Save the file as UTF-8, or convert it with ogr2ogr."
            ) from error


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def decode(
    data: VectorData, encoding: str | None, declared_by: str, widths: Sequence[int], where: str
) -> VectorData:
    """``data``, read as ``BYTES``, with its text and column names in ``encoding``.

    None stands for an encoding that the file does not name: plain ASCII and UTF-8 are seen for what
    they are. ``widths`` are the columns' widths in bytes: a character that was cut at the end of a full
    field is dropped and noted. Raises SourceError that names the row.
    """
    name = encoding or "utf-8"
    table, n_cut = data.attributes, 0
    for index, column in enumerate(table.column_names):
        values = table[column]
        if not pa.types.is_string(values.type) or not _has_letters_beyond_ascii(values):
            continue
        decoded: list[str | None] = []
        for row, value in enumerate(values.to_pylist()):
            text, cut = _decoded(value, name, widths[index])
            if text is None and value is not None:
                raise _not_in(where, data.ids[row], column, value, encoding, declared_by)
            decoded.append(text)
            n_cut += cut
        table = table.set_column(index, column, pa.array(decoded, pa.string()))
    table = table.rename_columns(_names(table.column_names, name))
    cut_note = Note("text cut within a character", "shortened by it", n_cut)
    return replace(
        data, attributes=table, notes=(*data.notes, cut_note) if n_cut else tuple(data.notes)
    )


def _has_letters_beyond_ascii(values: pa.ChunkedArray) -> bool:
    return not pc.all(pc.string_is_ascii(values), skip_nulls=True, min_count=0).as_py()


def _decoded(value: str | None, encoding: str, width: int) -> tuple[str | None, bool]:
    """Text, and whether its last character was cut; None where it is not in this encoding."""
    if value is None:
        return None, False
    raw = value.encode(BYTES)
    # The longest character has four bytes: as many as three of them can be left of it.
    for n_dropped in range(4 if len(raw) >= width else 1):
        try:
            return raw[: len(raw) - n_dropped].decode(encoding), n_dropped > 0
        except UnicodeDecodeError:
            continue
    return None, False


def _names(names: Sequence[str], encoding: str) -> list[str]:
    return [name.encode(BYTES, "ignore").decode(encoding, "replace") for name in names]


def _not_in(
    where: str, feature: str, column: str, value: str, encoding: str | None, declared_by: str
) -> SourceError:
    said = (
        f"not in {encoding}, as {declared_by}" if encoding else f"in an encoding that {declared_by}"
    )
    return SourceError(
        f"{where}, feature {feature}: column {column} holds {value.encode(BYTES)[:40]!r}, which is "
        f'{said}. Give the true one for this source with encoding = "...", such as cp1252 or gbk.'
    )
