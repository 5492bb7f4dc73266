"""The worlds that benchmarks run on, rendered and built once a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from pathlib import Path

import duckdb

from quarrydb.catalog.objects import (
    PARAMETER,
    SqlObject,
    chain,
    dependencies,
    in_order,
    read_catalog,
)
from quarrydb.database.connection import connect
from quarrydb.demo import write_demo
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.engine.build import build
from quarrydb.project import load_project
from quarrydb.project.parameters import Parameters
from quarrydb.udfs import register
from tests.sql_world import keep

SCALES = {"quick": "5", "usual": "50", "full": "full"}  # 1 %, 10 % and all of the planet


@lru_cache
def built_world(folder: Path, size: str, parts: tuple[str, ...] = ("polygons",)) -> Path:
    """The database of a demo world of this size."""
    place = folder / f"{size}-{'-'.join(parts)}"
    write_demo(place, scale=SCALES[size], only=parts)
    return build(load_project(place), workers=1).database


def workbench(database: Path, tables: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """A database in memory with copies of some built tables, two threads, and all macros."""
    connection = connect(read_only=False, threads=2)
    register(connection)
    connection.execute("CREATE SCHEMA raw; CREATE SCHEMA core")
    create_parameter_table(connection, Parameters())
    catalog = read_catalog()
    macros = [item for item in catalog.values() if item.kind == "macro" and not item.reads]
    for macro in in_order(macros, catalog):
        connection.execute(macro.statement)
    connection.execute(f"ATTACH '{database}' AS built (READ_ONLY)")
    for table in tables:
        connection.execute(f"CREATE TABLE {table} AS FROM built.{table}")
    connection.execute("DETACH built")
    return connection


def with_macros(views: Iterable[str]) -> list[SqlObject]:
    """Views and all the macros that they need, in the order in which a build takes them."""
    catalog = read_catalog()
    wanted: dict[str, SqlObject] = {}
    waiting = list(views)
    while waiting:
        name = waiting.pop()
        wanted[name] = catalog[name]
        needed = dependencies(catalog[name], catalog) - set(wanted)
        waiting += [other for other in needed if catalog[other].kind == "macro"]
    return in_order(wanted.values(), catalog)


def store(connection: duckdb.DuckDBPyConnection, item: SqlObject) -> None:
    """Run one SQL file and keep its rows as a table where a build does."""
    connection.execute(item.statement)
    if item.is_stored:
        keep(connection, item.name)


def run_chain(connection: duckdb.DuckDBPyConnection, wanted: str, given: Collection[str]) -> None:
    """Compute a stored view, and those on the way to it, as a build does, but in memory."""
    for item in chain([wanted], {*given, PARAMETER}, read_catalog()):
        store(connection, item)


def frame(database: Path, query: str):
    """Rows of a query as a GeoDataFrame in EPSG:4326; its column ``geometry`` is WKB."""
    import geopandas
    import shapely

    with connect(database) as connection:
        rows = connection.execute(query).df()
    shapes = shapely.from_wkb(rows.pop("geometry").map(bytes).to_numpy())
    return geopandas.GeoDataFrame(rows, geometry=shapes, crs="EPSG:4326")
