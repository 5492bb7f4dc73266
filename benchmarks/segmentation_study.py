"""The study's way from yearly polygons to continuity and countries, in geopandas alone.

python benchmarks/segmentation_study.py [--polygons 147000] [--years 9]

Prints JSON: CPU seconds by step, and the versions of what computed them. It imports nothing of this
project, so that an interpreter with the geopandas and GEOS of the study's day can run it as well:
GEOS 3.13 made ``intersects`` several times faster.
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
import shapely

COUNTRIES = Path(__file__).parents[2] / "shared/data/real/ne_50m_admin_0_countries"
FIRST_YEAR = 2016
APPLY_SAMPLE = 2_000
SJOIN = 'geopandas.sjoin(frame, by_year[other], predicate="intersects")'
FRAME = "frame.geometry.apply(lambda x: x.intersects(countries.geometry)), last True of each row"
ROWS = "frame.geometry.apply(lambda x: countries[x.intersects(countries.geometry)]), last row"


def cpu(run: Callable[[], object]) -> float:
    """CPU seconds of one run, all threads."""
    start = time.process_time()
    run()
    return time.process_time() - start


def best(run: Callable[[], object], repeats: int = 3) -> float:
    """The least CPU seconds of a few runs: a busy machine only ever adds to them."""
    return min(cpu(run) for _ in range(repeats))


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
        columns = {"footprint_id": ids, "year": year}
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


def by_study(polygons: geopandas.GeoDataFrame) -> dict[str, float]:
    """CPU seconds of the joins of neighbouring years, and of the countries in either form; the best
    of a few runs each.
    """
    sample = polygons.sample(min(APPLY_SAMPLE, len(polygons)), random_state=0)
    world = geopandas.read_file(COUNTRIES)
    share = len(polygons) / len(sample)
    return {
        SJOIN: best(lambda: join_neighbours(polygons)),
        FRAME: share * best(lambda: countries_by_frame(sample, world)),
        ROWS: share * best(lambda: countries_by_rows(sample, world)),
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


def versions() -> dict[str, object]:
    """What computes here, and how detailed its countries are."""
    world = geopandas.read_file(COUNTRIES)
    return {
        "geopandas": geopandas.__version__,
        "shapely": shapely.__version__,
        "geos": shapely.geos_version_string,
        "countries": len(world),
        "vertices": int(shapely.get_num_coordinates(world.geometry.to_numpy()).sum()),
    }


def read_land() -> shapely.Geometry:
    """All countries in one."""
    world = geopandas.read_file(COUNTRIES)
    return shapely.union_all(shapely.make_valid(world.geometry.to_numpy()))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--polygons", type=int, default=147_000)
    parser.add_argument("--years", type=int, default=9)
    options = parser.parse_args()
    polygons = yearly_polygons(options.polygons, options.years, read_land())
    print(json.dumps({"cpu_s": by_study(polygons), "versions": versions()}))


if __name__ == "__main__":
    main()
