"""What stops a build is told as what it is: a setting, an extension, a lock, a place."""

import errno
from pathlib import Path

import pytest
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.engine import build as module
from quarrydb.engine.place import remove_leftovers
from quarrydb.errors import BuildError, DatabaseError
from quarrydb.store.lock import exclusive


@pytest.mark.parametrize("limit", ["lots", "4", "50%", ""])
def test_a_memory_limit_that_is_none_is_refused(limit: str) -> None:
    done = CliRunner().invoke(app, ["build", "nowhere", "--memory-limit", limit])
    assert done.exit_code == 2
    assert f"--memory-limit is {limit!r}" in " ".join(done.output.split())


def test_a_memory_limit_of_duckdb_is_taken() -> None:
    done = CliRunner().invoke(app, ["build", "nowhere", "--memory-limit", "1.5 gib"])
    assert "does not exist" in str(done.exception)


def test_a_missing_extension_is_no_place_that_can_not_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_spatial(*_: object, **__: object) -> None:
        raise DatabaseError("no spatial extension here")

    monkeypatch.setattr(module, "connect", without_spatial)
    with (
        pytest.raises(DatabaseError, match=r"^no spatial extension here$"),
        module._workbench(tmp_path / "mines.duckdb", None),
    ):
        pass


def test_a_place_that_can_not_be_written_is_one(tmp_path: Path) -> None:
    with (
        pytest.raises(BuildError, match="can't be written"),
        module._workbench(tmp_path, None),
    ):
        pass


def test_a_file_system_without_locks_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    with (
        pytest.raises(BuildError, match=r"lock can't be locked: No locks available\. .*NFS"),
        exclusive(tmp_path),
    ):
        pass


def test_leftovers_of_a_database_with_a_pattern_in_its_name_go(tmp_path: Path) -> None:
    (tmp_path / ".a[1].duckdb.building-7").touch()
    (tmp_path / ".a1.duckdb.building-7").touch()
    remove_leftovers(tmp_path / "a[1].duckdb")
    assert [file.name for file in tmp_path.iterdir()] == [".a1.duckdb.building-7"]
