"""Models and images that are hostile, damaged or not what the project says, through the real commands."""

import json
import os
import pickle
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from quarrydb.engine.build import build
from quarrydb.inference.record import ENCODER_FILE, HEAD_FILE, RECORD_FILE
from quarrydb.project import load_project
from quarrydb.store.checksum import sha256_of
from tests.once import MakeOnce
from tests.reliability.faults import command, halve
from tests.reliability.small import write_segmented
from tests.reliability.table import case

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")

from tests.segmentation.mmseg_reference import Segmentor  # noqa: E402

Happened = Callable[[str], None]
State = dict[str, Any]
SECTION = "Models and images"
BANDS = ("--bands", "red,green,blue", "--mean", "0,0,0", "--std", "1,1,1", "--licence", "CC0-1.0")
BLOCK = "backbone.layers.0.1.0.norm1.bias"


class Hostile:
    """What a pickle can do: run a command when it is read."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch was_here",)


# quarry import-model


def without(state: State, key: str) -> State:
    return {name: value for name, value in state.items() if name != key}


def checkpoint(change: Callable[[State], Any]) -> Callable[[Path], Path]:
    """Write a checkpoint of a small SegFormer after ``change`` of its weights."""

    def make(folder: Path) -> Path:
        torch.manual_seed(0)
        path = folder / "iter.pth"
        torch.save({"state_dict": change(Segmentor().state_dict())}, path)
        return path

    return make


def plain_pickle(folder: Path) -> Path:
    path = folder / "iter.pth"
    path.write_bytes(pickle.dumps({"state_dict": Hostile()}))
    return path


def truncated(folder: Path) -> Path:
    path = checkpoint(dict)(folder)
    halve(path)
    return path


def reshaped(state: State, key: str) -> State:
    return {**state, key: torch.zeros(7)}


IMPORTED = [
    case(SECTION, "import of a plain pickle that runs a command", plain_pickle, BANDS),
    case(SECTION, "import of a truncated checkpoint", truncated, BANDS),
    case(
        SECTION,
        "import of a checkpoint that lacks a key",
        checkpoint(lambda s: without(s, BLOCK)),
        BANDS,
    ),
    case(
        SECTION,
        "import of a checkpoint with a key too many",
        checkpoint(lambda s: {**s, "backbone.surprise": torch.zeros(1)}),
        BANDS,
    ),
    case(
        SECTION,
        "import of a checkpoint with a weight of another shape",
        checkpoint(lambda s: reshaped(s, BLOCK)),
        BANDS,
    ),
    case(
        SECTION,
        "import of a checkpoint whose first layer is no image layer",
        checkpoint(lambda s: reshaped(s, "backbone.layers.0.0.projection.weight")),
        BANDS,
    ),
    case(
        SECTION,
        "import of a checkpoint of other classes",
        checkpoint(dict),
        (*BANDS, "--classes", "forest,mine,water"),
    ),
    case(
        SECTION,
        "import of a checkpoint of other bands",
        checkpoint(dict),
        ("--bands", "red,nir", "--mean", "0,0", "--std", "1,1", "--licence", "CC0-1.0"),
    ),
    case(
        SECTION,
        "import of something that is no SegFormer",
        checkpoint(lambda s: {"fc.weight": s[BLOCK]}),
        BANDS,
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("make", "options"), IMPORTED)
def test_checkpoint_is_refused(
    make: Callable[[Path], Path],
    options: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happened: Happened,
) -> None:
    monkeypatch.chdir(tmp_path)
    path = make(tmp_path)
    code, said = command("import-model", path, "--out", tmp_path / "model", *options)
    assert "iter.pth" in said
    assert not (tmp_path / "model" / RECORD_FILE).exists()
    assert not (tmp_path / "was_here").exists()
    happened(f"Refused, exit code {code}: {said}")


# quarry segment


@pytest.fixture(scope="session")
def segmented(make_once: MakeOnce) -> Path:
    """A project with images and a model, built, which no test may change."""

    def make(folder: Path) -> None:
        folder.mkdir()
        build(load_project(write_segmented(folder)), workers=1)

    return make_once("segmented-project", make)


@pytest.fixture
def images(segmented: Path, tmp_path: Path) -> Path:
    """A copy of it for a test to harm."""
    folder = tmp_path / "project"
    shutil.copytree(segmented, folder, symlinks=True)
    return folder


def weights(name: str, change: Callable[[State], State]) -> Callable[[Path], None]:
    """Change a weight file; the record is signed anew, so that its hash fits."""

    def harm(model: Path) -> None:
        state = change(safetensors.load_file(model / name))
        safetensors.save_file(state, model / name, metadata={"format": "pt"})
        sign(model)

    return harm


def sign(model: Path, **fields: object) -> None:
    record = json.loads((model / RECORD_FILE).read_text())
    record |= {"sha256": {name: sha256_of(model / name) for name in record["sha256"]}, **fields}
    (model / RECORD_FILE).write_text(json.dumps(record))


def cut(model: Path) -> None:
    halve(model / HEAD_FILE)
    sign(model)


def pickled(model: Path) -> None:
    (model.parent / "model.pth").write_bytes(pickle.dumps({"state_dict": Hostile()}))
    file = model.parent / "quarry.toml"
    file.write_text(file.read_text().replace('model = "model"', 'model = "model.pth"'))


def flipped(model: Path) -> None:
    content = bytearray((model / HEAD_FILE).read_bytes())
    content[-5] ^= 1
    (model / HEAD_FILE).write_bytes(content)


def first(state: Mapping[str, Any]) -> str:
    return min(state)


def bigger(state: State) -> State:
    return {**state, first(state): torch.zeros(3, 3)}


def fewer(state: State) -> State:
    return without(state, first(state))


def more(state: State) -> State:
    return {**state, "surprise": torch.zeros(1)}


MODELS = [
    case(SECTION, "model that is a pickle", pickled),
    case(SECTION, "weights whose SHA-256 is not the record's", flipped),
    case(SECTION, "weights that are truncated", cut),
    case(SECTION, "encoder with a weight of another shape", weights(ENCODER_FILE, bigger)),
    case(SECTION, "encoder that lacks a key", weights(ENCODER_FILE, fewer)),
    case(SECTION, "encoder with a key too many", weights(ENCODER_FILE, more)),
    case(SECTION, "head with a weight of another shape", weights(HEAD_FILE, bigger)),
    case(SECTION, "head that lacks a key", weights(HEAD_FILE, fewer)),
    case(SECTION, "head with a key too many", weights(HEAD_FILE, more)),
    case(
        SECTION,
        "record of other classes than the weights",
        lambda m: sign(m, classes=["forest", "mine", "water"]),
    ),
    case(
        SECTION,
        "record of other bands than the weights",
        lambda m: sign(m, bands=["red", "nir"], mean=[0, 0], std=[1, 1]),
    ),
    case(SECTION, "record without licence", lambda m: sign(m, licence="")),
    case(SECTION, "model folder without its head", lambda m: (m / HEAD_FILE).unlink()),
]


@pytest.mark.slow
@pytest.mark.parametrize("harm", MODELS)
def test_model_is_refused(
    harm: Callable[[Path], None], images: Path, monkeypatch: pytest.MonkeyPatch, happened: Happened
) -> None:
    monkeypatch.chdir(images)
    harm(images / "model")
    code, said = command("segment", images, "--workers", "1", "--device", "cpu")
    assert str(images / "model") in said
    assert not (images / "was_here").exists()
    happened(f"Refused, exit code {code}: {said}")


# Images


def rewritten(path: Path, n_bands: int = 4, **changes: Any) -> None:
    """The image again with other bands or profile, and without names of its bands."""
    with rasterio.open(path) as dataset:
        pixels, profile = dataset.read(), dataset.profile
    path.unlink()
    pixels = np.concatenate([pixels, pixels])[:n_bands]
    with rasterio.open(path, "w", **{**profile, "count": n_bands, **changes}) as dataset:
        dataset.write(pixels)


def corrupt(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(len(content) // 4, len(content), 500):
        content[place] ^= 0xFF
    path.write_bytes(content)


def text(path: Path) -> None:
    path.write_text("longitude,latitude\n")


IMAGES = [
    case(SECTION, "image with three bands for a model of four", lambda p: rewritten(p, 3)),
    case(SECTION, "image with five bands for a model of four", lambda p: rewritten(p, 5)),
    case(SECTION, "image that is truncated", halve),
    case(SECTION, "image whose pixels are corrupt", corrupt),
    case(SECTION, "image without CRS", lambda p: rewritten(p, crs=None)),
    case(SECTION, "text named as an image", text),
    case(SECTION, "image that vanished", lambda p: p.unlink()),
]


@pytest.mark.slow
@pytest.mark.parametrize("harm", IMAGES)
def test_image_is_set_aside(
    harm: Callable[[Path], None], images: Path, monkeypatch: pytest.MonkeyPatch, happened: Happened
) -> None:
    """One of three years is harmed: the others are segmented all the same."""
    import quarrydb

    harm(images / "images" / "clear_2017.tif")
    code, said = command("segment", images, "--workers", "1", "--device", "cpu")
    with quarrydb.connect(images / "mines.duckdb") as connection:
        rows = connection.execute(
            "SELECT year, string_agg(DISTINCT status), count(*) FROM raw.segmented_site "
            "GROUP BY year ORDER BY year"
        ).fetchall()
        issues = connection.execute(
            "SELECT feature_id || ': ' || problem || ': ' || detail FROM raw.load_issue "
            "WHERE source = 'images'"
        ).fetchall()
    years = {year: status for year, status, _ in rows}
    assert (years[2016], years[2018]) == ("done", "done")
    assert years[2017] != "done"
    noted = "; ".join(text for (text,) in issues)
    if code:
        assert "clear_2017.tif" in said
        lines = said.splitlines()
        more = f" (and {len(lines) - 2} more)" if len(lines) > 2 else ""
        said = f"{lines[0]} {lines[1].strip()}{more}"
        happened(f"The other years are segmented; exit code {code}: {said}")
    else:
        assert "clear_2017" in noted
        happened(f"The other years are segmented; this one is '{years[2017]}', noted: {noted}")
