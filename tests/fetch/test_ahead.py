"""Blocks that come ahead of the step that needs them: once, and no longer than the build goes on."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quarrydb.contract import PixelWindows
from quarrydb.engine.blocks import Blocks
from quarrydb.engine.builder import Builder
from quarrydb.errors import NetworkError
from quarrydb.fetch.copy import as_windows, n_missing
from quarrydb.project import load_project
from tests.fetch.server import Fault, Server
from tests.fetch.world import publish, write_project

WINDOWS = as_windows([(0, 10, 0, 10), (300, 310, 200, 210)])


@pytest.fixture
def blocks(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Blocks]:
    """The blocks of a project whose headers are here."""
    monkeypatch.setenv("QUARRY_CACHE", str(tmp_path / "cache"))
    publish(server.folder)
    far = write_project(tmp_path / "far", server.address, f'hosts = ["{server.host}"]')
    with Blocks(Builder(load_project(far), fetch=True).remote) as found:
        yield found


def windows(blocks: Blocks, name: str) -> PixelWindows:
    """The same windows of all files of a name."""
    return {path: WINDOWS for path in blocks.files.located if path.name.startswith(name)}


def test_what_was_begun_is_waited_for_and_asked_once(blocks: Blocks, server: Server) -> None:
    cover, ndvi = windows(blocks, "cover"), windows(blocks, "ndvi")
    server.delay_s, n = 0.02, len(server.requests)
    blocks.begin(cover)
    blocks.need(ndvi)
    blocks.need(cover)
    assert not any(n_missing(path, one) for path, one in {**cover, **ndvi}.items())
    asked = [(request.path, request.first) for request in server.requests[n:]]
    assert {path for path, _ in asked} == {f"/{path.name}" for path in {**cover, **ndvi}}
    assert len(asked) == len(set(asked))


def test_a_fault_ahead_stops_the_step_that_needs_the_blocks_alone(
    blocks: Blocks, server: Server
) -> None:
    cover, ndvi = windows(blocks, "cover"), windows(blocks, "ndvi")
    server.faults = [Fault("cover_2019.tif", "status", times=99, status=403)]
    blocks.begin(cover)
    blocks.need(ndvi)
    assert not any(n_missing(path, one) for path, one in ndvi.items())
    with pytest.raises(NetworkError, match=r"refuses access: .*/cover_2019\.tif"):
        blocks.need(cover)
    server.faults = []
    blocks.need(cover)
    assert not any(n_missing(path, one) for path, one in cover.items())


def test_what_was_begun_stops_with_the_build(blocks: Blocks, server: Server) -> None:
    before = pool_threads()
    cover = windows(blocks, "cover")
    server.faults = [Fault("tif", "stall", times=99)]
    with Blocks(blocks.files) as other:
        other.begin(cover)
        while server.faults[0].times == 99:
            threading.Event().wait(0.001)
    server.stalled.set()
    n = len(server.requests)
    assert any(n_missing(path, one) for path, one in cover.items())
    assert len(server.requests) == n
    assert pool_threads() == before


def pool_threads() -> set[threading.Thread]:
    """Threads that fetch."""
    return {one for one in threading.enumerate() if one.name.startswith("ThreadPoolExecutor")}
