"""Shards in processes: same results, dead workers replaced, errors passed on."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from quarrydb.errors import BuildError, SourceError
from quarrydb.workers.processes import map_shards


def double(number: int) -> int:
    """A pure function."""
    return 2 * number


def die_once(path: Path) -> str:
    """Kill the worker the first time a path is seen."""
    if path.suffix == ".die" and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def always_die(number: int) -> int:
    """Kill the worker for number 3."""
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    """Fail as a loader fails."""
    raise SourceError(f"tile {number} is damaged")


def test_one_process_and_two_agree():
    """Results stand in the order of the tasks; progress sees each once."""
    done: list[int] = []
    tasks = list(range(20))
    assert map_shards(double, tasks, workers=1) == [2 * n for n in tasks]
    assert map_shards(double, tasks, workers=2, progress=done.append) == [2 * n for n in tasks]
    assert sorted(done) == tasks


def test_any_executor_is_a_scheduler():
    """What a Dask client's executor will be."""
    made = []

    def scheduler() -> ThreadPoolExecutor:
        made.append(ThreadPoolExecutor(2))
        return made[-1]

    assert map_shards(double, [1, 2, 3], workers=2, scheduler=scheduler) == [2, 4, 6]
    assert len(made) == 1


def test_a_dead_worker_is_replaced(tmp_path):
    """A task whose worker was killed runs again, and the rest goes on."""
    tasks = [tmp_path / name for name in ("a", "b.die", "c", "d", "e.die", "f")]
    assert map_shards(die_once, tasks, workers=2) == [task.name for task in tasks]


@pytest.mark.slow
def test_a_task_that_always_kills_is_named():
    """After three deaths it is an error that says which task."""
    with pytest.raises(BuildError, match="died 3 times on 3 "):
        map_shards(always_die, list(range(6)), workers=2)


def test_errors_of_the_function_come_through():
    """As they are, in one process and in two."""
    for workers in (1, 2):
        with pytest.raises(SourceError, match=r"tile \d is damaged"):
            map_shards(refuse, [1, 2], workers=workers)
