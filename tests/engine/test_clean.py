"""What ``quarry clean`` leaves: all that the next build starts from."""

from pathlib import Path

import numpy as np
import pytest
import shapely

from quarrydb.engine.builder import Builder
from quarrydb.engine.clean import clean_store
from quarrydb.project import load_project
from quarrydb.store.ledger import Record, output_of
from quarrydb.store.shards import Store, sealed_by
from tests.status.rasters import write_raster
from tests.worlds import write_project

STEP = "load indicator ndvi"
INDICATOR = """
[[indicator]]
name = "ndvi"
path = "ndvi_*.tif"
dates = "ndvi_{year}.tif"
"""


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A project with an indicator, and shards of two runs in its store."""
    folder = write_project(tmp_path / "world", {"a": [shapely.box(0, 0, 0.02, 0.02)]})
    write_raster(folder / "ndvi_2018.tif", np.ones((4, 4), np.float32))
    with (folder / "quarry.toml").open("a", encoding="utf-8") as file:
        file.write(INDICATOR)
    store = Store(folder / ".quarry")
    for path in (shard(folder, k, n) for k in ("coverage", "indicator") for n in ("new", "old")):
        store.put(path, lambda file: file.write(b"rows"))
    return folder


def shard(world: Path, kind: str, name: str) -> Path:
    """A shard of the indicator."""
    return Store(world / ".quarry").path(kind, name)


def note(world: Path, kept: tuple[str, ...] | None) -> None:
    """Record the steps that read the indicator, of mines and of their pieces, with its new shard."""
    builder = Builder(load_project(world))
    outputs = (output_of(builder.store, "raw.indicator", shard(world, "indicator", "new")),)
    for node in builder.plan().steps:
        if node.load is not None and "coverage" in node.load.shards:
            builder.ledger.add(node.fingerprint, Record(node.name, outputs, 1.0, kept))


def test_a_finished_step_keeps_the_cells_that_it_names(world: Path) -> None:
    note(world, ("store/coverage/new.parquet",))
    removed = clean_store(load_project(world))
    old = {shard(world, kind, "old") for kind in ("coverage", "indicator")}
    assert {sealed_by(path) for path in removed} == old
    assert shard(world, "coverage", "new").exists()


def test_shards_of_a_killed_build_stay(world: Path) -> None:
    assert clean_store(load_project(world)) == {}


def test_shards_stay_where_a_record_does_not_say_what_it_keeps(world: Path) -> None:
    note(world, None)
    assert clean_store(load_project(world)) == {}


def test_shards_of_an_indicator_that_is_gone_go(world: Path) -> None:
    file = world / "quarry.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(INDICATOR, ""), encoding="utf-8")
    assert len({sealed_by(path) for path in clean_store(load_project(world))}) == 4
