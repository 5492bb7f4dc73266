"""Members of remote archives, without the rest of them."""

import zipfile
from collections.abc import Callable

import numpy as np
import pytest

from quarrydb.errors import NetworkError, SourceError
from quarrydb.fetch.archive import Member, fetch_member, matching, members
from quarrydb.fetch.fetcher import Fetcher
from tests.fetch.server import Fault, Server

TILE = np.random.default_rng(2).bytes(300_000) + bytes(200_000)


@pytest.fixture
def address(server: Server) -> str:
    """An archive of twenty tiles, one of which is stored as it is."""
    with zipfile.ZipFile(server.folder / "maps.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"maps/GLC_E{number}N5.tif", TILE[number:])
        archive.writestr("maps/whole.tif", TILE, compress_type=zipfile.ZIP_STORED)
    return f"{server.address}/maps.zip"


def get(fetcher: Fetcher, address: str, pattern: str) -> Member:
    """The one member with a name like that."""
    (found,) = matching(members(fetcher.client, address), [pattern])
    return found


def test_a_member_comes_alone(server: Server, fetcher: Fetcher, address: str) -> None:
    member = get(fetcher, address, "*_E7N5.tif")
    path = fetch_member(fetcher.client, fetcher.cache, member)
    assert path.read_bytes() == TILE[7:]
    assert path.name == "GLC_E7N5.tif"
    assert server.n_bytes < 1.1 * member.packed + 2**16 + 1000
    assert len(server.requests) <= 4
    n = len(server.requests)
    assert fetch_member(fetcher.client, fetcher.cache, member) == path
    assert len(server.requests) == n


def test_a_stored_member(server: Server, fetcher: Fetcher, address: str) -> None:
    path = fetch_member(fetcher.client, fetcher.cache, get(fetcher, address, "whole.tif"))
    assert path.read_bytes() == TILE


def test_a_kill_keeps_the_ranges_that_came(
    server: Server,
    make_fetcher: Callable[..., Fetcher],
    address: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("quarrydb.fetch.ranges.LARGEST_BYTES", 50_000)
    fetcher = make_fetcher(attempts=1)
    member = get(fetcher, address, "*_E7N5.tif")
    server.faults = [Fault("maps.zip", "drop", first=member.offset + 200_000)]
    with pytest.raises(NetworkError):
        fetch_member(fetcher.client, fetcher.cache, member)
    server.requests.clear()
    path = fetch_member(make_fetcher().client, fetcher.cache, member)
    assert path.read_bytes() == TILE[7:]
    assert server.n_bytes < member.packed / 2


def test_wrong_bytes_are_dropped(server: Server, fetcher: Fetcher, address: str) -> None:
    member = get(fetcher, address, "*_E7N5.tif")
    server.faults = [Fault("maps.zip", "corrupt", first=member.offset + 31)]
    with pytest.raises(NetworkError, match="another length or CRC"):
        fetch_member(fetcher.client, fetcher.cache, member)
    path = fetch_member(fetcher.client, fetcher.cache, member)
    assert path.read_bytes() == TILE[7:]


def test_no_archive_and_a_bomb(server: Server, fetcher: Fetcher) -> None:
    (server.folder / "page.zip").write_text("<html>" * 100)
    with pytest.raises(SourceError, match="no ZIP archive"):
        members(fetcher.client, f"{server.address}/page.zip")
    with zipfile.ZipFile(server.folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.tif", bytes(10_000_000))
    with pytest.raises(SourceError, match="damaged or hostile"):
        fetch_member(fetcher.client, fetcher.cache, get(fetcher, f"{server.address}/bomb.zip", "*"))
