"""Kill builds at random moments, and see whether anything is lost.

``python -m tests.reliability.kills FOLDER N SEED`` prints one JSON object. The folder holds a project whose
database was built with other parameters than its ``quarry.toml`` has now. Each round restores that state,
starts a build in a process group of its own, kills the group after a random time, looks at the database,
lets the next build finish and compares every table with those of a build that nobody disturbed.

This process only forks: it never opens a database itself, since threads don't survive a fork.
"""

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from quarrydb.build import build
from quarrydb.catalog import read_catalog
from quarrydb.project import load_project
from quarrydb.udfs import functions
from tests.reliability.tools import leftovers, table_hashes


@dataclass
class Summary:
    """What many rounds of killing showed."""

    n_kills: int = 0
    n_finished_before: int = 0
    n_database_intact: int = 0
    n_identical_after: int = 0
    n_leftovers: int = 0
    seconds_undisturbed: float = 0.0
    faults: list[str] = field(default_factory=list)


def in_child(function: Callable[[], Any]) -> Any:
    """The JSON-able result of ``function``, computed in a fork of this process."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            result = json.dumps({"result": function()})
        except BaseException as error:
            result = json.dumps({"error": f"{type(error).__name__}: {error}"})
        os.write(writer, result.encode()[:60_000])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as pipe:
        answer = json.loads(pipe.read() or '{"error": "no answer"}')
    os.waitpid(child, 0)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer["result"]


def build_whole(folder: Path) -> dict[str, str]:
    """Build and return the hashes of all tables."""
    project = load_project(folder)
    build(project, workers=1)
    return table_hashes(project.database)


def killed_build(folder: Path, delay: float) -> bool:
    """Start a build, kill its process group after ``delay`` seconds; whether it was still running."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        build(load_project(folder), workers=1)
        os._exit(0)
    time.sleep(delay)
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def restore(template: Path, folder: Path) -> None:
    """Make ``folder`` what ``template`` is."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder, symlinks=True)


def run(template: Path, folder: Path, n: int, seed: int) -> Summary:
    """Do rounds until ``n`` builds were killed while they ran."""
    # Imported and parsed once here, not in each child: the kills shall hit the build.
    read_catalog(), functions
    chance = random.Random(seed)
    summary = Summary()
    database = load_project(template).database.name
    old = in_child(lambda: table_hashes(template / database))
    restore(template, folder)
    started = time.monotonic()
    new = in_child(lambda: build_whole(folder))
    summary.seconds_undisturbed = time.monotonic() - started
    span = summary.seconds_undisturbed
    while summary.n_kills < n and summary.n_kills + summary.n_finished_before < 3 * n:
        restore(template, folder)
        delay = chance.uniform(0, span)
        was_running = killed_build(folder, delay)
        # The machine may be freer than it was: a build that got away shortens the next delays.
        span *= 1.02 if was_running else 0.85
        summary.n_kills += was_running
        summary.n_finished_before += not was_running
        _look(folder, database, old, new, summary, f"{delay:.3f} s")
    return summary


def _look(
    folder: Path,
    database: str,
    old: dict[str, str],
    new: dict[str, str],
    summary: Summary,
    label: str,
) -> None:
    try:
        there = in_child(lambda: table_hashes(folder / database))
        after = in_child(lambda: build_whole(folder))
    except RuntimeError as error:
        summary.faults.append(f"{label}: {error}")
        return
    summary.n_database_intact += there in (old, new)
    summary.n_identical_after += after == new
    summary.n_leftovers += len(leftovers(folder))


if __name__ == "__main__":
    home = Path(sys.argv[1])
    found = run(home, home.with_name(f"{home.name}-killed"), int(sys.argv[2]), int(sys.argv[3]))
    sys.stdout.write(json.dumps(asdict(found)) + "\n")
