"""The ground that a project is about: the source polygons of the mines that meet its area."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

# Polygons nearer than this, degrees, are of one mine: a little more than any snapping of the union.
TOUCH_DEGREES = 3e-8
Geometries = NDArray[np.object_]


@dataclass(frozen=True)
class Area:
    """What a project is restricted to, in EPSG:4326: ``land``, and of countries the ``waters`` off it.

    ``coast`` is the land of all countries there: what meets it is not offshore.
    """

    land: Geometries
    waters: Geometries
    coast: Geometries

    def meets(self, geometries: Geometries) -> NDArray[np.bool_]:
        """Which geometries meet the land, or the waters and no country."""
        tree = shapely.STRtree(geometries)

        def under(shapes: Geometries) -> NDArray[np.bool_]:
            found = np.zeros(len(geometries), bool)
            found[tree.query(shapes, predicate="intersects")[1]] = True
            return found

        return under(self.land) | (under(self.waters) & ~under(self.coast))


@dataclass(frozen=True)
class Ground:
    """Polygons (EPSG:4326) that belong to the mines of a project, from all its sources.

    ``key`` names what they were made from; ``area`` is what they are restricted to, None for the planet.
    """

    polygons: Geometries
    key: str
    area: Area | None

    @property
    def is_restricted(self) -> bool:
        """Whether there may be others outside the area."""
        return self.area is not None

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The polygons by place."""
        return shapely.STRtree(self.polygons)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east, north of each polygon."""
        return shapely.bounds(self.polygons).reshape(-1, 4)

    def keeps(self, geometries: Geometries) -> NDArray[np.bool_]:
        """Which polygons or points are of the ground: those that meet the area or touch one of its mines."""
        if self.area is None:
            return np.ones(len(geometries), bool)
        found = self.area.meets(geometries)
        hits = self.tree.query(geometries, predicate="dwithin", distance=TOUCH_DEGREES)[0]
        found[hits] = True
        return found

    def meets(self, box: NDArray[np.float64]) -> bool:
        """Whether any polygon's box meets a box."""
        west, south, east, north = box
        xmin, ymin, xmax, ymax = self.boxes.T
        return bool(((xmin <= east) & (xmax >= west) & (ymin <= north) & (ymax >= south)).any())


def setting(ground: Ground | None) -> dict[str, object]:
    """What a load step's settings say of the ground that it keeps to: nothing for the planet."""
    return {"ground": ground.key} if ground is not None and ground.is_restricted else {}
