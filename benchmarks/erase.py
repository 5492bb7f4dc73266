"""Erase stable green at the edges of mines, against a geopandas overlay."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, against, agree, measure
from benchmarks.world import built_world, frame, run_chain, workbench

GIVEN = ("core.merged", "raw.stable_green")
WANTED = "core.erased"
MERGED = "SELECT merged_key, ST_AsWKB(geometry)::BLOB AS geometry FROM core.merged"
GREEN = "SELECT ST_AsWKB(geometry)::BLOB AS geometry FROM raw.stable_green"


def ours(database: Path) -> Callable[[], float]:
    """The chain of the build."""
    connection = workbench(database, GIVEN)

    def work() -> float:
        run_chain(connection, WANTED, GIVEN)
        row = connection.execute("SELECT sum(ST_Area(geometry)) FROM core.erased").fetchone()
        return float(row[0]) if row else 0.0

    return work


def overlay(database: Path) -> Callable[[], float]:
    """overlay(how="difference") with all objects: it erases enclosed ones, too."""
    import geopandas

    merged, green = frame(database, MERGED), frame(database, GREEN)
    return lambda: planar(geopandas.overlay(merged, green, how="difference", keep_geom_type=True))


def overlay_of_contacts(database: Path) -> Callable[[], float]:
    """The same answer as ours: first the objects that meet a boundary, then overlay."""
    import geopandas

    merged, green = frame(database, MERGED), frame(database, GREEN)

    def work() -> float:
        edges = geopandas.GeoDataFrame(geometry=merged.boundary, crs=merged.crs)
        met = green.sjoin(edges, predicate="intersects").index.unique()
        left = geopandas.overlay(merged, green.loc[met], how="difference", keep_geom_type=True)
        return planar(left)

    return work


def planar(shapes: Any) -> float:
    """Area in square degrees, which is all that a comparison needs."""
    import shapely

    return float(shapely.area(shapes.geometry.to_numpy()).sum())


def run(size: str, folder: Path) -> list[Row]:
    """All ways on one world."""
    database = built_world(folder, size)
    own = measure(ours, database)
    rows = [Row("quarrydb, objects that meet the boundary", own.cpu_s, own.peak_mb)]
    for name, way, target in (
        ("geopandas overlay", overlay, 2.5),
        ("geopandas sjoin on the boundary, then overlay", overlay_of_contacts, None),
    ):
        other = measure(way, database)
        rows.append(against(own, other, name, target, agree(own.answer, other.answer, 1e-9)))
    return rows
