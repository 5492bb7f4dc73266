"""Worker processes that die."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.loaders.parallel import map_shards, process_pool
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
