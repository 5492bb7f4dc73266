"""Outlines as far as a page can hold them: thinned, with the boxes around them."""

from collections.abc import Sequence

import numpy as np
import shapely

from quarrydb.webmap.encode import FIXED, encode_shapes

OUTLINE_STEP = 0.0001  # degrees, about 10 m: a third of the pixel that outlines come from
# Steps to thin a layer by, the finest first that keeps it within MOST_POINTS; a point takes some 3 bytes.
STEPS = (OUTLINE_STEP, 0.0003, 0.001, 0.003, 0.01)
MOST_POINTS = 2_000_000
BOX_MARGIN = 1  # steps: a box holds its shape after rounding
METRES_A_DEGREE = 111_320


def thin(shapes: np.ndarray, steps: Sequence[float] = STEPS) -> tuple[np.ndarray, float]:
    """The shapes with as many points as a page can hold, and the step in degrees that left so many."""
    found, used = shapes, 0.0
    for step in steps:
        found, used = shapely.simplify(shapes, step, preserve_topology=True), step
        if shapely.get_num_coordinates(found).sum() <= MOST_POINTS:
            break
    return found, used


def metres(step: float) -> int:
    """A step in degrees as metres, to say how exact an outline is."""
    return round(step * METRES_A_DEGREE / 10) * 10


def bounds_of(shapes: np.ndarray) -> np.ndarray:
    """West, south, east and north of each shape, in steps, one after the other."""
    edges = shapely.bounds(shapes) * FIXED
    low, high = np.floor(edges[:, :2]) - BOX_MARGIN, np.ceil(edges[:, 2:]) + BOX_MARGIN
    return np.column_stack([low, high]).astype(np.int32).ravel()


def reach_of(shapes: np.ndarray, origins: np.ndarray) -> float:
    """How far any shape reaches from its origin (in steps), in degrees."""
    if not len(shapes):
        return 0.0
    edges = shapely.bounds(shapes)
    middle = origins / FIXED
    return float(np.max(np.abs(edges - np.column_stack([middle, middle]))))


def area_sections(prefix: str, shapes: np.ndarray) -> dict[str, np.ndarray]:
    """Shapes with their boxes, as sections of a block."""
    parts = encode_shapes(shapes, np.zeros((len(shapes), 2), dtype=np.int64))
    return {
        **{f"{prefix}_{key}": array for key, array in parts.items()},
        f"{prefix}_bounds": bounds_of(shapes),
    }
