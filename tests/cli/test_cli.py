"""The command line as scripts use it: exit codes, plain output, nothing but the answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.worlds import write_project

QUARRY = [sys.executable, "-m", "quarrydb.cli"]


def quarry(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*QUARRY, *map(str, arguments)], capture_output=True, text=True, check=False, cwd=cwd
    )


def test_sql_prints_csv_and_json(demo_database: Path) -> None:
    query = "SELECT continent, n_mines FROM continent_summary ORDER BY n_mines DESC LIMIT 1"
    csv = quarry("sql", query, "--csv", "-d", demo_database).stdout.splitlines()
    assert csv[0] == "continent,n_mines"
    row = json.loads(quarry("sql", query, "--json", "-d", demo_database).stdout)
    assert csv[1] == f"{row['continent']},{row['n_mines']}"


def test_sql_writes_parquet(demo_database: Path, tmp_path: Path) -> None:
    import polars

    target = tmp_path / "mine.parquet"
    assert quarry("sql", "FROM mine", "--parquet", target, "-d", demo_database).returncode == 0
    assert polars.read_parquet(target).height > 100


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "ATTACH '/tmp/other.duckdb'",
        "COPY mine TO '/tmp/stolen.parquet'",
        "INSTALL httpfs",
        "CREATE TABLE x AS SELECT 1",
        "DROP TABLE core.mine",
        "SET lock_configuration = false",
        "SELECT nonsense",
        "SELEC",
    ],
)
def test_sql_refuses_what_is_no_query_of_the_database(demo_database: Path, query: str) -> None:
    before = demo_database.read_bytes()
    done = quarry("sql", query, "-d", demo_database)
    assert done.returncode == 6
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    assert demo_database.read_bytes() == before


def test_check_tells_by_exit_code(demo_database: Path, tmp_path: Path) -> None:
    import shutil

    import duckdb

    assert quarry("check", "-d", demo_database).returncode == 0
    spoiled = tmp_path / "spoiled.duckdb"
    shutil.copy(demo_database, spoiled)
    with duckdb.connect(str(spoiled)) as connection:
        connection.execute("INSERT INTO core.mine FROM core.mine LIMIT 1")
    done = quarry("check", "-d", spoiled)
    assert done.returncode == 5
    assert "FAIL fail_mine_id_unique" in done.stdout


def test_a_missing_database_and_a_foreign_one_say_what_to_do(tmp_path: Path) -> None:
    import duckdb

    done = quarry("sql", "SELECT 1", cwd=tmp_path)
    assert (done.returncode, "quarry build" in done.stderr) == (6, True)
    duckdb.connect(str(tmp_path / "mines.duckdb")).close()
    done = quarry("check", cwd=tmp_path)
    assert done.returncode == 6
    assert "was not made by quarry build" in done.stderr


def test_build_plan_and_build_again(tmp_path: Path) -> None:
    import shapely

    write_project(tmp_path, {"a": [shapely.box(0, 0, 0.01, 0.01)]})
    planned = quarry("plan", tmp_path)
    assert "not built before" in planned.stdout
    done = quarry("build", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "checks passed" in done.stdout
    assert "up to date" in quarry("build", tmp_path).stdout
    assert quarry("plan", tmp_path).stdout.splitlines()[-1].startswith("0 of ")


def test_a_broken_source_gives_its_exit_code_and_no_traceback(tmp_path: Path) -> None:
    import shapely

    write_project(tmp_path, {"a": [shapely.box(0, 0, 0.01, 0.01)]})
    (tmp_path / "a.gpkg").write_bytes(b"")
    done = quarry("build", tmp_path)
    assert done.returncode == 3
    assert "a.gpkg is empty (0 bytes)" in done.stderr
    assert "Traceback" not in done.stderr


def test_graph_as_text_and_mermaid() -> None:
    text = quarry("graph", "country_summary").stdout
    assert text.startswith("country_summary  (view, sql/place/country_summary.sql)")
    assert "raw.polygon  (raw table, sql/raw/polygon.sql)" in text
    chart = quarry("graph", "country_summary", "--mermaid").stdout
    assert chart.startswith("flowchart LR")
    assert "core_mine_country --> main_country_summary" in chart


def test_an_unknown_view_gets_a_suggestion() -> None:
    done = quarry("graph", "countrysummary")
    assert done.returncode == 6
    assert "no view countrysummary" in done.stderr


def test_every_command_has_help_that_ends_in_an_example() -> None:
    from typer.main import get_command

    from quarrydb.cli import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) >= 10
    for name, command in commands.items():
        assert command.help, name
        assert (command.epilog or "").startswith("Example: quarry "), name
