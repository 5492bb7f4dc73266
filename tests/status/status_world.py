"""Every status and validation view over empty inputs, for a test to fill."""

from typing import Any

import duckdb

from quarrydb.catalog.objects import read_catalog
from tests.sql_world import database

TOPICS = ("status", "validation")
# Reads land cover by mine and year.
LANDCOVER_VIEW = "core.sample_candidate"
INPUTS = {
    "core.mine": "(mine_id VARCHAR, area_km2 DOUBLE, geometry GEOMETRY)",
    "core.mine_country": "(mine_id VARCHAR, country VARCHAR, continent VARCHAR)",
    "main.mine_bare_surface": (
        "(mine_id VARCHAR, year INTEGER, bare_surface_share DOUBLE, coverage_share DOUBLE, "
        "is_interpolated BOOLEAN)"
    ),
    "core.country": "(iso3 VARCHAR, country VARCHAR)",
    "raw.published_name": "(scope VARCHAR, name VARCHAR, key VARCHAR)",
    "core.disturbance_step": (
        "(year_from INTEGER, year_to INTEGER, developed_km2 DOUBLE, reclaimed_km2 DOUBLE)"
    ),
}


def world(**parameters: Any) -> duckdb.DuckDBPyConnection:
    """A connection with every status and validation view; ``INPUTS`` are empty tables."""
    views = [item.name for item in read_catalog().values() if item.topic in TOPICS]
    return database(
        [name for name in views if name != LANDCOVER_VIEW], INPUTS, stored=False, **parameters
    )
