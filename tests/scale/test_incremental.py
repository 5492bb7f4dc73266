"""A new year or month in a built project: what runs again, counted, and what does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.engine.clean import clean_store
from quarrydb.loaders import indicator_cells, indicator_read, landcover_read, landcover_shard
from quarrydb.project import load_project
from tests.worlds import write_polygons, write_project

pytestmark = pytest.mark.slow

MINES = [shapely.box(x, 0.1, x + 0.1, 0.3) for x in (0.1, 0.5, 0.9)]
SECTIONS = r"""
[landcover]
path = "landcover/m_*.tif"
years_from = "m_(?P<year>\\d{4})"

[[indicator]]
name = "ntl"
path = "ntl/ntl_*.tif"
dates = "ntl_{year}{month}.tif"

[segmentation]
reference_year = 2019

[[segmentation.footprint]]
name = "published"
path = "footprints/footprint_*.gpkg"
"""
# What is made of boundaries and places, and never of a new date.
GROUND = {"core.merged", "core.erased", "core.mine", "core.mine_country", "core.mine_piece"}


def raster(path: Path, value: float, dtype: str) -> None:
    """A raster of one value with one other pixel, 0.05 degrees a pixel."""
    pixels = np.full((1, 10, 24), value, dtype)
    pixels[0, 5, 3] = 20
    path.parent.mkdir(exist_ok=True)
    with rasterio.open(
        path, "w", driver="GTiff", width=24, height=10, count=1, dtype=dtype, crs="EPSG:4326",
        transform=from_origin(0, 0.5, 0.05, 0.05),
    ) as dataset:  # fmt: skip
        dataset.write(pixels)


def add_landcover_year(world: Path, year: int) -> None:
    """One more epoch."""
    raster(world / f"landcover/m_{year}.tif", 10 if year % 2 else 200, "uint8")


def add_month(world: Path, month: int) -> None:
    """One more month of lights."""
    raster(world / f"ntl/ntl_{2018 + month // 12}{month % 12 + 1:02d}.tif", month / 7, "float32")


def add_footprint_year(world: Path, year: int) -> None:
    """One more year of outlines."""
    shapes = [shapely.buffer(mine, -0.001 * (year - 2015)) for mine in MINES]
    write_polygons(world / f"footprints/footprint_{year}.gpkg", shapes)


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A built project of three mines, four epochs, 60 months and three years of outlines."""
    folder = write_project(tmp_path / "world", {"a": MINES})
    (folder / "footprints").mkdir()
    for year in range(2000, 2004):
        add_landcover_year(folder, year)
    for month in range(60):
        add_month(folder, month)
    for year in range(2016, 2019):
        add_footprint_year(folder, year)
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + SECTIONS)
    build(load_project(folder), workers=1)
    return folder


def shards(world: Path, *kinds: str) -> dict[Path, int]:
    """Shards in the store, and when they were written."""
    store = world / ".quarry" / "store"
    return {p: p.stat().st_mtime_ns for kind in kinds for p in (store / kind).glob("*.parquet")}


def rerun(world: Path, add: Callable[[Path, int], None], number: int) -> set[str]:
    """Add one date; what the plan says will run, which a build then runs and no more.

    Before, nothing of the store is of no use, and a clean takes nothing.
    """
    assert clean_store(load_project(world)) == {}
    add(world, number)
    project = load_project(world)
    builder = Builder(project)
    planned = {step.node.name for step in builder.explain(builder.plan()) if step.will_run}
    assert build(project, workers=1).n_run == len(planned)
    assert build(project, workers=1).was_current
    return planned


def test_one_more_month_reads_one_raster(world: Path) -> None:
    """60 months stay as they are; cells under the mines are not measured again."""
    kinds = indicator_read.KIND, indicator_cells.KIND, landcover_shard.TRAJECTORY
    before = shards(world, *kinds)
    ran = rerun(world, add_month, 60)
    assert {name for name in ran if name.startswith("load ")} == {
        "load indicator ntl", "load indicator ntl of pieces"
    }  # fmt: skip
    assert not ran & GROUND
    assert not any("landcover" in name or "segment" in name for name in ran)
    after = shards(world, *kinds)
    assert before.items() <= after.items()
    assert len(after) - len(before) == 1
    assert (new := next(iter(after.keys() - before.keys()))).parent.name == indicator_read.KIND, new


def test_one_more_landcover_year_reads_its_map_only(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under mines and footprints; a trajectory runs over all epochs, so all shards are written anew."""
    plain, read = landcover_read.read_window, set()

    def noted(dataset: Any, path: Path, window: Any, **options: Any) -> Any:
        read.add(path.name)
        return plain(dataset, path, window, **options)

    monkeypatch.setattr(landcover_read, "read_window", noted)
    before = shards(world, indicator_read.KIND, indicator_cells.KIND)
    n_read = len(shards(world, landcover_shard.TRAJECTORY))
    ran = rerun(world, add_landcover_year, 2004)
    assert read == {"m_2004.tif"}
    assert {name for name in ran if name.startswith("load ")} == {
        "load landcover trajectories", "load footprint land cover", "load land cover of pieces"
    }  # fmt: skip
    assert not ran & GROUND
    assert "core.continuity" not in ran
    assert shards(world, indicator_read.KIND, indicator_cells.KIND) == before
    assert len(shards(world, landcover_shard.TRAJECTORY)) == 2 * n_read


def test_one_more_year_of_outlines_reads_no_raster(world: Path) -> None:
    """Mines, land cover and lights stay as they are."""
    kinds = indicator_read.KIND, indicator_cells.KIND, landcover_shard.TRAJECTORY
    before = shards(world, *kinds)
    ran = rerun(world, add_footprint_year, 2019)
    assert {name for name in ran if name.startswith("load ")} == {
        "load footprint published 2019", "load footprint land cover"
    }  # fmt: skip
    assert not ran & GROUND
    assert not any("indicator" in name or "trajectories" in name for name in ran)
    assert shards(world, *kinds) == before
