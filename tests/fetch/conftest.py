"""A server on the loopback, and a fetcher that may ask it."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quarrydb.fetch.cache import Cache
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy
from tests.fetch.server import Server, serving


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes the machine's own proxies out of the environment."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Serves ``tmp_path/published``."""
    folder = tmp_path / "published"
    folder.mkdir()
    with serving(folder) as running:
        yield running


@pytest.fixture
def make_fetcher(server: Server, tmp_path: Path) -> Iterator[Callable[..., Fetcher]]:
    """Makes fetchers with a cache of the test's own; policies as given over quick ones."""
    made: list[Fetcher] = []

    def make(**policy: object) -> Fetcher:
        quick = {"backoff_s": 0.01, "connect_timeout_s": 2.0, "stall_timeout_s": 0.5}
        listed = {"listed": frozenset({server.host}), "may_fetch": True, "connections": 4}
        settings = {**quick, **listed, **policy}
        made.append(Fetcher(Policy(**settings), Cache(tmp_path / "cache")))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()


@pytest.fixture
def fetcher(make_fetcher: Callable[..., Fetcher]) -> Fetcher:
    """A fetcher that may ask the server."""
    return make_fetcher()


@pytest.fixture
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Forbids every socket from the call on."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    return lambda: monkeypatch.setattr(socket, "socket", forbidden)
