"""A DuckLake with PostgreSQL as its catalogue: whole publications, several writers, old snapshots."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import duckdb
import pytest
import shapely

import quarrydb
from benchmarks.postgres import Server, programs_folder, temporary_server
from quarrydb.engine.build import build
from quarrydb.errors import DatabaseError, MissingExtraError
from quarrydb.export import ducklake as module
from quarrydb.export.ducklake import attach, publish
from quarrydb.project import load_project
from tests.worlds import write_polygons, write_project

NUMBER = count()
SQUARES = [shapely.box(0, 0, 0.02, 0.02), shapely.box(1, 1, 1.03, 1.03)]

pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake is not installed")
pytest.importorskip(
    "duckdb_extension_postgres_scanner", reason="the extra ducklake is not installed"
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL of our own."""
    if programs_folder() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    with temporary_server() as running:
        yield running


@pytest.fixture
def lake(server: Server, tmp_path: Path) -> tuple[str, str]:
    """Catalogue and data folder of a new DuckLake."""
    name = f"lake{next(NUMBER)}"
    server.create(name)
    return f"postgres:{server.conninfo(name)}", f"{tmp_path / 'lake'}/"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small built project, which no test may change."""
    folder = write_project(tmp_path_factory.mktemp("built") / "world", {"a": SQUARES})
    build(load_project(folder))
    return folder


@pytest.fixture
def world(built: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(built, tmp_path / "world"))


def reader(catalogue: str) -> duckdb.DuckDBPyConnection:
    """A client that can only read."""
    connection = duckdb.connect()
    attach(connection, catalogue, None, read_only=True)
    return connection


def test_every_public_view_is_there_with_its_comments(lake, world) -> None:
    """Rows, geometry and comments."""
    done = publish(world / "mines.duckdb", lake[0], data=lake[1])
    client = reader(lake[0])
    client.execute(f"ATTACH '{world / 'mines.duckdb'}' AS built (READ_ONLY)")
    assert done.rows["mine"] == 2
    assert len(done.rows) > 40
    for name in done.rows:
        left, right = (f"{place}.main.{name}" for place in ("lake", "built"))
        query = "SELECT count(*) FROM (FROM {} EXCEPT ALL FROM {})"
        assert client.execute(query.format(left, right)).fetchall() == [(0,)], name
        assert client.execute(query.format(right, left)).fetchall() == [(0,)], name
    comments = client.execute(
        "SELECT comment FROM duckdb_columns() WHERE database_name = 'lake' AND table_name = 'mine' "
        "AND column_name = 'area_km2'"
    ).fetchall()
    assert comments == [("Area, km2, on the WGS84 ellipsoid.",)]
    area = client.execute(
        "SELECT sum(ST_Area_Spheroid(geometry)) / 1e6, sum(area_km2) FROM lake.mine"
    ).fetchone()
    assert area[0] == pytest.approx(area[1], rel=1e-12)


def test_the_same_build_is_published_once_and_old_ones_stay(lake, world) -> None:
    """A second publication does nothing; one of a new build leaves the old snapshot readable."""
    first = publish(world / "mines.duckdb", lake[0], data=lake[1])
    again = publish(world / "mines.duckdb", lake[0])
    assert again.was_current
    assert again.snapshot == first.snapshot
    before = reader(lake[0])
    before.execute("BEGIN")
    assert before.execute("SELECT count(*) FROM lake.mine").fetchall() == [(2,)]
    write_polygons(world / "a.gpkg", SQUARES[:1])
    build(load_project(world))
    second = publish(world / "mines.duckdb", lake[0])
    assert second.snapshot > first.snapshot
    assert before.execute("SELECT count(*) FROM lake.mine").fetchall() == [(2,)]
    now = reader(lake[0])
    assert now.execute("SELECT count(*) FROM lake.mine").fetchall() == [(1,)]
    then = f"SELECT count(*) FROM lake.mine AT (VERSION => {first.snapshot})"
    assert now.execute(then).fetchall() == [(2,)]


def test_tables_of_another_build_are_named(lake, world) -> None:
    """Not one that a reader made there."""
    catalogue, data = lake
    names = ["mine", "build_info", "mine_source"]
    assert publish(world / "mines.duckdb", catalogue, data=data, views=names).others == ()
    with duckdb.connect() as client:
        attach(client, catalogue, None)
        client.execute("CREATE TABLE lake.notes AS SELECT 1 AS n")
    write_polygons(world / "a.gpkg", SQUARES[:1])
    build(load_project(world))
    part = publish(world / "mines.duckdb", catalogue, views=["mine"])
    assert part.others == ("build_info", "mine_source")
    again = publish(world / "mines.duckdb", catalogue, views=["mine"])
    assert again.was_current
    assert again.others == part.others
    assert publish(world / "mines.duckdb", catalogue, views=names).others == ()


def test_two_writers_at_once(lake, world) -> None:
    """Two processes publish into two schemas of one lake; both are whole."""
    publish(world / "mines.duckdb", lake[0], data=lake[1], views=["build_info"])
    command = [
        sys.executable, "-c", "from quarrydb.cli.entry import main; main()", "publish",
        "--ducklake", lake[0], "--database", str(world / "mines.duckdb"), "--schema",
    ]  # fmt: skip
    writers = [
        subprocess.Popen([*command, name], stderr=subprocess.PIPE) for name in ("north", "south")
    ]
    for writer in writers:
        _, words = writer.communicate(timeout=240)
        assert writer.returncode == 0, words.decode()
    client = reader(lake[0])
    for name in ("north", "south"):
        assert client.execute(f"SELECT count(*) FROM lake.{name}.mine").fetchall() == [(2,)]


def test_a_publication_that_fails_leaves_everything_as_it_was(lake, world, monkeypatch) -> None:
    """An error after some tables were written."""
    publish(world / "mines.duckdb", lake[0], data=lake[1])
    write_polygons(world / "a.gpkg", SQUARES[:1])
    build(load_project(world))

    def fail_late(connection, view, table: str, build: str) -> None:
        if view.name > "m":
            raise duckdb.IOException("the disk is full")

    monkeypatch.setattr(module, "comment", fail_late)
    with pytest.raises(DatabaseError, match=r"Nothing was published: .*disk is full"):
        publish(world / "mines.duckdb", lake[0])
    client = reader(lake[0])
    assert client.execute("SELECT n_polygons FROM lake.dataset_summary").fetchall() == [(2,)] * 3


def test_a_lake_that_is_not_there(world, tmp_path: Path) -> None:
    """The message says what to give."""
    with pytest.raises(DatabaseError, match="can't be attached"):
        publish(world / "mines.duckdb", f"postgres:host={tmp_path} dbname=none", data="x/")


def test_without_the_extension(monkeypatch) -> None:
    """The message names the extra."""
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"quarrydb\[ducklake\]"):
        module.extension("ducklake")
    assert quarrydb.__version__
