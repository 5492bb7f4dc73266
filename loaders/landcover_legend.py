"""The legend of a land-cover product: what each code means, as data that a user can change."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from quarrydb.errors import SourceError
from quarrydb.memory import TABLE_TIMES, check_whole
from quarrydb.project.types import BUILT_IN_LEGENDS

COLUMNS = ("code", "class_name", "cover_type", "category")
STORED = "stored"  # what pixels hold, where that is no number from 0 to 255
NO_DATA = "no data"
MINE_RELATED = "mine-related"
CATEGORIES = (
    MINE_RELATED,
    "cropland",
    "sparse vegetation",
    "dense vegetation",
    "unclassified",
    NO_DATA,
)
SCHEMA = pa.schema(
    [
        ("code", pa.uint8()),
        ("class_name", pa.string()),
        ("cover_type", pa.string()),
        ("category", pa.string()),
    ]
)


@dataclass(frozen=True)
class LandcoverClass:
    """One code of the product; ``stored`` is what pixels of it hold."""

    code: int
    class_name: str
    cover_type: str
    category: str
    stored: int


@dataclass(frozen=True)
class Legend:
    """All codes of a product, by code; ``name`` is what the project file calls it."""

    classes: tuple[LandcoverClass, ...]
    name: str = ""

    @cached_property
    def known(self) -> frozenset[int]:
        """Codes that mean something, filled values included."""
        return frozenset(row.code for row in self.classes)

    @cached_property
    def filled(self) -> frozenset[int]:
        """Codes that stand for no data."""
        return frozenset(row.code for row in self.classes if row.category == NO_DATA)

    @cached_property
    def fill(self) -> int:
        """The one code that stands for every kind of missing value while pixels are grouped."""
        free = self.filled or set(range(256)) - self.known
        if not free:
            raise SourceError("the legend uses all 256 codes: none is left for missing pixels.")
        return max(free)

    @cached_property
    def code_of(self) -> dict[int, int]:
        """Code of each stored value."""
        return {row.stored: row.code for row in self.classes}

    @cached_property
    def is_recoded(self) -> bool:
        """Whether some pixels hold another number than their code."""
        return any(row.stored != row.code for row in self.classes)

    def decoded(self, values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Codes of stored values, and which of them can be codes at all."""
        if not self.is_recoded:
            return values, (values >= 0) & (values <= 255) & (values == np.floor(values))
        stored, index = np.unique(values, return_inverse=True)
        codes = np.array([self.code_of.get(value, -1) for value in stored.tolist()], np.int16)
        found = codes[index].reshape(values.shape)
        return found, found >= 0

    def table(self) -> pa.Table:
        """Rows of raw.landcover_class."""
        rows = [{column: getattr(row, column) for column in COLUMNS} for row in self.classes]
        return pa.Table.from_pylist(rows, schema=SCHEMA)


def legend_files(name: str) -> tuple[Path, ...]:
    """The file of a legend; none where it comes with the package."""
    return () if name in BUILT_IN_LEGENDS else (Path(name),)


def legend_text(name: str | Path) -> str:
    """The CSV text of a built-in legend or of a file."""
    if str(name) in BUILT_IN_LEGENDS:
        packaged = resources.files("quarrydb.sql") / "landcover" / f"{name}.csv"
        return packaged.read_text(encoding="utf-8")
    try:
        check_whole(Path(name), f"legend {name}", TABLE_TIMES)
        return Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"legend {name} can't be read: {error}. Give a UTF-8 CSV with {', '.join(COLUMNS)}, "
            f"or one of {', '.join(BUILT_IN_LEGENDS)}."
        ) from error


def read_legend(name: str | Path) -> Legend:
    """The legend of that built-in name, or of a CSV with code, class_name, cover_type, category.

    A column ``stored`` says what pixels hold where that is above 255 or below 0. SourceError names the
    line where a code is no whole number of 0-255, stands twice, or has a category that the studies'
    transitions do not know.
    """
    reader = csv.DictReader(StringIO(legend_text(name)))
    if tuple(reader.fieldnames or ()) not in (COLUMNS, (*COLUMNS, STORED)):
        raise SourceError(
            f"legend {name} has columns {', '.join(reader.fieldnames or ['none'])}. "
            f"Give exactly {', '.join(COLUMNS)}, and {STORED} where pixels hold other numbers."
        )
    classes = [parse_class(row, f"legend {name}, line {reader.line_num}") for row in reader]
    for what in ("code", STORED):
        numbers = [getattr(row, what) for row in classes]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice or not classes:
            problem = f"lists {what} {twice[0]} twice" if twice else "has no row"
            raise SourceError(f"legend {name} {problem}. Give each code one row.")
    return Legend(tuple(sorted(classes, key=lambda row: row.code)), str(name))


def parse_class(row: dict[str, str], where: str) -> LandcoverClass:
    """One line of a legend."""
    text = {column: (row.get(column) or "").strip() for column in (*COLUMNS, STORED)}
    if not text["code"].isdecimal() or not text["code"].isascii() or int(text["code"]) > 255:
        raise SourceError(
            f"{where}: code {text['code']!r} is not a whole number from 0 to 255. Where pixels hold other "
            f"numbers, choose a code and write theirs into a fifth column called {STORED}."
        )
    if text["category"] not in CATEGORIES:
        raise SourceError(
            f"{where}: category {text['category']!r} is unknown. "
            f"Use one of {', '.join(CATEGORIES)}."
        )
    if not text["class_name"] or not text["cover_type"]:
        raise SourceError(f"{where}: class_name or cover_type is empty. Fill it in.")
    code = int(text["code"])
    stored = stored_value(text[STORED], where) if text[STORED] else code
    return LandcoverClass(code, text["class_name"], text["cover_type"], text["category"], stored)


def stored_value(text: str, where: str) -> int:
    """What pixels of a class hold: a whole number, also a negative one."""
    try:
        return int(text)
    except ValueError as error:
        raise SourceError(f"{where}: {STORED} {text!r} is no whole number.") from error
