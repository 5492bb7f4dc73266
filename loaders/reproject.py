"""Reproject polygons so that their edges lie where their file drew them.

An edge is straight in the CRS of its file. In longitude and latitude the same line is a curve, and a border
of 2,000 km, drawn with two corners, would lie tens of kilometres off. So edges get corners on the way, as
many as keep them within ``TOLERANCE_DEGREES`` of where they belong.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

TOLERANCE_DEGREES = 1e-7  # a centimetre
PLACES = (0.25, 0.5, 0.75)  # along an edge, where its distance from the curve is measured
MOST_PIECES = 10_000  # of one edge in one round
ROUNDS = 4

Coordinates = npt.NDArray[np.float64]


def reproject(
    geometry: npt.NDArray[np.object_], transformer: Transformer
) -> npt.NDArray[np.object_]:
    """Polygons and multipolygons in longitude and latitude, their long edges with corners on the way.

    Neighbours that share an edge get the same corners on it. Geometries must have two dimensions.
    """
    if not len(geometry):
        return geometry
    kind, corners, offsets = shapely.to_ragged_array(geometry)
    starts = offsets[0]
    placed = _transformed(transformer, corners)
    for _ in range(ROUNDS):
        pieces = n_pieces(corners, placed, starts, transformer)
        if (pieces == 1).all():
            break
        corners, starts = with_corners(corners, starts, pieces)
        placed = _transformed(transformer, corners)
    shapes = shapely.from_ragged_array(kind, placed, (starts, *offsets[1:]))
    return np.asarray(shapes, dtype=object)


def holds_pole(
    geometry: npt.NDArray[np.object_], transformer: Transformer
) -> npt.NDArray[np.bool_]:
    """Which polygons have a pole inside: in degrees their outlines would be lines round the globe."""
    found = np.zeros(len(geometry), dtype=bool)
    places = transformer.transform([0.0, 0.0], [90.0, -90.0], direction="INVERSE")
    for x, y in zip(*places, strict=True):
        if np.isfinite([x, y]).all():
            found |= shapely.contains_xy(geometry, x, y)
    return found


def _transformed(transformer: Transformer, corners: Coordinates) -> Coordinates:
    return np.stack(transformer.transform(corners[:, 0], corners[:, 1]), axis=1)


def n_pieces(
    corners: Coordinates,
    placed: Coordinates,
    starts: npt.NDArray[np.int64],
    transformer: Transformer,
) -> npt.NDArray[np.int64]:
    """Into how many pieces each edge must be cut; edge i runs from corner i to i + 1 of its ring.

    The distance of a curve from its chord falls with the square of the length.
    """
    first, last = ordered_ends(corners)
    start, end = ordered_ends(placed, by=corners)
    distance = np.zeros(len(corners) - 1)
    with np.errstate(
        invalid="ignore"
    ):  # what lies outside the CRS is infinite, and set aside later
        chord = _around(end - start)
        for place in PLACES:
            point = _transformed(transformer, first + place * (last - first))
            distance = np.fmax(distance, _distance(_around(point - start), chord))
    distance[~np.isfinite(distance)] = 0.0
    distance[starts[1:-1] - 1] = 0.0  # from the last corner of a ring to the first of the next
    pieces = np.ceil(np.sqrt(distance / TOLERANCE_DEGREES))
    return np.clip(pieces, 1, MOST_PIECES).astype(np.int64)


def ordered_ends(
    corners: Coordinates, by: Coordinates | None = None
) -> tuple[Coordinates, Coordinates]:
    """Both ends of each edge, the lesser first: an edge has the same corners whichever way it is drawn."""
    key = corners if by is None else by
    one, other = key[:-1], key[1:]
    turned = (one[:, 0] > other[:, 0]) | ((one[:, 0] == other[:, 0]) & (one[:, 1] > other[:, 1]))
    first, last = corners[:-1].copy(), corners[1:].copy()
    first[turned], last[turned] = corners[1:][turned], corners[:-1][turned]
    return first, last


def _around(step: Coordinates) -> Coordinates:
    """Differences of longitude the short way round the globe."""
    step = step.copy()
    step[:, 0] = (step[:, 0] + 180.0) % 360.0 - 180.0
    return step


def _distance(step: Coordinates, chord: Coordinates) -> npt.NDArray[np.float64]:
    """How far a point lies from a chord, both seen from the chord's start, degrees."""
    length = np.hypot(chord[:, 0], chord[:, 1])
    across = np.abs(step[:, 0] * chord[:, 1] - step[:, 1] * chord[:, 0])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(length > 0, across / length, np.hypot(step[:, 0], step[:, 1]))


def with_corners(
    corners: Coordinates, starts: npt.NDArray[np.int64], pieces: npt.NDArray[np.int64]
) -> tuple[Coordinates, npt.NDArray[np.int64]]:
    """Corners with those that cut each edge into its pieces, and where each ring starts among them."""
    first, last = ordered_ends(corners)
    counts = np.append(pieces, 1)  # a corner and the new ones behind it
    edge = np.repeat(np.arange(len(corners)), counts)
    position = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = corners[edge]
    new = position > 0
    edges = edge[new]
    is_turned = (first[edges] != corners[edges]).any(axis=1)
    step = np.where(is_turned, pieces[edges] - position[new], position[new]) / pieces[edges]
    found[new] = first[edges] + step[:, None] * (last[edges] - first[edges])
    before: Sequence[int] = np.concatenate([[0], np.cumsum(counts)]).tolist()
    return found, np.asarray(before, dtype=np.int64)[starts]
