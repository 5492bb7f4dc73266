"""Temporary files of killed runs go; those of running ones, here or on other machines, stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quarrydb.engine.place import remove_log
from quarrydb.errors import BuildError
from quarrydb.files import machine, recover_folder, replace_folder
from quarrydb.store.shards import Store


def test_leftovers_go_and_files_at_work_stay(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    parent = os.getppid()
    gone = [".last_build.json.tmp", f".key.{machine()}-{ended.pid}.0123abcd.tmp"]
    kept = [f".key.{machine()}-{parent}.0123abcd.tmp", ".key.elsewhere-7.0123abcd.tmp"]
    for name in (*gone, *kept):
        (tmp_path / name).write_text("x")
    Store(tmp_path).remove_leftovers()
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(kept)


def test_the_log_of_a_damaged_database_goes_wherever_it_lies(tmp_path: Path) -> None:
    """The word lock in a path, or block in an error, says nothing of another process."""
    database = tmp_path / "blocks" / "mines.duckdb"
    database.parent.mkdir()
    database.write_bytes(b"no database")
    log = database.with_name("mines.duckdb.wal")
    log.write_bytes(b"x")
    remove_log(database)
    assert not log.exists()


def test_the_log_of_a_writer_at_work_stays(tmp_path: Path) -> None:
    database = tmp_path / "mines.duckdb"
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); c.execute('CREATE TABLE t (i INT)');"
        "print('ready', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(database)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        assert database.with_name("mines.duckdb.wal").exists()
        with pytest.raises(BuildError, match="open for writing"):
            remove_log(database)
        assert database.with_name("mines.duckdb.wal").exists()


def folder_with(path: Path, content: str) -> Path:
    """A folder with one file."""
    path.mkdir()
    (path / "file").write_text(content)
    return path


def test_a_folder_takes_the_place_of_another(tmp_path: Path) -> None:
    target = folder_with(tmp_path / "data", "old")
    replace_folder(folder_with(tmp_path / "fresh", "new"), target)
    assert (target / "file").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_the_old_folder_stays_where_the_new_one_cant_come(tmp_path: Path) -> None:
    target = folder_with(tmp_path / "data", "old")
    with pytest.raises(FileNotFoundError):
        replace_folder(tmp_path / "no such folder", target)
    assert (target / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_folder_comes_back_after_a_kill_between_two_renames(tmp_path: Path) -> None:
    target = tmp_path / "data"
    folder_with(tmp_path / ".data.old.tmp", "old")
    recover_folder(target)
    assert (target / "file").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["data"]
