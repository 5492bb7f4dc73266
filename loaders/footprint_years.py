"""Which file of yearly footprints is of which year: by its name, or by a column of years in it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from quarrydb.errors import ProjectError, SourceError
from quarrydb.loaders.layout import named_column
from quarrydb.loaders.vector_file import VectorData, file_parts, read_vector
from quarrydb.project.segmentation import FootprintSource
from quarrydb.store.checksum import full_stamp

# A year, with its month and day or its quarter. An underscore joins a quarter only: in mine_2018_10m.gpkg
# the 10 is a resolution.
DATE = re.compile(
    r"(?<!\d)(?P<year>19[7-9]\d|20\d\d)"
    r"(?:[-.]?(?P<month>0[1-9]|1[0-2])(?:[-.]?(?P<day>0[1-9]|[12]\d|3[01]))?"
    r"|[-_ ]?[qQ](?P<quarter>[1-4]))?(?!\d)"
)
PERIOD = re.compile(r"(?<!\d)(19[7-9]\d|20\d\d)(?:[-_ ]|[-_ ]?to[-_ ]?)(19[7-9]\d|20\d\d)(?!\d)")
# What columns of years hold: 2019, 2019.0, 201900, 2019Q3, 20190701, 2019-07-01.
YEAR_VALUE = re.compile(r"(19[7-9]\d|2[01]\d\d)(?:\.0+|\d{2}|\d{4}|\D.*)?")
PLACES = {
    "{year}": r"(?P<year>\d{4})",
    "{month}": r"(?P<month>\d{2})",
    "{day}": r"(?P<day>\d{2})",
    "{quarter}": r"(?P<quarter>[1-4])",
    "*": ".*",
}

When = tuple[int, int, int]
KNOWN_YEARS: dict[tuple[object, ...], list[int]] = {}  # of files, by their state


@dataclass(frozen=True)
class YearFile:
    """A file of one year, or the rows of one year in a file of several, and when in that year it is."""

    path: Path
    year: int
    when: When = (0, 0, 0)


def files_by_year(source: FootprintSource) -> dict[int, list[YearFile]]:
    """The files of each year in the order of their dates; ProjectError where a name does not tell.

    A year's footprint is all of them, or with ``parts = "last"`` the last.
    """
    found = [one for path in source.path for one in _years_of(source, path)]
    years: dict[int, list[YearFile]] = {}
    for file in sorted(found, key=lambda one: (one.year, one.when, str(one.path))):
        years.setdefault(file.year, []).append(file)
    if source.parts == "last":
        return {year: _last(files, source) for year, files in years.items()}
    return years


def _last(files: Sequence[YearFile], source: FootprintSource) -> list[YearFile]:
    """The files of a year's latest date; ProjectError where names have none that tells several apart."""
    latest = max(file.when for file in files)
    found = [file for file in files if file.when == latest]
    _, month, _ = latest
    if len(found) > 1 and not month:
        raise ProjectError(
            f"Which file of footprint {source.name} is the last of {files[0].year} can't be told: "
            f"{', '.join(file.path.name for file in found)}. Say where the date stands with "
            'dates = "{day}-{month}-{year}.gpkg", or take all: parts = "union".'
        )
    return found


def _years_of(source: FootprintSource, path: Path) -> Iterable[YearFile]:
    if source.year is not None:
        return [YearFile(path, year) for year in years_in(source, path)]
    return [year_of_name(path, source)]


def year_of_name(path: Path, source: FootprintSource) -> YearFile:
    """The year that a file's name says, of two years that follow each other the later."""
    if source.dates is not None:
        return _by_template(path, source.dates, source.name)
    period = PERIOD.search(path.stem)
    if period is not None and int(period[2]) == int(period[1]) + 1:
        return YearFile(path, int(period[2]))
    dates = list(DATE.finditer(path.stem))
    years = {int(match["year"]) for match in dates}
    if len(years) != 1:
        raise ProjectError(
            f"{path.name} of footprint {source.name} must have one year in its name, it has {len(years)}. "
            'Say where the year stands with dates = "mine_{year}_*.gpkg", name a column of years with '
            'year = "...", or rename the file, such as mine_2019.gpkg.'
        )
    return YearFile(path, years.pop(), max(_when(match) for match in dates))


def _when(match: re.Match[str]) -> When:
    found = match.groupdict()
    month = int(found.get("month") or 3 * int(found.get("quarter") or 0))
    return int(found["year"]), month, int(found.get("day") or 0)


def _by_template(path: Path, template: str, source: str) -> YearFile:
    parts = re.split(r"(\{year\}|\{month\}|\{day\}|\{quarter\}|\*)", template)
    pattern = "".join(PLACES.get(part, re.escape(part)) for part in parts)
    match = re.fullmatch(pattern, path.name) if "{year}" in template else None
    if match is None:
        raise ProjectError(
            f"{path.name} is not like {template!r}. Correct dates of footprint {source}: {{year}}, "
            "{month}, {day} and {quarter} stand for numbers, * for anything."
        )
    return YearFile(path, int(match["year"]), _when(match))


def years_in(source: FootprintSource, path: Path) -> list[int]:
    """The years that the year column of a file holds, sorted; a file is read once for each state of it."""
    stamps = tuple(full_stamp(part) for part in file_parts(path))
    key = (path, stamps, source.layer, source.encoding, source.year)
    if key not in KNOWN_YEARS:
        data = read_footprints(source, path, columns=[str(source.year)])
        KNOWN_YEARS[key] = sorted({y for y in years_of_rows(source, data) if y is not None})
    if not KNOWN_YEARS[key]:
        raise SourceError(
            f"{path}: no row of column {source.year} holds a year. Name another column."
        )
    return KNOWN_YEARS[key]


def read_footprints(
    source: FootprintSource, path: Path, *, columns: Sequence[str] | None = None
) -> VectorData:
    """One file of a source. A file without features says that somebody looked and found nothing."""
    return read_vector(
        path,
        layer=source.layer,
        crs=source.crs,
        encoding=source.encoding,
        wanted="polygon",
        may_be_empty=source.year is None,
        columns=columns,
    )


def years_of_rows(source: FootprintSource, data: VectorData) -> list[int | None]:
    """The year of each feature by the source's column of years or dates; None where it holds none."""
    names = data.attributes.column_names
    column = named_column(names, source.year, (), where=str(data.path), key="year")
    return [year_of(value) for value in data.attributes[column].to_pylist()]


def year_of(value: object) -> int | None:
    """The year in a number, date or text; None where there is none."""
    if isinstance(value, date):
        return value.year
    match = YEAR_VALUE.fullmatch(str(value).strip())
    return int(match[1]) if match else None
