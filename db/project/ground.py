"""The ground that a project is about: the source polygons of the mines that meet its area."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

# Polygons nearer than this, degrees, are of one mine: a little more than any snapping of the union.
TOUCH_DEGREES = 3e-8


@dataclass(frozen=True)
class Ground:
    """Polygons (EPSG:4326) that belong to the mines of a project, from all its sources.

    ``key`` names what they were made from; ``is_restricted`` says whether there are others outside the area.
    """

    polygons: NDArray[np.object_]
    key: str
    is_restricted: bool

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The polygons by place."""
        return shapely.STRtree(self.polygons)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east, north of each polygon."""
        return shapely.bounds(self.polygons).reshape(-1, 4)

    def keeps(self, geometries: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which source polygons are of the ground: those that touch one of it are one of it."""
        if not self.is_restricted:
            return np.ones(len(geometries), bool)
        hits = self.tree.query(geometries, predicate="dwithin", distance=TOUCH_DEGREES)[0]
        found = np.zeros(len(geometries), bool)
        found[hits] = True
        return found

    def meets(self, box: NDArray[np.float64]) -> bool:
        """Whether any polygon's box meets a box."""
        west, south, east, north = box
        xmin, ymin, xmax, ymax = self.boxes.T
        return bool(((xmin <= east) & (xmax >= west) & (ymin <= north) & (ymax >= south)).any())
