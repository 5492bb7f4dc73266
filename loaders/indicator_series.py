"""The files of a raster series as their names and headers have them; no pixel is read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import shapely

from quarrydb.errors import Faults, SourceError
from quarrydb.loaders.archive import holder_of, is_tar
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.indicator_dates import Date, file_date, listed_dates, refuse_mixed_dates
from quarrydb.loaders.indicator_region import region_of
from quarrydb.loaders.indicator_weights import pair, split_known
from quarrydb.loaders.raster import find_rasters
from quarrydb.loaders.raster_header import Header, read_header
from quarrydb.project.indicator import IndicatorSource

IMPLAUSIBLE_SCALE = 100.0  # MODIS tags 10000, meaning the opposite: divide


@dataclass(frozen=True)
class DatedFile:
    """Bands of a file and the date of each, with the file and bands that weight them."""

    path: Path
    bands: tuple[int, ...]
    dates: tuple[Date, ...]
    weight_path: Path | None = None
    weight_bands: tuple[int, ...] = ()

    def only(self, positions: Sequence[int]) -> DatedFile:
        """The same file with some of its bands."""
        return replace(
            self,
            bands=tuple(self.bands[i] for i in positions),
            dates=tuple(self.dates[i] for i in positions),
            weight_bands=tuple(self.weight_bands[i] for i in positions)
            if self.weight_bands
            else (),
        )


@dataclass(frozen=True)
class Part:
    """Bands of a file with the ground that they answer for: ``region`` in the file's CRS, None for all."""

    file: DatedFile
    grid: Grid
    region: shapely.Geometry | None


@dataclass(frozen=True)
class Series:
    """All files of an indicator: each with its header, and what of it is read."""

    files: tuple[DatedFile, ...]
    headers: dict[Path, Header]
    parts: tuple[Part, ...]


def read_series(source: IndicatorSource) -> Series:
    """Names and headers of all files put together. SourceError with every fault that they show."""
    values, weights = rasters_of(source)
    headers = read_headers(source, values, weights)
    files = dated_files(source, values, weights, headers)
    refuse_mixed_dates([date for file in files for date in file.dates], source.name)
    check_bands(source, files, headers)
    refuse_same_grid(source, files, headers)
    return Series(tuple(files), headers, tuple(parts_of(files, headers)))


def rasters_of(source: IndicatorSource) -> tuple[list[Path], list[Path]]:
    """Files of values and of weights, those in archives among them."""
    values, weights = find_rasters(source.path), find_rasters(source.weight_path or ())
    if source.weight_path is None and source.weight_band is None and source.band_dates is None:
        return split_known(values)
    return values, weights


def read_headers(
    source: IndicatorSource, values: Sequence[Path], weights: Sequence[Path]
) -> dict[Path, Header]:
    """Headers of all files, but for weights in a tar: to reach them it would be unpacked."""
    near = [path for path in weights if not is_tar(holder_of(path))]
    faults = Faults()
    found = {}
    for path in (*values, *near):
        with faults.gather():
            found[path] = read_header(path, source.crs)
    faults.raise_all()
    return found


def times_of(header: Header, source: IndicatorSource) -> tuple[Date, ...] | None:
    """Dates of the bands by the file's own time axis; None where names tell, or it has none."""
    if source.dates is not None:
        return None
    if header.time_problem is not None:
        raise SourceError(header.time_problem)
    return tuple(Date(t.year, t.month, t.day) for t in header.times) if header.times else None


def dated_files(
    source: IndicatorSource,
    values: Sequence[Path],
    weights: Sequence[Path],
    headers: dict[Path, Header],
) -> list[DatedFile]:
    """All files with their dates, sorted; each with its weights, if there are any."""
    if source.band_dates is not None:
        return files_of_bands(source, values, weights, listed_dates(source.band_dates))
    faults = Faults()
    found: list[DatedFile] = []
    single: dict[Path, Date] = {}
    for path in values:
        with faults.gather():
            times = times_of(headers[path], source)
            if times is None:
                single[path] = file_date(path, source.dates, source=source.name)
            else:
                found.append(DatedFile(path, tuple(range(1, len(times) + 1)), times))
    weight_dates = {}
    for path in weights:
        with faults.gather():
            weight_dates[path] = file_date(path, source.weight_dates, source=source.name)
    faults.raise_all()
    weight_of = pair(single, weight_dates, source.name) if weights else {}
    found += [dated_file(source, path, date, weight_of.get(path)) for path, date in single.items()]
    return sorted(found, key=lambda file: (file.dates, file.path))


