"""Hold a built demo world of any size against the truth that was planted in it.

    python -m benchmarks.truth FOLDER

FOLDER is a world of ``quarry demo`` with its database. Prints one line a result: how many values were
planted and found, and how far they lie apart.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

from quarrydb.database.connection import load_spatial, quote_literal

PAIRS = """
CREATE TEMP TABLE pair AS
SELECT planted.mine, mine.mine_id, planted.area_km2 AS planted_km2, mine.area_km2 AS found_km2,
    planted.iso3 AS planted_iso3, mine.iso3 AS found_iso3
FROM (
    SELECT mine, area_km2, iso3, ST_PointOnSurface(ST_GeomFromWKB(ST_AsWKB(geometry))) AS inside
    FROM read_parquet({truth} || '/mine.parquet')
) AS planted
INNER JOIN mine ON ST_Contains(mine.geometry, planted.inside)
"""
# Each query: planted, found, planted and not found or the other way round, largest difference.
COMPARISONS = {
    "mines, km2": """
        SELECT (SELECT count(*) FROM read_parquet({truth} || '/mine.parquet')), (SELECT count(*) FROM mine),
            count(*) FILTER (n <> 1), max(difference)
        FROM (SELECT count(*) AS n, max(abs(planted_km2 - found_km2)) AS difference
              FROM pair GROUP BY mine_id)
    """,
    "country of a mine": """
        SELECT count(planted_iso3), count(found_iso3),
            count(*) FILTER (planted_iso3 IS DISTINCT FROM found_iso3), 0 FROM pair
    """,
    "status of a mine with series": """
        SELECT count(planted.status), count(found.status),
            count(*) FILTER (planted.status <> found.status), 0
        FROM pair
        INNER JOIN read_parquet({truth} || '/status.parquet') AS planted USING (mine)
        INNER JOIN mine_status AS found USING (mine_id)
        WHERE EXISTS (FROM mine_landcover_coverage AS covered
                      WHERE covered.mine_id = pair.mine_id AND covered.coverage_share > 0)
    """,
    "land cover by mine, year, class, km2": """
        SELECT count(planted.area_km2), count(found.area_km2),
            count(*) FILTER (planted.area_km2 IS NULL OR found.area_km2 IS NULL),
            max(abs(planted.area_km2 - found.area_km2))
        FROM (SELECT pair.mine_id, year, code, area_km2
              FROM read_parquet({truth} || '/landcover_yearly.parquet') INNER JOIN pair USING (mine)
              WHERE area_km2 > 0) AS planted
        FULL JOIN (FROM mine_landcover_yearly WHERE NOT is_interpolated) AS found
            USING (mine_id, year, code)
    """,
    "development by mine, year, cover type, km2": """
        SELECT count(planted.developed_km2), count(found.developed_km2),
            count(*) FILTER (planted.developed_km2 IS NULL OR found.developed_km2 IS NULL),
            max(abs(planted.developed_km2 - found.developed_km2))
        FROM (SELECT pair.mine_id, year, cover_type, developed_km2
              FROM read_parquet({truth} || '/disturbance_yearly.parquet')
              INNER JOIN pair USING (mine)) AS planted
        FULL JOIN mine_disturbance_yearly AS found USING (mine_id, year, cover_type)
    """,
    "bare surface share by mine and year": """
        SELECT count(planted.bare_surface_share), count(found.bare_surface_share),
            count(*) FILTER (planted.bare_surface_share IS NULL <> (found.bare_surface_share IS NULL)),
            max(abs(planted.bare_surface_share - found.bare_surface_share))
        FROM (SELECT pair.mine_id, year, bare_surface_share
              FROM read_parquet({truth} || '/bare_surface.parquet') INNER JOIN pair USING (mine)) AS planted
        FULL JOIN (FROM mine_bare_surface WHERE year IN (SELECT year FROM landcover_epoch)) AS found
            USING (mine_id, year)
    """,
}


def compare(folder: Path) -> dict[str, tuple[int, int, int, float]]:
    """By result: planted, found, only in one of both or different in kind, largest difference."""
    truth = quote_literal(str(folder / "truth"))
    # Not the locked way: the planted rows lie in files.
    with duckdb.connect(folder / "mines.duckdb", read_only=True) as connection:
        load_spatial(connection)
        connection.execute(PAIRS.format(truth=truth))
        return {
            what: row
            for what, query in COMPARISONS.items()
            if (row := answer(connection, query.format(truth=truth)))
        }


def answer(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[int, int, int, float] | None:
    """The one row of a query; None where the world has no such part."""
    try:
        row = connection.execute(query).fetchone()
    except duckdb.IOException:
        return None
    return row and tuple(row)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print("| what | planted | found | in one only, or otherwise | largest difference |")
    print("|---|---:|---:|---:|---:|")
    for what, (planted, found, other, apart) in compare(parser.parse_args().folder).items():
        print(f"| {what} | {planted:,} | {found:,} | {other:,} | {apart or 0:.1e} |")


if __name__ == "__main__":
    main()
