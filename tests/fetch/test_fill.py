"""Copies of many files that are filled side by side: few are open, and a fault costs others nothing."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.errors import NetworkError
from quarrydb.fetch.copy import CopyWriter, as_windows, journal_file
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.windows import Wanted
from tests.fetch.server import Fault, Server
from tests.fetch.test_windows import WINDOWS, assert_same, pixels, write_raster

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
