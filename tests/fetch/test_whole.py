"""Whole files: checked, resumed, never seen half, and each fault with its sentence."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.errors import NetworkError, TargetError
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.reply import MissingError
from quarrydb.fetch.whole import Expected
from tests.fetch.server import Fault, Server, md5_of

BODY = bytes(range(256)) * 4000


@pytest.fixture
def address(server: Server) -> str:
    """A file of a megabyte."""
    (server.folder / "mines.gpkg").write_bytes(BODY)
    return f"{server.address}/mines.gpkg"


def test_a_file_comes_whole_with_its_checksum(
    server: Server, fetcher: Fetcher, address: str
) -> None:
    said = md5_of(server.folder / "mines.gpkg")
    found = fetcher.whole(address, Expected(len(BODY), said))
    assert found.path.read_bytes() == BODY
    assert found.path.name == "mines.gpkg"
    assert found.version.etag
    assert not list((fetcher.cache.folder / "part").iterdir())


@pytest.mark.parametrize("kind", ["drop", "stall", "trickle", "status"])
def test_what_may_pass_is_gone_on_with(
    kind: str, server: Server, fetcher: Fetcher, address: str
) -> None:
    server.faults = [Fault("mines.gpkg", kind, times=3, status=500)]
    assert fetcher.whole(address).path.read_bytes() == BODY
    sent = sum(r.n_bytes for r in server.requests)
    assert sent < 1.2 * len(BODY)  # every try went on where the last one stopped


def test_retry_after_is_obeyed(server: Server, fetcher: Fetcher, address: str) -> None:
    waited: list[float] = []
    fetcher.client.stopped.wait = waited.append  # type: ignore[method-assign,assignment]
    server.faults = [Fault("mines.gpkg", "status", status=429, headers={"Retry-After": "7"})]
    assert fetcher.whole(address).path.read_bytes() == BODY
    assert waited[0] == 7.0


def test_a_host_that_asks_for_hours_is_not_waited_for(
    server: Server, fetcher: Fetcher, address: str
) -> None:
    server.faults = [Fault("mines.gpkg", "status", status=503, headers={"Retry-After": "7200"})]
    with pytest.raises(NetworkError, match="asks to wait 120 minutes"):
        fetcher.whole(address)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault("gpkg", "status", status=404), "has no such file"),
        (Fault("gpkg", "status", status=403), "refuses access"),
        (Fault("gpkg", "status", status=401), "wants a login"),
        (Fault("gpkg", "status", status=418), "answers 418"),
        (
            Fault("gpkg", "status", times=9, status=500),
            "answers 500.*6 times.*what is here is kept",
        ),
        (
            Fault("gpkg", "redirect", status=302, headers={"Location": "https://other.org/a"}),
            r"redirects to another host, other\.org.*hosts = \[\"other\.org\"\]",
        ),
        (Fault("gpkg", "redirect", status=302, headers={"Location": "file:///etc/x"}), "nowhere"),
        (Fault("gpkg", "corrupt"), "came with md5 .* not .* as its record says.*dropped"),
    ],
    ids=lambda value: value.kind + str(value.status) if isinstance(value, Fault) else "",
)
def test_every_fault_has_its_sentence_and_leaves_nothing(
    fault: Fault, words: str, server: Server, fetcher: Fetcher, address: str
) -> None:
    server.faults = [fault]
    said = md5_of(server.folder / "mines.gpkg")
    with pytest.raises(NetworkError, match=words):
        fetcher.whole(address, Expected(len(BODY), said))
    assert not (fetcher.cache.folder / "whole").exists()
    server.faults = []
    assert fetcher.whole(address, Expected(len(BODY), said)).path.read_bytes() == BODY


def test_a_missing_file_is_told_from_other_refusals(server: Server, fetcher: Fetcher) -> None:
    with pytest.raises(MissingError):
        fetcher.whole(f"{server.address}/no.gpkg")


def test_another_size_than_the_record_says(server: Server, fetcher: Fetcher, address: str) -> None:
    with pytest.raises(NetworkError, match=r"1,024,000 bytes on .*, not 5 as its record says"):
        fetcher.whole(address, Expected(5))


def test_a_file_without_end_is_bounded(make_fetcher: Callable[..., Fetcher], address: str) -> None:
    with pytest.raises(NetworkError, match="more than the 0 GB that are fetched whole"):
        make_fetcher(max_file_bytes=1000).whole(address)


def test_a_file_that_changed_since_its_part_was_left_starts_anew(
    server: Server, make_fetcher: Callable[..., Fetcher], address: str
) -> None:
    server.faults = [Fault("mines.gpkg", "drop", times=9)]
    with pytest.raises(NetworkError):
        make_fetcher(attempts=1).whole(address)
    (server.folder / "mines.gpkg").write_bytes(BODY[::-1])
    server.etags["/mines.gpkg"] = '"second"'
    server.faults = []
    assert make_fetcher().whole(address).path.read_bytes() == BODY[::-1]


def test_a_redirect_on_the_host_and_to_a_listed_one_is_followed(
    server: Server, fetcher: Fetcher, address: str
) -> None:
    server.faults = [Fault("old.gpkg", "redirect", status=301, headers={"Location": "/mines.gpkg"})]
    (server.folder / "old.gpkg").write_bytes(b"x")
    assert fetcher.whole(f"{server.address}/old.gpkg").path.read_bytes() == BODY


def test_a_full_disk_is_named(
    fetcher: Fetcher, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("quarrydb.fetch.whole.note", full)
    with pytest.raises(TargetError, match=r"No space left on device.*what is here is kept"):
        fetcher.whole(address)


FETCH = """
import sys
from pathlib import Path
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy
host, address, cache = sys.argv[1:]
policy = Policy(listed=frozenset({host}), may_fetch=True, backoff_s=0.01)
print(Fetcher(policy, Cache(Path(cache))).whole(address).path)
"""


def start_fetch(server: Server, address: str, cache: Path) -> "subprocess.Popen[str]":
    """A process that fetches the file."""
    command = [sys.executable, "-c", FETCH, server.host, address, str(cache)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def whole_files(cache: Path) -> list[Path]:
    """Files that have their final name."""
    return [path for path in cache.rglob("*.gpkg") if path.parent.parent.name == "whole"]


@pytest.mark.slow
def test_kill_9_at_any_moment_never_leaves_half_a_file(
    server: Server, tmp_path: Path, address: str
) -> None:
    (server.folder / "mines.gpkg").write_bytes(BODY * 20)
    cache, n_killed = tmp_path / "killed", 0
    for number in range(40):
        process = start_fetch(server, address, cache)
        while not server.requests and process.poll() is None:
            time.sleep(0.002)
        time.sleep(0.0006 * number)
        if process.poll() is None:
            n_killed += 1
            os.kill(process.pid, signal.SIGKILL)
        process.wait()
        server.requests.clear()
        for file in whole_files(cache):
            assert file.read_bytes() == BODY * 20
            file.unlink()
    assert n_killed > 10
    process = start_fetch(server, address, cache)
    assert Path(process.communicate()[0].strip()).read_bytes() == BODY * 20


@pytest.mark.slow
def test_two_fetches_at_once_do_not_disturb_each_other(
    server: Server, tmp_path: Path, address: str
) -> None:
    (server.folder / "mines.gpkg").write_bytes(BODY * 20)
    both = [start_fetch(server, address, tmp_path / "shared") for _ in range(2)]
    paths = {process.communicate()[0].strip() for process in both}
    assert [process.returncode for process in both] == [0, 0]
    assert len(paths) == 1
    assert Path(paths.pop()).read_bytes() == BODY * 20
