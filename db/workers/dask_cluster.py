"""Where shards run: processes of this machine, or the workers of a Dask cluster.

A shard is a pure function that leaves its result in the store under a name made from its inputs, so
where and how often it runs changes nothing. Dask moves the shards of a worker that died to others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import quarrydb
from quarrydb.errors import BuildError, MissingExtraError
from quarrydb.workers.processes import MAX_DEATHS, MakeExecutor

if TYPE_CHECKING:
    from distributed import Client

Result = TypeVar("Result")

# A link in the marker's place is not followed, and a pipe does not wait for a reader.
MARK = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
CONNECT_TIMEOUT_S = 30
MIN_UNDER_WAY = 32  # an adaptive cluster starts workers only when work waits


@dataclass(frozen=True)
class Workers:
    """``n`` shards at a time, on executors of ``make``; None: processes of this machine."""

    n: int
    make: MakeExecutor | None = None


@contextmanager
def workers_for(
    n: int, *, scheduler: str | None = None, use_dask: bool = False, store: Path
) -> Iterator[Workers]:
    """Workers for one build: ``scheduler`` is the address of a Dask scheduler, ``use_dask`` starts
    a Dask cluster of ``n`` processes here, else ``n`` processes without Dask.

    Raises:
        MissingExtraError: Dask is wanted and not installed.
        BuildError: no scheduler answers, or its workers see another store or another version.
    """
    if scheduler is None and not use_dask:
        yield Workers(n)
        return
    with client_of(scheduler, n) as client:
        check_workers_see_store(client, store)
        n_threads = sum(client.nthreads().values())
        under_way = max(n_threads, MIN_UNDER_WAY) if scheduler else n
        yield Workers(under_way, partial(DaskExecutor, client, marker_of(store)))


@contextmanager
def client_of(scheduler: str | None, n: int) -> Iterator[Client]:
    """A client of an existing cluster, or of one with ``n`` worker processes made for now."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise MissingExtraError(
            'Dask is not installed. Install it with: pip install "quarrydb[distributed]"'
        ) from error
    if scheduler is None:
        # One thread a worker: exactextract holds the interpreter's lock.
        with (
            LocalCluster(n_workers=n, threads_per_worker=1, dashboard_address=":0") as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=CONNECT_TIMEOUT_S)
    except (OSError, TimeoutError, ValueError) as error:
        raise BuildError(
            f"No Dask scheduler answers at {scheduler} ({error}). Start one with `dask scheduler`, "
            "or leave --scheduler out."
        ) from error
    with client:
        yield client


def marker_of(store: Path) -> Path:
    """The file by which a worker sees that it shares the store."""
    return store / ".seen"


def check_workers_see_store(client: Client, store: Path) -> None:
    """BuildError where a worker does not see the store, or runs another version of this package."""
    store.mkdir(parents=True, exist_ok=True)
    marker = marker_of(store)
    os.close(os.open(marker, MARK, 0o644))
    for address, found in client.run(look_around, marker).items():
        check_worker(address, marker, found, quarrydb.__version__)


def look_around(marker: Path) -> tuple[bool, str]:
    """Whether a worker sees a file, and its version of this package."""
    return marker.exists(), quarrydb.__version__


def check_worker(address: str, marker: Path, found: tuple[bool, str], wanted: str) -> None:
    """BuildError where a worker ``found`` no marker, or is not of the ``wanted`` version."""
    is_seen, version = found
    if not is_seen:
        raise BuildError(
            f"Dask worker {address} does not see {marker.parent}. Workers and this machine must share "
            "the project's folder and its sources under the same paths."
        )
    if version != wanted:
        raise BuildError(
            f"Dask worker {address} runs quarrydb {version}, this machine {wanted}. "
            "Install the same version on both."
        )


def run_checked(
    marker: Path, wanted: str, function: Callable[..., Result], /, *args: Any, **kwargs: Any
) -> Result:
    """Run a call on a worker, which may have joined after the others were looked at."""
    from distributed import get_worker

    check_worker(get_worker().address, marker, look_around(marker), wanted)
    return function(*args, **kwargs)


class DaskExecutor(Executor):
    """A Dask client as an executor whose errors say what to do."""

    def __init__(self, client: Client, marker: Path) -> None:
        self.client = client
        self.marker = marker
        self.under_way: dict[Future[Any], Any] = {}

    def submit(
        self, function: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Future[Result]:
        """Send one call to the cluster."""
        outer: Future[Result] = Future()
        from dask.utils import funcname

        check = partial(run_checked, self.marker, quarrydb.__version__, function)
        key = f"{funcname(function)}-{uuid4().hex}"  # by which Dask's pages name the task
        inner = self.client.submit(check, *args, key=key, pure=False, **kwargs)
        self.under_way[outer] = inner
        inner.add_done_callback(partial(self.settle, outer))
        return outer

    def settle(self, outer: Future[Any], inner: Any) -> None:
        """Pass on what became of a call."""
        self.under_way.pop(outer, None)
        if outer.cancelled():
            return
        try:
            outer.set_result(inner.result())
        except (Exception, CancelledError) as error:
            outer.set_exception(explained(error))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Drop the calls that are under way, where asked; the cluster stays."""
        if cancel_futures:
            for outer, inner in list(self.under_way.items()):
                outer.cancel()
                inner.cancel()


def explained(error: BaseException) -> BaseException:
    """An error of the cluster in this project's words; errors of the function as they are."""
    kind = type(error)
    if kind.__name__ == "KilledWorker":
        return BuildError(
            f"{MAX_DEATHS + 1} Dask workers died on the same shard ({error}). They may have run out "
            "of memory: give them more, and look at their logs."
        )
    if kind.__module__.startswith(("distributed.client", "concurrent", "asyncio")):
        return BuildError(
            f"The Dask scheduler dropped a shard ({kind.__name__}: {error}). What was done is kept: "
            "run the build again."
        )
    if isinstance(error, ImportError | AttributeError):  # of code that the worker lacks
        return BuildError(
            f"A Dask worker can't run a shard ({kind.__name__}: {error}). Install the same version of "
            "quarrydb, with the same extras, there and here."
        )
    return error
