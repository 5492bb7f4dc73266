"""No room and little memory while rasters are read and images segmented."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.landcover.conftest import write_raster
from tests.reliability.faults import QUARRY, Hashes, assert_plain, peak_kb, rebuilt
from tests.reliability.small import write_segmented, write_small
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, table_hashes

pytestmark = pytest.mark.slow

SECTIONS = r"""
[landcover]
path = "lc_*.tif"
years_from = "lc_(?P<year>\\d{4})"

[[indicator]]
name = "ndvi"
path = "ndvi_*.tif"
dates = "ndvi_{year}.tif"

[parameters]
"""
CODES = (10, 51, 61, 71, 120, 130, 190, 200)
PLACE = {"left": -0.1, "top": 0.5, "pixel": 0.002}
SHAPE = (300, 500)


def write_rasters(folder: Path) -> Path:
    """Forty mines, six years of land cover and of NDVI, every pixel different from its neighbours."""
    random = np.random.default_rng(0)
    write_small(folder)
    for year in range(2000, 2006):
        codes = random.choice(CODES, SHAPE)
        write_raster(folder / f"lc_{year}.tif", codes, **PLACE)
        ndvi = random.random(SHAPE)
        write_raster(folder / f"ndvi_{year}.tif", ndvi, dtype="float32", **PLACE)
    text = (folder / "quarry.toml").read_text(encoding="utf-8")
    (folder / "quarry.toml").write_text(text.replace("[parameters]", SECTIONS), encoding="utf-8")
    return folder


def write_images(folder: Path) -> Path:
    """A project with images, built, so that segmenting comes next."""
    folder.mkdir()
    build(load_project(write_segmented(folder)), workers=1)
    return folder


def on_a_disk_of_4_kb(folder: Path, command: list[object]) -> subprocess.CompletedProcess[str]:
    """Run ``command`` where ``folder`` is a file system of one page; skip where none can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    script = 'mount -t tmpfs -o size=4k tmpfs "$1" && shift && exec "$@"'
    mounted = ["unshare", "-m", "sh", "-c", script, "sh", str(folder)]
    done = subprocess.run(
        [*mounted, *map(str, command)], capture_output=True, text=True, check=False
    )
    if done.returncode in (1, 32) and "Error" not in done.stderr:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()[:100]}")
    return done


RASTERS = [
    case("Faults", "disk full while land cover is stored", "landcover_trajectory"),
    case("Faults", "disk full while labels of land-cover pixels are stored", "landcover_label"),
    case("Faults", "disk full while the cells of mines are stored", "coverage"),
]


@pytest.mark.parametrize("kind", RASTERS)
def test_disk_full_rasters(kind: str, tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = write_rasters(tmp_path / "project")
    build(load_project(folder), workers=1)
    expected = table_hashes(folder / "mines.duckdb")
    shutil.rmtree(folder / ".quarry")
    store = folder / ".quarry" / "store" / kind
    done = on_a_disk_of_4_kb(store, [*QUARRY, "build", folder, "--workers", "1"])
    assert_plain(done, 4)
    assert kind in done.stderr
    assert table_hashes(folder / "mines.duckdb") == expected
    assert leftovers(folder) == []
    assert rebuilt(folder) == expected
    happened(
        "Exit code 4 with the file's name, the last good database opens; the next build ends with "
        "identical tables and leaves no temporary file."
    )


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built project with images, which no test may change."""
    pytest.importorskip("torch")
    return write_images(tmp_path_factory.mktemp("images") / "project")


SEGMENT = [*QUARRY, "segment", "--workers", "1", "--device", "cpu"]


@pytest.fixture(scope="module")
def segmented(images: Path) -> Hashes:
    """Every table after an undisturbed segmentation."""
    folder = images.parent / "undisturbed"
    shutil.copytree(images, folder, symlinks=True)
    subprocess.run([*SEGMENT, folder], check=True, capture_output=True)
    return table_hashes(folder / "mines.duckdb")


@tried("Faults", "disk full while predictions are stored")
def test_disk_full_segmentation(
    images: Path, segmented: Hashes, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(images, folder, symlinks=True)
    before = table_hashes(folder / "mines.duckdb")
    done = on_a_disk_of_4_kb(folder / ".quarry" / "store" / "probability", [*SEGMENT, folder])
    assert_plain(done, 4)
    assert "probability" in done.stderr
    assert table_hashes(folder / "mines.duckdb") == before
    assert leftovers(folder) == []
    again = subprocess.run([*SEGMENT, folder], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert table_hashes(folder / "mines.duckdb") == segmented
    happened(
        "Exit code 4 with the file's name, the last good database opens; the next run ends with "
        "identical tables and leaves no temporary file."
    )


@tried("Faults", "memory limit of 1 GB, with land cover and an indicator")
def test_memory_limit_rasters(tmp_path: Path, happened: Callable[[str], None]) -> None:
    folder = write_rasters(tmp_path / "project")
    build(load_project(folder), workers=1)
    expected = table_hashes(folder / "mines.duckdb")
    shutil.rmtree(folder / ".quarry")
    limits = ["--memory-limit", "1GB", "--workers", "1"]
    assert peak_kb([*QUARRY, "build", folder, *limits]) < 1_000_000
    assert table_hashes(folder / "mines.duckdb") == expected
    happened("Identical tables, and the process never held 1 GB.")


@tried("Faults", "segmentation in 1 GB of memory")
def test_memory_of_segmentation(
    images: Path, segmented: Hashes, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    folder = tmp_path / "project"
    shutil.copytree(images, folder, symlinks=True)
    assert peak_kb([*SEGMENT, folder]) < 1_000_000
    assert table_hashes(folder / "mines.duckdb") == segmented
    happened("Identical tables with the small model, and the process never held 1 GB.")
