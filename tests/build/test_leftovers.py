"""Temporary files of killed runs go; those of running ones, here or on other machines, stay."""

import os
import subprocess
import sys
from pathlib import Path

from quarrydb.store import Store, machine


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
