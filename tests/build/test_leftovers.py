"""Temporary files of killed runs go; those of running ones, here or on other machines, stay."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quarrydb.store import Store, machine, recover_folder, replace_folder


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
