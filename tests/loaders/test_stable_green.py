"""Stable green from rasters: whose legend is read, and what a raster without a CRS or pixels says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely

from quarrydb.contract import LoadContext, LoadStep, SilentProgress
from quarrydb.database.connection import connect
from quarrydb.errors import ProjectError, SourceError
from quarrydb.loaders import stable_green
from quarrydb.project import load_project
from quarrydb.store.shards import Store

SIDE = 8
PROJECT = """
[project]
name = "green"
[[polygons]]
name = "mines"
path = "mines.gpkg"
[[stable_green.raster]]
path = "breaks.tif"
landcover = "landcover.tif"
"""
LEGEND = """code,class_name,cover_type,category
1,rock,rock,mine-related
2,moss,moss,dense vegetation
"""


def write(path: Path, pixels: np.ndarray, crs: str | None = "EPSG:4326") -> None:
    """Pixels of 0.01 degrees as a GeoTIFF of one band, its corner at 10 E 0 N."""
    height, width = pixels.shape
    shape = {"width": width, "height": height, "count": 1, "dtype": "uint8", "crs": crs}
    transform = rasterio.Affine(0.01, 0, 10, 0, -0.01, 0)
    with rasterio.open(path, "w", driver="GTiff", transform=transform, **shape) as dataset:
        dataset.write(pixels.astype("uint8"), 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rasters without a break; moss (2) in four pixels around the middle, rock (1) elsewhere."""
    cover = np.ones((SIDE, SIDE))
    cover[3:5, 3:5] = 2
    write(tmp_path / "landcover.tif", cover)
    write(tmp_path / "breaks.tif", np.zeros((SIDE, SIDE)))
    (tmp_path / "mines.gpkg").touch()
    (tmp_path / "legend.csv").write_text(LEGEND)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Iterator[Callable[..., tuple[LoadStep, Any]]]:
    """The step of one raster section, and the objects that it finds around a mine in the middle."""
    with connect() as connection:
        connection.execute("CREATE SCHEMA core")
        connection.execute(
            "CREATE VIEW main.parameter AS SELECT 0 AS break_count_max, 20000::DOUBLE AS green_window_m"
        )
        connection.execute(
            "CREATE TABLE core.merged AS SELECT 'a' AS merged_key, "
            "ST_GeomFromText('POINT (10.04 -0.04)').ST_Buffer(0.005) AS geometry"
        )

        def run(*lines: str) -> tuple[LoadStep, Any]:
            (folder / "quarry.toml").write_text(PROJECT + "\n".join(lines))
            (step,) = stable_green.steps(load_project(folder))
            sums = dict.fromkeys(step.files, "0")
            store = Store(folder / ".quarry")
            context = LoadContext(connection, store, SilentProgress(), 1, sums, folder)
            table = step.run(context)["raw.stable_green"]
            return step, shapely.from_wkb(table["geometry"].to_numpy())  # type: ignore[union-attr]

        yield run


MOSS = shapely.box(10.03, -0.05, 10.05, -0.03)


def test_a_legend_of_ones_own_stands_beside_the_project(folder, run, tmp_path_factory, monkeypatch):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    step, found = run('legend = "legend.csv"')
    assert folder / "legend.csv" in step.files
    assert len(found) == 1
    assert shapely.equals_exact(found[0].normalize(), MOSS.normalize(), 1e-9)


def test_a_legend_needs_no_suffix_to_be_a_file(folder, run):
    (folder / "legend.csv").rename(folder / "legend")
    step, found = run('legend = "legend"')
    assert folder / "legend" in step.files
    assert len(found) == 1


@pytest.mark.parametrize(
    ("legend", "said"),
    [("none.csv", "does not exist"), ("/vsicurl/http://x/legend.csv", "not a local path")],
)
def test_a_wrong_legend_is_a_mistake_in_the_project_file(run, legend, said):
    with pytest.raises(ProjectError, match=said):
        run(f'legend = "{legend}"')


@pytest.mark.parametrize("name", ["landcover.tif", "breaks.tif"])
def test_a_raster_without_crs_is_refused_unless_the_section_names_it(folder, run, name):
    with rasterio.open(folder / name) as dataset:
        pixels = dataset.read(1)
    write(folder / name, pixels, crs=None)
    with pytest.raises(SourceError, match=rf"{name} names no CRS"):
        run('legend = "legend.csv"')
    _, found = run('legend = "legend.csv"', 'crs = "EPSG:4326"')
    assert len(found) == 1
    assert shapely.equals_exact(found[0].normalize(), MOSS.normalize(), 1e-9)


def test_land_cover_cut_short_is_named(folder, run):
    whole = (folder / "landcover.tif").read_bytes()
    (folder / "landcover.tif").write_bytes(whole[:-10])
    with pytest.raises(SourceError, match=r"landcover\.tif: rows 0 to 7 can't be read"):
        run('legend = "legend.csv"')
