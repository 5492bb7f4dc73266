"""The ground that each file of a date answers for: where files overlap, the first one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import shapely
from pyproj import Transformer

from quarrydb.errors import SourceError
from quarrydb.loaders.coverage import Placer
from quarrydb.loaders.grid import LONLAT, Grid

TOUCH_PX = 0.01  # tiles that overlap by less only touch: their headers are rounded
OUTLINE_POINTS = 2000  # a side, where an extent is brought into another projection


def region_of(grid: Grid, earlier: Sequence[Grid]) -> shapely.Geometry | None:
    """What a file answers for beside the files before it, in its CRS: None for all of it.

    SourceError where the extent of one can't be drawn in the projection of the other.
    """
    own = shapely.box(*grid.extent)
    taken = [part for other in earlier for part in extents_on(grid, other) if overlaps(part, grid)]
    return shapely.difference(own, shapely.union_all(taken)) if taken else None


def overlaps(part: shapely.Geometry, grid: Grid) -> bool:
    """Whether a geometry shares more with a grid than an edge within rounding."""
    left, bottom, right, top = grid.extent
    slack_x, slack_y = TOUCH_PX * grid.transform[0], TOUCH_PX * abs(grid.transform[4])
    inner = shapely.box(left + slack_x, bottom + slack_y, right - slack_x, top - slack_y)
    return bool(inner.intersects(part))


@cache
def extents_on(grid: Grid, other: Grid) -> tuple[shapely.Geometry, ...]:
    """The extent of ``other`` in the CRS of ``grid``; a lon/lat one also a turn to either side."""
    if other.crs == grid.crs:
        left, bottom, right, top = other.extent
        turns = (-360.0, 0.0, 360.0) if grid.is_lonlat else (0.0,)
        return tuple(shapely.box(left + turn, bottom, right + turn, top) for turn in turns)
    if not meet(grid, other):
        return ()
    outline = shapely.segmentize(
        shapely.box(*other.extent), max(other.transform[0] * other.width, 1e-12) / OUTLINE_POINTS
    )
    for one, target in ((other.projection, LONLAT), (LONLAT, grid.projection)):
        transformer = Transformer.from_crs(one, target, always_xy=True)
        outline = shapely.transform(outline, transformer.transform, interleaved=False)
    if not np.isfinite(shapely.get_coordinates(outline)).all() or not outline.is_valid:
        raise SourceError(
            f"files of one date overlap, but the extent of one (CRS {other.crs[:40]}) can't be drawn in the "
            f"projection of the other ({grid.crs[:40]}). Warp them to one projection."
        )
    return (outline,)


def meet(grid: Grid, other: Grid) -> bool:
    """Whether two grids may share ground, by their frames in degrees."""
    west, south, east, north = Placer(grid).frame
    left, bottom, right, top = Placer(other).frame
    if top <= south or bottom >= north:
        return False
    return any(left + turn < east and right + turn > west for turn in (-360.0, 0.0, 360.0))
