"""Dates among the attributes: what is none becomes NULL, and never the first of January 1970."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from quarrydb.loaders.formats.data import Note, VectorData

# Days since 1970 of the first and last date that Python, pandas and most clients can hold.
FIRST_DAY, LAST_DAY = date.min.toordinal() - 719_163, date.max.toordinal() - 719_163


def without_false_dates(
    data: VectorData, false_rows: Mapping[str, Sequence[int]], times: Sequence[str] = ()
) -> VectorData:
    """``data`` with NULL for dates that are none, or lie beyond the years 1-9999, each kind noted.

    ``false_rows`` are the rows by column that the file itself shows to hold no date; ``times`` the
    columns of text that the file declares to be dates with a time.
    """
    table, notes = data.attributes, list(data.notes)
    for name in table.column_names:
        column = table[name].combine_chunks()
        rows = set(false_rows.get(name, ()))
        if pa.types.is_date32(column.type):
            rows |= set(_beyond_calendar(column))
        elif pa.types.is_temporal(column.type) or pa.types.is_nested(column.type):
            rows |= set(_unreadable(column))
        elif name in times and pa.types.is_string(column.type):
            rows |= {i for i, text in enumerate(column.to_pylist()) if text and not is_time(text)}
        if rows:
            keep = pa.array([i not in rows for i in range(len(column))])
            nulled = pc.if_else(keep, column, pa.scalar(None, column.type))
            table = table.set_column(table.column_names.index(name), name, nulled)
            first = data.ids[min(rows)]
            detail = f"column {name}, first in feature {first}"
            notes.append(Note("a date that is none", "NULL", len(rows), detail=detail))
    return replace(data, attributes=table, notes=tuple(notes))


def _beyond_calendar(column: pa.Array) -> list[int]:
    days = column.cast(pa.int32())
    outside = pc.or_(pc.less(days, FIRST_DAY), pc.greater(days, LAST_DAY))
    return [i for i, value in enumerate(outside.to_pylist()) if value]


def _unreadable(column: pa.Array) -> list[int]:
    """Rows with a time that Python can't hold, or in a time zone that nobody knows, however deep."""
    try:
        column.to_pylist()
    except (OverflowError, ValueError):
        return [row for row, value in enumerate(column) if not _is_readable(value)]
    return []


def _is_readable(value: pa.Scalar) -> bool:
    try:
        value.as_py()
    except (OverflowError, ValueError):
        return False
    return True


def is_time(text: str) -> bool:
    """Whether a text is a date, with or without a time, in ISO 8601 or with slashes as GDAL writes it."""
    try:
        datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        return False
    return True
