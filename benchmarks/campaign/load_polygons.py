"""A million polygons in one source, as GeoPackage and as GeoParquet; a source of 200 columns."""

from __future__ import annotations

import string
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import pandas
import shapely

from benchmarks.campaign.outcome import Outcome, in_a_process, must, project_file, quarry, scalar

MILLION = 1_000_000
VERTICES = 16
LIMIT = "5GB"
RADIUS = 0.02  # degrees
WEST, EAST, SOUTH, NORTH = -179.0, 179.0, -60.0, 70.0
OVERLAPS_EVERY = 10
N_COLUMNS, LONG_TEXT = 200, 100_000


def lattice(n: int) -> np.ndarray:
    """``n`` regular polygons over the land and the sea; one in ten overlaps its eastern neighbour alone."""
    n_columns = max(2, round((n * (EAST - WEST) / (NORTH - SOUTH)) ** 0.5))
    row, column = np.divmod(np.arange(n), n_columns)
    step = (EAST - WEST) / n_columns
    x = WEST + step * (column + 0.5)
    y = SOUTH + (NORTH - SOUTH) * (row + 0.5) / (row.max() + 1)
    # Each pair lies within one row, and far from any other.
    moved = (column % OVERLAPS_EVERY == 1) & (column < n_columns - 1)
    x = np.where(moved, x - step + RADIUS, x)
    turn = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * RADIUS
    return shapely.polygons(np.stack([x, y], axis=1)[:, None, :] + ring[None, :, :])


def n_overlapping(shapes: np.ndarray) -> int:
    """How many pairs of polygons meet, by another library than the build's."""
    tree = shapely.STRtree(shapes)
    one, other = tree.query(shapes, predicate="intersects")
    return int((one < other).sum())


def write_countries(folder: Path) -> list[str]:
    """24 countries of 15 degrees from west to east, as sections of the project file."""
    boxes = [shapely.box(west, -89, west + 15, 89) for west in range(-180, 180, 15)]
    names = [f"C{a}{b}" for a in "AB" for b in string.ascii_uppercase[:12]]
    table = {"ISO_A3": names, "ADMIN": names, "CONTINENT": ["Asia"] * len(names)}
    frame = geopandas.GeoDataFrame(table, geometry=boxes, crs="EPSG:4326")
    frame.to_file(folder / "countries.gpkg")
    return ["[countries]", 'path = "countries.gpkg"']


def write_many(folder: Path, n: int) -> int:
    """Write ``n`` polygons as GeoPackage and as GeoParquet; how many pairs of them overlap."""
    shapes = lattice(n)
    frame = geopandas.GeoDataFrame({"code": np.arange(n)}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(folder / "many.gpkg", layer="mines")
    frame.to_parquet(folder / "many.parquet")
    return n_overlapping(shapes)


def million(folder: Path, n: int = MILLION) -> Iterator[Outcome]:
    """Build ``n`` polygons from a GeoPackage, then the same from a GeoParquet: equal mines must come."""
    pairs = in_a_process(write_many, folder, n)
    size = {name: (folder / name).stat().st_size / 1e6 for name in ("many.gpkg", "many.parquet")}
    countries = write_countries(folder)
    for kind, name in (("GeoPackage", "many.gpkg"), ("GeoParquet", "many.parquet")):
        source = ["[[polygons]]", 'name = "many"', f'path = "{name}"']
        project_file(folder, [*source, *countries])
        # The second time what is made of the same polygons would be made of them again.
        only = () if kind == "GeoPackage" else ("--only", "core.polygon")
        ran = quarry("build", folder, "--workers", "1", *only, memory_limit=LIMIT)
        database = folder / ("mines.part.duckdb" if only else "mines.duckdb")
        if only:
            found = f"{count(database, 'core.polygon', n):,} polygons loaded"
        else:
            n_mines = count(database, "mine", n - pairs)
            found = f"{n_mines:,} mines, each pair that overlaps one"
        yield Outcome(
            f"{n:,} polygons of {VERTICES} vertices in one {kind} of {size[name]:,.0f} MB, "
            f"memory limit {LIMIT}",
            f"{found}; {ran.seconds / 60:.0f} minutes on a busy machine.",
            ran.cpu_s,
            ran.peak_mb,
        )


def count(database: Path, relation: str, wanted: int) -> int:
    """Rows of a relation, as many as are wanted."""
    n = int(str(scalar(database, f"SELECT count(*) FROM {relation}")))
    must(n == wanted, f"{n:,} rows in {relation}, {wanted:,} planted")
    return n


def columns(folder: Path, n: int = 5_000, n_columns: int = N_COLUMNS) -> list[Outcome]:
    """A source of many columns, with a very long value: built, asked, exported as parts."""
    shapes = lattice(n)
    values = {f"column_{i}": [f"{i} {j}" for j in range(n)] for i in range(n_columns)}
    values["column_0"][0] = "x" * LONG_TEXT
    frame = geopandas.GeoDataFrame(pandas.DataFrame(values), geometry=shapes, crs="EPSG:4326")
    frame.to_file(folder / "wide.gpkg", layer="mines")
    source = ["[[polygons]]", 'name = "wide"', 'path = "wide.gpkg"']
    project_file(folder, [*source, *write_countries(folder)])
    ran = quarry("build", folder, "--workers", "1")
    database = folder / "mines.duckdb"
    longest = scalar(database, "SELECT max(length(attributes ->> 'column_0')) FROM raw.polygon")
    must(longest == LONG_TEXT, f"the longest value has {longest} characters")
    last = scalar(
        database, f"SELECT count(DISTINCT attributes ->> 'column_{n_columns - 1}') FROM raw.polygon"
    )
    must(last == n, f"{last} of {n} values of the last column")
    return [
        Outcome(
            f"{n:,} polygons with {n_columns} columns, one value of {LONG_TEXT:,} characters",
            "Built: every value is in the database.",
            ran.cpu_s,
            ran.peak_mb,
        )
    ]
