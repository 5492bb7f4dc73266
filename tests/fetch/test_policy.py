"""Who may be asked: known and listed hosts, encryption, private addresses, offline, mirrors."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import canonical, expand, file_name, name_pattern
from quarrydb.fetch.catalogue import known_hosts
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy, is_public
from tests.fetch.server import Server


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://example.org/a", "no host of a known data set"),
        ("http://zenodo.org/a", "not encrypted"),
        ("https://zenodo.org:8443/a", "no host of a known data set"),
        ("https://zenodo.org.example.org/a", "no host of a known data set"),
        ("http://intranet:81/a", "no host of a known data set"),
    ],
)
def test_other_hosts_are_not_asked(address: str, words: str) -> None:
    policy = Policy(hosts=known_hosts(), listed=frozenset({"http://intranet:80"}))
    with pytest.raises(NetworkError, match=words):
        policy.check(address)


@pytest.mark.parametrize(
    "address", ["https://zenodo.org/a", "https://mine.org/a", "http://intranet:8080/a"]
)
def test_known_and_listed_hosts_are_asked(address: str) -> None:
    listed = frozenset({"mine.org", "http://intranet:8080"})
    Policy(hosts=known_hosts(), listed=listed).check(address)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("93.184.215.14", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.1", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 nobody binds to it
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
    ],
)
def test_public_addresses(number: str, expected: bool) -> None:
    assert is_public(number) is expected


def test_a_known_name_that_leads_to_a_private_address_is_not_connected_to(
    server: Server, make_fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.server_address[1]))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **more: here)
    fetcher = make_fetcher(hosts=frozenset({"data.example.org"}), listed=frozenset())
    with pytest.raises(NetworkError, match=r"leads to 127\.0\.0\.1, which is no public address"):
        fetcher.whole("https://data.example.org/a")
    assert server.requests == []


def test_offline_opens_no_socket(
    make_fetcher: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    fetcher = make_fetcher(offline=True, hosts=frozenset({"zenodo.org"}))
    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(socket, "getaddrinfo", forbidden)
    with pytest.raises(NetworkError, match="this run is offline"):
        fetcher.whole("https://zenodo.org/a.gpkg")
    with pytest.raises(NetworkError, match="this run is offline"):
        fetcher.windows("https://zenodo.org/a.tif", [(0, 1, 0, 1)])


def test_nothing_is_fetched_unless_said(
    server: Server, make_fetcher: Callable[..., Fetcher]
) -> None:
    with pytest.raises(NetworkError, match="nothing is fetched unless you say so"):
        make_fetcher(may_fetch=False).whole(f"{server.address}/a.gpkg")
    assert server.requests == []


def test_a_mirror_address_and_a_mirror_folder(
    server: Server, make_fetcher: Callable[..., Fetcher], tmp_path: Path
) -> None:
    (server.folder / "records").mkdir()
    (server.folder / "records" / "a b.gpkg").write_bytes(b"mines")
    far = "https://zenodo.org/records/a%20b.gpkg"
    by_address = make_fetcher(
        mirrors={"https://zenodo.org/": f"{server.address}/"}, listed=frozenset()
    )
    assert by_address.whole(far).path.read_bytes() == b"mines"
    folder = {"https://zenodo.org/": str(server.folder)}
    by_folder = make_fetcher(mirrors=folder, offline=True, may_fetch=False)
    assert by_folder.whole(far).path.read_bytes() == b"mines"
    (tmp_path / "secret").write_bytes(b"secret")
    (server.folder / "records" / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(NetworkError, match="leads out of the mirror folder"):
        by_folder.whole("https://zenodo.org/records/link")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/a/b.tif", "https://bucket.s3.amazonaws.com/a/b.tif"),
        ("HTTPS://Zenodo.ORG/A b.zip#x", "https://zenodo.org/A%20b.zip"),
        ("https://host:8443/a?b=c", "https://host:8443/a?b=c"),
    ],
)
def test_one_spelling_of_an_address(text: str, expected: str) -> None:
    assert canonical(text) == expected
    assert canonical(expected) == expected


@pytest.mark.parametrize(
    "text",
    ["ftp://host/a", "https:///a", "https://me:pw@host/a", "https://h/../../a", "https://h:x/a",
     "https://h/a\nb", "https://h/" + "a" * 3000, "https://[::1/a", "https://./a", "https://h..org/a",
     f"https://{'a' * 70}.org/a", "https://h:99999/a", "https://me:pw@h:x/a", "https://h\u2100.org/a"],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"no address|climbs|carries a name") as error:
        canonical(text)
    assert type(error.value) is ValueError
    assert ":pw@" not in str(error.value)


def test_templates_and_the_names_they_give() -> None:
    template = "https://h/{year}/map_{year}_{month}.tif"
    found = list(expand(template, {"year": ["2018", "2019"], "month": ["01"]}))
    assert [e.address for e in found][1] == "https://h/2019/map_2019_01.tif"
    assert name_pattern(template) == r"map_(?P<year>\d{4})_(?P<month>(?:0[1-9]|1[0-2]))\.tif"
    assert file_name("https://zenodo.org/api/records/1/files/a%20b.zip/content") == "a b.zip"
    assert file_name("https://h/..%2f..%2fetc") == ".._.._etc"
