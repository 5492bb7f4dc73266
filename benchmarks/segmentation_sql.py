"""Continuity and countries of yearly polygons in SQL, against the study's way in geopandas.

python -m benchmarks.segmentation_sql [--polygons 147000] [--years 9] [--study-python FILE] [--json FILE]

The study's way is in ``segmentation_study.py``: a ``geopandas.sjoin`` of each pair of neighbouring
years, and ``apply(lambda x: x.intersects(countries.geometry))`` for the countries, taking the last
match. How the last match is taken decides what that costs, so both forms are timed: ``FRAME`` looks
it up in the whole table of verdicts, ``ROWS`` selects the countries of each polygon. The study
unites no overlaps and measures no geodesic area: the second ratio leaves those steps out. Polygons
are synthetic, placed in the tropics; countries are Natural Earth 50m from ../shared/data/real, 242
with 99,613 vertices. All times are CPU seconds, the best of three runs each, so that the ratio holds
on a busy machine. The ``apply`` is timed over a sample and scaled up. ``--study-python`` runs the
study's way with another interpreter, say one with the GEOS of the study's day.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import pyarrow as pa
import shapely

import quarrydb
from benchmarks.segmentation_study import COUNTRIES, FRAME, ROWS, SJOIN, cpu, yearly_polygons
from benchmarks.world import store, with_macros
from quarrydb.catalog.objects import read_catalog
from quarrydb.engine.assemble import create_parameter_table
from quarrydb.project.parameters import Parameters

TARGET = 10.0
STEPS = (
    "core.country_cluster",
    "core.country_mainland",
    "core.country_part",
    "core.region_outline",
    "core.region_tile",
    "core.region_ground",
    "core.grid_lobe",
    "core.footprint_threshold",
    "main.image_offset",
    "core.site_seen",
    "core.footprint_outline",
    "core.footprint_square",
    "core.footprint_overlap",
    "core.footprint_unit",
    "core.neighbour_year",
    "core.unit_span",
    "core.polygon_reach",
    "core.reach_square",
    "core.continuity_pair",
    "core.continuity",
    "core.footprint_contact",
    "core.footprint_component",
    "core.footprint_merged",
    "core.footprint_united",
    "core.footprint_known",
    "core.footprint_cell",
    "core.footprint_border",
    "core.footprint_face",
    "core.footprint_face_region",
    "core.footprint_piece",
    "core.footprint_piece_region",
    "core.footprint_region",
    "core.footprint_placed",
    "core.footprint_place",
    "core.seen_region",
    "core.region_segmented",
)

# Tables that stay empty here.
EMPTY = (
    "raw.protected_area",
    "raw.biome",
    "raw.region",
    "raw.segmented_threshold",
    "raw.image_level",
)

# What the study does not do: geodesic areas, overlaps united.
BEYOND = (
    "core.footprint_outline",
    "core.footprint_square",
    "core.footprint_overlap",
    "core.footprint_contact",
    "core.footprint_component",
    "core.footprint_merged",
    "core.footprint_united",
)


def by_sql(polygons: geopandas.GeoDataFrame, countries: geopandas.GeoDataFrame) -> dict[str, float]:
    """CPU seconds of each stored step, and of the public country table."""
    with quarrydb.connect(read_only=False, threads=2) as connection:
        _fill(connection, polygons, countries)
        return {
            item.name: cpu(lambda item=item: store(connection, item)) for item in with_macros(STEPS)
        } | {
            "segmented_country_yearly": cpu(lambda: connection.execute(country_query()).fetchall())
        }


def _fill(
    connection: duckdb.DuckDBPyConnection,
    polygons: geopandas.GeoDataFrame,
    countries: geopandas.GeoDataFrame,
) -> None:
    """The raw tables and those that the stored steps read, from the two frames."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS raw; CREATE SCHEMA IF NOT EXISTS core")
    create_parameter_table(connection, Parameters())
    connection.register("rows", arrow(polygons))
    connection.execute(
        "CREATE TABLE raw.footprint AS SELECT footprint_id, year::INTEGER AS year, "
        "NULL::VARCHAR AS site_id, 'x' AS dataset, NULL::DOUBLE AS threshold, 0.7 AS mean_probability, "
        "NULL::DOUBLE AS reported_km2, "
        "ST_GeomFromWKB(wkb) AS geometry FROM rows"
    )
    connection.register("outlines", arrow(countries))
    connection.execute(
        "CREATE TABLE raw.country AS SELECT iso3, iso3 AS source_id, part, country, continent, "
        "ST_GeomFromWKB(wkb) AS geometry FROM outlines"
    )
    connection.execute(
        "CREATE TABLE core.country AS SELECT iso3, any_value(country) AS country, "
        "any_value(continent) AS continent FROM raw.country GROUP BY iso3"
    )
    connection.execute(
        "CREATE TABLE raw.segmented_site AS SELECT 'x' AS dataset, NULL::VARCHAR AS site_id, "
        "unnest(?::INTEGER[]) AS year, 'done' AS status, NULL::VARCHAR AS reason, "
        "NULL::DOUBLE AS seen_share, NULL::DOUBLE AS mine_seen_share, 0 AS n_polygons",
        [sorted(map(int, polygons["year"].unique()))],
    )
    connection.execute(
        "CREATE TABLE core.site_clarity (site_id VARCHAR, year INTEGER, clarity DOUBLE)"
    )
    connection.execute(
        "CREATE TABLE core.mine_place (mine_id VARCHAR, layer VARCHAR, region_id VARCHAR)"
    )
    connection.execute("CREATE TABLE core.site (mine_id VARCHAR, geometry GEOMETRY)")
    for name in EMPTY:
        connection.execute(read_catalog()[name].statement)


