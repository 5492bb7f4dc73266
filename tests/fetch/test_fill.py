"""Copies of many files that are filled side by side: few are open, and a fault costs others nothing."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.errors import NetworkError, TargetError
from quarrydb.fetch.copy import CopyWriter, as_windows, journal_file
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.windows import Wanted
from tests.fetch.server import Fault, Server
from tests.fetch.test_windows import WINDOWS, assert_same, pixels, write_raster
from tests.reliability.tools import hears_interrupts

N_FILES = 6


@pytest.fixture
def addresses(server: Server) -> list[str]:
    """Rasters of equal pixels on the server."""
    values = pixels()
    for number in range(N_FILES):
        file = server.folder / f"map_{number}.tif"
        write_raster(file, values, tiled=True, compress="deflate")
    return [f"{server.address}/map_{number}.tif" for number in range(N_FILES)]


def wanted(addresses: list[str]) -> list[Wanted]:
    """The same windows of some files."""
    return [Wanted(address, as_windows(WINDOWS)) for address in addresses]


def test_few_copies_are_open_at_once(
    addresses: list[str], fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quarrydb.fetch.fill.MAX_OPEN", 2)
    paths = [fetcher.header(address) for address in addresses]
    lock, n_open = threading.Lock(), [0]
    enter, leave = CopyWriter.__enter__, CopyWriter.__exit__

    def counted(writer: CopyWriter) -> CopyWriter:
        with lock:
            n_open.append(n_open[-1] + 1)
        return enter(writer)

    def uncounted(writer: CopyWriter, *problem: object) -> None:
        leave(writer, *problem)
        with lock:
            n_open.append(n_open[-1] - 1)

    monkeypatch.setattr(CopyWriter, "__enter__", counted)
    monkeypatch.setattr(CopyWriter, "__exit__", uncounted)
    fetcher.windows_of_many(wanted(addresses))
    assert max(n_open) == 2
    assert n_open[-1] == 0
    for path in paths:
        assert_same(path, pixels())


def test_a_fault_in_one_file_loses_nothing_of_the_others(
    addresses: list[str], server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    server.faults = [Fault("map_5.tif", "status", times=99, status=403, first=40000)]
    fetcher = make_fetcher(connections=2)
    with pytest.raises(NetworkError, match=r"refuses access.*map_5\.tif \(403\)"):
        fetcher.windows_of_many(wanted(addresses))
    journals = [journal_file(fetcher.header(address)) for address in addresses]
    assert all(journal.read_text().endswith("ok\n") for journal in journals)
    held = {path for path, _ in ranges_of(journals)}
    assert len(held) == N_FILES
    before = ranges_of(journals)
    server.faults, n = [], len(server.requests)
    paths = fetcher.windows_of_many(wanted(addresses))
    for path in paths.values():
        assert_same(path, pixels())
    again = {(request.path, request.first) for request in server.requests[n:]}
    assert again
    assert not again & {(f"/{path.name.removesuffix('.journal')}", first) for path, first in before}


def ranges_of(journals: list[Path]) -> set[tuple[Path, int]]:
    """Where ranges begin that copies hold."""
    return {
        (journal, int(line.split()[0]))
        for journal in journals
        for line in journal.read_text().splitlines()
        if line != "ok"
    }


def test_a_full_disk_is_named_and_what_came_is_kept(
    addresses: list[str], server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in addresses:
        fetcher.header(address)
    pwrite, n_written = os.pwrite, []

    def until_full(file: int, data: bytes, place: int) -> int:
        if len(n_written) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        n_written.append(len(data))
        return pwrite(file, data, place)

    monkeypatch.setattr(os, "pwrite", until_full)
    with pytest.raises(TargetError, match=r"map_\d\.tif can't be written: No space.*is kept"):
        fetcher.windows_of_many(wanted(addresses))
    monkeypatch.undo()
    n = len(server.requests)
    paths = fetcher.windows_of_many(wanted(addresses))
    for path in paths.values():
        assert_same(path, pixels())
    n_blocks = sum(len(ranges_of([journal_file(path)])) for path in paths.values()) - N_FILES
    assert len(server.requests) - n == n_blocks - len(n_written)


FETCH = """
import sys
from pathlib import Path
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.copy import as_windows
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy
from quarrydb.fetch.windows import Wanted
host, cache, *addresses = sys.argv[1:]
policy = Policy(listed=frozenset({host}), may_fetch=True, connections=2)
windows = as_windows([(r, r + 1, 0, 1) for r in range(0, 700, 64)])
wanted = [Wanted(address, windows) for address in addresses]
Fetcher(policy, Cache(Path(cache))).windows_of_many(wanted)
"""


def test_an_interrupt_ends_it_at_once_and_keeps_what_came(
    addresses: list[str], server: Server, tmp_path: Path
) -> None:
    server.delay_s = 0.05
    command = [sys.executable, "-c", FETCH, server.host, str(tmp_path / "cache"), *addresses]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, preexec_fn=hears_interrupts
    )
    while len(server.requests) < N_FILES + 4 and process.poll() is None:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert said.splitlines()[-1] == "KeyboardInterrupt"
    server.delay_s, n = 0.0, len(server.requests)
    assert n < 40
    subprocess.run(command, check=True)
    again = server.requests[n:]
    # Headers are asked for again: without a lock nobody says that they are still those of the server.
    assert sum(request.first == 0 for request in again) == N_FILES
    assert len({(r.path, r.first) for r in server.requests}) + N_FILES >= len(server.requests) - 2
