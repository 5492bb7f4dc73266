"""Which year, month or day each file or band of a raster series is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.project.indicator import BAND_DATE

# A year, with month and day if they follow without a gap or after a hyphen. An underscore does not
# join them: in ndvi_2018_10m.tif the 10 is a resolution.
DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})"
    r"(?:-?(?P<month>0[1-9]|1[0-2])(?:-?(?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
# A year and the day of it, as MODIS products have it: A2018193, doy2018193, doy2018193000000.
DAY_OF_YEAR = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})(?P<doy>[0-2]\d{2}|3[0-5]\d|36[0-6])(?:0{6})?(?!\d)"
)
# A period from its first day to its last, as monthly composites have it.
PERIOD = re.compile(
    r"(?<!\d)(?P<first>(?:19|20)\d{2}-?[01]\d-?[0-3]\d)[-_](?P<last>(?:19|20)\d{2}-?[01]\d-?[0-3]\d)(?!\d)"
)
# A part of an Earth Engine export: row and column of its first pixel.
EXPORT_PART = re.compile(r"-\d{10}-\d{10}$")
PLACES = {
    "{year}": r"(?P<year>\d{4})",
    "{month}": r"(?P<month>0[1-9]|1[0-2])",
    "{day}": r"(?P<day>0[1-9]|[12]\d|3[01])",
    "{doy}": r"(?P<doy>[0-2]\d{2}|3[0-5]\d|36[0-6])",
    "*": ".*",
}


@dataclass(frozen=True, order=True)
class Date:
    """A year, a month of it, or a day; month 0 is the whole year, day 0 the whole month."""

    year: int
    month: int = 0
    day: int = 0

    def __str__(self) -> str:
        month = f"-{self.month:02d}" if self.month else ""
        return f"{self.year}{month}" + (f"-{self.day:02d}" if self.day else "")

    @property
    def kind(self) -> str:
        """What the date stands for."""
        return "daily" if self.day else "monthly" if self.month else "yearly"


def date_of(match: re.Match[str]) -> Date:
    """The date that a pattern found. ValueError where there is no such day."""
    found = match.groupdict()
    year = int(found["year"])
    if found.get("doy"):
        day = date(year, 1, 1) + timedelta(days=int(found["doy"]) - 1)
        if day.year != year:
            raise ValueError(f"{year} has no day {found['doy']}")
        return Date(year, day.month, day.day)
    if found.get("day"):
        day = date(year, int(found["month"]), int(found["day"]))
        return Date(year, day.month, day.day)
    return Date(year, int(found.get("month") or 0))


def period_of(match: re.Match[str]) -> Date:
    """A whole year or month where the period is one, else its first day."""
    first, last = (date.fromisoformat(match[name].replace("-", "")) for name in ("first", "last"))
    if (first, last) == (date(first.year, 1, 1), date(first.year, 12, 31)):
        return Date(first.year)
    is_month = (first.year, first.month) == (last.year, last.month) and first.day == 1
    if is_month and (last + timedelta(days=1)).day == 1:
        return Date(first.year, first.month)
    return Date(first.year, first.month, first.day)


def dates_in(text: str) -> set[Date]:
    """All dates in a name; days of one month that are no period count as that month."""
    found = set()
    for pattern, read in ((PERIOD, period_of), (DAY_OF_YEAR, date_of), (DATE, date_of)):
        for match in pattern.finditer(text):
            try:
                found.add(read(match))
            except ValueError:
                continue
        if found and pattern is PERIOD:
            return found
    months = {Date(one.year, one.month) for one in found}
    return months if len(found) > 1 and len(months) == 1 else found


def file_date(path: Path, template: str | None, *, source: str) -> Date:
    """Date of a file by its name; SourceError where the name holds none, or several."""
    stem = EXPORT_PART.sub("", path.stem)
    if template is not None:
        return date_by_template(path.with_name(stem + path.suffix), path, template, source)
    found = dates_in(stem)
    if len(found) != 1:
        names = " and ".join(str(one) for one in sorted(found)) or "no date"
        raise SourceError(
            f"{path}: the name holds {names}. Say where the date stands, with "
            f'dates = "..._{{year}}_{{month}}.tif" for indicator {source}.'
        )
    return found.pop()


def date_by_template(whole: Path, path: Path, template: str, source: str) -> Date:
    """Date of a file whose name, ``whole`` without the number of a part, is like ``template``."""
    parts = re.split(r"(\{year\}|\{month\}|\{day\}|\{doy\}|\*)", template)
    pattern = "".join(PLACES.get(part, re.escape(part)) for part in parts)
    names = ("/".join(place.parts[-(template.count("/") + 1) :]) for place in (path, whole))
    match = next((m for m in (re.fullmatch(pattern, name) for name in names) if m), None)
    try:
        if match is not None:
            return date_of(match)
    except ValueError as error:
        raise SourceError(f"{path}: {error}. Correct the name, or dates of {source}.") from error
    raise SourceError(
        f"{path}: the name is not like {template!r}. Correct dates of indicator {source}."
    )


def listed_dates(texts: Sequence[str]) -> tuple[Date, ...]:
    """Dates as the project file lists them for the bands of a file."""
    matches = [BAND_DATE.fullmatch(text) for text in texts]
    return tuple(date_of(match) for match in matches if match is not None)


def refuse_mixed_dates(dates: Iterable[Date], source: str) -> None:
    """Years, months and days in one series would count some months twice."""
    examples = {one.kind: one for one in dates}
    if len(examples) > 1:
        said = " and ".join(f"{kind} files ({one})" for kind, one in sorted(examples.items()))
        raise SourceError(
            f"indicator {source} has {said}. Make indicators of their own of them, or correct dates."
        )
