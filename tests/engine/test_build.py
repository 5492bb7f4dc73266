"""A build runs what changed and nothing else, and never harms the database in place."""

import os
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pytest
import shapely

import quarrydb
from quarrydb.cli.entry import main
from quarrydb.database.connection import quote_value
from quarrydb.engine.assemble import sql_type
from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.engine.clean import clean_store
from quarrydb.errors import BuildError, CheckError, SourceError
from quarrydb.project import Project, load_project
from quarrydb.store.lock import exclusive
from tests.worlds import write_polygons, write_project

A = [shapely.box(0, 0, 0.02, 0.02), shapely.box(0.01, 0.01, 0.03, 0.03)]
B = [shapely.box(1, 1, 1.02, 1.02)]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_project(tmp_path / "world", {"a": A, "b": B})


def would_run(folder: Path) -> set[str]:
    builder = Builder(load_project(folder))
    return {step.node.name for step in builder.explain(builder.plan()) if step.will_run}


def tables(
    database: Path, skip: Iterable[str] = ("built_at", "loaded_at")
) -> dict[str, list[object]]:
    """All rows of all tables and public views, but for times."""
    with quarrydb.connect(database) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() UNION ALL "
            "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal ORDER BY ALL"
        ).fetchall()
        content = {}
        for (name,) in names:
            described = connection.execute(f"DESCRIBE {name}").fetchall()
            columns = [row[0] for row in described if row[0] not in skip]
            select = ", ".join(f'"{c}"' for c in columns)
            content[name] = sorted(
                map(repr, connection.execute(f"SELECT {select} FROM {name}").fetchall())
            )
    return content


def test_what_a_build_writes_down_is_what_it_was_given() -> None:
    """Quoted, not bound: names of projects may hold anything."""
    given = [
        "it's",
        'a "b"',
        "nul\0nul",
        "\0",
        "'\0'",
        "back\\slash\n",
        "",
        7,
        0.1,
        -2.5e-300,
        True,
    ]
    given += [None, ("a'b", "\0"), (0.55, 0.625), ()]
    columns = ", ".join(f"CAST({quote_value(value)} AS {sql_type(value)})" for value in given)
    row = duckdb.execute(f"SELECT {columns}").fetchone()
    assert row == tuple(list(value) if isinstance(value, tuple) else value for value in given)


def test_a_second_build_runs_nothing(world: Path) -> None:
    first = build(load_project(world))
    assert first.n_run > 20
    before = first.database.stat().st_mtime_ns
    second = build(load_project(world))
    assert second.was_current
    assert second.n_run == 0
    assert second.database.stat().st_mtime_ns == before


def test_a_changed_parameter_reruns_what_reads_it(world: Path) -> None:
    build(load_project(world))
    file = world / "quarry.toml"
    file.write_text(file.read_text() + "offshore_distance_km = 10\n")
    steps = would_run(world)
    assert steps >= {"core.mine_country", "core.mine_place"}
    assert not steps & {"load polygons a", "core.merged", "core.mine_face", "core.mine_piece"}
    file.write_text(file.read_text() + "grid_cell_km = 50\n")
    assert would_run(world) >= {"core.mine_cell", "core.mine_piece"}
    assert "core.merged" not in would_run(world)


def test_a_changed_source_reruns_what_depends_on_it(world: Path) -> None:
    build(load_project(world))
    write_polygons(world / "b.gpkg", [shapely.box(1, 1, 1.05, 1.05)])
    steps = would_run(world)
    assert "load polygons b" in steps
    assert "core.mine" in steps
    assert not steps & {
        "load polygons a",
        "load countries",
        "core.region_tile",
        "core.country_part",
    }


def test_touching_a_source_without_changing_it_reruns_nothing(world: Path) -> None:
    build(load_project(world))
    os.utime(world / "a.gpkg", (1, 1))
    assert would_run(world) == set()


def test_reasons_say_what_changed(world: Path) -> None:
    build(load_project(world))
    file = world / "quarry.toml"
    file.write_text(file.read_text() + "min_area_km2 = 0.5\n")
    write_polygons(world / "b.gpkg", [shapely.box(1, 1, 1.05, 1.05)])
    builder = Builder(load_project(world))
    steps = {step.node.name: step.reasons for step in builder.explain(builder.plan())}
    assert "file b.gpkg changed" in steps["load polygons b"]
    assert "parameter min_area_km2 changed from 0.0 to 0.5" in steps["core.mine"]


def test_comments_in_sql_do_not_count_as_a_change() -> None:
    from dataclasses import replace

    from quarrydb.catalog.objects import read_catalog

    item = read_catalog()["core.merged"]
    noted = replace(item, text=item.text.replace("FROM piece\n", "FROM piece -- a remark\n", 1))
    other = replace(item, text=item.text.replace("ST_Normalize(", "ST_Boundary(", 1))
    assert noted.content == item.content
    assert other.content != item.content


def test_two_builds_from_nothing_have_identical_tables(world: Path, tmp_path: Path) -> None:
    twin = write_project(tmp_path / "twin", {"a": A, "b": B})
    one = tables(build(load_project(world)).database)
    other = tables(build(load_project(twin)).database)
    differ = [name for name in one if one[name] != other[name] and name not in DIFFERS]
    assert differ == []


# GeoPackages carry the time they were written, so checksums differ between two worlds.
DIFFERS = {"raw.load", "raw.load_file", "raw.build", "main.build_info"}


