"""A project of two overlapping data sets that builds in seconds, and changes of it."""

import csv
import shutil
from pathlib import Path

import shapely

from quarrydb.inference.model import SHIPPED_MODELS
from tests.segmentation.project import plant_project
from tests.worlds import write_project

SEGMENTED_YEARS = [2016, 2017, 2018]
OTHER = "simplify_tolerance_m = 20.0\n"


def discs(shift: float, radius: float) -> list[shapely.Geometry]:
    """Forty discs in rows, ``shift`` degrees east."""
    places = [(x * 0.1 + shift, y * 0.1) for x in range(8) for y in range(5)]
    return [shapely.Point(*place).buffer(radius) for place in places]


def write_small(folder: Path) -> Path:
    """Write the project: forty mines, each in both sources and with green at its edge."""
    sources = {"a": discs(0, 0.03), "b": discs(0.02, 0.03)}
    return write_project(folder, sources, green=discs(0.05, 0.01))


def write_segmented(folder: Path) -> Path:
    """Write a project with images of four mines in three years, and the shipped model."""
    plant_project(folder, SHIPPED_MODELS / "demo")
    kept = [f"clear_{year}" for year in SEGMENTED_YEARS]
    with (folder / "images.csv").open(newline="") as file:
        head, *rows = list(csv.reader(file))
    with (folder / "images.csv").open("w", newline="") as file:
        csv.writer(file).writerows([head, *(row for row in rows if row[0] in kept)])
    for image in (folder / "images").iterdir():
        if image.stem not in kept:
            image.unlink()
    text = (folder / "quarry.toml").read_text(encoding="utf-8")
    text = text.replace("[2016, 2020]", "[2016, 2018]").replace("= 2020", "= 2018")
    (folder / "quarry.toml").write_text(text, encoding="utf-8")
    return folder


def change_segmented(folder: Path) -> None:
    """Change parameters, so that the build and every prediction must run again."""
    file = folder / "quarry.toml"
    text = file.read_text(encoding="utf-8").replace(
        "[segmentation]", "[segmentation]\nthreshold = 0.6"
    )
    file.write_text(text + OTHER, encoding="utf-8")


def change(folder: Path) -> None:
    """Change a parameter, so that most steps must run again."""
    with (folder / "quarry.toml").open("a", encoding="utf-8") as file:
        file.write(OTHER)


def copy(built: Path, folder: Path) -> Path:
    """A copy of a built project that a test may harm."""
    shutil.copytree(built, folder, symlinks=True)
    return folder
