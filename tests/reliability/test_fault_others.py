"""Others at work: two builds, foreign writers, readers across a swap."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quarrydb.engine.build import build
from quarrydb.errors import BuildError
from quarrydb.project import load_project
from quarrydb.store.lock import exclusive
from tests.reliability.faults import SAME, Hashes, rebuilt
from tests.reliability.small import change
from tests.reliability.table import tried
from tests.reliability.tools import refusal


@tried("Faults", "two builds at once")
def test_two_writers(project: Path, happened: Callable[[str], None]) -> None:
    loaded = load_project(project)
    with exclusive(loaded.cache):
        text = refusal(lambda: build(loaded, workers=1))
    happened(text.replace(str(os.getpid()), "1234"))


@pytest.mark.slow
@tried("Faults", "another program has the database open for writing")
def test_foreign_writer(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    """Its file is replaced under it: what it writes afterwards goes to the old file, which is gone."""
    change(project)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    command = [sys.executable, "-c", code, str(project / "mines.duckdb")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        try:
            after = rebuilt(project)
        finally:
            other.communicate("\n")
    assert after == expected_changed
    happened(f"The new database takes its place; {SAME}.")


@pytest.mark.slow
@tried("Faults", "a reader while a build puts a new database in place")
def test_reader_across_swap(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    query = "SELECT sum(area_km2), (SELECT simplify_tolerance_m FROM parameter) FROM mine"
    code = (
        "import duckdb, sys\nc = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for line in sys.stdin: print(c.execute(line).fetchone(), flush=True)"
    )
    command = [sys.executable, "-c", code, str(project / "mines.duckdb")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        print(query, file=reader.stdin, flush=True)
        before = reader.stdout.readline()
        assert rebuilt(project) == expected_changed
        after, _ = reader.communicate(query + "\n")
    assert before == after
    assert before.endswith(", 15.0)\n")
    with duckdb.connect(str(project / "mines.duckdb"), read_only=True) as fresh:
        row = fresh.execute(query).fetchone()
    assert row is not None
    assert row[1] == 20.0
    happened("The reader goes on with the old database; who opens it anew sees the new one.")


def test_lock_is_free_after_its_holder_dies(project: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from quarrydb.store.lock import exclusive\n"
        "with exclusive(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(project / ".quarry")], check=False)
    with exclusive(project / ".quarry"), pytest.raises(BuildError), exclusive(project / ".quarry"):
        pass
