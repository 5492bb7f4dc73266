"""Mines around places within 5, 10 and 20 km and the nearest mine, against geopandas' buffer and overlay.

Mines and places lie in clusters all over the globe, so that every third place has mines around it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.harness import Measured, Row, against, measure

MINES, PLACES = 75_000, 100_000  # of the planet
SHARE = {"quick": 0.01, "usual": 0.1, "full": 1.0}
RADII = (5.0, 10.0, 20.0)
SAMPLE = 1_000  # places that the overlay runs over; its cost is linear
TARGET_S = 60  # CPU seconds for the planet
Answer = dict[int, float]


def invented(share: float) -> tuple[Any, Any]:
    """Outlines of 50 vertices, and points near them, longitude and latitude."""
    import shapely

    rng = np.random.default_rng(0)
    n_mines, n_places = int(MINES * share), int(PLACES * share)
    clusters = rng.uniform((-120, -45), (150, 60), (max(1, n_mines // 50), 2))
    middle = clusters[rng.integers(0, len(clusters), n_mines)] + rng.normal(0, 0.35, (n_mines, 2))
    angle = np.linspace(0, 2 * np.pi, 51)[:-1]
    radius = 0.003 * np.exp(rng.normal(0, 0.8, (n_mines, 1)))
    radius = radius * (1 + 0.3 * rng.random((n_mines, 50)))
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=-1) * radius[..., np.newaxis]
    places = clusters[rng.integers(0, len(clusters), n_places)] + rng.normal(0, 0.6, (n_places, 2))
    return shapely.polygons(middle[:, np.newaxis] + ring), shapely.points(places)


def km2(outlines: Any) -> Any:
    """Areas in km2, by an equal-area projection."""
    import geopandas

    return geopandas.GeoSeries(outlines, crs=4326).to_crs(6933).area.to_numpy() / 1e6


def ours(share: float) -> Callable[[], Answer]:
    """Geodesic overlaps of all places, and the nearest mine of each, however far."""
    import pyarrow.compute as pc

    from quarrydb.loaders import exposure

    outlines, points = invented(share)
    mine_ids, place_ids = (
        np.array([f"{n}" for n in range(len(shapes))], object) for shapes in (outlines, points)
    )
    mines = exposure.Mines(mine_ids, km2(outlines), outlines)
    places = exposure.Places(np.full(len(points), "place", object), place_ids, points)

    def work() -> Answer:
        found: Answer = {}
        for table in exposure.overlap_tables(places, mines, RADII, None):
            wide = table.filter(pc.equal(table["radius_km"], RADII[-1]))
            sums = wide.group_by("place_id").aggregate([("area_km2", "sum")]).to_pydict()
            for place, area in zip(sums["place_id"], sums["area_km2_sum"], strict=True):
                found[int(place)] = found.get(int(place), 0.0) + area
        exposure.nearest_table(places, mines, None)
        return found

    return work


def overlay(share: float) -> Callable[[], Answer]:
    """Buffers of the first places in an equal-area projection, cut with the mines; no nearest mine."""
    import geopandas

    outlines, points = invented(share)
    mines = geopandas.GeoDataFrame(geometry=outlines, crs=4326).to_crs(6933)
    places = geopandas.GeoDataFrame(geometry=points[:SAMPLE], crs=4326).to_crs(6933)
    places["place"] = range(len(places))

    def work() -> Answer:
        for radius in RADII:
            discs = places.set_geometry(places.buffer(1000 * radius))
            cut = geopandas.overlay(discs, mines, how="intersection", keep_geom_type=True)
            areas = (cut.area / 1e6).groupby(cut["place"]).sum()
        return dict(areas.items())

    return work


def run(size: str, folder: Path) -> list[Row]:
    """Both ways on one set of places; ``folder`` is not needed."""
    share = SHARE[size]
    own, sampled = measure(ours, share), measure(overlay, share)
    n_places = int(PLACES * share)
    factor = n_places / min(SAMPLE, n_places)
    other = Measured(sampled.cpu_s * factor, sampled.peak_mb, sampled.answer)
    same = sum(own.answer.get(place, 0.0) for place in range(min(SAMPLE, n_places)))
    apart = sum(sampled.answer.values()) / same - 1
    title = f"quarrydb, {n_places:,} places, {int(MINES * share):,} mines, and the nearest of each"
    note = f"at most {TARGET_S} CPU s are wanted for the planet"
    peer = f"sum {apart:+.1%}: its discs are ellipses; measured on {SAMPLE:,} places and scaled up"
    return [
        Row(title, own.cpu_s, own.peak_mb, note=note),
        against(own, other, "geopandas buffer and overlay", note=peer),
    ]
