"""The command line as scripts use it: exit codes, plain output, nothing but the answer."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run as quarry
from tests.worlds import write_project


def in_a_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """As a script starts it; most tests here run the same entry point in their own process."""
    command = [sys.executable, "-m", "quarrydb.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments",
    [
        ("sql", "SELECT 7 AS n", "--csv"),
        ("sql", "SELEC"),
        ("sql", "FROM mine", "-d", "nowhere.duckdb"),
    ],
)
def test_a_process_of_its_own_says_and_ends_the_same(
    demo_database: Path, arguments: tuple[str, ...]
) -> None:
    database = () if "-d" in arguments else ("-d", demo_database)
    own, here = in_a_process(*arguments, *database), quarry(*arguments, *database)
    assert (own.returncode, own.stdout, own.stderr) == (here.returncode, here.stdout, here.stderr)


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
    assert done.returncode == 2
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


@pytest.mark.slow
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
    assert done.returncode == 2
    assert "no view countrysummary" in done.stderr


def test_every_command_has_help_that_ends_in_an_example() -> None:
    from typer.main import get_command

    from quarrydb.cli.app import app

    commands = get_command(app).commands  # type: ignore[attr-defined]
    assert len(commands) >= 10
    for name, command in commands.items():
        assert command.help, name
        assert (command.epilog or "").startswith("Example: quarry "), name


@pytest.mark.parametrize(
    "arguments",
    [
        ("sql", "SELECT nonsense"),
        ("export", "out", "--format", "shp"),
        ("export", "out", "--view", "country_sumary"),
        ("cite", "--format", "word"),
        ("views", "country_sumary"),
    ],
    ids=lambda arguments: " ".join(arguments),
)
def test_a_mistake_in_the_command_is_2(
    demo_database: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = quarry(*arguments, "-d", demo_database, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("Error: ")
    if "country_sumary" in arguments:
        assert "Did you mean country_summary" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("report", "taken/out"),
        ("map", "taken/map.html"),
        ("export", "taken/out", "--view", "build_info"),
        ("sql", "SELECT 1 AS one", "--parquet", "taken/one.parquet"),
        ("init", "taken/sub"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_place_that_cant_be_written_is_8_and_no_traceback(
    demo_database: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    database = () if arguments[0] == "init" else ("-d", demo_database)
    done = quarry(*arguments, *database, cwd=tmp_path)
    assert done.returncode == 8, done.stderr
    assert "can't be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_views_of_a_database_and_columns_of_one(demo_database: Path) -> None:
    listed = quarry("views", "-d", demo_database).stdout
    assert "country_summary" in listed
    assert "parameter" in listed
    shown = quarry("views", "country_summary", "-d", demo_database).stdout
    assert shown.startswith("country_summary: ")
    area = next(line for line in shown.splitlines() if line.startswith("area_km2"))
    assert "DOUBLE" in area
    assert "km2" in area.removeprefix("area_km2")
    assert "km2" in quarry("views", "country_summary").stdout


def test_completion_knows_views_and_formats() -> None:
    from quarrydb.cli.options import one_of, view_names

    assert "country_summary" in view_names("country_s")
    assert view_names("nothing_begins_so") == []
    assert one_of("parquet", "gpkg")("g") == ["gpkg"]


def test_a_table_is_shortened_for_the_eye_and_files_are_not(demo_database: Path) -> None:
    query = "SELECT 1234567.891::DOUBLE AS large, 1.2345678e-4::DOUBLE AS small, 'nan'::DOUBLE AS none, 7 n"
    shown = quarry("sql", query, "-d", demo_database).stdout
    assert "1234568.0" in shown
    assert "0.000123457" in shown
    assert "nan" in shown
    csv = quarry("sql", query, "--csv", "-d", demo_database).stdout
    assert csv.splitlines()[1] == "1234567.891,0.00012345678,nan,7"


@pytest.mark.slow
def test_plan_sees_that_a_part_of_a_shapefile_is_missing(tmp_path: Path) -> None:
    import geopandas
    import shapely

    write_project(tmp_path, {"a": [shapely.box(0, 0, 0.01, 0.01)]})
    frame = geopandas.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    frame.to_file(tmp_path / "mines.shp")
    text = (tmp_path / "quarry.toml").read_text().replace("a.gpkg", "mines.shp")
    (tmp_path / "quarry.toml").write_text(text)
    assert quarry("plan", tmp_path).returncode == 0
    (tmp_path / "mines.shx").unlink()
    done = quarry("plan", tmp_path)
    assert done.returncode == 3
    assert "mines.shp lacks mines.shx" in done.stderr


def test_plan_of_a_folder_that_is_not_there_names_the_folder(tmp_path: Path) -> None:
    done = quarry("plan", "nowhere", cwd=tmp_path)
    assert done.returncode == 2
    assert "quarry init nowhere" in done.stderr
    done = quarry("plan", cwd=tmp_path)
    assert "quarry init ." in done.stderr


def test_a_view_shows_its_sql(demo_database: Path) -> None:
    for database in ([], ["-d", demo_database]):
        shown = quarry("views", "mine_succession", "--sql", *database).stdout
        assert "-- Grain:   one row per old_build" in shown
        assert "CREATE OR REPLACE VIEW mine_succession AS" in shown
    assert "Name the view" in quarry("views", "--sql").stderr


def test_a_wrong_panel_is_told_the_nearest_ones(demo_database: Path, tmp_path: Path) -> None:
    said = quarry("figure", "country_areas", tmp_path / "a.svg", "-d", demo_database).stderr
    assert "country_area" in said
    assert said.count(",") < 5
