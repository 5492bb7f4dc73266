"""Two exports into one folder: neither tears the other, and what killed ones left goes."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from quarrydb.errors import TargetError
from quarrydb.files import held, machine, replacing, replacing_aside, temporary_path

HOLD = (
    "import sys; from pathlib import Path; from quarrydb.files import held\n"
    "with held(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
)


def test_a_folder_is_held_by_one_process(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(TargetError, match="Another process writes to"), held(tmp_path):
            pass
        other.kill()
    with held(tmp_path):
        assert not list(tmp_path.iterdir())


def test_two_writers_of_one_file_have_their_own_temporaries(tmp_path: Path) -> None:
    target = tmp_path / "mine.csv"
    with replacing(target) as first, replacing(target) as second:
        assert first != second
        first.write_text("first")
        second.write_text("second")
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def fail_aside(target: Path) -> None:
    """Write half a file, as on a disk that fills."""
    with replacing_aside(target) as temporary:
        temporary.write_text("half")
        raise OSError(errno.ENOSPC, "")


def test_a_file_written_aside_keeps_its_name_and_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "mine.gpkg"
    with replacing_aside(target) as first:
        assert first.name == target.name
        first.write_text("first")
        first.with_name(f"{first.name}-journal").write_text("SQLite's own")
    with pytest.raises(TargetError, match="No space"):
        fail_aside(target)
    assert target.read_text() == "first"
    assert list(tmp_path.iterdir()) == [target]


def test_leftovers_of_killed_writers_go_and_others_stay(tmp_path: Path) -> None:
    gone = tmp_path / f".mine.csv.{machine()}-999999999.0a0a0a0a.tmp"
    kept = [
        tmp_path / ".mine.csv.elsewhere-1.0a0a0a0a.tmp",
        tmp_path / f".mine.csv.notes.{machine()}-999999999.0a0a0a0a.tmp",
        tmp_path / ".mine.csv.tmp",
    ]
    for path in (gone, *kept):
        path.write_text("x")
    temporary_path(tmp_path / "mine.csv")
    assert sorted(tmp_path.iterdir()) == sorted(kept)
