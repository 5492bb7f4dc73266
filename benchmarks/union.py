"""Unite two polygon data sets, against the ways that a user of shapely or geopandas has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Row, against, agree, measure
from benchmarks.world import built_world, frame, run_chain, workbench

UNION = ("core.polygon_pair", "core.component", "core.merged")
POLYGONS = "SELECT source, ST_AsWKB(geometry)::BLOB AS geometry FROM core.polygon ORDER BY ALL"
Answer = tuple[int, float]


def ours(database: Path) -> Callable[[], Answer]:
    """Pairs, components, union by component, with keys and geodesic areas."""
    connection = workbench(database, ("core.polygon",))

    def work() -> Answer:
        run_chain(connection, UNION)
        row = connection.execute(
            "SELECT count(*), sum(ST_Area(geometry)) FROM core.merged"
        ).fetchone()
        return row or (0, 0.0)

    return work


def union_all(database: Path) -> Callable[[], Answer]:
    """One unary union of everything, exploded."""
    import shapely

    shapes = frame(database, POLYGONS).geometry.to_numpy()
    return lambda: counted(shapely.get_parts(shapely.union_all(shapes)))


def subset_union(database: Path) -> Callable[[], Answer]:
    """GEOS's own union by connected components (shapely 2.1 and GEOS 3.12)."""
    import shapely

    shapes = frame(database, POLYGONS).geometry.to_numpy()
    return lambda: counted(shapely.get_parts(shapely.disjoint_subset_union_all(shapes)))


def overlay(database: Path) -> Callable[[], Answer]:
    """geopandas: overlay of the two data sets, then dissolve, then explode."""
    import geopandas

    polygons = frame(database, POLYGONS)
    one, other = (part[["geometry"]] for _, part in polygons.groupby("source"))

    def work() -> Answer:
        both = geopandas.overlay(one, other, how="union", keep_geom_type=True)
        return counted(both.dissolve().explode().geometry.to_numpy())

    return work


def counted(shapes: Any) -> Answer:
    """Number and area, in degrees."""
    import shapely

    return len(shapes), float(shapely.area(shapes).sum())


def run(size: str, folder: Path) -> list[Row]:
    """All ways on one world."""
    database = built_world(folder, size)
    own = measure(ours, database)
    rows = [Row(f"quarrydb, {own.answer[0]:,} mines", own.cpu_s, own.peak_mb)]
    for name, way, target in (
        ("shapely.union_all", union_all, 20),
        ("geopandas overlay + dissolve", overlay, 9),
        ("shapely.disjoint_subset_union_all", subset_union, None),
    ):
        other = measure(way, database)
        same = other.answer[0] == own.answer[0]
        note = agree(own.answer[1], other.answer[1], 1e-9) if same else f"{other.answer[0]:,} parts"
        rows.append(against(own, other, name, target, note))
    return rows
