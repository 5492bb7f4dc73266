"""The area that a publisher reports for an outline, where the outline is not the mine.

Amazon Mining Watch, for one, draws the 480 m squares in which mining was found, and gives the mined area as
an attribute: 15 to 24 % of the outline.
"""

import math
import re
from collections.abc import Sequence

import numpy as np

from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import VectorData
from quarrydb.loaders.provenance import Issue
from quarrydb.loaders.vector_clean import Cleaned, geodesic_area_km2
from quarrydb.project.sources import AreaUnit, ReportedArea

KM2: dict[AreaUnit, float] = {"km2": 1.0, "ha": 0.01, "m2": 1e-6, "acre": 0.0040468564224}
WORDS: dict[AreaUnit, str] = {
    "ha": r"ha|hectares?",
    "km2": r"km2|km²|sq ?km|square[ _]kilomet(?:re|er)s?",
    "m2": r"m2|m²|sq ?m|square[ _]met(?:re|er)s?",
    "acre": r"acres?",
}
# Columns of published layouts whose outlines are known to be more than the mine.
KNOWN = ("Mined area (ha)",)
PROBLEM = "outline is not the mine"


def column_of(section: ReportedArea, data: VectorData) -> str | None:
    """The column of reported areas: the one that is named, else that of a known layout, else none."""
    names = data.attributes.column_names
    if section.area is not None and section.area not in names and len(data.wkb):
        raise SourceError(
            f"{data.path} has no column {section.area}. Columns there: {', '.join(names)}."
        )
    return next((name for name in (section.area, *KNOWN) if name in names), None)


def unit_of(section: ReportedArea, column: str, where: str) -> float:
    """Square kilometres in a unit, as given or as the column's name says; SourceError where neither does."""
    if section.area_unit is not None:
        return KM2[section.area_unit]
    said = [
        unit
        for unit, words in WORDS.items()
        if re.search(rf"(?i)(?<![a-z])(?:{words})(?![a-z0-9])", column.replace("_", " "))
    ]
    if len(said) != 1:
        raise SourceError(
            f"{where}: the column {column} does not say its unit. Give it with area_unit = "
            f'"{(" or ".join(KM2))}".'
        )
    return KM2[said[0]]


def reported_km2(section: ReportedArea, data: VectorData) -> list[float | None]:
    """Each feature's reported area, km2; None where there is none. SourceError names what is no area."""
    column = column_of(section, data)
    if column is None:
        return [None] * len(data.wkb)
    factor = unit_of(section, column, str(data.path))
    values = data.attributes[column].to_pylist()
    return [
        _area(value, factor, f"{data.path}, feature {name}: {column}")
        for value, name in zip(values, data.ids, strict=True)
    ]


def _area(value: object, factor: float, where: str) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError as error:
        raise SourceError(f"{where} is {value!r}, not a number. Correct it.") from error
    if math.isnan(number):
        return None
    if not 0 <= number < math.inf:
        raise SourceError(f"{where} is {value}, which is no area. Correct it.")
    return number * factor


def by_part(values: Sequence[float | None], cleaned: Cleaned) -> list[float | None]:
    """The features' areas for each of their parts, shared out by the parts' own areas."""
    index = cleaned.feature
    counts = np.bincount(index, minlength=1) if len(index) else np.zeros(1, dtype=np.int64)
    share = np.ones(len(index))
    several = np.flatnonzero(counts[index] > 1) if len(index) else np.zeros(0, dtype=np.int64)
    areas = np.array([geodesic_area_km2(cleaned.geometry[i]) for i in several])
    totals = np.bincount(index[several], areas, minlength=len(counts))
    share[several] = areas / totals[index[several]]
    return [
        None if (value := values[i]) is None else value * float(part)
        for i, part in zip(index.tolist(), share, strict=True)
    ]


def note(source: str, cleaned: Cleaned, reported: Sequence[float | None]) -> list[Issue]:
    """An issue that says how much of the outlines' area the publisher reports as mine."""
    known = [i for i, value in enumerate(reported) if value is not None]
    if not known:
        return []
    outline = sum(geodesic_area_km2(shape) for shape in cleaned.geometry[known])
    mine = sum(value for value in reported if value is not None)
    detail = f"{mine:,.6g} km2 reported of {outline:,.6g} km2 outlined"
    n = len(np.unique(cleaned.feature[known]))
    return [Issue(source, None, PROBLEM, "reported area kept beside", n, detail=detail)]
