"""A project of two overlapping data sets that builds in seconds, and changes of it."""

import shutil
from pathlib import Path

import shapely

from tests.worlds import write_project

OTHER = "simplify_tolerance_m = 20.0\n"


def discs(shift: float, radius: float) -> list[shapely.Geometry]:
    """Forty discs in rows, ``shift`` degrees east."""
    places = [(x * 0.1 + shift, y * 0.1) for x in range(8) for y in range(5)]
    return [shapely.Point(*place).buffer(radius) for place in places]


def write_small(folder: Path) -> Path:
    """Write the project: forty mines, each in both sources and with green at its edge."""
    sources = {"a": discs(0, 0.03), "b": discs(0.02, 0.03)}
    return write_project(folder, sources, green=discs(0.05, 0.01))


def change(folder: Path) -> None:
    """Change a parameter, so that most steps must run again."""
    with (folder / "quarry.toml").open("a", encoding="utf-8") as file:
        file.write(OTHER)


def copy(built: Path, folder: Path) -> Path:
    """A copy of a built project that a test may harm."""
    shutil.copytree(built, folder, symlinks=True)
    return folder
