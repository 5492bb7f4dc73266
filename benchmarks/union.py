"""Unite two polygon data sets, against the ways that users of other tools have.

Outlines of the demo world are given as many vertices as published ones have, none of them moved.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Row, against, agree, measure
from benchmarks.peers import UNITED, with_postgis, with_sedona
from benchmarks.world import built_world, frame, run_chain, workbench

GIVEN = ("core.polygon",)
WANTED = "core.merged"
POLYGONS = """
SELECT source, polygon_key, ST_AsWKB(geometry)::BLOB AS geometry FROM core.polygon ORDER BY polygon_key
"""
VERTICES = 64  # of an outline: 7.6 million in 119,000 published polygons
Answer = tuple[int, float]


def detailed(database: Path) -> Any:
    """The polygons with as many vertices as published ones."""
    import shapely

    polygons = frame(database, POLYGONS)
    shapes = polygons.geometry.to_numpy()
    steps = shapely.length(shapes) / VERTICES
    return polygons.set_geometry(shapely.segmentize(shapes, steps))


def ours(database: Path) -> Callable[[], Answer]:
    """Pairs, components, union by component, with keys and geodesic areas."""
    connection = workbench(database, GIVEN)
    rows = detailed(database)
    rows["wkb"] = rows.geometry.to_wkb()
    connection.register("detailed", rows[["polygon_key", "wkb"]])
    connection.execute(
        "UPDATE core.polygon SET geometry = ST_GeomFromWKB(wkb) FROM detailed "
        "WHERE core.polygon.polygon_key = detailed.polygon_key"
    )

    def work() -> Answer:
        run_chain(connection, WANTED, GIVEN)
        row = connection.execute(
            "SELECT count(*), sum(ST_Area(geometry)) FROM core.merged"
        ).fetchone()
        return row or (0, 0.0)

    return work


def union_all(database: Path) -> Callable[[], Answer]:
    """One unary union of everything, exploded."""
    import shapely

    shapes = detailed(database).geometry.to_numpy()
    return lambda: counted(shapely.get_parts(shapely.union_all(shapes)))


def subset_union(database: Path) -> Callable[[], Answer]:
    """GEOS's own union by connected components (shapely 2.1 and GEOS 3.12)."""
    import shapely

    shapes = detailed(database).geometry.to_numpy()
    return lambda: counted(shapely.get_parts(shapely.disjoint_subset_union_all(shapes)))


def overlay(database: Path) -> Callable[[], Answer]:
    """geopandas: overlay of the two data sets, then dissolve, then explode."""
    import geopandas

    polygons = detailed(database)
    one, other = (part[["geometry"]] for _, part in polygons.groupby("source"))

    def work() -> Answer:
        both = geopandas.overlay(one, other, how="union", keep_geom_type=True)
        return counted(both.dissolve().explode().geometry.to_numpy())

    return work


def counted(shapes: Any) -> Answer:
    """Number and area, in degrees."""
    import shapely

    return len(shapes), float(shapely.area(shapes).sum())


def alone(database: Path) -> dict[str, Any]:
    """The table that other engines read."""
    return {"polygon": detailed(database)[["geometry"]]}


def judged(own: Measured, n_parts: int, area: float) -> str:
    """A note on another way's number of parts and area."""
    n_mines, own_area = own.answer
    return agree(own_area, area, 1e-9) if n_parts == n_mines else f"{n_parts:,} parts"


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
        rows.append(against(own, other, name, target, judged(own, *other.answer)))

    def judge(answer: Any) -> str:
        return judged(own, int(answer[0][0]), float(answer[0][1]))

    name = "SedonaDB, ST_Union_Agg"
    if size == "quick":
        query = UNITED.format(union="ST_Union_Agg(geometry)")
        rows.append(with_sedona(own, name, alone, query, database, judge=judge))
    else:
        note = "only with --quick: its cost grows with the square of the number of polygons"
        rows.append(Row(name, None, note=note))
    query = UNITED.format(union="ST_Union(geometry)")
    rows.append(with_postgis(own, "PostGIS, ST_Union", alone(database), query, judge))
    return rows
