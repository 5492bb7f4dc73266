"""Options of the segmentation's commands: all of them arrive, and a wrong one is said at once."""

import pytest
from typer.testing import CliRunner

import quarrydb.build
from quarrydb.cli import app

pytest.importorskip("torch")
pytest.importorskip("transformers")

from quarrydb.inference import run as running
from quarrydb.inference.run import SegmentResult

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
        return SegmentResult(0, 0, 0, ())

    monkeypatch.setattr(quarrydb.build, "build", build)
    monkeypatch.setattr(running, "segment", segment)
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
