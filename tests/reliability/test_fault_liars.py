"""Clocks that jump and locks that everybody gets."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.engine.current import untouched_database
from quarrydb.engine.place import remove_leftovers, temporary_database
from quarrydb.files import machine
from tests.reliability.faults import QUARRY, Hashes, assert_plain, rebuilt
from tests.reliability.small import change
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, table_hashes

ROOT = Path(__file__).parent.parent.parent
LIAR = (sys.executable, "-m", "tests.reliability.liar")


def start(*command: object) -> subprocess.Popen[str]:
    """Start a command at the root of the repository."""
    return subprocess.Popen([*map(str, command)], stdout=-1, stderr=-1, text=True, cwd=ROOT)


@pytest.mark.slow
@tried("Faults", "a clock that jumps by days, forward and back, while a build runs")
def test_jumping_clock(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    process = start(*LIAR, "clock", "build", project, "--workers", "1")
    _, said = process.communicate()
    assert process.returncode == 0, said
    assert table_hashes(project / "mines.duckdb") == expected_changed
    assert untouched_database(project) is None  # the next build looks at all
    assert rebuilt(project) == expected_changed
    happened("Identical tables; the next build trusts no time of it, and compares checksums.")


def ends(process: subprocess.Popen[str]) -> int:
    """The exit code of a build, which ended well or with a plain error."""
    _, said = process.communicate()
    if process.returncode:
        assert_plain(subprocess.CompletedProcess([], process.returncode, "", said), 4)
    return process.returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    "lie",
    [
        case("Faults", "two builds at once on a disk that grants every lock", "locks"),
        case("Faults", "the lock removed while a build runs, and another build", "removed"),
    ],
)
def test_lying_locks(
    lie: str, project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    command = [*LIAR, "locks"] if lie == "locks" else QUARRY
    first = start(*command, "build", project, "--workers", "1")
    while not (building := list(project.glob(".*building-*"))) and first.poll() is None:
        time.sleep(0.01)
    assert building
    if lie == "removed":
        (project / ".quarry" / "lock").unlink()
    second = start(*command, "build", project, "--workers", "1")
    assert 0 in (ends(first), ends(second))
    assert table_hashes(project / "mines.duckdb") == expected_changed
    assert leftovers(project) == []
    assert rebuilt(project) == expected_changed
    happened(
        "Neither touches what the other writes: the tables are those of one build, and no temporary file "
        "is left."
    )


def test_what_a_living_process_builds_stays(tmp_path: Path) -> None:
    database = tmp_path / "mines.duckdb"
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1) as other:
        names = [f".mines.duckdb.building-{machine()}-{pid}.0a0a0a0a" for pid in (other.pid, 2**30)]
        for name in (
            *names,
            f"{names[0]}.wal",
            f"{names[1]}.wal",
            temporary_database(database).name,
        ):
            (tmp_path / name).touch()
        remove_leftovers(database)
        other.communicate(b"\n")
    assert {file.name for file in tmp_path.iterdir()} == {names[0], f"{names[0]}.wal"}
