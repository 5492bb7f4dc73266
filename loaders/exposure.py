"""Measure what lies around places: the nearest mine, and mine area within some distances, also by year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.loaders.disc import (
    Outlines,
    earth_centred,
    geodesic_of,
    on_plane,
    shares_within,
)
from quarrydb.project import Project

REVISION = 1
EDGES_AT_ONCE = 1_000_000
SAMPLE_DEG = 0.01  # points along edges, about a kilometre apart, to find the nearest by
SAMPLE_KM = 0.6  # no point of an edge is farther from its samples
KM_PER_DEGREE = 110.5  # at least, along any meridian
ARC_STEPS = 64  # of a quarter circle, in buffers around polygons: areas to 1e-4
POINT = 0
MINES = (
    "SELECT mine_id, NULL::INTEGER, area_km2, ST_AsWKB(geometry)::BLOB FROM core.mine ORDER BY 1"
)
FOOTPRINTS = (
    "SELECT footprint_id, year::INTEGER, area_km2, ST_AsWKB(geometry)::BLOB FROM core.footprint_placed "
    "WHERE is_continuous IS DISTINCT FROM FALSE AND is_main_threshold ORDER BY year, footprint_id"
)
PLACES = "SELECT layer, place_id, ST_AsWKB(geometry)::BLOB FROM raw.place ORDER BY layer, place_id"
OVERLAP = pa.schema(
    [
        ("layer", pa.string()),
        ("place_id", pa.string()),
        ("year", pa.int32()),
        ("outline_id", pa.string()),
        ("radius_km", pa.float64()),
        ("area_km2", pa.float64()),
    ]
)
NEAREST = pa.schema(
    [
        ("layer", pa.string()),
        ("place_id", pa.string()),
        ("year", pa.int32()),
        ("outline_id", pa.string()),
        ("distance_km", pa.float64()),
    ]
)
Geometries = NDArray[np.object_]
Integers = NDArray[np.int64]


def steps(project: Project) -> list[LoadStep]:
    """One step for the mines, one for yearly footprints; none without places."""
    if not project.places:
        return []
    radii = radii_of(project.parameters.place_radii_km)
    steps = [exposure_step("mines", MINES, ("core.mine", "raw.place"), radii)]
    if project.segmentation is not None:
        reads = ("core.footprint_placed", "raw.place")
        steps.append(exposure_step("footprints", FOOTPRINTS, reads, radii))
    return steps


def radii_of(text: str) -> tuple[float, ...]:
    """The radii of the parameter ``place_radii_km``, in order."""
    return tuple(sorted({float(part) for part in text.split(",")}))


def exposure_step(
    what: str, query: str, reads: tuple[str, ...], radii: tuple[float, ...]
) -> LoadStep:
    """A step that measures all places against the outlines of ``query``."""
    return LoadStep(
        name=f"{what} around places",
        writes=("raw.place_overlap", "raw.place_nearest"),
        run=partial(run_exposure, query=query, radii=radii),
        config={"radii": list(radii)},
        reads=reads,
        revision=REVISION,
    )


@dataclass(frozen=True)
class Mines:
    """Outlines of one year, or the final mines: ids, areas in km2, polygons in EPSG:4326."""

    ids: NDArray[np.object_]
    area_km2: NDArray[np.float64]
    geometry: Geometries


@dataclass(frozen=True)
class Places:
    """Places: layer and id, and their points or polygons in EPSG:4326."""

    layer: NDArray[np.object_]
    ids: NDArray[np.object_]
    geometry: Geometries

    def centres(self) -> NDArray[np.float64]:
        """A point of each, degrees."""
        return shapely.get_coordinates(shapely.point_on_surface(self.geometry))


def run_exposure(context: LoadContext, *, query: str, radii: tuple[float, ...]) -> Loaded:
    """Overlaps and nearest outlines, year by year."""
    rows = context.connection.execute(PLACES).fetchall()
    places = Places(
        np.array([r[0] for r in rows], object),
        np.array([r[1] for r in rows], object),
        np.asarray(shapely.from_wkb([bytes(r[2]) for r in rows]), object),
    )
    by_year: dict[int | None, list[tuple[str, float, bytes]]] = {}
    for outline_id, year, area, wkb in context.connection.execute(query).fetchall():
        by_year.setdefault(year, []).append((outline_id, area, bytes(wkb)))
    overlaps, nearest = [OVERLAP.empty_table()], [NEAREST.empty_table()]
    with context.progress.task("around places", len(by_year), "years") as task:
        for year, found in by_year.items():
            mines = Mines(
                np.array([f[0] for f in found], object),
                np.array([f[1] for f in found]),
                np.asarray(shapely.from_wkb([f[2] for f in found]), object),
            )
            overlaps += list(overlap_tables(places, mines, radii, year))
            nearest.append(nearest_table(places, mines, year))
            task.advance()
    return {
        "raw.place_overlap": pa.concat_tables(overlaps),
        "raw.place_nearest": pa.concat_tables(nearest),
    }


def candidates(places: Places, mines: Mines, radius_km: float) -> tuple[Integers, Integers]:
    """Numbers of places and mines whose boxes come within a radius, across the antimeridian, too."""
    west, south, east, north = shapely.bounds(places.geometry).T
    high = radius_km / KM_PER_DEGREE
    polar = np.minimum(np.maximum(abs(south), abs(north)) + high, 89.9)
    wide = high / np.cos(np.radians(polar))
    tree = shapely.STRtree(mines.geometry)
    pairs = [
        tree.query(shapely.box(west - wide + turn, south - high, east + wide + turn, north + high))
        for turn in (-360.0, 0.0, 360.0)
    ]
    found = np.unique(np.concatenate(pairs, axis=1), axis=1)
    return found[0].astype(np.int64), found[1].astype(np.int64)


def overlap_tables(
    places: Places, mines: Mines, radii: tuple[float, ...], year: int | None
) -> Iterator[pa.Table]:
    """Rows of ``raw.place_overlap`` in parts."""
    place, mine = candidates(places, mines, max(radii))
    outlines = Outlines.of(mines.geometry)
    centres = places.centres()
    is_point = shapely.get_type_id(places.geometry) == POINT
    pointed = np.flatnonzero(is_point[place])
    for part in split(outlines, mine, pointed):
        share, _ = shares_within(outlines, mine[part], centres[place[part]], radii)
        yield overlap_rows(places, mines, place[part], mine[part], share, radii, year)
    areal = np.flatnonzero(~is_point[place])
    if len(areal):
        share = np.array(
            [
                share_around(places.geometry[p], centres[p], mines.geometry[m], radii)
                for p, m in zip(place[areal], mine[areal], strict=True)
            ]
        )
        yield overlap_rows(places, mines, place[areal], mine[areal], share, radii, year)


def split(outlines: Outlines, mine: Integers, pairs: Integers) -> Iterator[Integers]:
    """Pairs in parts of about EDGES_AT_ONCE edges."""
    if not len(pairs):
        return
    size = (outlines.first[mine + 1] - outlines.first[mine])[pairs]
    part = np.cumsum(size) // EDGES_AT_ONCE
    yield from np.split(pairs, np.flatnonzero(np.diff(part)) + 1)


def share_around(
    place: shapely.Geometry,
    centre: NDArray[np.float64],
    mine: shapely.Geometry,
    radii: tuple[float, ...],
) -> list[float]:
    """Share of a mine within each radius of a polygon, on the equal-area plane around the place."""

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return on_plane(np.broadcast_to(centre, points.shape), points)

    own, other = shapely.transform(place, flat), shapely.transform(mine, flat)
    around = [own.buffer(radius, quad_segs=ARC_STEPS) for radius in radii]
    return [float(other.intersection(area).area / other.area) for area in around]


def overlap_rows(
    places: Places,
    mines: Mines,
    place: Integers,
    mine: Integers,
    share: NDArray[np.float64],
    radii: tuple[float, ...],
    year: int | None,
) -> pa.Table:
    """Rows of the pairs that share ground."""
    pair, radius = np.nonzero(share > 0)
    return pa.table(
        [
            pa.array(places.layer[place[pair]], pa.string()),
            pa.array(places.ids[place[pair]], pa.string()),
            pa.array([year] * len(pair), pa.int32()),
            pa.array(mines.ids[mine[pair]], pa.string()),
            pa.array(np.array(radii)[radius]),
            pa.array(share[pair, radius] * mines.area_km2[mine[pair]]),
        ],
        schema=OVERLAP,
    )


def nearest_table(places: Places, mines: Mines, year: int | None) -> pa.Table:
    """Rows of ``raw.place_nearest``: the nearest outline of each place, however far."""
    from scipy.spatial import cKDTree  # slow to import, and few projects have places

    samples, owner = sampled(mines.geometry)
    tree = cKDTree(earth_centred(*samples.T))
    points, place = sampled(places.geometry)
    best = np.full(len(places.ids), np.inf)
    which = np.zeros(len(places.ids), np.int64)
    outlines = Outlines.of(mines.geometry)
    left, k = np.arange(len(points)), 8
    while len(left):
        k = min(k, len(samples))
        chord, index = tree.query(earth_centred(*points[left].T), k=k)
        chord, index = chord.reshape(len(left), k), index.reshape(len(left), k)
        pair = np.unique(np.column_stack([np.repeat(left, k), owner[index].ravel()]), axis=0)
        for part in split(outlines, pair[:, 1], np.arange(len(pair))):
            at, mine = pair[part].T
            _, distance = shares_within(outlines, mine, points[at], ())
            update(best, which, place[at], distance, mine)
        # What was not looked at is at least this far; of some places more must be looked at.
        unsure = (chord[:, -1] - SAMPLE_KM < best[place[left]]) & (k < len(samples))
        left, k = left[unsure], k * 8
    for areal in np.flatnonzero(shapely.get_type_id(places.geometry) != POINT):
        best[areal] = distance_between(places.geometry[areal], mines.geometry[which[areal]])
    met, hit = shapely.STRtree(mines.geometry).query(places.geometry, predicate="intersects")
    best[met], which[met] = 0.0, hit
    return pa.table(
        [
            pa.array(places.layer, pa.string()),
            pa.array(places.ids, pa.string()),
            pa.array([year] * len(best), pa.int32()),
            pa.array(mines.ids[which], pa.string()),
            pa.array(best),
        ],
        schema=NEAREST,
    )


def distance_between(place: shapely.Geometry, mine: shapely.Geometry) -> float:
    """Distance of two polygons, km, on the plane around the nearest point of the place."""
    centre = shapely.get_coordinates(shapely.shortest_line(place, mine))[:1]

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return on_plane(np.broadcast_to(centre, points.shape), points)

    planar = shapely.distance(shapely.transform(place, flat), shapely.transform(mine, flat))
    return float(geodesic_of(np.array([planar]), centre[:, 1])[0])


def update(
    best: NDArray[np.float64],
    which: Integers,
    place: Integers,
    distance: NDArray[np.float64],
    mine: Integers,
) -> None:
    """Take what is nearer; of equal ones the smaller number."""
    order = np.lexsort((mine, distance))
    _, first = np.unique(place[order], return_index=True)
    chosen = order[first]
    at = place[chosen]
    nearer = (distance[chosen] < best[at]) | (
        (distance[chosen] == best[at]) & (mine[chosen] < which[at])
    )
    best[at[nearer]], which[at[nearer]] = distance[chosen[nearer]], mine[chosen[nearer]]


def sampled(geometry: Geometries) -> tuple[NDArray[np.float64], Integers]:
    """Points along the edges of geometries, degrees, and whose each is."""
    return shapely.get_coordinates(shapely.segmentize(geometry, SAMPLE_DEG), return_index=True)
