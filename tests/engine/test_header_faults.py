"""Every fault that names and headers show is named at once, by quarry plan and before a build runs."""

from pathlib import Path

import numpy as np
import pytest
import shapely
from typer.testing import CliRunner

import quarrydb
from quarrydb.cli.app import app
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.errors import SourceError
from quarrydb.project import load_project
from tests.landcover.conftest import write_raster
from tests.worlds import write_project

RASTERS = """
[landcover]
path = "lc/*.tif"
[[indicator]]
name = "ndvi"
path = "ndvi/*.tif"
[[indicator]]
name = "evi"
path = "evi/*.tif"
[stable_green]
[[stable_green.raster]]
path = "breaks.tif"
landcover = "ndvi/a_2018.tif"
landcover_band = 7
"""


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A project with faults in four loaders; nothing of it can be built."""
    folder = write_project(tmp_path / "project", {"a": [shapely.box(0, 0, 0.1, 0.1)]})
    ones = np.ones((1, 3, 3))
    write_raster(folder / "lc" / "map.tif", np.ones((2, 3, 3)))
    write_raster(folder / "lc" / "GLC_FCS30D_20002022_E0N5_Annual.tif", np.ones((22, 3, 3)))
    for name in ("a_2018.tif", "b_2018.tif"):
        write_raster(folder / "ndvi" / name, ones)
    write_raster(folder / "evi" / "evi.tif", ones)
    write_raster(folder / "evi" / "evi_2019.tif", ones, crs=None)
    (folder / "evi" / "evi_2020.tif").write_bytes(b"GIF89a")
    write_raster(folder / "breaks.tif", ones)
    file = folder / "quarry.toml"
    file.write_text(file.read_text().replace("[parameters]", RASTERS + "[parameters]"))
    return folder


SAID = (
    "map.tif: the years of its 2 bands can't be told",
    "GLC_FCS30D_20002022_E0N5_Annual.tif has 22 bands, but 23 years are expected",
    "a_2018.tif and",
    "evi_2019.tif names no CRS",
    "evi_2020.tif (6 bytes) is not a GeoTIFF",
    "a_2018.tif has 1 bands, not 7",
)


def test_plan_names_all_faults_and_fails(faulty: Path) -> None:
    done = CliRunner().invoke(app, ["plan", str(faulty)])
    assert isinstance(done.exception, SourceError)
    assert "steps would run" in done.output
    for words in SAID:
        assert words in str(done.exception), words
    assert len(done.exception.messages) == len(SAID)


def test_a_preview_holds_them_beside_the_steps(faulty: Path) -> None:
    preview = quarrydb.plan(faulty)
    assert preview.running
    assert isinstance(preview.fault, SourceError)
    assert len(preview.fault.messages) == len(SAID)


def test_a_build_names_them_before_anything_runs(faulty: Path) -> None:
    with pytest.raises(SourceError, match="6 faults:"):
        build(load_project(faulty), workers=1)
    assert not list((faulty / ".quarry").glob("step/*"))
    assert not (faulty / "mines.duckdb").exists()


def test_listing_steps_opens_no_raster(faulty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plan without the check reads names and checksums alone."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a raster was opened")

    monkeypatch.setattr("rasterio.open", refuse)
    plan = Builder(load_project(faulty)).plan()
    assert any(node.name == "load indicator evi" for node in plan.steps)


def test_what_is_kept_is_not_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Headers are read of the sources whose step will run, and no others."""
    folder = write_project(tmp_path / "project", {"a": [shapely.box(0, 1, 1, 2)]})
    write_raster(folder / "ndvi_2018.tif", np.ones((3, 3)))
    file = folder / "quarry.toml"
    indicator = '[[indicator]]\nname = "ndvi"\npath = "*.tif"\n'
    file.write_text(file.read_text().replace("[parameters]", indicator + "[parameters]"))
    build(load_project(folder), workers=1)
    seen = []
    monkeypatch.setattr("quarrydb.loaders.indicator.read_series", seen.append)
    builder = Builder(load_project(folder))
    builder.check(builder.explain(builder.plan()))
    assert seen == []
    write_raster(folder / "ndvi_2019.tif", np.ones((3, 3)))
    builder = Builder(load_project(folder))
    builder.check(builder.explain(builder.plan()))
    assert [source.name for source in seen] == ["ndvi"]
