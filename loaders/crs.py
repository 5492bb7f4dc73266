"""Coordinate reference systems as sources name them, and the way from them to longitude and latitude."""

import re
from functools import lru_cache

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from quarrydb.errors import SourceError

LONLAT = CRS.from_epsg(4326)
# What makes PROJ open a file; without a word where a grid is missing. @null stands for no grid.
FILES = re.compile(r"\b(init|file)=|grids=(?!@null\b)|PARAMETERFILE\[", re.IGNORECASE)


def to_lonlat(crs: str) -> Transformer:
    """Transformer from ``crs`` to longitude and latitude on WGS84, degrees, longitude first.

    Raises ProjError where ``crs`` can't be read, or has no place on the Earth as local ones do.
    """
    if FILES.search(crs):
        raise CRSError("it names a file or a grid of shifts, which are not read")
    return Transformer.from_crs(CRS.from_user_input(crs), LONLAT, always_xy=True)


@lru_cache(maxsize=64)
def normalised(text: str) -> str:
    """A CRS as its EPSG code where it has one, else as WKT: two spellings of one compare equal.

    Raises ProjError as ``to_lonlat`` does.
    """
    to_lonlat(text)
    crs = CRS.from_user_input(text)
    code = crs.to_epsg()
    return f"EPSG:{code}" if code else str(crs.to_wkt())


def is_lonlat(crs: str) -> bool:
    """Whether coordinates in ``crs`` are longitude and latitude on WGS84, whatever their declared order."""
    given = CRS.from_user_input(crs)
    return bool(given.is_geographic) and given.to_2d().equals(LONLAT, ignore_axis_order=True)


def unusable_crs(where: str, crs: str, error: ProjError) -> SourceError:
    """The error that names a file whose CRS leads nowhere."""
    return SourceError(
        f"{where}: CRS {crs[:80]!r} is unknown or has no place on the Earth: {error}. "
        'Set crs = "EPSG:..." for this source in the project file, or correct the file.'
    )


# Projections whose map is a cylinder unrolled: what leaves it in the east comes back in the west.
CYLINDRICAL = (
    "mercator (",
    "popular visualisation pseudo mercator",
    "equidistant cylindrical",
    "lambert cylindrical equal area",
)


@lru_cache(maxsize=256)
def period_of(crs: CRS) -> float | None:
    """Width of the whole globe in units of ``crs`` where its map repeats itself, else None."""
    if crs.is_geographic:
        return 360.0
    operation = crs.coordinate_operation
    if operation is None or not operation.method_name.lower().startswith(CYLINDRICAL):
        return None
    to_crs = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    west, east = to_crs.transform([0.0, 1.0], [0.0, 0.0])[0]
    return float(360 * abs(east - west))
