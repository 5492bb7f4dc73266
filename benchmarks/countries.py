"""Name the country of every mine, against a geopandas overlay and the loop of the studies' scripts.

Borders of the demo world are given as many vertices as Natural Earth's 10m borders have, which is
what such a join costs time for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Row, against, measure
from benchmarks.peers import LARGEST, with_postgis, with_sedona
from benchmarks.world import built_world, frame, run_chain, workbench

OTHER_LAYERS = ("raw.protected_area", "raw.biome", "raw.region")  # empty here
GIVEN = ("core.mine", "raw.country", *OTHER_LAYERS)
WANTED = "core.mine_country"
MINES = "SELECT mine_id, ST_AsWKB(geometry)::BLOB AS geometry FROM core.mine"
COUNTRIES = "SELECT iso3, source_id, part, ST_AsWKB(geometry)::BLOB AS geometry FROM raw.country"
VERTICES_PER_COUNTRY = 2_150  # 540,000 in 251 countries
LOOP_SAMPLE = 10_000  # mines that the loop runs over; its cost is linear
Answer = dict[str, str]


def detailed(database: Path) -> Any:
    """Countries with as many vertices as published ones, none of them moved."""
    import shapely

    countries = frame(database, COUNTRIES)
    step = (
        shapely.length(countries.geometry.to_numpy()).sum() / VERTICES_PER_COUNTRY / len(countries)
    )
    countries["geometry"] = shapely.segmentize(countries.geometry.to_numpy(), step)
    return countries


def ours(database: Path) -> Callable[[], Answer]:
    """Pieces, also by cell of the grid, the largest overlap, the nearest country offshore."""
    connection = workbench(database, GIVEN)
    for table in OTHER_LAYERS:
        connection.execute(f"TRUNCATE {table}")
    rows = detailed(database)
    rows["wkb"] = rows.geometry.to_wkb()
    connection.register("detailed", rows.drop(columns="geometry"))
    connection.execute(
        "UPDATE raw.country SET geometry = ST_GeomFromWKB(wkb) FROM detailed "
        "WHERE raw.country.source_id = detailed.source_id AND raw.country.part = detailed.part"
    )

    def work() -> Answer:
        run_chain(connection, WANTED, GIVEN)
        return dict(connection.execute("SELECT mine_id, iso3 FROM core.mine_country").fetchall())

    return work


def overlay(database: Path) -> Callable[[], Answer]:
    """Intersections, their areas, the largest; mines offshore have none."""
    import geopandas

    mines, countries = frame(database, MINES), detailed(database)

    def work() -> Answer:
        parts = geopandas.overlay(mines, countries, how="intersection", keep_geom_type=True)
        parts["size"] = parts.to_crs("EPSG:6933").area
        areas = parts.groupby(["mine_id", "iso3"])["size"].sum().sort_values()
        found = areas.reset_index().drop_duplicates("mine_id", keep="last")
        return dict(zip(found.mine_id, found.iso3, strict=True))

    return work


def loop(database: Path) -> Callable[[], Answer]:
    """The last country that meets the mine, mine by mine."""
    mines, countries = frame(database, MINES).head(LOOP_SAMPLE), detailed(database)

    def last(shape: Any) -> str:
        met = countries.iso3[shape.intersects(countries.geometry)]
        return str(met.iloc[-1]) if len(met) else ""

    def work() -> Answer:
        return dict(zip(mines.mine_id, mines.geometry.apply(last), strict=True))

    return work


def joined(database: Path) -> dict[str, Any]:
    """The tables that other engines read."""
    countries = detailed(database)
    return {"mine": frame(database, MINES), "country": countries[["iso3", "geometry"]]}


def difference(own: Answer, other: Answer) -> str:
    """How many mines another way names otherwise."""
    wrong = sum(own.get(mine, "") != other.get(mine, "") for mine in other.keys() | own.keys())
    return f"{wrong:,} of {len(own):,} mines otherwise"


def run(size: str, folder: Path) -> list[Row]:
    """All ways on one world."""
    database = built_world(folder, size)
    own = measure(ours, database)
    rows = [Row(f"quarrydb, {len(own.answer):,} mines", own.cpu_s, own.peak_mb)]
    other = measure(overlay, database)
    note = difference(own.answer, other.answer)
    rows.append(against(own, other, "geopandas overlay, largest part", 8, note))
    slow = measure(loop, database)
    factor = len(own.answer) / len(slow.answer)
    whole = Measured(slow.cpu_s * max(1.0, factor), slow.peak_mb, slow.answer)
    named = {mine: own.answer.get(mine, "") for mine in slow.answer}
    note = difference(named, slow.answer)
    if factor > 1:
        note += f"; measured on {len(slow.answer):,} mines and scaled up"
    name = "apply(lambda x: x.intersects(countries.geometry))"
    rows.append(against(own, whole, name, 10, note))

    def judge(answer: Any) -> str:
        return difference(own.answer, dict(answer))

    name = "SedonaDB, largest intersection in square degrees"
    rows.append(with_sedona(own, name, joined, LARGEST, database, judge=judge))
    name = "PostGIS, the same query"
    rows.append(with_postgis(own, name, joined(database), LARGEST, judge))
    return rows
