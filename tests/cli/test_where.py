"""A command in a project's folder knows which database is meant."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quarrydb.cli import where
from quarrydb.cli.app import app
from quarrydb.cli.where import VARIABLE, find_database
from quarrydb.errors import DatabaseError

RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of which only the header counts here, with folders below it."""
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "study" / "notes" / "deep").mkdir(parents=True)
    (tmp_path / "study" / "quarry.toml").write_text('[project]\ndatabase = "out/ghana.duckdb"\n')
    return tmp_path / "study"


def test_a_folder_or_its_project_file_stands_for_its_database(folder: Path) -> None:
    assert find_database(folder) == folder / "out/ghana.duckdb"
    assert find_database(folder / "quarry.toml") == folder / "out/ghana.duckdb"
    assert find_database(folder / "notes") == folder / "notes" / "mines.duckdb"
    assert find_database(Path("any.duckdb")) == Path("any.duckdb")


def test_the_nearest_project_upwards_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "notes" / "deep")
    assert find_database() == folder / "out/ghana.duckdb"
    (folder / "notes" / "mines.duckdb").touch()
    assert find_database() == folder / "notes" / "mines.duckdb"
    monkeypatch.setenv(VARIABLE, "/elsewhere/planet.duckdb")
    assert find_database() == Path("/elsewhere/planet.duckdb")
    assert find_database(folder) == folder / "out/ghana.duckdb"


def test_nothing_of_another_user_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "notes" / "deep")
    somebody = os.getuid() + 1
    monkeypatch.setattr(where.os, "getuid", lambda: somebody)
    with pytest.raises(DatabaseError, match="Name a database with -d, set QUARRY_DATABASE"):
        find_database()


def test_a_broken_project_file_is_named(folder: Path) -> None:
    (folder / "quarry.toml").write_text("[project\n")
    with pytest.raises(DatabaseError, match=r"quarry.toml can't be read: .* name the database"):
        find_database(folder)


def test_commands_in_the_demo_s_folder_need_no_option(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(demo)
    result = RUNNER.invoke(app, ["sql", "SELECT count(*) AS n FROM mine", "--csv"])
    assert result.output.splitlines()[0] == "n"
    for command in (["check"], ["check", str(demo)]):
        assert " 0 failed" in RUNNER.invoke(app, command).output
    assert "is_partial" in RUNNER.invoke(app, ["views", "build_info"]).output
    graph = ["graph", "country_summary", "-d", str(demo)]
    assert "raw.polygon" in RUNNER.invoke(app, graph).output


def test_outlines_are_counted_unless_all_is_asked_for(demo: Path) -> None:
    query = "SELECT geometry FROM mine ORDER BY mine_id LIMIT 1"
    short = RUNNER.invoke(app, ["sql", query, "-d", str(demo)]).output
    assert "POLYGON(" in short
    assert " points)" in short
    whole = RUNNER.invoke(app, ["sql", query, "-d", str(demo), "--all"]).output
    assert "POLYGON ((" in whole


def test_views_knows_the_parameters_without_a_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    output = RUNNER.invoke(app, ["views", "parameter"]).output
    assert "min_area_km2" in output
