"""NetCDF files: a raster a variable, whose bands are times."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import rasterio

from quarrydb.errors import SourceError

SINCE = re.compile(
    r"(?P<unit>second|minute|hour|day)s? since (?P<start>\d{1,4}-\d{1,2}-\d{1,2})", re.IGNORECASE
)
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
CALENDARS = ("standard", "gregorian", "proleptic_gregorian", None)
TIME = "NETCDF_DIM_{name}"


def netcdf_name(path: Path, variable: str) -> str:
    """GDAL's name of a variable; SourceError where none is named and there are several, or where it lacks."""
    if '"' in str(path) or '"' in variable:
        raise SourceError(f"{path} has a quotation mark in its name. Rename it.")
    if variable:
        return f'NETCDF:"{path}":{variable}'
    with rasterio.open(f'NETCDF:"{path}"', driver="netCDF") as whole:
        names = [name.rpartition(":")[2] for name in whole.subdatasets]
    if len(names) > 1:
        raise SourceError(
            f"{path} holds several layers: {', '.join(names)}. Name one as if it lay in a folder: "
            f'"{path.name}/{names[0]}".'
        )
    return f'NETCDF:"{path}":{names[0]}' if names else f'NETCDF:"{path}"'


def is_lonlat(dataset: Any) -> bool:
    """Whether a netCDF file without a CRS says that its axes are degrees of longitude and latitude."""
    if dataset.driver != "netCDF":
        return False
    units = {value.lower() for key, value in dataset.tags().items() if key.endswith("#units")}
    return any(u.startswith("degrees_e") for u in units) and any(
        u.startswith("degrees_n") for u in units
    )


def band_times(dataset: Any) -> list[datetime] | None:
    """Time of each band, as the file's time axis has it; None where it has none.

    SourceError for a calendar that has other days than ours.
    """
    tags = dataset.tags()
    for key, units in tags.items():
        name, _, attribute = key.partition("#")
        match = SINCE.match(units) if attribute == "units" else None
        if match is None or name == "NC_GLOBAL":
            continue
        calendar = tags.get(f"{name}#calendar")
        if calendar not in CALENDARS:
            raise SourceError(
                f"{dataset.name} counts time by the calendar {calendar}. Give band_dates in the project file."
            )
        values = [dataset.tags(band).get(TIME.format(name=name)) for band in dataset.indexes]
        if any(value is None for value in values):
            continue
        try:
            return [time_of(float(str(value)), match) for value in values]
        except (ValueError, OverflowError) as error:
            raise SourceError(
                f"{dataset.name} has times in {units!r} that are no dates: {error}. Give band_dates in the "
                "project file."
            ) from error
    return None


def time_of(value: float, since: re.Match[str]) -> datetime:
    """A moment from a number of units since a start."""
    year, month, day = (int(part) for part in since["start"].split("-"))
    return datetime(year, month, day) + timedelta(seconds=value * SECONDS[since["unit"].lower()])
