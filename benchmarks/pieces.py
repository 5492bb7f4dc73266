"""What it costs to know land cover and indicators by region: rasters under the pieces of cut mines.

    python -m benchmarks --only pieces

A world is built with the layers that every build has, then two more are named: districts, 20,000 on the
planet, and discs of 30 km that overlap each other, 16,000 on the planet. What is set beside the steps that
read rasters under whole mines are those that read under pieces, of both builds together.
"""

from __future__ import annotations

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


def build_metered(place: Path, share: float | None) -> Callable[[], Mapping[str, float]]:
    """Build, after naming two more layers where ``share`` says how many regions; CPU seconds by step."""
    from quarrydb.database.connection import connect
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    if share is not None:
        name_layers(place, share)
    project = load_project(place)

    def work() -> Mapping[str, float]:
        meter = StepMeter()
        database = build(project, progress=meter, workers=1).database  # type: ignore[arg-type]
        meter.end()
        with connect(database) as connection:
            row = connection.execute(
                "SELECT count(DISTINCT mine_id), count(*) FILTER (NOT is_whole) FROM core.mine_piece"
            ).fetchone()
        return {**meter.cpu_s, "mines": row[0], "cut pieces": row[1]} if row else {}

    return work


def of_pieces(found: Measured) -> float:
    """CPU seconds of the steps that read rasters under pieces."""
    return sum(s for step, s in found.answer.items() if step.endswith("of pieces"))


def of_mines(found: Measured) -> float:
    """CPU seconds of the steps that read rasters under whole mines."""
    is_read = ("load landcover trajectories", "load indicator ")
    return sum(
        s
        for step, s in found.answer.items()
        if step.startswith(is_read) and not step.endswith("of pieces")
    )


def run(size: str, folder: Path) -> list[Row]:
    """Rasters under mines, under pieces, and under those that two more layers cut."""
    place = folder / f"pieces-{size}"
    measure(render, place, SCALES[size])
    first = measure(build_metered, place, None)
    second = measure(build_metered, place, SHARE[size])
    mines, pieces, more = of_mines(first), of_pieces(first), of_pieces(second)
    ratio = (mines + pieces + more) / mines
    n, own, all_cut = first.answer["mines"], first.answer["cut pieces"], second.answer["cut pieces"]
    note = f"{ratio:.2f} times the whole mines' together; at most {TARGET} are wanted"
    return [
        Row(f"rasters under {n:,} whole mines", mines, first.peak_mb),
        Row(f"under {own:,} pieces of cut mines, built-in layers", pieces, first.peak_mb),
        Row(f"two layers more, {all_cut:,} pieces", more, second.peak_mb, note=note),
    ]
