"""Continuity and countries of yearly polygons in SQL, against the study's way in geopandas.

python benchmarks/segmentation_sql.py [--polygons 147000] [--years 9] [--json FILE]

The study joins each pair of neighbouring years with ``geopandas.sjoin`` and finds each polygon's
country with ``apply(lambda x: x.intersects(countries.geometry))``, taking the last match. How the
last match is taken decides what that costs, so both forms are timed: ``FRAME`` looks it up in the
whole table of verdicts, ``ROWS`` selects the countries of each polygon. The study unites no overlaps
and measures no geodesic area: the second ratio leaves those steps out. Polygons are synthetic,
placed in the tropics; countries are Natural Earth 50m from ../shared/data/real. All times are CPU
seconds, so that the ratio holds on a busy machine. The ``apply`` is timed over a sample and scaled
up.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

import quarrydb
from quarrydb.assemble import create_parameter_table
from quarrydb.catalog import in_order, read_catalog
from quarrydb.project.parameters import Parameters

COUNTRIES = Path(__file__).parents[2] / "shared/data/real/ne_50m_admin_0_countries"
FIRST_YEAR = 2016
APPLY_SAMPLE = 2_000
TARGET = 10.0
SJOIN = 'geopandas.sjoin(frame, by_year[other], predicate="intersects")'
FRAME = "frame.geometry.apply(lambda x: x.intersects(countries.geometry)), last True of each row"
ROWS = "frame.geometry.apply(lambda x: countries[x.intersects(countries.geometry)]), last row"
STEPS = (
    "core.country_tile",
    "core.prediction",
    "core.prediction_overlap",
    "core.prediction_component",
    "core.segmented_polygon",
    "core.continuity_pair",
    "core.continuity",
    "core.segmented_country_area",
    "core.segmented_footprint",
)

# What the study does not do: geodesic areas, overlaps united.
BEYOND = (
    "core.prediction",
    "core.prediction_overlap",
    "core.prediction_component",
    "core.segmented_polygon",
)


def cpu(run: Callable[[], object]) -> float:
    """CPU seconds of one run, all threads."""
    start = time.process_time()
    run()
    return time.process_time() - start


def yearly_polygons(n: int, n_years: int, land: shapely.Geometry) -> geopandas.GeoDataFrame:
    """``n`` polygons of about 0.5 km2: three quarters stay where they are from year to year."""
    random = np.random.default_rng(0)
    per_year = n // n_years
    centres = points_on(land, per_year, random)
    frames = []
    for year in range(FIRST_YEAR, FIRST_YEAR + n_years):
        moved = random.random(per_year) < 0.25
        here = np.where(moved[:, None], points_on(land, per_year, random), centres)
        angle = np.linspace(0, 2 * np.pi, 25)[:-1]
        radius = 0.0036 * (1 + 0.3 * random.random((per_year, 24)))
        ring = here[:, None] + radius[:, :, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        ids = [f"{year}-{i:06}" for i in range(per_year)]
        columns = {"prediction_id": ids, "year": year}
        frames.append(geopandas.GeoDataFrame(columns, geometry=shapely.polygons(ring), crs=4326))
    return pd.concat(frames, ignore_index=True)


def points_on(land: shapely.Geometry, n: int, random: np.random.Generator) -> np.ndarray:
    """``n`` points between 25 S and 25 N on land, longitude and latitude."""
    shapely.prepare(land)
    found = np.empty((0, 2))
    while len(found) < n:
        points = np.column_stack([random.uniform(-85, 150, n), random.uniform(-25, 25, n)])
        found = np.vstack([found, points[shapely.contains_xy(land, points)]])
    return found[:n]


def by_sql(polygons: geopandas.GeoDataFrame, countries: geopandas.GeoDataFrame) -> dict[str, float]:
    """CPU seconds of each stored step, and of the public country table."""
    years = sorted(polygons["year"].unique())
    with quarrydb.connect(read_only=False, threads=2) as connection:
        for schema in ("raw", "core"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        create_parameter_table(connection, Parameters())
        connection.register("rows", arrow(polygons))
        connection.execute(
            "CREATE TABLE raw.prediction AS SELECT prediction_id, year::INTEGER AS year, "
            "NULL::VARCHAR AS site_id, 'x' AS dataset, 0.7 AS mean_probability, "
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
            "unnest(?::INTEGER[]) AS year, 'done' AS status",
            [[int(year) for year in years]],
        )
        return {
            name: cpu(lambda item=item: store(connection, item)) for name, item in ordered()
        } | {
            "segmented_country_yearly": cpu(lambda: connection.execute(country_query()).fetchall())
        }


def ordered() -> list[tuple[str, object]]:
    """The stored steps in the order in which a build takes them."""
    catalog = read_catalog()
    macros = [item for item in catalog.values() if item.name == "core.area_km2"]
    items = in_order([*macros, *(catalog[name] for name in STEPS)], catalog)
    return [(item.name, item) for item in items]


def store(connection: object, item: object) -> None:
    """Run one SQL file and keep its rows as a table, as a build does."""
    connection.execute(item.statement)
    if item.kind == "view":
        connection.execute(f"CREATE TABLE core.kept AS FROM {item.name}")
        connection.execute(f"DROP VIEW {item.name}")
        connection.execute(f"ALTER TABLE core.kept RENAME TO {item.name.partition('.')[2]}")


def country_query() -> str:
    """The body of the public country table."""
    return read_catalog()["main.segmented_country_yearly"].statement.partition(" AS\n")[2]


def arrow(frame: geopandas.GeoDataFrame) -> pa.Table:
    """A frame's columns with its geometry as WKB."""
    table = pa.Table.from_pandas(frame.drop(columns="geometry"), preserve_index=False)
    return table.append_column("wkb", pa.array(shapely.to_wkb(frame.geometry.to_numpy())))


