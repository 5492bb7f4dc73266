"""A look at names, sizes and times tells that nothing changed, and every change is seen."""

import os
import shutil
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import geopandas
import pytest
import shapely

from quarrydb.cli.entry import main
from quarrydb.engine import current
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder, files_of
from quarrydb.engine.current import keep_sight, untouched_database
from quarrydb.fetch.catalogue import FOLDER
from quarrydb.fetch.lockfile import LOCK_NAME
from quarrydb.project import load_project
from tests.worlds import write_project

SHAPES = [shapely.box(0, 0, 0.02, 0.02)]
LATER_NS = 3_600_000_000_000
PROJECT = """
[project]
name = "test"
[[polygons]]
name = "a"
path = "mines/a.shp"
citation = "terms.txt"
[countries]
path = "countries.gpkg"
[[indicator]]
name = "ndvi"
path = "../ndvi*/*.tif"
"""


def write_raster(path: Path) -> None:
    import numpy as np
    import rasterio

    path.parent.mkdir(exist_ok=True)
    where = rasterio.transform.from_origin(-1, 1, 0.1, 0.1)
    options = {"driver": "GTiff", "width": 20, "height": 20, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=where, **options) as file:
        file.write(np.full((1, 20, 20), 0.5, dtype="float32"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a built project of a shapefile, and rasters beside it."""
    folder = tmp_path_factory.mktemp("current")
    world = write_project(folder / "world", {"b": SHAPES})
    (world / "mines").mkdir()
    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=SHAPES, crs="EPSG:4326")
    frame.to_file(world / "mines" / "a.shp")
    for year in (2001, 2002):
        write_raster(folder / "ndvi" / f"ndvi_{year}.tif")
    (world / "quarry.toml").write_text(PROJECT)
    build(load_project(world))
    return folder


@pytest.fixture
def world(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that project, with a sight kept of it, as if all were an hour old."""
    shutil.copytree(built, tmp_path, dirs_exist_ok=True)
    world = tmp_path / "world"
    monkeypatch.setattr(current, "STARTED_NS", time.time_ns() + LATER_NS)
    builder = Builder(load_project(world))
    builder.ledger.note_database(world / "mines.duckdb")
    keep_sight(builder.project, files_of(builder.plan()), time.time_ns() + LATER_NS)
    assert untouched_database(world) == world / "mines.duckdb"
    return world


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a file's content, and set its times back."""
    before = path.stat()
    path.write_bytes(change(path.read_bytes()))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def flip(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def shard(world: Path) -> Path:
    return next((world / ".quarry" / "store").rglob("*.parquet"))


CHANGES: dict[str, Callable[[Path], object]] = {
    "project file": lambda w: rewrite(w / "quarry.toml", lambda data: data + b"\n"),
    "input, of the same size and time": lambda w: rewrite(w / "mines" / "a.dbf", flip),
    "input gone": lambda w: (w / "countries.gpkg").unlink(),
    "side file changed": lambda w: rewrite(w / "mines" / "a.cpg", lambda data: b"UTF-16"),
    "side file new": lambda w: (w / "mines" / "a.qix").write_text("x"),
    "notes beside a raster": lambda w: (w.parent / "ndvi" / "ndvi_2001.tif.aux.xml").write_text(
        "<PAMDataset/>"
    ),
    "another year": lambda w: write_raster(w.parent / "ndvi" / "ndvi_2003.tif"),
    "another folder": lambda w: write_raster(w.parent / "ndvi_new" / "ndvi_2003.tif"),
    "a year gone": lambda w: (w.parent / "ndvi" / "ndvi_2002.tif").unlink(),
    "a path that led nowhere": lambda w: (w / "terms.txt").write_text("x"),
    "lock of servers": lambda w: (w / LOCK_NAME).write_text(""),
    "own data set": lambda w: ((w / FOLDER).mkdir(), (w / FOLDER / "x.toml").write_text("")),
    "database flipped": lambda w: rewrite(w / "mines.duckdb", flip),
    "database gone": lambda w: (w / "mines.duckdb").unlink(),
    "database of another build": lambda w: shutil.copy(w / "countries.gpkg", w / "mines.duckdb"),
    "log beside the database": lambda w: (w / "mines.duckdb.wal").write_text("x"),
    "note of the database gone": lambda w: (w / ".quarry" / "database.json").unlink(),
    "shard gone": lambda w: shard(w).unlink(),
    "shard changed": lambda w: rewrite(shard(w), flip),
    "the sight itself": lambda w: rewrite(w / ".quarry" / current.NAME, flip),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen(world: Path, change: str) -> None:
    CHANGES[change](world)
    assert untouched_database(world) is None


def test_another_engine_is_seen(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(
        metadata, "version", lambda name: "1.5.6" if name == "duckdb" else version(name)
    )
    assert untouched_database(world) is None


def test_another_query_is_seen(
    world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code lies in an installation: here one more file of it changes."""
    view, folders = tmp_path / "code" / "view.sql", current.code_folders()
    view.parent.mkdir()
    view.write_text("SELECT 1")
    monkeypatch.setattr(current, "code_folders", lambda: [*folders, str(view.parent)])
    builder = Builder(load_project(world))
    keep_sight(builder.project, files_of(builder.plan()), time.time_ns() + LATER_NS)
    assert untouched_database(world) is not None
    view.write_text("SELECT 2")
    assert untouched_database(world) is None


def test_the_code_that_is_looked_at_is_all_of_it() -> None:
    folders = [Path(folder) for folder in current.code_folders()]
    for module in ("db/engine/plan.py", "loaders/vector.py", "inference/model.py", "udfs/arrow.py"):
        assert any((folder / Path(*Path(module).parts[1:])).is_file() for folder in folders)
    assert any((folder / "quarrydb.sql").is_file() or folder.name == "sql" for folder in folders)


def test_what_changed_as_the_build_ran_is_not_kept(world: Path) -> None:
    builder = Builder(load_project(world))
    inputs = files_of(builder.plan())
    (world / ".quarry" / current.NAME).unlink()
    keep_sight(builder.project, inputs, time.time_ns())  # the copy is newer than that
    assert untouched_database(world) is None
    keep_sight(builder.project, inputs, time.time_ns() + LATER_NS)
    assert untouched_database(world) is not None


def test_a_project_changed_after_reading_is_not_kept(world: Path) -> None:
    builder = Builder(load_project(world))
    (world / ".quarry" / current.NAME).unlink()
    other = builder.project.model_copy(update={"countries": None})
    keep_sight(other, files_of(builder.plan()), time.time_ns() + LATER_NS)
    assert untouched_database(world) is None


def test_the_command_says_so_without_the_engine(
    world: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the engine was asked")

    monkeypatch.setattr("quarrydb.engine.build.build", refuse)
    monkeypatch.setattr("sys.argv", ["quarry", "build", str(world)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "is up to date" in capsys.readouterr().out
    monkeypatch.setattr("sys.argv", ["quarry", "build", "--replace", str(world)])
    with pytest.raises(AssertionError, match="the engine was asked"):
        main()


def test_names_are_those_of_the_rooms_that_write_them() -> None:
    assert (current.LOCK, current.OWN_DATASETS) == (LOCK_NAME, FOLDER)
