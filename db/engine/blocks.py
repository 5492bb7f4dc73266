"""Blocks of remote rasters for the steps of a build: what a step needs, and ahead what a later one will need.

What comes ahead is a help only: a step waits for it, and asks itself for what it did not bring.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from quarrydb.contract import PixelWindows
from quarrydb.engine.remote import RemoteFiles
from quarrydb.errors import NetworkError
from quarrydb.fetch.copy import is_copy, open_index
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.windows import Wanted

MOST_AHEAD = 4  # batches at once


@dataclass(frozen=True)
class Batch:
    """Blocks of some files that are fetched ahead, or wait for their turn."""

    fetcher: Fetcher
    addresses: frozenset[str]
    done: Future[Mapping[str, Path]]


class Blocks:
    """Fetches blocks for the steps of one build; use as a context manager, which stops what is under way."""

    def __init__(self, files: RemoteFiles) -> None:
        self.files = files
        self.batches: list[Batch] = []
        self.pool = ThreadPoolExecutor(MOST_AHEAD)

    def __enter__(self) -> Self:
        """Nothing is fetched yet."""
        return self

    def __exit__(self, *problem: object) -> None:
        """Stop what was begun and is not needed any more; what is here is kept."""
        for batch in self.batches:
            batch.fetcher.close()
        self.pool.shutdown(cancel_futures=True)

    def are_ahead_of(self, paths: Iterable[Path]) -> bool:
        """Whether blocks of some files may be fetched before the step that reads them."""
        paths = list(paths)
        are_here = all(path.is_file() for path in paths)
        return self.files.policy.may_fetch and are_here and any(map(self._is_remote_copy, paths))

    def begin(self, windows: PixelWindows) -> None:
        """Begin to fetch what lacks under windows that a later step will need."""
        wanted, _ = self._lacking(windows)
        if wanted:
            fetcher = self.files.fetcher.ahead()
            done = self.pool.submit(fetcher.windows_of_many, wanted)
            self.batches.append(Batch(fetcher, frozenset(one.address for one in wanted), done))

    def need(self, windows: PixelWindows) -> None:
        """Fetch what lacks under windows of remote rasters; nothing for other files."""
        wanted, n_bytes = self._lacking(windows)
        if not wanted:
            return
        located = self.files.located
        if not self.files.may_get(located[path].remote for path in windows if path in located):
            raise NetworkError(
                f"{n_bytes / 1e6:,.1f} MB of {len(wanted)} rasters are not here, and nothing is fetched "
                "unless you say so: quarry build --fetch"
            )
        label = f"fetching blocks of {len(wanted)} rasters"
        with self.files.progress.task(label, n_bytes / 1e6, "MB") as task:

            def advance(n: int) -> None:
                task.advance(n / 1e6)

            self._join({one.address for one in wanted}, advance)
            self.files.fetcher.traffic.on_bytes = advance
            self.files.fetcher.windows_of_many(wanted)

    def _join(self, addresses: set[str], on_bytes: Callable[[int], None]) -> None:
        """Wait for the batches that fill some files."""
        for batch in self.batches:
            if not batch.addresses.isdisjoint(addresses):
                batch.fetcher.traffic.on_bytes = on_bytes
                wait([batch.done])
        self.batches = [batch for batch in self.batches if not batch.done.done()]

    def _lacking(self, windows: PixelWindows) -> tuple[list[Wanted], int]:
        """What lacks of remote rasters under windows, and how many bytes that are."""
        wanted, n_bytes = [], 0
        for path, one in windows.items():
            if not self._is_remote_copy(path):
                continue
            _, lacking = open_index(path).missing(one)
            if lacking:
                n_bytes += sum(end - first for first, end in lacking)
                found = self.files.located[path]
                version, coarsen = found.entry.version, found.remote.coarsen
                wanted.append(Wanted(found.remote.address, one, known=version, coarsen=coarsen))
        return wanted, n_bytes

    def _is_remote_copy(self, path: Path) -> bool:
        return path in self.files.located and is_copy(path)
