"""From a chip's pixels to degrees, also across 180 degrees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from quarrydb.inference.outline import valid_parts
from quarrydb.loaders.image_reader import transformer
from quarrydb.loaders.longitude import split_at_antimeridian

Affine6 = Sequence[float]


def to_degrees(
    polygons: Sequence[shapely.Polygon], transform: Affine6, crs: str
) -> tuple[list[shapely.Polygon], list[int]]:
    """Pixels to EPSG:4326: the affine transform (a, b, c, d, e, f), then ``crs`` to degrees. Returns
    polygons and the number of the one that each was.

    A polygon that is no longer valid at the ground's precision is repaired, and one that crosses 180
    degrees is cut there: either may then be several.
    """
    if not len(polygons):
        return [], []
    a, b, c, d, e, f = transform[:6]

    def place(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y = xy[:, 0], xy[:, 1]
        ground = np.column_stack([a * x + b * y + c, d * x + e * y + f])
        if crs != "EPSG:4326":
            x, y = ground[:, 0], ground[:, 1]
            ground = np.column_stack(transformer(crs, "EPSG:4326").transform(x, y))
        ground[:, 0] -= 360 * (ground[:, 0] > 180)
        ground[:, 0] += 360 * (ground[:, 0] < -180)
        return ground

    placed = shapely.transform(np.asarray(polygons, dtype=object), place)
    bounds = shapely.bounds(placed)
    for position in np.flatnonzero(bounds[:, 2] - bounds[:, 0] > 180):
        placed[position] = split_at_antimeridian(placed[position])
    parts, index = valid_parts(placed)
    return list(parts), index.tolist()
