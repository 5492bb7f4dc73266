"""Proxies of the environment: what goes through them, and that no rule about hosts is weaker for it."""

import shutil
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from quarrydb.errors import NetworkError
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.proxy import proxy_for
from tests.fetch.proxy import ProxyServer, proxying
from tests.fetch.server import Server

HOST = "data.example.org"
CONTENT = bytes(range(256)) * 40


@pytest.fixture
def proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProxyServer]:
    """Leads to the server, which holds a file; the environment names it, and no name leads anywhere here."""
    (server.folder / "file.bin").write_bytes(CONTENT)
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *args: object, **kwargs: object) -> object:
        if HOST in str(host):
            raise socket.gaierror(f"{host} is looked up")
        return real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with proxying(("127.0.0.1", server.server_address[1])) as running:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://{running.place}")
        yield running


@pytest.fixture
def far(make_fetcher: Callable[..., Fetcher]) -> Callable[..., Fetcher]:
    """Makes fetchers that may ask a host that only the proxy reaches."""
    listed = frozenset({f"http://{HOST}", HOST})
    return lambda **policy: make_fetcher(**{"listed": listed, "attempts": 2, **policy})


def test_a_listed_host_without_encryption_is_asked_through_the_proxy(
    proxy: ProxyServer, far: Callable[..., Fetcher]
) -> None:
    address = f"http://{HOST}/file.bin"
    assert far().whole(address).path.read_bytes() == CONTENT
    assert proxy.asked == [f"GET {address}"]


def test_this_machine_and_what_no_proxy_names_are_asked_directly(
    proxy: ProxyServer, server: Server, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert fetcher.whole(f"{server.address}/file.bin").path.read_bytes() == CONTENT
    assert not proxy.asked
    monkeypatch.setenv("no_proxy", "intranet.org, .example.org")
    assert proxy_for("https", HOST, 443) is None
    assert proxy_for("https", "intranet.org", 443) is None
    assert str(proxy_for("https", "zenodo.org", 443)) == proxy.place
    monkeypatch.delenv("https_proxy")
    assert proxy_for("https", "zenodo.org", 443) is None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("https://other.org/a", "no host of a known data set"),
        ("http://other.org/a", "no host of a known data set"),
        ("https://169.254.169.254/a", "no host of a known data set"),
    ],
)
def test_the_proxy_is_asked_for_no_other_host(
    address: str, words: str, proxy: ProxyServer, far: Callable[..., Fetcher]
) -> None:
    with pytest.raises(NetworkError, match=words):
        far().whole(address)
    with pytest.raises(NetworkError, match="offline"):
        far(offline=True).whole(f"http://{HOST}/file.bin")
    assert not proxy.asked


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_with_a_password(
    scheme: str, proxy: ProxyServer, far: Callable[..., Fetcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.login = "Basic " + b64encode(b"user:se:cret").decode()
    with pytest.raises(NetworkError, match=r"prox.*login|login.*prox") as error:
        far().whole(f"{scheme}://{HOST}/file.bin")
    n = len(proxy.asked)
    monkeypatch.setenv(f"{scheme}_proxy", f"http://user:se%3Acret@{proxy.place}")
    fetcher = far()
    if scheme == "http":
        assert fetcher.whole(f"http://{HOST}/file.bin").path.read_bytes() == CONTENT
    else:  # the tunnel stands, and there is no encryption at its end
        with pytest.raises(NetworkError, match=f"through the proxy {proxy.place}") as error:
            fetcher.whole(f"https://{HOST}/file.bin")
    assert set(proxy.logins[n:]) == {proxy.login}
    assert "cret" not in str(error.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("socks5://127.0.0.1:1080", "kind socks5"),
        ("https://proxy.org:8443", "kind https"),
        ("http://proxy.org:port", "no port that is a number"),
        ("http://[::1", "no host that can be asked"),
        ("http://proxy..org:80", "no host that can be asked"),
        (f"http://{'a' * 300}:80", "no host that can be asked"),
        ("http://pro xy:80", "only http://host:port"),
    ],
)
def test_proxies_that_are_not_spoken_to_are_named_without_their_password(
    value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", value.replace("://", "://user:secret@"))
    with pytest.raises(NetworkError, match=words) as error:
        proxy_for("https", HOST, 443)
    assert "secret" not in str(error.value)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a certificate with its key, one file, for a name."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates")
    folder = tmp_path_factory.mktemp("certificates")

    def make(name: str) -> Path:
        file = folder / f"{name}.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]
        command += [
            "-nodes",
            "-days",
            "2",
            "-subj",
            f"/CN={name}",
            "-addext",
            f"subjectAltName=DNS:{name}",
        ]
        command += ["-keyout", f"{file}.key", "-out", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        file.write_text(file.read_text() + Path(f"{file}.key").read_text())
        return file

    return make


@pytest.mark.parametrize("name", [HOST, "other.example.org"])
def test_through_a_tunnel_the_host_proves_its_name(
    name: str,
    proxy: ProxyServer,
    server: Server,
    far: Callable[..., Fetcher],
    certificates: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = certificates(name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    fetcher = far()
    if name == HOST:
        assert fetcher.whole(f"https://{HOST}/file.bin").path.read_bytes() == CONTENT
    else:
        with pytest.raises(NetworkError, match="does not prove who it is"):
            fetcher.whole(f"https://{HOST}/file.bin")
    assert proxy.asked[0] == f"CONNECT {HOST}:443"
