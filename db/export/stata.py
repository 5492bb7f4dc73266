"""Write a view as a Stata file, its variables labelled with the comments of the columns."""

from numbers import Number
from pathlib import Path
from typing import Any

from quarrydb.database.dictionary import View
from quarrydb.files import replacing

NAME_LENGTH, LABEL_LENGTH = 32, 80
SHORT_TEXT = 2045  # bytes; longer text is a strL
VERSION = 118  # Unicode, Stata 14 and later


def write_stata(frame: Any, view: View, path: Path) -> int:
    """Write the rows of a view without its geometry and return their number.

    Numbers and booleans that are NULL are missing values, text that is NULL is empty: Stata knows no
    other. Names longer than 32 letters are cut.
    """
    import pandas as pd

    frame = pd.DataFrame(frame).drop(columns="geometry", errors="ignore")
    names = stata_names([str(name) for name in frame.columns])
    table = pd.DataFrame({names[name]: plain(frame[name]) for name in frame.columns})
    labels = {
        names[column.name]: stata_label(column.comment or column.name)
        for column in view.columns
        if column.name in names
    }
    long = [
        name
        for name in table.columns
        if table[name].dtype == object
        and table[name].map(lambda text: len(text.encode())).max() > SHORT_TEXT
    ]
    with replacing(path) as temporary:
        table.to_stata(
            temporary,
            write_index=False,
            version=VERSION,
            variable_labels=labels,
            data_label=stata_label(view.comment or view.name),
            convert_strl=long,
        )
    return len(table)


def stata_names(names: list[str]) -> dict[str, str]:
    """A name of at most 32 letters for each, no two alike."""
    found: dict[str, str] = {}
    for name in names:
        short, number = name[:NAME_LENGTH], 1
        while short in found.values():
            number += 1
            short = f"{name[: NAME_LENGTH - len(str(number)) - 1]}_{number}"
        found[name] = short
    return found


def stata_label(text: str) -> str:
    """A text of at most 80 letters: the clauses before a semicolon that fit, else the words that do."""
    if len(text) <= LABEL_LENGTH:
        return text
    clauses = text[: LABEL_LENGTH + 1].rpartition(";")[0]
    words = text[:LABEL_LENGTH].rpartition(" ")[0]
    return clauses or f"{words or text[: LABEL_LENGTH - 1]}…"


def plain(column: Any) -> Any:
    """A column as Stata holds it: doubles, whole numbers, dates, or text."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype):
        return column.astype("float64" if column.isna().any() else "int8")
    if pd.api.types.is_integer_dtype(column.dtype):
        return column.astype("float64") if column.isna().any() else column.astype("int64")
    if pd.api.types.is_float_dtype(column.dtype):
        return column.astype("float64")
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return column
    known = column.dropna()
    if len(known) and known.map(lambda value: isinstance(value, Number)).all():
        return column.astype("float64")  # booleans with gaps, decimals
    if len(known) and known.map(lambda value: hasattr(value, "isoformat")).all():
        return pd.to_datetime(column)
    return column.map(lambda value: "" if pd.isna(value) else str(value)).astype(object)
