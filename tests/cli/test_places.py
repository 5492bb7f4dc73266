"""A place that can't be written to: every command says so, with exit code 8, before it does any work."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from affine import Affine
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.errors import TargetError
from quarrydb.files import check_place, replacing
from quarrydb.inference.chips import write_chip
from quarrydb.inference.history import write_history
from quarrydb.inference.model import writing_weights
from quarrydb.loaders.sample_draw import TO_FILL, write_sample
from quarrydb.loaders.sample_page import write_page
from quarrydb.report import write_report
from quarrydb.webmap import write_map

SAMPLE = {
    "sample_id": 1,
    "longitude": 1.0,
    "latitude": 2.0,
    "mine_id": "a",
    "predicted_year": 2001,
    "change": "disturbed",
    "stratum": "2001",
}
FILLED = {**SAMPLE, **dict.fromkeys(TO_FILL)}


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """A file where a folder should be."""
    (tmp_path / "taken").write_text("x")
    return tmp_path / "taken"


@pytest.mark.parametrize(
    "words",
    [
        ("demo", "OUT"),
        ("chips", "no-project", "--out", "OUT"),
        ("train", "no-chips", "--out", "OUT", "--licence", "x"),
        ("import-model", "no.pth", "--out", "OUT", "--bands", "a", "--mean", "1", "--std", "1",
         "--licence", "x"),
        ("init", "OUT"),
    ],
    ids=lambda words: words[0],
)  # fmt: skip
def test_commands_look_at_the_place_first(words: tuple[str, ...], taken: Path) -> None:
    """The other files that they name are not even there."""
    done = CliRunner().invoke(app, [word.replace("OUT", str(taken / "a")) for word in words])
    assert isinstance(done.exception, TargetError)
    assert f"{taken}/a" in str(done.exception)
    assert "can't be written: Not a directory. Choose another place." in str(done.exception)


@pytest.mark.parametrize("write", [write_map, write_report])
def test_pages_look_at_the_place_first(write: Callable[[Any, Path], object], taken: Path) -> None:
    """Nothing is asked of the database, of which there is none."""
    with pytest.raises(TargetError, match="Not a directory"):
        write(None, taken / "out")


def test_a_place_may_be_new_folders_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_place(tmp_path / "a" / "b" / "c.csv")
    assert not (tmp_path / "a").exists()
    monkeypatch.chdir(tmp_path)
    check_place(Path("c.csv"))
    monkeypatch.setattr("os.access", lambda path, mode: False)
    with pytest.raises(TargetError, match=r"c\.csv can't be written: Permission denied"):
        check_place(Path("c.csv"))


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_text("old")

    def write_half() -> None:
        with replacing(target) as half:
            half.write_text("new")
            raise OSError(errno.ENOSPC, "")

    with pytest.raises(TargetError, match="x can't be written: No space left on device"):
        write_half()
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def write_a_chip(folder: Path) -> None:
    class Grid:
        crs, affine = "EPSG:32721", Affine.translation(0, 0)

    class Chip:
        pixels, grid = np.zeros((1, 4, 4), "float32"), Grid()

    write_chip(folder, "c", Chip(), np.zeros((4, 4), "uint8"))  # type: ignore[arg-type]


WRITERS: dict[str, Callable[[Path], object]] = {
    "history": lambda place: write_history(place, []),
    "chip": write_a_chip,
    "sample": lambda place: write_sample([FILLED], place / "s.csv"),
    "geopackage": lambda place: write_sample([FILLED], place / "s.gpkg"),
    "page": lambda place: write_page([FILLED], place / "s.html"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_writers_name_the_place(name: str, taken: Path) -> None:
    with pytest.raises(TargetError, match=r"taken.* can't be written: "):
        WRITERS[name](taken)
    assert taken.read_text() == "x"


@pytest.mark.parametrize("name", ["sample", "geopackage", "page"])
def test_a_sample_may_go_to_a_new_folder(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / "new")
    (file,) = (tmp_path / "new").iterdir()
    assert file.stat().st_size > 100


def test_a_geopackage_that_fails_half_way_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(frame: object, path: Path, **_: object) -> None:
        path.write_text("half")
        raise RuntimeError("disk full")

    monkeypatch.setattr("geopandas.GeoDataFrame.to_file", fail)
    with pytest.raises(TargetError, match=r"s\.gpkg can't be written: disk full"):
        write_sample([FILLED], tmp_path / "s.gpkg")
    assert not list(tmp_path.iterdir())


def test_weights_that_can_not_be_written(taken: Path) -> None:
    safetensors = pytest.importorskip("safetensors.numpy")
    with pytest.raises(TargetError, match="taken can't be written"), writing_weights(taken):
        safetensors.save_file({"a": np.zeros(2)}, taken / "x.safetensors")
