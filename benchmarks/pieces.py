"""What it costs to know land cover and indicators by region: rasters under the pieces of cut mines.

    python -m benchmarks --only pieces

Two layers are named besides those that every build has: districts, 20,000 on the planet, and discs of 30 km
that overlap each other, 16,000 on the planet. The steps that read rasters are built with all pieces from
nothing, and set beside the same steps that read whole mines alone; then as they are where the layers are
named later.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from benchmarks.harness import Measured, Row, measure
from benchmarks.meter import StepMeter
from benchmarks.world import SCALES

PARTS = ("polygons", "landcover", "indicators")
SHARE = {"quick": 0.01, "usual": 0.1, "full": 1.0}
DISTRICTS, DISCS = 20_000, 16_000  # of the planet
DISC_DEGREES = 0.27
TARGET = 1.2  # raster steps with two more layers, over those of whole mines
READ = ("load landcover trajectories", "load land cover of pieces", "load indicator ")
LAYERS = """
[[regions]]
name = "district"
path = "districts.gpkg"
id = "code"

[[regions]]
name = "disc"
path = "discs.gpkg"
id = "code"
"""


def render(place: Path, scale: str) -> Callable[[], int]:
    """The world without layers of its own."""
    from quarrydb.demo import write_demo

    return lambda: len(write_demo(place, scale=scale, only=PARTS).mines)


def name_layers(place: Path, share: float) -> None:
    """Write two more layers over the countries, half of their regions near mines, and name them."""
    import geopandas
    import shapely

    rng = np.random.default_rng(0)
    land = geopandas.read_file(place / "natural_earth").geometry
    mines = geopandas.read_parquet(place / "truth" / "mine.parquet").geometry
    boxes = land.bounds.to_numpy()
    chosen = boxes[rng.integers(0, len(boxes), int(DISTRICTS * share / 2))]
    far = rng.uniform(chosen[:, :2], chosen[:, 2:])
    near = shapely.get_coordinates(shapely.centroid(mines.to_numpy()))
    near = near[rng.integers(0, len(near), len(far))] + rng.normal(0, 0.2, far.shape)
    spots = np.concatenate([far, near])
    districts = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(spots)))
    discs = shapely.buffer(shapely.points(spots[:: DISTRICTS // DISCS + 1]), DISC_DEGREES)
    for name, shapes in (("districts", districts), ("discs", discs)):
        rows = {"code": [f"{name}{i}" for i in range(len(shapes))]}
        geopandas.GeoDataFrame(rows, geometry=shapes, crs=4326).to_file(place / f"{name}.gpkg")
    file = place / "quarry.toml"
    file.write_text(file.read_text() + LAYERS)


def read_rasters(place: Path, pieces: bool) -> Callable[[], Mapping[str, float]]:
    """Build what rasters say of whole mines, and of ``pieces`` where wanted; CPU seconds by step."""
    from quarrydb.database.connection import connect
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    tables = ("raw.indicator", "raw.landcover_trajectory")
    more = ("raw.piece_indicator", "raw.piece_trajectory") if pieces else ()

    def work() -> Mapping[str, float]:
        meter = StepMeter()
        project = load_project(place)
        part = build(project, progress=meter, workers=1, until=[*tables, *more])  # type: ignore[arg-type]
        meter.end()
        spent = sum(s for step, s in meter.cpu_s.items() if step.startswith(READ))
        with connect(part.database) as connection:
            row = connection.execute(
                "SELECT count(*) FILTER (NOT is_whole) FROM core.mine_piece"
                if pieces
                else "SELECT count(*) FROM core.mine"
            ).fetchone()
        return {"spent": spent, "n": row[0] if row else 0}

    return work


def run(size: str, folder: Path) -> list[Row]:
    """Rasters under mines alone, under these and all pieces, and under pieces of two layers named later."""
    place, whole = folder / f"pieces-{size}", folder / f"pieces-{size}-whole"
    measure(render, place, SCALES[size])
    shutil.copytree(place, whole)
    mines = measure(read_rasters, place, False)
    measure(read_rasters, place, True)
    for project in (place, whole):
        name_layers(project, SHARE[size])
    later = measure(read_rasters, place, True)
    both = measure(read_rasters, whole, True)
    ratio = both.answer["spent"] / mines.answer["spent"]
    note = f"{ratio:.2f} times the whole mines' alone; at most {TARGET} is wanted"
    return [
        row(f"rasters under {mines.answer['n']:,} whole mines", mines),
        row(f"and under {both.answer['n']:,} pieces, two layers more among them", both, note),
        row("the two layers named later: pieces of the mines that they cut", later),
    ]


def row(what: str, found: Measured, note: str = "") -> Row:
    """A row of the steps that read rasters."""
    return Row(what, found.answer["spent"], found.peak_mb, note=note)