def country_query() -> str:
    """The body of the public country table."""
    return read_catalog()["main.segmented_country_yearly"].statement.partition(" AS\n")[2]


def arrow(frame: geopandas.GeoDataFrame) -> pa.Table:
    """A frame's columns with its geometry as WKB."""
    table = pa.Table.from_pandas(frame.drop(columns="geometry"), preserve_index=False)
    return table.append_column("wkb", pa.array(shapely.to_wkb(frame.geometry.to_numpy())))


def read_countries() -> geopandas.GeoDataFrame:
    """Country parts with code, name and continent."""
    world = geopandas.read_file(COUNTRIES)
    frame = geopandas.GeoDataFrame(
        {"iso3": world["ADM0_A3"], "country": world["NAME"], "continent": world["CONTINENT"]},
        geometry=shapely.make_valid(world.geometry.to_numpy()),
        crs=4326,
    ).explode(ignore_index=True)
    frame["part"] = range(len(frame))
    return frame


def best_by_sql(
    polygons: geopandas.GeoDataFrame, countries: geopandas.GeoDataFrame, repeats: int = 3
) -> dict[str, float]:
    """The least CPU seconds of each step over a few runs."""
    runs = [by_sql(polygons, countries) for _ in range(repeats)]
    return {name: min(run[name] for run in runs) for name in runs[0]}


def by_study(python: str, options: argparse.Namespace) -> dict[str, Any]:
    """What the study's way costs under an interpreter, and the versions there."""
    script = Path(__file__).with_name("segmentation_study.py")
    sizes = ["--polygons", str(options.polygons), "--years", str(options.years)]
    done = subprocess.run([python, script, *sizes], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compare(sql: dict[str, float], study: dict[str, float]) -> dict[str, dict[str, float]]:
    """The study's CPU seconds in either form, and how many times ours they are."""
    whole = sum(sql.values())
    alike = sum(seconds for name, seconds in sql.items() if name not in BEYOND)
    total = {form: study[SJOIN] + study[form] for form in (FRAME, ROWS)}
    return {
        form: {"study": cost, "whole": cost / whole, "alike": cost / alike}
        for form, cost in total.items()
    }


def main() -> None:
    """Measure both ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=147_000)
    parser.add_argument("--years", type=int, default=9)
    parser.add_argument("--study-python", default=sys.executable, metavar="FILE")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    countries = read_countries()
    land = shapely.union_all(countries.geometry.to_numpy())
    polygons = yearly_polygons(options.polygons, options.years, land)
    ours = best_by_sql(polygons, countries)
    theirs = by_study(options.study_python, options)
    study = theirs["cpu_s"]
    ratios = compare(ours, study)
    for title, times in (("SQL", ours), (f"the study's way, {theirs['versions']}", study)):
        print(f"\n{title}, {len(polygons):,} polygons over {options.years} years, CPU s")
        for name, seconds in times.items():
            print(f"  {seconds:8.2f}  {name}")
    print(f"\nSQL in all {sum(ours.values()):.2f} (target {TARGET:.0f} times less)")
    for form, ratio in ratios.items():
        print(
            f"{ratio['study']:8.2f}  {1000 * study[form] / len(polygons):.2f} ms a polygon, "
            f"ratio {ratio['whole']:.1f}, for the same steps {ratio['alike']:.1f}: {form}"
        )
    if options.json:
        result = {"sql": ours, **theirs, "ratio": ratios, "target": TARGET}
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
