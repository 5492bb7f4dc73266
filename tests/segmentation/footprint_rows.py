"""Rows of the segmentation's tables for tests/sql_world.py."""


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
