"""A part of a build: some views with what they need, and a file that says so."""

from pathlib import Path

import duckdb
import pytest
import shapely
from typer.testing import CliRunner

import quarrydb
from quarrydb.catalog.lineage import lineage_text
from quarrydb.catalog.objects import read_catalog
from quarrydb.catalog.stored import stored_catalog
from quarrydb.cli.app import app
from quarrydb.engine.build import build
from quarrydb.engine.part import ACCOUNTS, ALWAYS, ancestors, part_of
from quarrydb.errors import DatabaseError, QueryError
from quarrydb.export.views import export_views
from quarrydb.project import load_project
from tests.worlds import write_project

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    boxes = {"a": [shapely.box(0, 0, 0.02, 0.02)], "b": [shapely.box(1, 1, 1.02, 1.02)]}
    return write_project(tmp_path_factory.mktemp("part") / "world", boxes)


@pytest.fixture(scope="module")
def part(world: Path) -> Path:
    return build(load_project(world), until=["country_summary"], workers=1).database


def names(database: Path) -> set[str]:
    with quarrydb.connect(database) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM raw.object").fetchall()}


def test_ancestors_stop_where_steps_only_keep_account() -> None:
    graph = {
        "wanted": ["data"],
        "data": ["load a"],
        "load a": [],
        "load b": [],
        "raw.load": ["raw.load_file"],
        "raw.load_file": ["load a", "load b"],
        "other": ["data"],
    }
    assert ancestors(graph, ["wanted"], unless=()) == {"wanted", "data", "load a"}
    assert part_of(graph, ["wanted"]) == {
        "wanted": ["data"],
        "data": ["load a"],
        "load a": [],
        "raw.load": ["raw.load_file"],
        "raw.load_file": ["load a"],
    }


def test_a_part_holds_the_ancestors_of_what_was_asked_for_and_nothing_else(part: Path) -> None:
    assert part.name == "mines.part.duckdb"
    catalog = read_catalog()
    graph = {name: item.reads for name, item in catalog.items()}
    graph["main.parameter"] = ()
    asked = ancestors(graph, ["main.country_summary"], unless=())
    asked |= ancestors(graph, ALWAYS & set(graph), unless=ACCOUNTS)
    macros = {name for name in names(part) if catalog[name].kind == "macro"}
    assert names(part) - macros == asked - {"main.parameter"}
    with quarrydb.connect(part) as connection:
        assert connection.execute("SELECT sum(n_mines) FROM country_summary").fetchone() == (2,)
        with pytest.raises(duckdb.CatalogException):
            connection.execute("FROM grid_density")


def test_a_part_says_that_it_is_one(part: Path, tmp_path: Path) -> None:
    with quarrydb.connect(part) as connection:
        assert connection.execute("SELECT is_partial, built_views FROM raw.build").fetchall() == [
            (True, ["main.country_summary"])
        ]
        export_views(connection, tmp_path)
    assert '"is_partial": true' in (tmp_path / "datapackage.json").read_text()
    output = RUNNER.invoke(app, ["check", "-d", str(part)]).output
    assert "checks read views that this partial build leaves out." in output
    assert "0 failed" in output


def test_the_whole_build_keeps_the_part_s_rows_and_file(world: Path, part: Path) -> None:
    before = part.read_bytes()
    whole = build(load_project(world), workers=1)
    assert whole.n_kept >= 15
    assert part.read_bytes() == before
    assert names(part) < names(whole.database)
    assert build(load_project(world), until=["country_summary"]).was_current


def test_an_unknown_view_is_named_before_any_work(world: Path) -> None:
    with pytest.raises(QueryError, match="There is no view country_sumary"):
        build(load_project(world), until=["country_sumary"])


def test_the_command_says_what_it_left_out(world: Path) -> None:
    output = RUNNER.invoke(app, ["build", str(world), "--only", "country_summary"]).output
    assert "This is a part:" in output
    assert "quarry build" in output


def test_the_file_alone_says_what_a_stored_view_is_made_from(part: Path) -> None:
    with duckdb.connect(str(part), read_only=True) as connection:
        catalog = stored_catalog(connection)
    assert catalog["core.mine_country"].is_stored
    assert catalog["core.mine_country"].statement == read_catalog()["core.mine_country"].statement
    output = RUNNER.invoke(app, ["graph", "country_summary", "-d", str(part)]).output
    assert output.strip() == lineage_text("country_summary")


@pytest.mark.parametrize("command", ["report", "map", "site"])
def test_a_page_of_a_part_is_refused_by_name(command: str, part: Path, tmp_path: Path) -> None:
    done = RUNNER.invoke(app, [command, str(tmp_path / "out"), "-d", str(part)])
    assert isinstance(done.exception, DatabaseError)
    assert "is a part, built with --only" in str(done.exception)
    assert not (tmp_path / "out").exists()
