"""Options of the segmentation's commands: all of them arrive, and a wrong one is said at once."""

import pytest
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.errors import SourceError

pytest.importorskip("torch")

from quarrydb.inference import run as running
from quarrydb.inference.run import SegmentResult
from quarrydb.inference.train import NewModel, TrainSettings, train
from quarrydb.inference.training_data import read_chip_table

from .conftest import BANDS, CHIP_PX

PROJECT = """
[project]
name = "options"
[[polygons]]
name = "mines"
path = "mines.geojson"
[segmentation]
model = "demo"
years = [2018, 2020]
[segmentation.images]
path = "images.csv"
"""


@pytest.fixture
def project(tmp_path):
    """A project that loads; its files are empty, so nothing can be built from it."""
    (tmp_path / "quarry.toml").write_text(PROJECT)
    for name in ("mines.geojson", "images.csv"):
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture
def called(monkeypatch):
    """Name and options of each build and segmentation that a command would run, in their order."""
    calls = []

    def build(project, **options):
        calls.append(("build", options))

    def segment(project, years, **options):
        calls.append(("segment", {"years": years, **options}))
        return SegmentResult(2, 1, 1, ())

    monkeypatch.setattr("quarrydb.engine.build.build", build)
    monkeypatch.setattr("quarrydb.engine.segment.predict_sites", segment)
    return calls


def quarry(*arguments):
    """Exit code and everything said, as one line."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, " ".join(done.output.replace("│", " ").split())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (("--dask",), {"use_dask": True, "scheduler": None}),
        (("--scheduler", "tcp://a:1"), {"use_dask": False, "scheduler": "tcp://a:1"}),
    ],
    ids=["dask", "scheduler"],
)
def test_segment_gives_its_workers_to_both_builds(project, called, given, expected):
    options = ("--workers", 3, "--memory-limit", "1GB", "--device", "cpu")
    assert quarry("segment", project, *options, *given)[0] == 0
    assert [name for name, _ in called] == ["build", "segment", "build"]
    for name, options in called:
        assert options["workers"] == 3
        assert {key: options[key] for key in expected} == expected
        assert name == "segment" or options["memory_limit"] == "1GB"


def test_segment_does_not_build_again_after_nothing_new(project, called, monkeypatch):
    nothing = SegmentResult(2, 2, 0, ())
    monkeypatch.setattr("quarrydb.engine.segment.predict_sites", lambda *_, **__: nothing)
    assert quarry("segment", project, "--device", "cpu")[0] == 0
    assert [name for name, _ in called] == ["build"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--device", "gpu"), "'auto', 'cpu', 'cuda'"),
        (("--batch-size", 0), "--batch-size"),
        (("--workers", -1), "--workers"),
        (("--engine", "onnx"), "'torch', 'openvino'"),
        (("--years", "2020-2018"), "'2020-2018'"),
        (("--years", "lately"), "'lately'"),
    ],
    ids=lambda wrong: " ".join(map(str, wrong)) if isinstance(wrong, tuple) else "",
)
def test_segment_refuses_wrong_options_before_any_build(project, called, wrong, said):
    code, text = quarry("segment", project, *wrong)
    assert code == 2
    assert said in text
    assert called == []


def test_segment_looks_for_a_gpu_before_any_build(project, called, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    result = CliRunner().invoke(app, ["segment", str(project), "--device", "cuda"])
    assert isinstance(result.exception, SourceError)
    assert called == []


def test_a_device_that_torch_does_not_know_is_refused():
    with pytest.raises(SourceError, match="no device mps"):
        running.pick_device("mps")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("--precision", "fp32"), "'no', 'bf16'"),
        (("--batch-size", 0), "--batch-size"),
        (("--epochs", 0), "--epochs"),
        (("--name", "my model"), "'my model'"),
    ],
    ids=lambda wrong: " ".join(map(str, wrong)) if isinstance(wrong, tuple) else "",
)
def test_train_refuses_wrong_options(tmp_path, wrong, said):
    code, text = quarry("train", tmp_path, "--out", tmp_path / "m", "--licence", "CC0-1.0", *wrong)
    assert code == 2
    assert said in text


@pytest.mark.parametrize("side", [0, 16, 100])
def test_chips_refuses_a_side_that_no_model_takes(project, side):
    code, text = quarry("chips", project, "--out", project / "chips", "--chip-px", side)
    assert code == 2
    assert f"{side}. Models take multiples of 32" in text


def test_a_name_that_no_record_takes_is_said_plainly(tmp_path, chip_folder):
    model = NewModel("my model", BANDS, "CC0-1.0", chip_px=CHIP_PX, scale=10_000)
    with pytest.raises(SourceError, match="no model record: name"):
        train(read_chip_table(chip_folder), tmp_path / "m", model, TrainSettings(size="tiny"))


def test_build_refuses_fewer_than_one_worker(project):
    code, text = quarry("build", project, "--workers", -1)
    assert code == 2
    assert "--workers" in text
