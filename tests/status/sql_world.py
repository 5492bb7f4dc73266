"""The status and validation views over small tables, without a build."""

from quarrydb.catalog.objects import in_order, read_catalog
from quarrydb.database.connection import connect
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.project.parameters import Parameters
from quarrydb.udfs import register

TOPICS = ("status", "validation")
LANDCOVER_VIEW = "core.sample_candidate"
ALSO = (
    "raw.indicator",
    "raw.label",
    "raw.biome",
    "raw.landcover_epoch",
    "core.reproducible_sum",
    "core.effective_n",
    "main.wilson_low",
    "main.wilson_high",
    "main.mk_normal_tail",
)


def world(**parameters):
    """A connection with every status and validation view on empty inputs.

    ``core.mine``, ``core.mine_country``, ``mine_bare_surface`` and ``core.disturbance_step`` are tables
    here, for a test to fill.
    """
    connection = connect(read_only=False)
    register(connection)
    for schema in ("raw", "core"):
        connection.execute(f"CREATE SCHEMA {schema}")
    create_parameter_table(connection, Parameters(**parameters))
    connection.execute(
        """
        CREATE TABLE core.mine (mine_id VARCHAR, area_km2 DOUBLE, geometry GEOMETRY);
        CREATE TABLE core.mine_country (mine_id VARCHAR, country VARCHAR, continent VARCHAR);
        CREATE TABLE mine_bare_surface (
            mine_id VARCHAR, year INTEGER, bare_surface_share DOUBLE,
            coverage_share DOUBLE, is_interpolated BOOLEAN
        );
        CREATE TABLE core.country (iso3 VARCHAR, country VARCHAR);
        CREATE TABLE raw.published_name (scope VARCHAR, name VARCHAR, key VARCHAR);
        CREATE TABLE core.disturbance_step (
            year_from INTEGER, year_to INTEGER, developed_km2 DOUBLE, reclaimed_km2 DOUBLE
        );
        """
    )
    catalog = read_catalog()
    wanted = [i for i in catalog.values() if i.topic in TOPICS and i.name != LANDCOVER_VIEW]
    for item in in_order([*wanted, *(catalog[name] for name in ALSO)], catalog):
        connection.execute(item.statement)
    return connection


def rows(connection, query, *values):
    """All rows of a query."""
    return connection.execute(query, list(values)).fetchall()
