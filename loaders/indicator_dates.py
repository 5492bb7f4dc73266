"""Which year, or month, each file or band of a raster series is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.project.indicator import BAND_DATE, IndicatorSource

# A year, with month and day if they follow without a gap or after a hyphen. An underscore does not
# join them: in ndvi_2018_10m.tif the 10 is a resolution.
DATE = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d{2})"
    r"(?:-?(?P<month>0[1-9]|1[0-2])(?:-?(?:0[1-9]|[12]\d|3[01]))?)?(?!\d)"
)
PLACES = {"{year}": r"(?P<year>\d{4})", "{month}": r"(?P<month>0[1-9]|1[0-2])", "*": ".*"}


@dataclass(frozen=True, order=True)
class Date:
    """A year, or a month of it; month 0 is the whole year."""

    year: int
    month: int = 0

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)


@dataclass(frozen=True)
class DatedFile:
    """Bands of a file and the date of each, with the file and bands that weight them."""

    path: Path
    bands: tuple[int, ...]
    dates: tuple[Date, ...]
    weight_path: Path | None = None
    weight_bands: tuple[int, ...] = ()


def date_of(match: re.Match[str]) -> Date:
    """The date that a pattern found."""
    found = match.groupdict()
    return Date(int(found["year"]), int(found.get("month") or 0))


def file_date(path: Path, template: str | None, *, source: str) -> Date:
    """Date of a file by its name; SourceError where the name holds none, or several."""
    if template is not None:
        parts = re.split(r"(\{year\}|\{month\}|\*)", template)
        pattern = "".join(PLACES.get(part, re.escape(part)) for part in parts)
        name = "/".join(path.parts[-(template.count("/") + 1) :])
        match = re.fullmatch(pattern, name)
        if match is None:
            raise SourceError(
                f"{path}: the name is not like {template!r}. Correct dates of indicator {source}."
            )
        return date_of(match)
    found = {date_of(match) for match in DATE.finditer(path.stem)}
    if len(found) != 1:
        names = " and ".join(str(date) for date in sorted(found)) or "no date"
        raise SourceError(
            f"{path}: the name holds {names}. Say where the date stands, with "
            f'dates = "..._{{year}}_{{month}}.tif" for indicator {source}.'
        )
    return found.pop()


def dated_files(source: IndicatorSource) -> list[DatedFile]:
    """All files of a source with their dates, sorted; each with its weights, if there are any."""
    if source.band_dates is not None:
        return files_of_bands(source, source.band_dates)
    weights = weight_files(source)
    found = []
    for path in source.path:
        date = file_date(path, source.dates, source=source.name)
        weight = weight_of(path, date, weights, source)
        bands = (
            (1,)
            if source.weight_path
            else ()
            if source.weight_band is None
            else (source.weight_band,)
        )
        found.append(DatedFile(path, (source.band,), (date,), weight, bands))
    refuse_mixed_dates([file.dates[0] for file in found], source.name)
    return sorted(found, key=lambda file: (file.dates, file.path))


def files_of_bands(source: IndicatorSource, band_dates: Sequence[str]) -> list[DatedFile]:
    """Files that hold all dates in their bands; weight files pair with them in order of name."""
    matches = [BAND_DATE.fullmatch(text) for text in band_dates]
    dates = tuple(date_of(match) for match in matches if match is not None)
    refuse_mixed_dates(dates, source.name)
    bands = tuple(range(1, len(dates) + 1))
    weights: Sequence[Path | None] = source.weight_path or [None] * len(source.path)
    if len(weights) != len(source.path):
        raise SourceError(
            f"indicator {source.name}: {len(source.path)} files but {len(weights)} weight files. "
            "Each file needs one, in the order of their names."
        )
    return [
        DatedFile(path, bands, dates, weight, bands if weight else ())
        for path, weight in zip(source.path, weights, strict=True)
    ]


def weight_files(source: IndicatorSource) -> dict[Date, list[Path]]:
    """Weight files by date."""
    found: dict[Date, list[Path]] = {}
    for path in source.weight_path or ():
        date = file_date(path, source.weight_dates, source=source.name)
        found.setdefault(date, []).append(path)
    return found


def weight_of(
    path: Path, date: Date, weights: dict[Date, list[Path]], source: IndicatorSource
) -> Path | None:
    """The weight file of one file: the one of its date, and of several that in its folder."""
    if source.weight_band is not None:
        return path
    if not source.weight_path:
        return None
    candidates = weights.get(date, [])
    if len(candidates) > 1:
        candidates = [weight for weight in candidates if weight.parent == path.parent]
    if len(candidates) != 1:
        raise SourceError(
            f"{path}: {len(candidates)} weight files for {date}. Indicator {source.name} needs "
            "one weight file a date; correct weight_path or weight_dates."
        )
    return candidates[0]


def refuse_mixed_dates(dates: Sequence[Date], source: str) -> None:
    """Years and months in one series would count some months twice."""
    kinds = {date.month > 0 for date in dates}
    if len(kinds) > 1:
        year = next(date for date in dates if not date.month)
        month = next(date for date in dates if date.month)
        raise SourceError(
            f"indicator {source} has yearly files ({year}) and monthly ones ({month}). "
            "Make two indicators of them, or correct dates."
        )
