"""What archives are copied to is private, and goes: also after a kill, by the next build."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.engine.build import build
from quarrydb.files import write_atomically
from quarrydb.progress import QuietProgress
from quarrydb.project import load_project
from quarrydb.scratch import private_folder, remove_left_folders
from tests.reliability.faults import append
from tests.reliability.table import tried

KILLED = """
import os, signal
from quarrydb.scratch import private_folder
with private_folder() as folder:
    (folder / "mines.shp").write_bytes(b"x")
    os.kill(os.getpid(), signal.SIGKILL)
"""


class Lines(QuietProgress):
    """What a build says."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def line(self, text: str) -> None:
        self.lines.append(text)


@tried("Faults", "kill -9 while an archive is unpacked, and a database with a byte more")
def test_the_next_build_clears_up(
    project: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happened: Callable[[str], None],
) -> None:
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    subprocess.run([sys.executable, "-c", KILLED], check=False, env={**os.environ, "TMPDIR": place})
    (left,) = place.iterdir()
    assert (left / "mines.shp").exists()
    append(project / "mines.duckdb")
    said = Lines()
    with private_folder() as used:
        build(load_project(project), workers=1, progress=said)
        assert list(place.iterdir()) == [used]
    assert list(place.iterdir()) == []
    happened(f"Its folder goes with the next build, which says: {said.lines[0]}")


def test_only_what_is_left_behind_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    precious = tmp_path / "precious"
    for folder in (precious, tmp_path / "quarrydb-notes", tmp_path / "quarrydb-0123abc_"):
        folder.mkdir()
        write_atomically(folder / "a.txt", "x")
    (tmp_path / "quarrydb-link0000").symlink_to(precious)
    (tmp_path / "quarrydb-file0000").touch()
    remove_left_folders()
    assert (precious / "a.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "precious", "quarrydb-file0000", "quarrydb-link0000", "quarrydb-notes"
    ]  # fmt: skip
