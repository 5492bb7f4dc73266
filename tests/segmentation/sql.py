"""The real SQL files over small tables made in a test."""

import quarrydb
from quarrydb.catalog.objects import dependencies, in_order, read_catalog
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.project.parameters import Parameters


def needed(catalog, names, given):
    """Everything that ``names`` are made from, short of what is ``given``."""
    found, left = set(), [name for name in names if name not in given]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += [d for d in dependencies(catalog[name], catalog) if d not in given]
    return [catalog[name] for name in found if name in catalog]


def database(names, tables, *, stored=True, **parameters):
    """A connection with ``tables`` (name to a SELECT) and the views ``names`` on them.

    What a build stores is stored. Without ``stored`` the ``names`` themselves are left as views, so
    that EXPLAIN shows their plan.
    """
    connection = quarrydb.connect(read_only=False)
    for schema in ("raw", "core"):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    create_parameter_table(connection, Parameters(**parameters))
    for name, select in tables.items():
        connection.execute(f"CREATE TABLE {name} AS {select}")
    catalog = read_catalog()
    for item in in_order(needed(catalog, names, set(tables)), catalog):
        if item.name not in tables and item.name != "main.parameter":
            connection.execute(item.statement)
            if item.is_stored and (stored or item.name not in names):
                keep(connection, item.name)
    return connection


def keep(connection, name):
    """Turn a view into a table of its rows."""
    schema = name.partition(".")[0]
    connection.execute(f"CREATE TABLE {schema}.kept AS FROM {name}")
    connection.execute(f"DROP VIEW {name}")
    connection.execute(f"ALTER TABLE {schema}.kept RENAME TO {name.partition('.')[2]}")


def prediction_rows(boxes):
    """SELECT of raw.footprint from (id, year, site, west, south, east, north)."""
    rows = ", ".join(
        f"('{name}', {year}, {'NULL' if site is None else repr(site)}, {west}, {south}, {east}, {north})"
        for name, year, site, west, south, east, north in boxes
    )
    return (
        "SELECT name AS footprint_id, year, site::VARCHAR AS site_id, 'd' AS dataset, 'm' AS model_id, "
        "0.5 AS threshold, 0.75 AS mean_probability, NULL::DOUBLE AS reported_km2, "
        "ST_MakeEnvelope(w, s, e, n) AS geometry "
        f"FROM (VALUES {rows}) AS t (name, year, site, w, s, e, n)"
    )


def site_rows(seen):
    """SELECT of raw.segmented_site from (site, year, status)."""
    rows = ", ".join(
        f"({'NULL' if site is None else repr(site)}, {year}, '{status}')"
        for site, year, status in seen
    )
    return (
        "SELECT 'd' AS dataset, site::VARCHAR AS site_id, year, status, NULL::VARCHAR AS reason, "
        "NULL::DOUBLE AS seen_share, NULL::DOUBLE AS mine_seen_share, "
        f"0 AS n_polygons FROM (VALUES {rows}) AS t (site, year, status)"
    )


def done(years, site=None):
    return [(site, year, "done") for year in years]


def clarity_rows(clarity):
    """SELECT of core.site_clarity from {(site, year): clarity}."""
    rows = ", ".join(f"('{site}', {year}, {value})" for (site, year), value in clarity.items())
    return (
        "SELECT site AS site_id, year::INTEGER AS year, clarity::DOUBLE AS clarity "
        f"FROM (VALUES {rows}) AS t (site, year, clarity)"
    )


def box(name, year, x, site=None, width=1.0):
    return (name, year, site, x, 0, x + width, 1)
