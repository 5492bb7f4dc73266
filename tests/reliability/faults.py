"""What the tests of faults share: a build after the fault, the command line, small harms."""

import contextlib
import io
import os
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from quarrydb.cli.entry import main
from quarrydb.database.opening import open_checked
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.reliability.tools import leftovers, table_hashes

Hashes = Mapping[str, str]


QUARRY = (sys.executable, "-m", "quarrydb")
SAME = "the next build ends with identical tables and leaves no temporary file"


def rebuilt(folder: Path) -> Hashes:
    """Build, and return the hashes of all tables; nothing temporary may be left."""
    project = load_project(folder)
    build(project, workers=1)
    assert leftovers(folder) == []
    open_checked(project.database).close()
    return table_hashes(project.database)


def quarry(*arguments: object, limit_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line, with a limit on the size of any file it writes."""

    def limited() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [*QUARRY, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )


def assert_plain(done: subprocess.CompletedProcess[str], code: int) -> None:
    """The command ended with ``code`` and a message, not with a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: ")


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def gone(path: Path) -> None:
    path.unlink()


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def told(*arguments: object) -> tuple[int, str, str]:
    """Exit code of a command run in this process, what it prints and what it says on standard error."""
    printed, said = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["quarry", *map(str, arguments)]
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(printed):
            main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
    return code, printed.getvalue(), said.getvalue()


def command(*arguments: object) -> tuple[int, str]:
    """Exit code of a command run in this process, and what it says of its error, which is no traceback."""
    code, _, said = told(*arguments)
    if code:
        assert "Traceback" not in said
        assert said.startswith("Error: "), said
    return code, said.removeprefix("Error: ").strip()


# The kernel starts a process's peak at that of the process it was forked from, so a small one forks it.
MEASURES = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(done.returncode)
"""


def peak_kb(command: Sequence[object]) -> int:
    """Most memory that a command and its workers held at a time each, kB; it must succeed."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURES, *map(str, command)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)
