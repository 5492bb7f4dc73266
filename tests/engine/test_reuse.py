"""A build that begins with the database in place makes what one from nothing makes."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pytest
import shapely

from quarrydb.catalog.objects import read_catalog
from quarrydb.database.connection import connect
from quarrydb.engine import build, builder, reuse
from quarrydb.engine.plan import Plan
from quarrydb.store.databases import note_database
from tests.engine.test_build import tables
from tests.worlds import write_polygons, write_project

A = [shapely.box(0, 0, 0.02, 0.02), shapely.box(0.01, 0.01, 0.03, 0.03)]
B = [shapely.box(1, 1, 1.02, 1.02)]
GREEN = [shapely.box(0, 0, 0.005, 0.02)]
CATALOGUE = (
    "SELECT schema_name, view_name, sql, comment FROM duckdb_views() WHERE NOT internal",
    "SELECT schema_name, table_name, sql, comment FROM duckdb_tables()",
    "SELECT schema_name, function_name, parameters, macro_definition, comment FROM duckdb_functions() "
    "WHERE NOT internal AND function_type LIKE '%macro'",
    "SELECT schema_name, table_name, column_name, data_type, is_nullable, comment FROM duckdb_columns() "
    "WHERE NOT internal",
    "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal",
)


def replace(old: str, new: str) -> Callable[[Path], None]:
    def change(world: Path) -> None:
        file = world / "quarry.toml"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))

    return change


def move_polygons(world: Path) -> None:
    write_polygons(world / "b.gpkg", [shapely.box(1, 1, 1.03, 1.02)])


CHANGES = {
    "parameter": replace("[parameters]\n", "[parameters]\noffshore_distance_km = 10\n"),
    "parameter of mines": replace("[parameters]\n", "[parameters]\nmin_area_km2 = 1.0\n"),
    "source": move_polygons,
    "source gone": replace('[[polygons]]\nname = "b"\npath = "b.gpkg"\n', ""),
    "step gone": replace('[stable_green.polygons]\npath = "green.gpkg"\n', ""),
}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    return write_project(tmp_path / "world", {"a": A, "b": B}, green=GREEN)


@pytest.fixture
def reused(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """What each build of the test kept of the database in place."""
    kept: list[frozenset[str]] = []

    def keep_only(
        connection: duckdb.DuckDBPyConnection, names: frozenset[str], plan: Plan
    ) -> frozenset[str]:
        if names:
            kept.append(reuse.keep_only(connection, names, plan))
        return kept[-1] if names else names

    monkeypatch.setattr(build, "keep_only", keep_only)
    return kept


def everything(database: Path) -> list[object]:
    """All rows, statements, types and comments of a database, but for times."""
    with connect(database) as connection:
        described = [sorted(map(repr, connection.execute(q).fetchall())) for q in CATALOGUE]
    return [tables(database), *described]


def from_nothing(database: Path, until: Sequence[str] = ()) -> list[object]:
    """What a build of the same project makes where there is no database."""
    database.unlink()
    return everything(build.build(database.parent, until=until).database)


def test_it_is_what_a_build_from_nothing_makes(world: Path, reused: list[frozenset[str]]) -> None:
    build.build(world)
    for n_before, (name, change) in enumerate(CHANGES.items()):
        change(world)
        result = build.build(world)
        assert result.n_run > 0, name
        assert len(reused) == n_before + 1, name
        assert len(reused[-1]) > 100, name
        assert everything(result.database) == from_nothing(result.database), name


def test_comments_are_those_of_the_code(
    world: Path, reused: list[frozenset[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are in no fingerprint of rows, and change with the code all the same."""
    build.build(world)
    catalog = read_catalog()
    item = catalog["main.mine"]
    text = item.text.replace("COMMENT ON VIEW mine IS '", "COMMENT ON VIEW mine IS 'Once more. ")
    assert text != item.text
    other = {**catalog, "main.mine": dataclasses.replace(item, text=text)}
    monkeypatch.setattr(builder, "read_catalog", lambda: other)
    CHANGES["parameter"](world)
    with connect(build.build(world).database) as connection:
        found = connection.execute(
            "SELECT comment FROM duckdb_views() WHERE view_name = 'mine' UNION ALL "
            "SELECT comment FROM duckdb_tables() WHERE table_name = 'mine' AND schema_name = 'main'"
        ).fetchall()
    assert [comment.startswith("Once more. ") for (comment,) in found] == [True]
    assert "main.mine" not in reused[0]


def test_a_database_from_elsewhere_is_made_from_nothing(
    world: Path, reused: list[frozenset[str]], tmp_path: Path
) -> None:
    """Its maker can seal whatever it holds; not the times that the system gives it here."""
    build.build(world)
    came = tmp_path / "came"
    shutil.copytree(world, came)
    with duckdb.connect(came / "mines.duckdb") as connection:
        connection.execute("CREATE VIEW core.foreign_view AS FROM read_text('/etc/hostname')")
    note_database(came / ".quarry", came / "mines.duckdb")
    CHANGES["parameter"](came)
    database = build.build(came).database
    with connect(database) as connection:
        query = "SELECT view_name FROM duckdb_views() WHERE view_name = 'foreign_view'"
        assert connection.execute(query).fetchall() == []
    assert reused == []


def test_a_database_touched_while_it_is_copied_is_not_begun_with(
    world: Path, reused: list[frozenset[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(world)
    CHANGES["parameter"](world)
    copyfile = shutil.copyfile

    def touching(source: Path, target: Path) -> None:
        copyfile(source, target)
        os.utime(source)

    monkeypatch.setattr(shutil, "copyfile", touching)
    assert build.build(world).n_run > 0
    assert reused == []


def test_a_part_begins_with_the_part_before(world: Path, reused: list[frozenset[str]]) -> None:
    build.build(world, until=["mine"])
    wanted = ["mine", "country_summary"]
    database = build.build(world, until=wanted).database
    assert "core.mine" in reused[0]
    assert everything(database) == from_nothing(database, wanted)


def test_a_hollow_file_is_not_begun_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reuse, "HOLES_BYTES", 1_000_000)
    with duckdb.connect(tmp_path / "mines.duckdb") as connection:
        connection.execute("CREATE SCHEMA core; CREATE TABLE core.small AS SELECT 1 AS n")
        connection.execute("CREATE TABLE core.large AS SELECT random() AS n FROM range(1000000)")
        connection.execute("CHECKPOINT")
        names = frozenset({"core.small", "core.large"})
        assert reuse.keep_only(connection, names, Plan((), "")) == names
        assert reuse.keep_only(connection, frozenset({"core.small"}), Plan((), "")) == frozenset()
        assert connection.execute("FROM duckdb_tables()").fetchall() == []
