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
from quarrydb.memory import budget
from quarrydb.project import Project

REVISION = 2
EDGES_AT_ONCE = 1_000_000
SAMPLE_DEG = 0.01  # points along edges, about a kilometre apart, to find the nearest by
SAMPLE_KM = 0.6  # no point of an edge is farther from its samples
KM_PER_DEGREE = 110.5  # at least, along any meridian
LONG_DEGREES = 100.0  # of an outline that is looked at by itself
POINTS_AT_ONCE, POINT_BYTES = 1_000_000, 500
NEARBY_KM = (-3.0, -3.0, 3.0, 3.0)  # of a plane, west, south, east, north: beyond the next samples
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
    for part in np.split(areal, np.flatnonzero(np.diff(place[areal])) + 1) if len(areal) else ():
        one = place[part[0]]
        share = shares_around(places.geometry[one], centres[one], mines.geometry[mine[part]], radii)
        yield overlap_rows(places, mines, place[part], mine[part], share, radii, year)


def split(outlines: Outlines, mine: Integers, pairs: Integers) -> Iterator[Integers]:
    """Pairs in parts of about EDGES_AT_ONCE edges."""
    if not len(pairs):
        return
    size = (outlines.first[mine + 1] - outlines.first[mine])[pairs]
    part = np.cumsum(size) // EDGES_AT_ONCE
    yield from np.split(pairs, np.flatnonzero(np.diff(part)) + 1)


def shares_around(
    place: shapely.Geometry,
    centre: NDArray[np.float64],
    mines: Geometries,
    radii: tuple[float, ...],
) -> NDArray[np.float64]:
    """Share of each mine within each radius of a polygon, on the equal-area plane around the place."""

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return on_plane(np.broadcast_to(centre, points.shape), points)

    own, others = shapely.transform(place, flat), shapely.transform(mines, flat)
    around = [own.buffer(radius, quad_segs=ARC_STEPS) for radius in radii]
    shared = [shapely.area(shapely.intersection(others, area)) for area in around]
    return np.stack(shared, axis=1) / shapely.area(others)[:, None]


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
    best = np.full(len(places.ids), np.inf)
    which = np.zeros(len(places.ids), np.int64)
    met, hit = shapely.STRtree(mines.geometry).query(places.geometry, predicate="intersects")
    update(best, which, met, np.zeros(len(met)), hit)
    find_nearest(places, mines, np.flatnonzero(best > 0), best, which)
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


def find_nearest(
    places: Places, mines: Mines, apart: Integers, best: NDArray[np.float64], which: Integers
) -> None:
    """Put distance and number of the nearest outline of places that meet none into ``best`` and ``which``."""
    from scipy.spatial import cKDTree  # slow to import, and few projects have places

    check_samples(mines.geometry, "mines")
    samples, owner = sampled(mines.geometry)
    tree = cKDTree(earth_centred(*samples.T))
    outlines = Outlines.of(mines.geometry)
    for some in sample_parts(places, apart):
        points, member = sampled(places.geometry[some])
        place, nearest = some[member], np.full(len(points), np.inf)
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
                np.minimum.at(nearest, at, distance)
            # What was not looked at is at least this far; of some places more must be looked at.
            unsure = (chord[:, -1] - SAMPLE_KM < best[place[left]]) & (k < len(samples))
            left, k = left[unsure], k * 8
        for areal in some[shapely.get_type_id(places.geometry[some]) != POINT]:
            own = np.flatnonzero(place == areal)
            start = points[own[np.argmin(nearest[own])]]
            shape, mine = places.geometry[areal], mines.geometry[which[areal]]
            best[areal] = min(best[areal], distance_around(start, shape, mine))


def sample_parts(places: Places, apart: Integers) -> list[Integers]:
    """Numbers of places in parts of about POINTS_AT_ONCE points along their edges; SourceError where one has
    more than reading a file may take.
    """
    if not len(apart):
        return []
    for i in apart[shapely.length(places.geometry[apart]) > LONG_DEGREES]:
        check_samples(places.geometry[i : i + 1], f"place {places.ids[i]} of {places.layer[i]}")
    size = shapely.length(places.geometry[apart]) / SAMPLE_DEG + 1
    part = np.cumsum(size) // POINTS_AT_ONCE
    return np.split(apart, np.flatnonzero(np.diff(part)) + 1)


def check_samples(geometry: Geometries, where: str) -> None:
    """SourceError where points along the edges would take more memory than reading a file may."""
    n_points = float(shapely.length(geometry).sum()) / SAMPLE_DEG
    if n_points * POINT_BYTES > (limit := budget()).n_bytes:
        raise limit.refuse(where, f", points along its edges: {n_points:,.0f}")


def distance_around(
    start: NDArray[np.float64], place: shapely.Geometry, mine: shapely.Geometry
) -> float:
    """Distance of two polygons, km, on the plane around ``start``, the sample of the place that is nearest:
    between its neighbours may be what is nearer.
    """

    def flat(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return on_plane(np.broadcast_to(start, points.shape), points)

    near = shapely.clip_by_rect(shapely.transform(place.boundary, flat), *NEARBY_KM)
    planar = shapely.distance(near, shapely.transform(mine, flat))
    return float(geodesic_of(np.array([planar]), start[None, 1])[0])


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