def dated_file(source: IndicatorSource, path: Path, date: Date, weight: Path | None) -> DatedFile:
    """A file of one date with its weights: another file's first band, or another band."""
    if source.weight_band is not None:
        return DatedFile(path, (source.band,), (date,), path, (source.weight_band,))
    return DatedFile(path, (source.band,), (date,), weight, (1,) if weight else ())


def files_of_bands(
    source: IndicatorSource,
    values: Sequence[Path],
    weights: Sequence[Path],
    dates: tuple[Date, ...],
) -> list[DatedFile]:
    """Files that hold all dates in their bands; weight files pair with them in order of name."""
    bands = tuple(range(1, len(dates) + 1))
    beside: Sequence[Path | None] = weights or [None] * len(values)
    if len(beside) != len(values):
        raise SourceError(
            f"indicator {source.name}: {len(values)} files but {len(beside)} weight files. "
            "Each file needs one, in the order of their names."
        )
    return [
        DatedFile(path, bands, dates, weight, bands if weight else ())
        for path, weight in zip(values, beside, strict=True)
    ]


def check_bands(
    source: IndicatorSource, files: Sequence[DatedFile], headers: dict[Path, Header]
) -> None:
    """SourceError where bands are not those that the project file says, or weights are on another grid."""
    faults = Faults()
    for file in files:
        count = headers[file.path].count
        if count < max(file.bands) or (source.band_dates and count != len(file.bands)):
            wanted = len(file.bands) if source.band_dates else f"band {file.bands[0]}"
            faults.messages.append(
                f"{file.path} has {count} bands; indicator {source.name} wants {wanted}. "
                "Correct band or band_dates."
            )
        repeated = sorted({str(d) for d in file.dates if file.dates.count(d) > 1})
        if repeated:
            faults.messages.append(
                f"{file.path} holds {', '.join(repeated)} in several bands. Average them."
            )
        weight = headers.get(file.weight_path) if file.weight_path else None
        if weight is not None and weight.grid != headers[file.path].grid:
            faults.messages.append(other_grid(file))
    faults.raise_all()


def other_grid(file: DatedFile) -> str:
    """What is said of weights that do not lie on their values."""
    return (
        f"{file.weight_path} is on another grid than {file.path}. "
        "A weight raster must have the grid of the values."
    )


def refuse_same_grid(
    source: IndicatorSource, files: Sequence[DatedFile], headers: dict[Path, Header]
) -> None:
    """SourceError where two files hold one date on one grid."""
    faults = Faults()
    seen: dict[tuple[Grid, Date], Path] = {}
    for file in files:
        for date in file.dates:
            other = seen.setdefault((headers[file.path].grid, date), file.path)
            if other != file.path:
                faults.messages.append(
                    f"{other} and {file.path} are both {date} of indicator {source.name}. "
                    "Remove one of them, or correct dates."
                )
    faults.raise_all()


def parts_of(files: Sequence[DatedFile], headers: dict[Path, Header]) -> list[Part]:
    """What of each file is read: the ground that no file of its date before it covers."""
    earlier: dict[Date, list[Grid]] = defaultdict(list)
    parts = []
    for file in files:
        grid = headers[file.path].grid
        before: dict[tuple[Grid, ...], list[int]] = defaultdict(list)
        for position, date in enumerate(file.dates):
            before[tuple(earlier[date])].append(position)
            earlier[date].append(grid)
        for others, positions in before.items():
            parts.append(Part(file.only(positions), grid, region_of(grid, others)))
    return parts
