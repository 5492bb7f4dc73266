"""Mines of the builds before: kept where a database is put in place, and set beside those of this one."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
import shapely

import quarrydb
from quarrydb.engine.build import BuildResult, build
from quarrydb.engine.clean import clean_store
from quarrydb.errors import QuarryError
from quarrydb.project import load_project
from quarrydb.provenance.licence import read_sources
from quarrydb.store.editions import file_of, read_editions
from quarrydb.store.shards import Store
from tests.worlds import write_polygons, write_project

STAYS, WHOLE = shapely.box(0, 0, 0.01, 0.01), shapely.box(0.1, 0, 0.12, 0.01)
HALVES = [shapely.box(0.1, 0, 0.109, 0.01), shapely.box(0.11, 0, 0.12, 0.01)]
EDITIONS = [[STAYS, WHOLE], [STAYS, *HALVES], [STAYS]]


def edit(folder: Path, shapes: Sequence[shapely.Geometry]) -> BuildResult:
    """Another edition of the polygons, built."""
    (folder / "a.gpkg").unlink()
    write_polygons(folder / "a.gpkg", shapes)
    return build(load_project(folder), workers=1)


def add(folder: Path, text: str) -> None:
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + text)


def asked(folder: Path, query: str) -> list[tuple]:
    with quarrydb.connect(folder / "mines.duckdb") as connection:
        return connection.execute(query).fetchall()


def rows(folder: Path) -> list[tuple]:
    """Number of the old build, whether a mine is left, share of the old one: of mine_succession."""
    return asked(
        folder,
        "SELECT dense_rank() OVER (ORDER BY old_build), mine_id IS NOT NULL, round(share_old, 3) "
        "FROM mine_succession ORDER BY ALL",
    )


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project(tmp_path_factory.mktemp("editions") / "p", {"a": EDITIONS[0]})
    build(load_project(folder), workers=1)
    return folder


@pytest.fixture
def world(first: Path, tmp_path: Path) -> Path:
    """A project that is built once, with two mines."""
    return Path(shutil.copytree(first, tmp_path / "p"))


def test_three_editions_make_a_chain_and_the_next_build_finds_nothing_to_do(world: Path) -> None:
    assert rows(world) == []
    began = asked(world, "SELECT strftime(built_at, '%Y-%m-%d %H:%M:%S') FROM build_info")
    edit(world, EDITIONS[1])
    assert rows(world) == [(1, True, 0.45), (1, True, 0.5), (1, True, 1)]
    assert asked(world, "SELECT DISTINCT old_build FROM mine_succession") == began
    assert build(load_project(world), workers=1).was_current
    clean_store(load_project(world))
    edit(world, EDITIONS[2])
    of_first = [(1, False, 0), (1, True, 1)]
    assert rows(world) == [*of_first, (2, False, 0), (2, False, 0), (2, True, 1)]
    edit(world, EDITIONS[1])  # as it was before: the second edition is no predecessor of itself
    assert rows(world) == [(1, True, 0.45), (1, True, 0.5), (1, True, 1), (2, True, 1)]


def test_the_same_mines_have_no_predecessors(world: Path) -> None:
    for change in (
        "trend_last_year = 2020",
        "min_area_km2 = 0.001",
    ):  # the second redraws the mines
        add(world, change + "\n")
        assert not build(load_project(world), workers=1).was_current
        assert rows(world) == []
    assert build(load_project(world), workers=1).was_current


def test_a_failed_build_loses_nothing(world: Path) -> None:
    (world / "a.gpkg").write_text("no polygons")
    with pytest.raises(QuarryError):
        build(load_project(world), workers=1)
    add(world, "earlier_builds_max = 0\n")
    edit(world, EDITIONS[1])
    assert rows(world) == []  # none is asked for
    file = world / "quarry.toml"
    file.write_text(file.read_text().replace("earlier_builds_max = 0\n", ""))
    build(load_project(world), workers=1)
    assert len(rows(world)) == 3


def test_a_database_without_its_store_is_asked_itself(world: Path) -> None:
    shutil.rmtree(world / ".quarry")
    edit(world, EDITIONS[1])
    assert rows(world) == [(1, True, 0.45), (1, True, 0.5), (1, True, 1)]
    assert build(load_project(world), workers=1).was_current


def test_what_the_store_lost_is_left_out(world: Path) -> None:
    store = Store(world / ".quarry")
    (edition,) = read_editions(store)
    content = bytearray(file_of(store, edition).read_bytes())
    content[100] ^= 1
    file_of(store, edition).write_bytes(content)
    assert read_editions(store) == []
    edit(world, EDITIONS[1])  # the database is in place still, and holds them
    assert len(rows(world)) == 3


def test_records_that_were_lost_change_no_plan(world: Path) -> None:
    """The mines of the database in place are those that the plan would make."""
    asked_for = "SELECT fingerprint FROM raw.build"
    before = asked(world, asked_for)
    for record in ("mines.json", "database.json"):
        (world / ".quarry" / record).unlink()
    assert not build(load_project(world), workers=1).was_current
    assert asked(world, asked_for) == before
    assert rows(world) == []


def test_a_source_that_is_gone_keeps_its_terms(world: Path) -> None:
    file = world / "quarry.toml"
    named = file.read_text()
    file.write_text(named.replace('"a.gpkg"', '"a.gpkg"\nlicence = "CC BY-SA 4.0"'))
    edit(world, EDITIONS[1])
    file.write_text(named.replace('name = "a"', 'name = "b"'))
    edit(world, EDITIONS[2])
    with quarrydb.connect(world / "mines.duckdb") as connection:
        found = {(s.name, s.kind): s.licence for s in read_sources(connection)}
    assert found["a", "previous mines"] == "CC BY-SA 4.0"
    assert ("b", "previous mines") not in found
