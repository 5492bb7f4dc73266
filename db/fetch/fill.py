"""Fill partial copies of many files at once: each is opened, filled and closed while others are under way.

What is asked of a server next follows from what came: parts of a file's index first, then its blocks. No
file waits for another, and at most so many are open as systems allow.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from quarrydb.errors import SourceError, TargetError
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.copy import CopyWriter, Index, copied_layouts, read_state
from quarrydb.fetch.http import Client
from quarrydb.fetch.ranges import Range, requests
from quarrydb.fetch.tiff import Tiff
from quarrydb.fetch.windows import NoRangesError, Traffic, Wanted

MAX_OPEN = 64  # copies: three descriptors each, of which some systems give a process 256


def fetch_windows(
    client: Client, cache: Cache, wanted: Iterable[tuple[Path, Wanted]], traffic: Traffic
) -> None:
    """Fetch what copies lack under windows, side by side; the copies stand already (``prepare``)."""
    jobs = [Job(client, cache, path, one, traffic) for path, one in by_path(wanted).items()]
    with ThreadPoolExecutor(client.policy.connections) as pool:
        filling = Filling(client, pool)
        try:
            for job in sorted(jobs, key=lambda job: job.path):
                filling.begin(job)
            filling.finish()
        except BaseException:
            client.stop()
            filling.abandon()
            raise


def by_path(wanted: Iterable[tuple[Path, Wanted]]) -> Mapping[Path, list[Wanted]]:
    """What is wanted of each copy."""
    found: dict[Path, list[Wanted]] = {}
    for path, one in wanted:
        found.setdefault(path, []).append(one)
    return found


class Job:
    """One copy that is being filled."""

    def __init__(
        self, client: Client, cache: Cache, path: Path, wanted: Sequence[Wanted], traffic: Traffic
    ) -> None:
        state = read_state(path)
        if state is None:
            raise SourceError(f"{path} is gone from the cache. Run the same command again.")
        self.client, self.cache, self.path = client, cache, path
        self.wanted, self.traffic, self.state = wanted, traffic, state
        self.writer = CopyWriter(path, state.size, state.patches)
        self.opened = contextlib.ExitStack()
        self.n_under_way = 0

    def open(self) -> None:
        """Hold the copy: another build that fills it is waited for, and what it brought counts."""
        self.opened.enter_context(self.cache.held(str(self.path)))
        self.opened.enter_context(self.writer)

    def close(self) -> None:
        """Flush the copy and let it go."""
        self.opened.close()

    def lacking(self) -> list[Range]:
        """What to ask for next: parts of the index first, then blocks; nothing where all is there."""
        tiff = Tiff(self.writer.read, self.state.address)
        index = Index(tiff, copied_layouts(tiff), self.writer.ranges())
        lacking = [part for one in self.wanted for part in index.missing(one.windows, one.bands)[1]]
        beyond = [part for part in lacking if part[1] > self.state.size]
        if beyond:
            raise SourceError(
                f"{self.state.address} is truncated: a block ends at byte {beyond[0][1]:,}, the file "
                f"at {self.state.size:,}."
            )
        return list(requests(lacking))

    def fetch(self, part: Range) -> None:
        """Fetch one range into the copy."""
        first, end = part
        data, _ = self.client.read(self.state.address, first, end - first, self.state.version)
        if len(data) != end - first:
            raise NoRangesError(f"{self.state.address}: the server sends no parts any more.")
        self.writer.write(first, data)
        self.traffic.add(len(data))


class Filling:
    """Copies that are being filled by the threads of a pool."""

    def __init__(self, client: Client, pool: ThreadPoolExecutor) -> None:
        self.client, self.pool = client, pool
        self.open: set[Job] = set()
        self.changed = threading.Condition()  # holds what is open, the fault, and what is under way
        self.fault: BaseException | None = None

    def begin(self, job: Job) -> None:
        """Open a copy as soon as another may be open, and have it filled; the first fault is raised.

        Copies are begun in the order of their names by one thread, and end without it: two builds that
        want the same ones can't wait for each other.
        """
        self._await(lambda: len(self.open) < MAX_OPEN)
        with self.changed:
            self.open.add(job)
        job.open()
        self.pool.submit(self._go_on, job)

    def finish(self) -> None:
        """Wait until all copies are filled; the first fault is raised."""
        self._await(lambda: not self.open)

    def abandon(self) -> None:
        """Let all copies go as they are, once no thread writes into them; what they have is kept."""
        with self.changed:
            self.fault = self.fault or InterruptedError()
        self.pool.shutdown(cancel_futures=True)
        for job in self.open:
            with contextlib.suppress(TargetError):  # the fault that ended it says it already
                job.close()

    def _await(self, is_so: Callable[[], bool]) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.fault is not None or is_so())
            if self.fault is not None:
                raise self.fault

    def _go_on(self, job: Job) -> None:
        """Ask for what a copy lacks, or close it where it lacks nothing."""
        with self._noting():
            parts = job.lacking()
            job.n_under_way = len(parts)
            for part in parts:
                self.pool.submit(self._fetch, job, part)
            if not parts:
                job.close()
                with self.changed:
                    self.open.discard(job)
                    self.changed.notify_all()

    def _fetch(self, job: Job, part: Range) -> None:
        with self._noting():
            if self.fault is not None:
                return
            job.fetch(part)
            with self.changed:
                job.n_under_way -= 1
                is_last = not job.n_under_way
            if is_last:
                self._go_on(job)

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        """Have the first fault of the block known to the thread that waits."""
        try:
            yield
        except BaseException as fault:
            with self.changed:
                self.fault = self.fault or fault
                self.changed.notify_all()