def by_study(polygons: geopandas.GeoDataFrame) -> dict[str, float]:
    """CPU seconds of the joins of neighbouring years, and of the countries in either form."""
    sample = polygons.sample(min(APPLY_SAMPLE, len(polygons)), random_state=0)
    world = geopandas.read_file(COUNTRIES)
    share = len(polygons) / len(sample)
    return {
        SJOIN: cpu(lambda: join_neighbours(polygons)),
        FRAME: share * cpu(lambda: countries_by_frame(sample, world)),
        ROWS: share * cpu(lambda: countries_by_rows(sample, world)),
    }


def join_neighbours(polygons: geopandas.GeoDataFrame) -> None:
    """Each year with the one before and the one after."""
    by_year = dict(list(polygons.groupby("year")))
    for year, frame in by_year.items():
        for other in (year - 1, year + 1):
            if other in by_year:
                geopandas.sjoin(frame, by_year[other], predicate="intersects")


def countries_by_frame(frame: geopandas.GeoDataFrame, world: geopandas.GeoDataFrame) -> np.ndarray:
    """Each polygon's last country, from one table of polygons by countries."""
    hits = frame.geometry.apply(lambda x: x.intersects(world.geometry)).to_numpy()
    last = hits.shape[1] - 1 - hits[:, ::-1].argmax(axis=1)
    return np.where(hits.any(axis=1), world["NAME"].to_numpy()[last], None)


def countries_by_rows(frame: geopandas.GeoDataFrame, world: geopandas.GeoDataFrame) -> np.ndarray:
    """Each polygon's last country, selected polygon by polygon."""

    def last_match(x: shapely.Geometry) -> str | None:
        hit = world[x.intersects(world.geometry)]
        return hit["NAME"].iloc[-1] if len(hit) else None

    return frame.geometry.apply(last_match).to_numpy()


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


def main() -> None:
    """Measure both ways and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=147_000)
    parser.add_argument("--years", type=int, default=9)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    countries = read_countries()
    land = shapely.union_all(countries.geometry.to_numpy())
    polygons = yearly_polygons(options.polygons, options.years, land)
    ours, theirs = by_sql(polygons, countries), by_study(polygons)
    for title, times in (("SQL", ours), ("the study's way", theirs)):
        print(f"\n{title}, {len(polygons):,} polygons over {options.years} years, CPU s")
        for name, seconds in times.items():
            print(f"  {seconds:8.2f}  {name}")
    whole = sum(ours.values())
    alike = sum(seconds for name, seconds in ours.items() if name not in BEYOND)
    print(
        f"\nSQL in all {whole:.2f}, only what the study does {alike:.2f} (target {TARGET:.0f} times less)"
    )
    ratios = {}
    for form in (FRAME, ROWS):
        study = theirs[SJOIN] + theirs[form]
        ratios[form] = {"study": study, "whole": study / whole, "alike": study / alike}
        print(
            f"{study:8.2f}  {1000 * theirs[form] / len(polygons):.2f} ms a polygon, "
            f"ratio {study / whole:.1f}, for the same steps {study / alike:.1f}: {form}"
        )
    if options.json:
        result = {"sql": ours, "study": theirs, "ratio": ratios, "target": TARGET}
        options.json.write_text(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
