"""Render a world into a folder: inputs, truth, project file."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import geopandas as gpd
import pandas as pd

from quarrydb.contract import SILENT, Progress, told
from quarrydb.demo.districts import render_districts
from quarrydb.demo.files import write_truth
from quarrydb.demo.footprints import render_footprints
from quarrydb.demo.green_raster import outlines_after
from quarrydb.demo.images import CATALOGUE, render_images
from quarrydb.demo.indicators import render_indicators
from quarrydb.demo.labels import render_labels
from quarrydb.demo.landcover import render_landcover
from quarrydb.demo.landcover_truth import write_landcover_truth
from quarrydb.demo.points import render_points
from quarrydb.demo.project_file import write_project
from quarrydb.demo.published import WORLD, publish
from quarrydb.demo.readme import write_readme
from quarrydb.demo.register import render_register, render_villages
from quarrydb.demo.scale import Scale
from quarrydb.demo.sentinel2 import write_sentinel2
from quarrydb.demo.status_truth import write_status_truth
from quarrydb.demo.truth import write_polygon_truth
from quarrydb.demo.vectors import render_polygons
from quarrydb.demo.world import World, make_world
from quarrydb.errors import ProjectError
from quarrydb.version import __version__

Render = Callable[[World, Path, Progress], None]
# What a folder holds: version, seed, scale, parts.
RECORD = "world.json"


def _polygons(world: World, folder: Path, progress: Progress) -> None:
    """Vectors and the truth about them."""
    render_polygons(world, folder)
    write_polygon_truth(world, folder)


def _places(world: World, folder: Path) -> None:
    """Districts, villages, a register of mines, and the truth about them."""
    render_districts(world, folder)
    render_villages(world, folder)
    render_register(world, folder)


def _landcover(world: World, folder: Path, progress: Progress) -> None:
    """Land-cover tiles, break counts, and the truth about them."""
    green: list[gpd.GeoDataFrame] = []
    write_landcover_truth(world, render_landcover(world, folder, green, progress), folder)
    objects = pd.concat(green, ignore_index=True)
    write_truth(objects, folder, "green_raster")
    write_truth(outlines_after(world.outlines, objects), folder, "outline_raster")


def _indicators(world: World, folder: Path, progress: Progress) -> None:
    """NDVI and night-time light, and the truth about series, trends and status."""
    write_status_truth(world, render_indicators(world, folder, progress), folder)


def _sentinel2(world: World, folder: Path, progress: Progress) -> None:
    """The images as Sentinel-2; ProjectError where there are none yet."""
    del world
    if not (folder / CATALOGUE).is_file():
        raise ProjectError(
            f"{folder} has no images. Name them too: --only polygons,images,sentinel2"
        )
    with progress.task("Images as Sentinel-2", None, ""):
        write_sentinel2(folder, folder)


def _quick(render: Callable[[World, Path], None]) -> Render:
    """A part that takes too little time to tell of."""
    return lambda world, folder, progress: render(world, folder)


PARTS: dict[str, Render] = {
    "polygons": _polygons,
    "places": _quick(_places),
    "landcover": _landcover,
    "indicators": _indicators,
    "labels": _quick(render_labels),
    "images": render_images,
    "points": _quick(render_points),
    "footprints": _quick(render_footprints),
    "sentinel2": _sentinel2,
}
ON_DEMAND = ("sentinel2",)  # parts that are rendered where they are named


def write_demo(
    folder: str | Path,
    *,
    seed: int = 1,
    scale: str | float = 1,
    only: Sequence[str] = (),
    progress: Progress = SILENT,
) -> World:
    """Render the world of this seed and scale into ``folder``; ``only`` names parts, empty is all
    but ``sentinel2``.

    Parts rendered into the folder before stay, and stay in its project file.

    Raises:
        ProjectError: a part that does not exist, or a folder that holds something else.
    """
    folder, parts = Path(folder), _known(only)
    before = _claim(folder, seed, Scale.parse(scale))
    world = make_world(seed, scale)
    for name in told(parts, progress, "Writing", "parts", str):
        PARTS[name](world, folder, progress)
    rendered = [name for name in PARTS if name in parts or name in before]
    _record(folder, seed, world.scale, rendered)
    write_project(folder, rendered)
    write_readme(world, folder, rendered)
    return world


def write_published(
    folder: str | Path,
    *,
    seed: int = 1,
    scale: str | float = 1,
    progress: Progress = SILENT,
) -> World:
    """Render a world into ``folder/world``, and lay it out as its publishers do in ``folder/published``.

    The project file in ``folder`` names data sets of the catalogue, read from those folders.
    """
    folder, parts = Path(folder), ("polygons", "landcover", "indicators")
    world = write_demo(folder / WORLD, seed=seed, scale=scale, only=parts, progress=progress)
    with progress.task("The publishers' folders", None, ""):
        publish(world, folder)
    return world


def _known(only: Sequence[str]) -> list[str]:
    """The parts to render, in order."""
    unknown = [name for name in only if name not in PARTS]
    if unknown:
        raise ProjectError(f"no such part: {', '.join(unknown)}. Parts are {', '.join(PARTS)}.")
    wanted = only or [name for name in PARTS if name not in ON_DEMAND]
    return [name for name in PARTS if name in wanted]


def _record(folder: Path, seed: int, scale: Scale, parts: list[str]) -> None:
    """Note down what the folder holds."""
    record = {"version": __version__, "seed": seed, "scale": scale.name, "parts": parts}
    (folder / RECORD).write_text(json.dumps(record), encoding="utf-8")


def _claim(folder: Path, seed: int, scale: Scale) -> list[str]:
    """The parts that are in the folder; refuses one with other files or with another world."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        # At once, so that a run that was stopped can be run again.
        _record(folder, seed, scale, [])
    if not (folder / RECORD).is_file():
        raise ProjectError(f"{folder} holds other files. Give an empty folder, or a new one.")
    record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    if record.get("version") != __version__:
        raise ProjectError(
            f"{folder} holds the world of another version of quarrydb, whose files have other names. "
            "Remove the folder, or give another one."
        )
    if (record["seed"], record["scale"]) != (seed, scale.name):
        raise ProjectError(
            f"{folder} holds the world of seed {record['seed']}, scale {record['scale']}. "
            "Give another folder, or that seed and scale."
        )
    return list(record["parts"])
