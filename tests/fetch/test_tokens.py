"""Signed addresses: tokens are fetched, renewed, and never written down."""

import json
import time

import pytest

from quarrydb.errors import NetworkError, ProjectError
from quarrydb.fetch.tokens import read_token, unsigned
from quarrydb.project import load_project
from quarrydb.redact import hidden


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://a.org/x.tif", "https://a.org/x.tif"),
        ("https://a.org/x.tif?sv=2021&se=2024-01-01T00%3A00%3A00Z&sr=c&sp=rl&sig=a%2Bb", "https://a.org/x.tif"),
        ("https://a.org/x?version=2&X-Amz-Date=1&X-Amz-Signature=ab", "https://a.org/x?version=2"),
        ("https://a.org/x?X-Goog-Signature=ab&X-Goog-Expires=9", "https://a.org/x"),
        ("https://a.org/x?Expires=9&Signature=ab&Key-Pair-Id=K", "https://a.org/x"),
        ("https://a.org/x?se=1&sp=2&year=2020%20a", "https://a.org/x?se=1&sp=2&year=2020%20a"),
        ("https://a.org/x?expires=never", "https://a.org/x?expires=never"),
    ],
)  # fmt: skip
def test_signatures_are_taken_off_and_nothing_else(address, expected):
    assert unsigned(address) == expected


def test_signatures_are_hidden_on_the_screen():
    said = hidden("https://a.org/x?se=1&sig=a%2Bb&sp=r and https://b.org/y?X-Amz-Signature=0f1e")
    assert said == "https://a.org/x?se=1&sig=***&sp=r and https://b.org/y?X-Amz-Signature=***"


@pytest.fixture
def guarded(server, make_fetcher):
    """A server that wants the token of the day, and a fetcher that knows its service."""
    (server.folder / "data").mkdir()
    for name in "abc":
        (server.folder / "data" / name).write_bytes(name.encode() * 1000)
    days = {"today": "sig=monday"}

    def hand_out(expiry="2090-01-01T00:00:00Z"):
        said = {"token": days["today"], "msft:expiry": expiry}
        (server.folder / "token").write_text(json.dumps(said))

    def barred(path, query):
        return 403 if path.startswith("/data/") and query != days["today"] else 0

    server.barred = barred
    hand_out()
    tokens = {f"{server.address}/data/": f"{server.address}/token"}
    return make_fetcher(tokens=tokens), days, hand_out


def n_tokens(server):
    return [request.path for request in server.requests].count("/token")


def test_one_token_serves_many_files_and_an_old_one_is_renewed(
    guarded, server, tmp_path, monkeypatch
):
    fetcher, days, hand_out = guarded
    for name in "ab":
        assert fetcher.client.read(f"{server.address}/data/{name}", 0, 9)[0] == name.encode() * 9
    assert n_tokens(server) == 1
    days["today"] = "sig=tuesday"
    hand_out()
    now = time.time()
    monkeypatch.setattr("quarrydb.fetch.tokens.time.time", lambda: now + 3600)
    assert fetcher.client.read(f"{server.address}/data/c", 0, 9)[0] == b"c" * 9
    assert n_tokens(server) == 2
    assert not [
        f for f in (tmp_path / "cache").rglob("*") if f.is_file() and b"day" in f.read_bytes()
    ]


def test_a_token_that_ends_is_renewed_before(guarded, server, monkeypatch):
    fetcher, _, hand_out = guarded
    hand_out("2040-01-01T00:00:00+00:00")
    end = 2208988800.0
    for now, n in ((end - 1000, 1), (end - 130, 1), (end - 100, 2)):
        monkeypatch.setattr("quarrydb.fetch.tokens.time.time", lambda now=now: now)
        fetcher.client.read(f"{server.address}/data/a", 0, 9)
        assert n_tokens(server) == n


def test_a_token_that_does_not_help_is_an_error_without_it(guarded, server):
    fetcher, days, _ = guarded
    days["today"] = "sig=other"
    with pytest.raises(NetworkError, match="refuses access") as problem:
        fetcher.client.read(f"{server.address}/data/a", 0, 9)
    assert "monday" not in str(problem.value)
    assert n_tokens(server) == 1


@pytest.mark.parametrize(
    "reply", [b"", b"<html>", b"[" * 100_000, b"[]", b"{}", b'{"token": ""}', b'{"token": "a b"}',
              b'{"token": "sig=a", "msft:expiry": "soon"}', b'{"token": "sig=a\\r\\nHost: b"}'],
)  # fmt: skip
def test_what_is_no_token_is_refused(reply):
    with pytest.raises(NetworkError, match=r"https://s\.org gave (no|a) token"):
        read_token("https://s.org", reply)


MINES = '[[polygons]]\nname = "mines"\npath = "https://a.org/mines.gpkg"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[network.tokens]\n"https://a.org/data" = "https://b.org/t"', "End it in /"),
        ('[network.tokens]\n"https://a.org/" = "https://a.org/t"', "can't need one"),
        ('[network.tokens]\n"https://a.org/" = "token.txt"', "is no address"),
        ('[[polygons]]\nname = "b"\npath = "https://a.org/x.gpkg?sv=1&sig=abc"', "Remove the signature"),
    ],
)  # fmt: skip
def test_bad_sections_are_refused(tmp_path, text, said):
    (tmp_path / "quarry.toml").write_text(f'[project]\nname = "signed"\n{text}\n{MINES}')
    with pytest.raises(ProjectError, match=said) as problem:
        load_project(tmp_path)
    assert "sig=abc" not in str(problem.value)
