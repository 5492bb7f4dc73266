"""An extension that is not what its makers signed is never loaded, by no connection of a process."""

import shutil
from pathlib import Path

import duckdb
import pytest

import quarrydb
from quarrydb.database import connection as module
from quarrydb.database.connection import checked_before, connect, quote_literal, spatial_extension


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The spatial extension with one bit of its code changed, by a name that no connection has loaded."""
    path = shutil.copy(spatial_extension(), tmp_path / "other.duckdb_extension")
    with path.open("r+b") as file:
        file.seek(100_000)
        byte = file.read(1)[0]
        file.seek(100_000)
        file.write(bytes([byte ^ 1]))
    return path


def test_a_process_checks_the_signature_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing 80 MB takes most of the time that opening a database takes."""
    monkeypatch.setattr(module, "_CHECKED", set())
    assert checked_before() == {}
    connect().close()
    assert checked_before()


def test_another_file_in_its_place_is_checked_anew(
    changed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect().close()
    monkeypatch.setattr(module, "spatial_extension", lambda: changed)
    assert checked_before() == {}
    with pytest.raises(duckdb.IOException, match="signature is either missing or invalid"):
        connect()
    assert checked_before() == {}


@pytest.mark.parametrize("unlocked", [False, True])
def test_no_connection_loads_what_nobody_signed(
    changed: Path, demo_database: Path, unlocked: bool
) -> None:
    """Nor can it be allowed again: DuckDB takes that setting only before a database is open."""
    connect().close()
    places = (":memory:", demo_database) if unlocked else (demo_database,)
    for place in places:
        with quarrydb.connect(place, unlocked=unlocked) as connection:
            for statement in (
                f"LOAD {quote_literal(changed)}",
                "SET allow_unsigned_extensions = true",
            ):
                with pytest.raises(duckdb.Error):
                    connection.execute(statement)


def test_a_new_file_is_opened_alike(changed: Path, tmp_path: Path) -> None:
    connect().close()
    with connect(tmp_path / "new.duckdb", read_only=False) as connection:
        with pytest.raises(duckdb.IOException, match="signature"):
            connection.execute(f"LOAD {quote_literal(changed)}")
        rows = connection.execute("SELECT ST_AsText(ST_Point(1, 2))").fetchall()
    assert rows == [("POINT (1 2)",)]
