"""Column names of published polygon data sets, so that they need no mapping in the project file."""

import json
import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from quarrydb.errors import SourceError

# A role's columns of text by name, a value a feature.
Columns = Mapping[str, Sequence[str | None]]

# In order of preference, compared without case: Natural Earth admin 0 (10m, 50m, 110m), the World Bank's
# official boundaries (NAM_0), GADM (GID_0), geoBoundaries (shapeGroup; shapeISO of one country), LSIB 2013.
ISO3 = (
    "ISO_A3", "ISO3", "iso_a3_eh", "shapeGroup", "GID_0", "iso_alpha3", "shapeISO", "ISO3_CODE", "ISO3CD",
    "COUNTRY_CODE",
)  # fmt: skip
ISO3_FALLBACK = ("ADM0_A3", "ISO_A3_EH", "WB_A3", "SOV_A3")
COUNTRY = (
    "ADMIN", "NAME_LONG", "NAM_0", "NAME_0", "NAME", "NAME_EN", "COUNTRY_NA", "COUNTRY", "shapeName",
)  # fmt: skip
CONTINENT = ("CONTINENT", "continent", "REGION_UN", "WB_REGION", "wld_rgn", "REGION")
# World Database of Key Biodiversity Areas, and the usual protected-area tables.
KBA_ID = "SitRecID"
PROTECTED_ID = (KBA_ID, "SITE_ID", "WDPAID", "id", "fid")
PROTECTED_NAME = ("IntName", "NatName", "NAME", "name", "name_field", "SITE_NAME")
KEY_BIODIVERSITY_AREAS, PROTECTED_AREAS = "Key Biodiversity Areas", "protected areas"
BATCH_ROWS = 4096
UNKNOWN = {"-99", "-1", "", "None", "nan"}


def protected_kind(names: Sequence[str]) -> str:
    """What protected areas are called where the project file does not say: KBAs by their columns."""
    return KEY_BIODIVERSITY_AREAS if KBA_ID in names else PROTECTED_AREAS


def find_column(names: Sequence[str], wanted: Iterable[str]) -> str | None:
    """The first of ``wanted`` that stands in ``names``, whatever its case; None where none does."""
    lower = {name.lower(): name for name in reversed(names)}
    return next((lower[w.lower()] for w in wanted if w.lower() in lower), None)


def named_column(
    names: Sequence[str], given: str | None, wanted: Iterable[str], *, where: str, key: str
) -> str:
    """The column that the project file names, else a known one; SourceError
    where there is neither.
    """
    shown = ", ".join(names) or "none"
    if given is not None:
        alike = [name for name in names if composed(name) == composed(given)]
        if given not in names and len(alike) != 1:
            raise SourceError(f"{where} has no column {given}. Columns there: {shown}.")
        return given if given in names else alike[0]
    column = find_column(names, wanted)
    if column is None:
        raise SourceError(
            f'{where} has no known column for {key}. Name one with {key} = "..."; columns there: {shown}.'
        )
    return column


def composed(text: str) -> str:
    """Text with accents in their letters: some systems write them behind, and both look the same."""
    return unicodedata.normalize("NFC", text)


def texts(table: pa.Table, column: str | None) -> list[str | None]:
    """A column as text, stand-ins for unknown as None."""
    if column is None:
        return [None] * table.num_rows
    values = table[column].to_pylist()
    return [None if v is None or str(v).strip() in UNKNOWN else _text(v) for v in values]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def coalesce(*columns: Sequence[str | None]) -> list[str | None]:
    """Row by row the first value that is known."""
    return [next((v for v in row if v is not None), None) for row in zip(*columns, strict=True)]


def iso3_codes(table: pa.Table, given: str | None, *, where: str) -> list[str | None]:
    """Three-letter codes; where Natural Earth has -99 (France, Norway, Kosovo), its ADM0_A3."""
    names = table.column_names
    if given is not None:
        return texts(table, named_column(names, given, (), where=where, key="iso3"))
    found = [find_column(names, [column]) for column in (*ISO3, *ISO3_FALLBACK)]
    known = [column for column in found if column is not None]
    if not known:
        named_column(names, None, ISO3, where=where, key="iso3")
    return coalesce(*[texts(table, column) for column in known])


def attributes_json(table: pa.Table) -> list[str]:
    """Each row's columns as one JSON object, as published; NaN and infinity, which JSON lacks, as null."""
    return [
        json.dumps({k: _plain(v) for k, v in row.items()}, default=str, ensure_ascii=False)
        for batch in table.to_batches(max_chunksize=BATCH_ROWS)  # a dict a row takes kilobytes
        for row in batch.to_pylist()
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value
