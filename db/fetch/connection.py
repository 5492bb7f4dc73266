"""Connections to checked places only, one a thread and host, closed all at once where a build stops."""

import contextlib
import http.client
import socket
import threading
from typing import Any
from urllib.parse import urlsplit

from quarrydb.fetch.policy import Policy

PORTS = {"https": 443, "http": 80}


class Connections:
    """Open connections of all threads; a thread has its own to each host."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.local = threading.local()
        self.lock = threading.Lock()
        self.open: list[http.client.HTTPConnection] = []
        self.is_closed = False

    def to(self, address: str) -> http.client.HTTPConnection:
        """This thread's connection to the host of ``address``."""
        parts = urlsplit(address)
        own: dict[tuple[str, str], http.client.HTTPConnection]
        own = self.local.__dict__.setdefault("own", {})
        key = (parts.scheme, parts.netloc)
        if key not in own:
            own[key] = self._make(parts.scheme, str(parts.hostname), parts.port)
            with self.lock:
                self.open.append(own[key])
        return own[key]

    def _make(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        kind = http.client.HTTPSConnection if scheme == "https" else http.client.HTTPConnection
        number = port or PORTS[scheme]
        connection = kind(host, number, timeout=self.policy.connect_timeout_s)
        # The place is checked and connected to in one: a name can't lead elsewhere in between.
        connection._create_connection = (  # type: ignore[attr-defined]
            lambda place, timeout=None, source=None: self._connect(scheme, *place)
        )
        return connection

    def _connect(self, scheme: str, host: str, port: int) -> socket.socket:
        problem: OSError | None = None
        for family, number in self.policy.places(host, port, scheme=scheme):
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
