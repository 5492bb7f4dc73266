"""What the header of a raster says, kept while its files stay as they are: several steps ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.loaders.archive import holder_of
from quarrydb.loaders.grid import Grid
from quarrydb.loaders.raster import files_besides, grid_of, open_raster
from quarrydb.loaders.raster_mask import data_bands
from quarrydb.loaders.raster_netcdf import band_times

KEPT_HEADERS = 65_536
Stamp = tuple[int, int]


@dataclass(frozen=True)
class Header:
    """A raster's grid, and of each band its type, nodata, scale, offset and name.

    ``data_bands`` are those not tagged as alpha. ``times`` are those of the bands of a netCDF file;
    ``time_problem`` says why they can't be told.
    """

    grid: Grid
    dtypes: tuple[str, ...]
    nodata: tuple[float | None, ...]
    scales: tuple[float, ...]
    offsets: tuple[float, ...]
    descriptions: tuple[str | None, ...]
    data_bands: tuple[int, ...]
    block: tuple[int, int]
    times: tuple[datetime, ...] | None
    time_problem: str | None

    @property
    def count(self) -> int:
        """Number of bands."""
        return len(self.dtypes)


def read_header(path: Path, crs: str | None) -> Header:
    """The header of a raster, ``crs`` for one that names none. SourceError where it can't be used."""
    files = (holder_of(path), *files_besides(path))
    return _read_header(path, crs, tuple(stamp(file) for file in files))


def stamp(path: Path) -> Stamp:
    """Size and time of change of a file."""
    try:
        status = path.stat()
    except OSError as error:
        raise SourceError(f"{path} is gone. Put it back, or correct the path.") from error
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=KEPT_HEADERS)
def _read_header(path: Path, crs: str | None, stamps: tuple[Stamp, ...]) -> Header:
    del stamps
    with open_raster(path, header_only=True) as dataset:
        times, problem = None, None
        try:
            found = band_times(dataset) if dataset.driver == "netCDF" else None
            times = tuple(found) if found else None
        except SourceError as error:
            problem = str(error)
        return Header(
            grid=grid_of(dataset, path, crs),
            dtypes=tuple(dataset.dtypes),
            nodata=tuple(dataset.nodatavals),
            scales=tuple(dataset.scales),
            offsets=tuple(dataset.offsets),
            descriptions=tuple(dataset.descriptions),
            data_bands=data_bands(dataset),
            block=tuple(dataset.block_shapes[0]),
            times=times,
            time_problem=problem,
        )
