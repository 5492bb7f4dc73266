"""Run a pure function over many tasks in processes; a worker that dies is replaced.

Any ``concurrent.futures.Executor`` serves as a scheduler, such as the one of a Dask client, so a
cluster takes the place of the processes without a change in the loaders.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Generic, TypeVar

from quarrydb.errors import BuildError

Task = TypeVar("Task")
Result = TypeVar("Result")
MakeExecutor = Callable[[], Executor]

MAX_DEATHS = 3
QUEUED_PER_WORKER = 2


class ProcessPool(ProcessPoolExecutor):
    """Fresh interpreters, since a fork would copy the threads' locks of DuckDB and GDAL.

    The workers end when this process ends, however it does, and leave Ctrl-C to it.
    """

    def __init__(self, workers: int) -> None:
        """Make room for ``workers``."""
        context = multiprocessing.get_context("spawn")
        # Nothing is ever sent: the workers see its end when this process closes it, or dies.
        reader, self._lifeline = context.Pipe(duplex=False)
        super().__init__(workers, context, start_worker, (reader,))

    def stop(self) -> None:
        """End the workers now, in the middle of their tasks."""
        self._lifeline.close()


def start_worker(lifeline: Connection) -> None:
    """Begin a worker process: no Ctrl-C of its own, and an end with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=end_with, args=(lifeline,), daemon=True).start()


def end_with(lifeline: Connection) -> None:
    """Wait for the end of ``lifeline``, and end this process."""
    with suppress(EOFError, OSError):
        lifeline.recv()
    os._exit(1)


def process_pool(workers: int) -> ProcessPool:
    """Processes of this machine."""
    return ProcessPool(workers)


def map_shards(
    function: Callable[[Task], Result],
    tasks: Sequence[Task],
    *,
    workers: int,
    scheduler: MakeExecutor | None = None,
    progress: Callable[[Task], None] | None = None,
) -> list[Result]:
    """``[function(task) for task in tasks]``, computed in ``workers`` processes.

    ``function`` and each task must pickle, and ``function`` must depend on nothing but its task, so
    that a task may run again. Tasks are handed out in their order, two a worker at a time.
    ``progress`` is called here, with each task that is done. A task whose worker dies three times
    is a BuildError; an exception of ``function`` is raised here and stops the rest.
    ``scheduler`` makes the executor; without it one worker runs in this process.
    """
    if scheduler is None and (workers <= 1 or len(tasks) <= 1):
        return [report(function(task), task, progress) for task in tasks]
    run = Run(function, tasks, workers, scheduler or (lambda: process_pool(workers)))
    for index in run.finished():
        report(None, tasks[index], progress)
    return [run.results[index] for index in range(len(tasks))]


def report(result: Result, task: Task, progress: Callable[[Task], None] | None) -> Result:
    """Say that a task is done, and pass its result on."""
    if progress is not None:
        progress(task)
    return result


class Run(Generic[Task, Result]):
    """One pass over the tasks: what waits, what is under way, what is done."""

    def __init__(
        self,
        function: Callable[[Task], Result],
        tasks: Sequence[Task],
        workers: int,
        make_executor: MakeExecutor,
    ) -> None:
        self.function = function
        self.tasks = tasks
        self.limit = workers * QUEUED_PER_WORKER
        self.make_executor = make_executor
        self.waiting = deque(range(len(tasks)))
        self.deaths: Counter[int] = Counter()
        self.results: dict[int, Result] = {}

    def finished(self) -> Iterator[int]:
        """Run everything, and yield each task's number when it is done."""
        while self.waiting:
            executor = self.make_executor()
            try:
                yield from self.until_broken(executor)
            except BaseException:
                if isinstance(executor, ProcessPool):
                    executor.stop()
                raise
            finally:
                executor.shutdown(wait=True, cancel_futures=True)

    def until_broken(self, executor: Executor) -> Iterator[int]:
        """Run on one executor until all is done or a worker dies; the dead tasks wait again."""
        under_way: dict[Future[Result], int] = {}
        while self.waiting or under_way:
            try:
                while self.waiting and len(under_way) < self.room():
                    future = executor.submit(self.function, self.tasks[self.waiting[0]])
                    under_way[future] = self.waiting.popleft()
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in sorted(done, key=under_way.__getitem__):
                    self.results[under_way[future]] = future.result()
                    yield under_way.pop(future)
            except BrokenExecutor as error:
                self.requeue(sorted(under_way.values()), error)
                return

    def room(self) -> int:
        """How many tasks may be under way: a task that lost a worker before runs alone."""
        return 1 if self.deaths[self.waiting[0]] else self.limit

    def requeue(self, lost: Sequence[int], error: BaseException) -> None:
        """Put tasks back that were under way when a worker died; each then runs alone."""
        self.deaths.update(lost)
        worst = max(lost, key=lambda index: self.deaths[index], default=None)
        if worst is not None and self.deaths[worst] >= MAX_DEATHS:
            raise BuildError(
                f"a worker process died {MAX_DEATHS} times on {str(self.tasks[worst])[:120]} "
                f"({error}). It may have run out of memory: try one worker, or look at the "
                'system\'s log. A Python script must build under if __name__ == "__main__".'
            ) from error
        self.waiting.extendleft(reversed(lost))
