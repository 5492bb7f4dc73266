"""Small projects that tests make by hand."""

from collections.abc import Sequence
from pathlib import Path

import geopandas
import shapely

COUNTRY = {"ISO_A3": ["AAA"], "ADMIN": ["Aland"], "CONTINENT": ["Asia"]}


def write_polygons(path: Path, shapes: Sequence[shapely.Geometry], crs: str = "EPSG:4326") -> Path:
    """A GeoPackage of ``shapes``, one feature each."""
    frame = geopandas.GeoDataFrame({"n": range(len(shapes))}, geometry=list(shapes), crs=crs)
    frame.to_file(path, layer="mines")
    return path


def write_project(
    folder: Path,
    sources: dict[str, Sequence[shapely.Geometry]],
    *,
    green: Sequence[shapely.Geometry] = (),
    parameters: str = "",
) -> Path:
    """A project of polygon sources, one country around them all, and stable green."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["[project]", 'name = "test"']
    for name, shapes in sources.items():
        write_polygons(folder / f"{name}.gpkg", shapes)
        lines += ["[[polygons]]", f'name = "{name}"', f'path = "{name}.gpkg"']
    outline = geopandas.GeoDataFrame(
        COUNTRY, geometry=[shapely.box(-20, -20, 20, 60)], crs="EPSG:4326"
    )
    outline.to_file(folder / "countries.gpkg")
    lines += ["[countries]", 'path = "countries.gpkg"']
    if green:
        write_polygons(folder / "green.gpkg", green)
        lines += ["[stable_green.polygons]", 'path = "green.gpkg"']
    lines += ["[parameters]", parameters]
    (folder / "quarry.toml").write_text("\n".join(lines) + "\n")
    return folder


def metres(x: float, y: float, *, latitude: float = 0.0) -> tuple[float, float]:
    """Degrees of a point ``x`` m east and ``y`` m north of (0, ``latitude``), on the sphere."""
    from math import cos, radians

    return x / 111195.08 / cos(radians(latitude)), latitude + y / 111195.08
