"""Worker processes that die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.workers.processes import map_shards, process_pool
from tests.reliability.table import tried
from tests.reliability.tools import refusal


def dies(task: str) -> str:
    """A worker that the system kills on one task, once or always."""
    name, _, flag = task.partition(":")
    if flag == "always" or (flag and not Path(flag).exists()):
        if flag != "always":
            Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


@pytest.mark.slow
@tried("Faults", "a worker process killed once")
def test_worker_dies_once(tmp_path: Path, happened: Callable[[str], None]) -> None:
    tasks = ["a", f"b:{tmp_path / 'flag'}", "c", "d"]
    found = map_shards(dies, tasks, workers=2, scheduler=lambda: process_pool(2))
    assert found == ["a", "b", "c", "d"]
    happened("Its task runs again in a new worker; the result is the same.")


@pytest.mark.slow
@tried("Faults", "a worker process killed on every try")
def test_worker_dies_always(happened: Callable[[str], None]) -> None:
    tasks = ["a", "b:always", "c"]
    happened(refusal(lambda: map_shards(dies, tasks, workers=2, scheduler=lambda: process_pool(2))))


@pytest.mark.slow
@tried("Faults", "kill -9 of a build alone, while its workers work")
def test_orphans(tmp_path: Path, happened: Callable[[str], None]) -> None:
    code = (
        "import sys, time; from quarrydb.workers.processes import map_shards, process_pool\n"
        "from tests.reliability.test_fault_workers import waits\n"
        "if __name__ == '__main__': map_shards(waits, sys.argv[1:], workers=2)"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    flags = [tmp_path / "a", tmp_path / "b"]
    root = Path(__file__).parent.parent.parent
    parent = subprocess.Popen(
        [sys.executable, script, *flags], env={**os.environ, "PYTHONPATH": root}
    )
    until(lambda: all(flag.exists() and flag.read_text() for flag in flags))
    workers = [int(flag.read_text()) for flag in flags]
    assert all(map(is_alive, workers))
    parent.kill()
    parent.wait()
    until(lambda: not any(map(is_alive, workers)))
    happened("The workers end, too.")


def waits(flag: str) -> None:
    """A long task that leaves its process id."""
    Path(flag).write_text(str(os.getpid()))
    time.sleep(600)


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs: one that nobody has waited for yet is dead."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
