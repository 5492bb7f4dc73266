"""Yearly footprints and the sites that were not seen, for the map."""

from collections.abc import Sequence

import duckdb
import numpy as np
import shapely

from quarrydb.webmap.encode import FIXED, Block, encode_shapes
from quarrydb.webmap.outlines import bounds_of, metres, reach_of, thin

DONE = "done"
STATES = (DONE, "not seen", "failed", "no image", "pending")
NO_SITE = 255


def read_footprints(connection: duckdb.DuckDBPyConnection) -> Block | None:
    """Footprints of the main threshold that the continuity rule keeps, year after year; None without any."""
    rows = connection.execute(
        "SELECT year, ST_AsWKB(geometry) AS geometry FROM footprint "
        "WHERE is_main_threshold AND is_continuous IS DISTINCT FROM FALSE "
        "ORDER BY year, area_km2 DESC, footprint_id"
    ).fetchnumpy()
    if not len(rows["year"]):
        return None
    shapes, step = thin(shapely.from_wkb([bytes(value) for value in rows["geometry"]]))
    edges = shapely.bounds(shapes)
    middle = (edges[:, :2] + edges[:, 2:]) / 2
    origins = np.rint(middle * FIXED).astype(np.int64)
    year = np.asarray(rows["year"], dtype=np.int64)
    years, first = np.unique(year, return_index=True)
    block = Block()
    block.header |= {
        "years": years.tolist(),
        "first": [*first.tolist(), len(year)],
        "reach": reach_of(shapes, origins),
        "step_m": metres(step),
    }
    block.sections |= {
        "longitude": origins[:, 0].astype(np.int32),
        "latitude": origins[:, 1].astype(np.int32),
        **{f"footprint_{key}": array for key, array in encode_shapes(shapes, origins).items()},
    }
    return block


def read_sites(connection: duckdb.DuckDBPyConnection, years: Sequence[int]) -> Block | None:
    """The state of each site by year; None where no site was ever looked into, or each always was seen."""
    rows = connection.execute(
        "SELECT site_id, year, status FROM segmented_site WHERE site_id IS NOT NULL"
    ).fetchall()
    states = {status for _, _, status in rows}
    if not states & {DONE, "not seen", "failed"} or states == {DONE}:
        return None
    squares = connection.execute(
        "SELECT site_id, ST_AsWKB(geometry) FROM core.site ORDER BY site_id"
    ).fetchall()
    place = {site: i for i, (site, _) in enumerate(squares)}
    at = {year: k for k, year in enumerate(years)}
    found = np.full((len(years), len(squares)), NO_SITE, dtype=np.uint8)
    for site, year, status in rows:
        if site in place and year in at:
            found[at[year], place[site]] = STATES.index(status)
    whole = connection.execute(
        "SELECT DISTINCT year FROM segmented_site WHERE site_id IS NULL AND status = $done ORDER BY year",
        {"done": DONE},
    ).fetchall()
    block = Block()
    block.header |= {
        "years": list(years),
        "states": list(STATES),
        "whole_years": [year for (year,) in whole],
    }
    block.sections |= {
        "state": found.ravel(),
        "site_bounds": bounds_of(shapely.from_wkb([bytes(wkb) for _, wkb in squares])),
    }
    return block