def test_a_failed_build_leaves_the_database_and_goes_on_later(world: Path) -> None:
    database = build(load_project(world)).database
    before = database.read_bytes()
    (world / "b.gpkg").write_bytes(b"SQLite format 3\0 and then nothing")
    with pytest.raises(SourceError, match=r"b\.gpkg.*The step was load polygons b\..*as it was"):
        _build_whole_message(world)
    assert database.read_bytes() == before
    write_polygons(world / "b.gpkg", B)
    assert build(load_project(world)).n_kept > 0
    assert sorted(p.name for p in world.iterdir() if p.name.startswith(".")) == [".quarry"]


def _build_whole_message(world: Path) -> None:
    try:
        build(load_project(world))
    except SourceError as error:
        raise SourceError(str(error).replace("\n", " ")) from error


def test_a_failed_check_is_not_put_in_place(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from quarrydb.engine import build as module

    database = build(load_project(world)).database
    before = database.read_bytes()
    file = world / "quarry.toml"
    file.write_text(file.read_text() + "min_area_km2 = 0.5\n")

    def spoil(connection: duckdb.DuckDBPyConnection, *_: object) -> None:
        connection.execute("INSERT INTO core.mine FROM core.mine")

    monkeypatch.setattr(module, "record_build", spoil)
    with pytest.raises(CheckError, match="fail_mine_id_unique"):
        build(load_project(world))
    assert database.read_bytes() == before


def test_a_damaged_store_file_is_made_again(world: Path) -> None:
    database = build(load_project(world)).database
    before = tables(database)
    stored = next((world / ".quarry" / "store" / "core.merged").glob("*.parquet"))
    stored.write_bytes(stored.read_bytes()[:-20])
    database.unlink()
    result = build(load_project(world))
    assert result.n_run == 1
    after = tables(database)
    assert {n for n in before if before[n] != after[n]} == set()


def test_a_deleted_or_altered_database_is_assembled_again(world: Path) -> None:
    database = build(load_project(world)).database
    before = tables(database)
    with database.open("r+b") as file:
        file.truncate(database.stat().st_size // 2)
    result = build(load_project(world))
    assert (result.n_run, result.was_current) == (0, False)
    assert tables(database) == before


def test_a_second_builder_is_told_to_wait(world: Path) -> None:
    with exclusive(world / ".quarry"), pytest.raises(BuildError, match="Another build"):
        build(load_project(world))


def test_a_project_folder_can_move(world: Path) -> None:
    build(load_project(world))
    moved = world.rename(world.with_name("moved"))
    assert would_run(moved) == set()


def test_a_plan_keeps_its_checksums(world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ["quarry", "plan", str(world)]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit, match="0"):
        main()
    again = Builder(load_project(world))
    again.plan()
    assert again.checksums.known.keys() >= {str(world / "a.gpkg"), str(world / "b.gpkg")}
    assert again.checksums.is_saved


def test_a_plan_beside_a_build_keeps_nothing(world: Path) -> None:
    builder = Builder(load_project(world))
    builder.plan()
    with exclusive(world / ".quarry"):
        builder.keep_checksums()
        assert not builder.checksums.file.exists()
    builder.keep_checksums()
    assert builder.checksums.file.exists()


def test_files_of_the_package_count_by_their_place_in_it(demo_project: Project) -> None:
    """The demo's model is a shipped one: no other installation has it at the same path."""
    files = {
        key.removeprefix("file ")
        for node in Builder(demo_project).plan().steps
        for key in node.ingredients
        if key.startswith("file ")
    }
    assert "quarrydb models demo/model.json" in files
    assert not [name for name in files if name.startswith(("..", "/"))]


def test_an_own_legend_moves_with_its_project(world: Path) -> None:
    (world / "map_2000.tif").touch()
    (world / "legend.csv").write_text("code,class_name,cover_type,category\n")
    with (world / "quarry.toml").open("a") as file:
        file.write('[landcover]\npath = "map_*.tif"\nlegend = "legend.csv"\n')
    before = Builder(load_project(world)).plan()
    after = Builder(load_project(world.rename(world.with_name("moved")))).plan()
    assert before.fingerprint == after.fingerprint


def test_clean_removes_what_no_step_refers_to(world: Path) -> None:
    build(load_project(world))
    file = world / "quarry.toml"
    file.write_text(file.read_text() + "min_area_km2 = 0.5\n")
    build(load_project(world))
    assert len(clean_store(load_project(world), dry_run=True)) > 0
    removed = clean_store(load_project(world))
    assert not any(path.exists() for path in removed)
    assert would_run(world) == set()
    assert clean_store(load_project(world)) == {}


def test_a_reader_goes_on_while_the_database_is_replaced(world: Path) -> None:
    database = build(load_project(world)).database
    with quarrydb.connect(database) as reader:
        before = reader.execute("FROM mine").fetchall()
        write_polygons(world / "b.gpkg", [shapely.box(1, 1, 1.05, 1.05)])
        build(load_project(world))
        assert reader.execute("FROM mine").fetchall() == before
    with quarrydb.connect(database) as reader:
        assert reader.execute("FROM mine").fetchall() != before


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_source_without_the_others_builds(tmp_path: Path, name: str) -> None:
    folder = write_project(tmp_path, {name: A})
    (folder / "countries.gpkg").unlink()
    text = (folder / "quarry.toml").read_text()
    (folder / "quarry.toml").write_text(text.replace('[countries]\npath = "countries.gpkg"\n', ""))
    with quarrydb.connect(build(load_project(folder)).database) as connection:
        assert connection.execute("SELECT iso3, protected_area_km2 FROM mine").fetchall() == [
            (None, None)
        ]
        assert connection.execute("FROM country_summary").fetchall() == []
