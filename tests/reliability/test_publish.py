"""Publication into a DuckLake whose catalogue is a file: which build a table holds, and what is refused."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from quarrydb.database.connection import empty_instance
from quarrydb.database.dictionary import View, public_views
from quarrydb.database.opening import open_checked
from quarrydb.errors import DatabaseError
from quarrydb.export import ducklake as module
from quarrydb.export.ducklake import attach, is_current, make_file, publish, write
from tests.reliability.faults import assert_plain, quarry
from tests.reliability.table import tried
from tests.reliability.tools import refusal

pytest.importorskip("duckdb_extension_ducklake", reason="the extra ducklake is not installed")
pytest.importorskip(
    "duckdb_extension_postgres_scanner", reason="the extra ducklake is not installed"
)
VIEWS = ["build_info", "country_summary", "dataset_summary"]


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A new lake."""
    with duckdb.connect() as connection:
        attach(connection, str(tmp_path / "lake.ducklake"), f"{tmp_path}/files/")
        yield connection


def test_each_table_knows_its_build(built: Path, lake: duckdb.DuckDBPyConnection) -> None:
    """A build of which some tables were published is not taken for all of it."""
    with open_checked(built / "mines.duckdb") as connection:
        views = {view.name: view for view in public_views(connection) if view.name in VIEWS}

    def published(build: str, *names: str) -> None:
        chosen: list[View] = [views[name] for name in names]
        with open_checked(built / "mines.duckdb") as database:
            assert set(write(lake, database, "main", chosen, build)) == set(names)

    published("aaa", *VIEWS)
    assert is_current(lake, "main", VIEWS, "aaa")
    assert not is_current(lake, "other", VIEWS, "aaa")
    published("bbb", "country_summary", "build_info")
    assert is_current(lake, "main", ["country_summary"], "bbb")
    assert is_current(lake, "main", ["dataset_summary"], "aaa")
    assert not is_current(lake, "main", VIEWS, "aaa")
    assert not is_current(lake, "main", VIEWS, "bbb")
    published("bbb", *VIEWS)
    assert is_current(lake, "main", VIEWS, "bbb")
    (comment,) = lake.execute(
        "SELECT comment FROM duckdb_tables() "
        "WHERE database_name = 'lake' AND table_name = 'dataset_summary'"
    ).fetchone() or ("",)
    assert comment == f"{views['dataset_summary'].comment} (build bbb)"


def test_every_view_has_the_same_types_and_rows(
    built: Path, lake: duckdb.DuckDBPyConnection
) -> None:
    """On their way from one connection to the other rows keep their types."""
    with open_checked(built / "mines.duckdb") as database:
        views = public_views(database)
        rows = write(lake, database, "main", views, "aaa")
        for view in views:
            types = dict(
                lake.execute(
                    f"SELECT name, type FROM pragma_table_info('lake.main.{view.name}')"
                ).fetchall()
            )
            assert types == {
                column.name: column.type.partition("(")[0]
                if column.type.startswith("GEOM")
                else column.type
                for column in view.columns
            }
            there = database.execute(f"SELECT count(*) FROM {view.name}").fetchone()
            assert there == (rows[view.name],)


@tried("Faults", "the catalogue of a DuckLake removed, or replaced, in the middle of a publication")
def test_a_catalogue_that_goes(
    built: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happened: Callable[[str], None],
) -> None:
    """DuckDB goes on with the file that it has open, and says that all is well."""
    comment, said = module.comment, set()
    for replaced in (False, True):
        folder = tmp_path / str(replaced)
        catalogue, kept = folder / "lake.ducklake", folder / "kept.ducklake"
        folder.mkdir()
        publish(built / "mines.duckdb", str(catalogue), data=f"{folder}/files/", views=VIEWS[:1])

        def lose(
            *arguments: Any, catalogue: Path = catalogue, kept: Path = kept, back: bool = replaced
        ) -> None:
            if not kept.exists():
                catalogue.rename(kept)
                if back:
                    shutil.copy(kept, catalogue)
            comment(*arguments)

        monkeypatch.setattr(module, "comment", lose)
        said.add(
            refusal(lambda lake=str(catalogue): publish(built / "mines.duckdb", lake, views=VIEWS))
        )
        monkeypatch.setattr(module, "comment", comment)
        kept.rename(catalogue)
        publish(built / "mines.duckdb", str(catalogue), views=VIEWS)
        with duckdb.connect() as lake:
            attach(lake, str(catalogue), None)
            assert lake.execute("SELECT count(*) FROM lake.main.build_info").fetchone() == (1,)
    (text,) = said
    happened(f"{text} The next publication is whole.")


def test_a_database_of_another_schema_is_refused(built: Path, tmp_path: Path) -> None:
    old = tmp_path / "old.duckdb"
    shutil.copy(built / "mines.duckdb", old)
    with duckdb.connect(str(old)) as connection:
        connection.execute("UPDATE raw.build SET schema_version = 0")
    with pytest.raises(DatabaseError, match=r"has schema 0 of quarrydb .* Bring it up to date"):
        publish(old, str(tmp_path / "lake.ducklake"), data=f"{tmp_path}/files/")
    assert not (tmp_path / "lake.ducklake").exists()


@tried("Faults", "a disk that fills in the first page of a new DuckLake's catalogue")
def test_a_catalogue_is_made_whole_or_not_at_all(
    built: Path, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    lake, files = tmp_path / "lake.ducklake", tmp_path / "files"
    command = ("publish", "--ducklake", lake, "--data", f"{files}/", "-d", built / "mines.duckdb")
    assert_plain(quarry(*command, "--view", "mine", limit_bytes=4096), 6)
    assert not list(tmp_path.iterdir())
    done = quarry(*command, "--view", "mine")
    assert done.returncode == 0, done.stderr
    happened("Exit code 6, no half catalogue; the next publication is whole.")


def test_only_a_new_file_is_made(tmp_path: Path) -> None:
    file = tmp_path / "lake.ducklake"
    with empty_instance() as connection:
        make_file(connection, str(file))
        content = file.read_bytes()
        for catalogue in (file, "postgres:dbname=mines", tmp_path / "no" / "lake.ducklake"):
            make_file(connection, str(catalogue))
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("load_spatial", "DuckDB's extensions can't be loaded: "),
        ("is_current", "Nothing was published: "),
        ("write", "Nothing was published: "),
        ("snapshot", "The tables are there, but the DuckLake can't be read: "),
    ],
)
def test_no_error_shows_a_secret(
    name: str, said: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise duckdb.IOException("lost postgres:host=db password=hunter2")

    monkeypatch.setattr(module, "EXTENSIONS", ())
    if name != "load_spatial":
        for step in ("attach", "is_current", "write"):
            monkeypatch.setattr(module, step, lambda *_: {})
    monkeypatch.setattr(module, name, fail)
    with pytest.raises(DatabaseError) as caught:
        publish(built / "mines.duckdb", "postgres:host=db password=hunter2")
    assert str(caught.value).startswith(said)
    assert "password=***" in str(caught.value)
    assert caught.value.__cause__ is None
