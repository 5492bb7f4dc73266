"""The project file: every mistake at once, each with its line."""

import errno
import re
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.errors import ProjectError
from quarrydb.project import load_project
from quarrydb.project.parameters import Parameters
from quarrydb.project.positions import key_lines, line_of
from quarrydb.project.template import project_template
from quarrydb.project.types import matching

GOOD = """
[project]
name = "test"
[[polygons]]
name = "a"
path = "a.gpkg"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.gpkg").write_bytes(b"x")
    return tmp_path


def mistakes(folder: Path, text: str) -> str:
    (folder / "quarry.toml").write_text(text)
    with pytest.raises(ProjectError) as caught:
        load_project(folder)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "quarry.toml").write_text(GOOD)
    monkeypatch.chdir("/")
    project = load_project(folder / "quarry.toml")
    assert project.polygons[0].path == folder / "a.gpkg"
    assert project.database == folder / "mines.duckdb"


def test_all_mistakes_are_told_at_once_with_their_lines(folder: Path) -> None:
    text = (
        '[project]\nname = "x"\ncolour = 1\n[[polygons]]\nname = "A b"\npath = "none.gpkg"\n'
        '[parameters]\nmin_area_km2 = "much"\n'
    )
    message = mistakes(folder, text)
    assert "has 4 mistakes" in message
    assert "line 3, project.colour: unknown key" in message
    assert "line 5, polygons[0].name" in message
    assert f"line 6, polygons[0].path: {folder / 'none.gpkg'} does not exist" in message
    assert "line 8, parameters.min_area_km2" in message


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "project: missing"),
        ("[project", "not valid TOML"),
        (GOOD + '[[polygons]]\nname = "a"\npath = "a.gpkg"\n', "names must differ; twice: a"),
        (GOOD.replace('"a.gpkg"', '"https://host/a.gpkg"'), "host is no host of a known data set"),
        (GOOD.replace('"a.gpkg"', '"https://me:pw@zenodo.org/a"'), "carries a name or password"),
        (GOOD.replace('"a.gpkg"', '"https://zenodo.org/{year}/a"'), "years are not given"),
        (GOOD.replace('path = "a.gpkg"', 'dataset = "maus2023"'), "Did you mean maus2022?"),
        (GOOD.replace('path = "a.gpkg"', 'dataset = "wdpa"'), "here goes polygons"),
        (GOOD + 'dataset = "maus2022"\n', "dataset stands in place of path"),
        (GOOD + '[protected]\ndataset = "wdpa"\n', "wdpa can't be fetched. Accept the terms"),
        (GOOD + '[network]\nhosts = ["a b"]\n', "is no host"),
        (GOOD.replace("[project]", '[project]\narea = "gha"'), "is no area"),
        (GOOD.replace("[project]", '[project]\narea = "GHA"'), "there is no section [countries]"),
        (GOOD.replace("[project]", "[project]\narea = [5, 5, 1, 6]"), "is no box"),
        (GOOD.replace('"a.gpkg"', '"/vsicurl/host/a.gpkg"'), "not a local path"),
        (GOOD.replace('"a.gpkg"', "3"), "polygons[0].path"),
        (GOOD + "[stable_green]\n", "needs [stable_green.polygons]"),
        (GOOD + "file = 1\n", "unknown key"),
        ('file = "x"\n' + GOOD, "unknown key 'file'"),
        (GOOD.replace('name = "a"', 'name = "final"'), "final stands for something else"),
    ],
)
def test_a_mistake_names_itself(folder: Path, text: str, told: str) -> None:
    assert told in mistakes(folder, text)


def test_a_file_that_is_no_text(folder: Path) -> None:
    (folder / "quarry.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ProjectError, match="not UTF-8"):
        load_project(folder)


def test_a_cycle_of_links_is_a_mistake_not_a_hang(folder: Path) -> None:
    (folder / "loop").symlink_to(folder / "loop")
    assert "polygons[0].path" in mistakes(folder, GOOD.replace("a.gpkg", "loop/a.gpkg"))


def test_lines_of_nested_tables() -> None:
    text = "[a]\nx = 1\n[[b]]\ny = 1\n[[b]]\n[b.c]\nz = 2\n"
    lines = key_lines(text)
    assert lines[("b", 0, "y")] == 4
    assert lines[("b", 1, "c", "z")] == 7
    assert line_of(("b", 1, "missing"), lines) == 5
    assert line_of(("nowhere",), lines) is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_no_text_gives_anything_but_a_project_error(folder: Path, text: str) -> None:
    (folder / "quarry.toml").write_text(text, encoding="utf-8", newline="")
    with pytest.raises(ProjectError):
        load_project(folder)


@pytest.mark.parametrize("name", ["a[1]", "what?", "all*", "**"])
def test_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path, name: str) -> None:
    """The project's own path is no pattern; what the project file names is one."""
    folder = tmp_path / name
    for file in (
        folder / "tiles" / "b.tif",
        folder / "tiles" / "[c].tif",
        tmp_path / "a1" / "d.tif",
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    info = SimpleNamespace(context={"root": folder})
    found = [folder / "tiles" / "[c].tif", folder / "tiles" / "b.tif"]
    assert matching("tiles/*.tif", info) == found
    assert matching("**/*.tif", info) == found
    assert matching("tiles/[[]c].tif", info) == found[:1]
    assert matching("../a1/*.tif", info) == [tmp_path / "a1" / "d.tif"]
    assert matching(f"{tmp_path}/a1/*.tif", info) == [tmp_path / "a1" / "d.tif"]
    with pytest.raises(ValueError, match=re.escape(f"{folder}/*.tif matches no file")):
        matching("*.tif", info)


def test_a_project_file_that_can_not_be_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(errno.EACCES, "Permission denied")

    (folder / "quarry.toml").write_text(GOOD)
    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(ProjectError, match=r"quarry\.toml can't be read: Permission denied\. Make"):
        load_project(folder)


def test_init_writes_a_file_that_names_every_parameter(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", str(tmp_path / "new")])
    assert result.exit_code == 0
    text = (tmp_path / "new" / "quarry.toml").read_text()
    content = tomllib.loads(text)
    assert content["project"]["name"] == "new"
    uncommented = "\n".join(
        line.removeprefix("# ")
        for line in text.partition("[parameters]")[2].splitlines()
        if line.removeprefix("# ").partition(" ")[0] in Parameters.model_fields
    )
    assert Parameters.model_validate(tomllib.loads(uncommented)) == Parameters()


def test_init_never_overwrites(folder: Path) -> None:
    (folder / "quarry.toml").write_text(GOOD)
    result = CliRunner().invoke(app, ["init", str(folder)])
    assert isinstance(result.exception, ProjectError)
    assert (folder / "quarry.toml").read_text() == GOOD


def test_a_project_name_with_quotes_stays_valid_toml() -> None:
    assert tomllib.loads(project_template('a "b" \\ c'))["project"]["name"] == "a b  c"
