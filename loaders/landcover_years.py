"""Which year each band of a land-cover file is: from its name, its folder, its bands, or the project file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from quarrydb.errors import SourceError

if TYPE_CHECKING:
    from quarrydb.project.landcover import LandcoverSource

YEARS = range(1900, 2101)
# As its servers and its user guide name it: the step stands before or after the tile, or nowhere.
GLC_FCS30D = re.compile(
    r"GLC_FCS30D_(?P<first>\d{4})(?P<last>\d{4})(?:maps)?(?:_(?P<step>5years|Annual))?"
    r"_(?P<tile>[EW]\d+[NS]\d+)(?:_(?P<late_step>5years|Annual))?",
    re.IGNORECASE,
)
GLC_TILE_DEGREES = 5
FIVE_YEARLY_BANDS = (3, 4)  # 1985, 1990, 1995, and in some editions 2000
# One map a year over the globe, as OpenLandMap names it: other numbers in the name are dates, too.
WHOLE_YEAR = re.compile(r"_(?P<year>\d{4})0101_(?P=year)1231(?!\d)")
YEAR = re.compile(r"(?<!\d)(?P<year>(?:19|20)\d{2})(?!\d)")
TILE = re.compile(r"(?P<ew>[EW])(?P<x>\d+)(?P<ns>[NS])(?P<y>\d+)", re.IGNORECASE)
FOLDERS_UP = 3


@dataclass(frozen=True)
class Naming:
    """How to tell years: ``years`` of the bands of every file, or a pattern with a year group.

    With a pattern, ``years`` are those that the product should have.
    """

    years: tuple[int, ...] | None = None
    years_from: str | None = None
    crs: str | None = None
    record_gaps: bool = False


@dataclass(frozen=True)
class Told:
    """Years of a file's bands, in their order, and its tile; ``gives_way``: to a file with the same year."""

    years: tuple[int, ...]
    tile: str | None = None
    gives_way: bool = False


def naming_of(section: LandcoverSource) -> Naming:
    """How the project file says that years are told."""
    return Naming(section.years, section.years_from, section.crs, section.records_gaps)


def tell_years(path: Path, descriptions: Sequence[str | None], naming: Naming) -> Told:
    """Years of a file's bands, one for each of ``descriptions``; SourceError where they can't be told."""
    count = len(descriptions)
    if naming.years_from:
        found = year_in_path(path, naming.years_from)
        return Told((int(found["year"]),), found.groupdict().get("tile"))
    if naming.years:
        return Told(naming.years)
    if match := GLC_FCS30D.search(path.name):
        return glc_years(path, match, count)
    years = described_years(descriptions) or (single_year(path) if count == 1 else None)
    if years:
        return Told(years)
    raise SourceError(
        f"{path}: the years of its {count} bands can't be told from its name, its folder or its bands. Set "
        "years = [...] (one a band, such as years = ['1985-2022']) or years_from = '(?P<year>\\d{4})' in "
        "[landcover]."
    )


def glc_years(path: Path, match: re.Match[str], count: int) -> Told:
    """Years of a file of GLC_FCS30D; the five-yearly file gives way where the annual one has the year."""
    step = (match["step"] or match["late_step"] or "").lower()
    first, last, tile = int(match["first"]), int(match["last"]), match["tile"].upper()
    if step == "annual" or (not step and last > 2000):
        return Told(tuple(range(first, last + 1)), tile)
    if count not in FIVE_YEARLY_BANDS:
        raise SourceError(
            f"{path} has {count} bands; the five-yearly file of GLC_FCS30D has 3 (1985, 1990, 1995) or 4 "
            "(2000 too). Take the whole file, or set years_from."
        )
    return Told(tuple(range(first, first + 5 * count, 5)), tile, gives_way=True)


def year_in_path(path: Path, pattern: str) -> re.Match[str]:
    """Where ``pattern`` finds a year: in the file's name, else in the folders above it."""
    folders = "/".join(path.parts[-1 - FOLDERS_UP :])
    for match in (re.search(pattern, path.name), *re.finditer(pattern, folders)):
        if match and match["year"] and match["year"].isdecimal() and int(match["year"]) in YEARS:
            return match
    raise SourceError(
        f"{path}: its name holds no year that years_from = {pattern!r} finds "
        f"between {YEARS[0]} and {YEARS[-1]}. Correct the pattern, or narrow path."
    )


def described_years(descriptions: Sequence[str | None]) -> tuple[int, ...] | None:
    """A year a band from the bands' names, such as mapbiomas_cover_1985; None where not each has one."""
    found = [{int(m["year"]) for m in YEAR.finditer(text or "")} for text in descriptions]
    if not found or any(len(years) != 1 for years in found):
        return None
    years = tuple(year for (year,) in found)
    return years if len(set(years)) == len(years) else None


def single_year(path: Path) -> tuple[int] | None:
    """The one year in a file's name, else in the nearest folder with one; None where there are several."""
    if match := WHOLE_YEAR.search(path.name):
        return (int(match["year"]),)
    for name in (path.stem, *path.parts[-2 : -2 - FOLDERS_UP : -1]):
        years = {int(match["year"]) for match in YEAR.finditer(name)}
        if years:
            return (years.pop(),) if len(years) == 1 else None
    return None


def glc_box(tile: str) -> shapely.Polygon:
    """The 5 by 5 degrees that a tile of GLC_FCS30D stands for: its name is its north-west corner."""
    match = TILE.fullmatch(tile)
    if match is None:
        raise ValueError(f"{tile} names no tile")
    west = int(match["x"]) * (1 if match["ew"].upper() == "E" else -1)
    north = int(match["y"]) * (1 if match["ns"].upper() == "N" else -1)
    return shapely.box(west, north - GLC_TILE_DEGREES, west + GLC_TILE_DEGREES, north)


def glc_tile(longitude: float, latitude: float) -> str:
    """Name of the tile of GLC_FCS30D that holds a place."""
    west = int(longitude // GLC_TILE_DEGREES) * GLC_TILE_DEGREES
    north = (int(latitude // GLC_TILE_DEGREES) + 1) * GLC_TILE_DEGREES
    return f"{'E' if west >= 0 else 'W'}{abs(west)}{'N' if north >= 0 else 'S'}{abs(north)}"
