"""A proxy on the loopback that leads every name to one server, and says what it was asked."""

import http.client
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.fetch.server import running


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "ProxyServer"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def is_refused(self) -> bool:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.logins.append(self.headers.get("Proxy-Authorization"))
        if self.server.login in (None, self.server.logins[-1]):
            return False
        self.send_response(407)
        self.send_header("Content-Length", "0")
        self.end_headers()
        return True

    def do_GET(self) -> None:
        if self.is_refused():
            return
        parts = urlsplit(self.path)
        connection = http.client.HTTPConnection(*self.server.leads_to)
        kept = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        connection.request("GET", parts.path, headers=kept)
        reply = connection.getresponse()
        body = reply.read()
        self.send_response(reply.status)
        for name in ("Content-Range", "ETag"):
            if value := reply.headers.get(name):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def do_CONNECT(self) -> None:
        if self.is_refused():
            return
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(self.server.leads_to) as other:
            pairs = {self.connection: other, other: self.connection}
            while True:
                for ready in select.select(list(pairs), [], [], 5)[0]:
                    data = ready.recv(2**16)
                    if not data:
                        self.close_connection = True
                        return
                    pairs[ready].sendall(data)


class ProxyServer(ThreadingHTTPServer):
    """Leads to one place whatever is asked for."""

    daemon_threads = True

    def __init__(self, leads_to: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.leads_to = leads_to
        self.asked: list[str] = []
        self.logins: list[str | None] = []
        self.login: str | None = None

    @property
    def place(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error."""


@contextmanager
def proxying(leads_to: tuple[str, int]) -> Iterator[ProxyServer]:
    """A proxy while the block runs."""
    with running(ProxyServer(leads_to)) as proxy:
        yield proxy
