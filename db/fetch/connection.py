"""Connections to checked places only, one a thread and host, closed all at once where a build stops."""

import contextlib
import http.client
import netrc
import socket
import threading
from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from quarrydb.fetch.policy import Policy, places_of
from quarrydb.fetch.proxy import Proxy, proxy_for

PORTS = {"https": 443, "http": 80}


class Connections:
    """Open connections of all threads; a thread has its own to each host."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.local = threading.local()
        self.lock = threading.Lock()
        self.open: list[http.client.HTTPConnection] = []
        self.is_closed = False
        self.proxies: dict[tuple[str, str], Proxy | None] = {}

    def to(self, address: str) -> http.client.HTTPConnection:
        """This thread's connection to the host of ``address``."""
        parts = urlsplit(address)
        own: dict[tuple[str, str], http.client.HTTPConnection]
        own = self.local.__dict__.setdefault("own", {})
        key = (parts.scheme, parts.netloc)
        if key not in own:
            own[key] = self._make(address)
            with self.lock:
                self.open.append(own[key])
        return own[key]

    def get(self, address: str, path: str, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        """The reply to a request for a path of the host of ``address``, by this thread's connection."""
        parts = urlsplit(address)
        connection, proxy = self.to(address), self.proxy_to(address)
        known = login(str(parts.hostname))
        if proxy is not None and parts.scheme == "http":
            path, known = f"http://{parts.netloc}{path}", {**known, **proxy.headers}
        connection.request("GET", path, headers={**headers, **known})
        return connection.getresponse()

    def proxy_to(self, address: str) -> Proxy | None:
        """The proxy that the host of an address is asked through; the same as long as this lives."""
        parts = urlsplit(address)
        key = (parts.scheme, parts.netloc)
        if key not in self.proxies:
            port = parts.port or PORTS[parts.scheme]
            self.proxies[key] = proxy_for(parts.scheme, str(parts.hostname), port)
        return self.proxies[key]

    def _make(self, address: str) -> http.client.HTTPConnection:
        parts, proxy = urlsplit(address), self.proxy_to(address)
        scheme, host, port = parts.scheme, str(parts.hostname), parts.port or PORTS[parts.scheme]
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        timeout = self.policy.connect_timeout_s
        if proxy is None:
            connection = kind(host, port, timeout=timeout)
        else:
            connection = kind(proxy.host, proxy.port, timeout=timeout)
            if scheme == "https":
                connection.set_tunnel(host, port, proxy.headers)
        # The place is checked and connected to in one: a name can't lead elsewhere in between.
        connection._create_connection = (  # type: ignore[attr-defined]
            lambda place, timeout=None, source=None: self._connect(
                places_of(*place) if proxy else self.policy.places(*place, scheme=scheme), *place
            )
        )
        return connection

    def _connect(self, places: Iterable[tuple[int, str]], host: str, port: int) -> socket.socket:
        problem: OSError | None = None
        for family, number in places:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.policy.connect_timeout_s)
                connection.connect((number, port))
                connection.settimeout(self.policy.stall_timeout_s)
            except OSError as error:
                connection.close()
                problem = error
                continue
            return connection
        raise problem or OSError(f"{host} has no address")

    def close(self) -> None:
        """Close every connection, also those that other threads wait on."""
        self.is_closed = True
        with self.lock:
            connections, self.open = self.open, []
        for connection in connections:
            sock: Any = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):  # the other side may have closed it
                    sock.shutdown(socket.SHUT_RDWR)
            connection.close()


def login(host: str) -> dict[str, str]:
    """The Authorization header for a host that ~/.netrc knows."""
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return {}
    if not found:
        return {}
    pair = b64encode(f"{found[0]}:{found[2]}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}
