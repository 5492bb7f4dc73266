"""A small server of files with ranges and ETags, that counts what it serves and misbehaves on demand."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

AnyServer = TypeVar("AnyServer", bound=ThreadingHTTPServer)


@dataclass
class Fault:
    """Something that goes wrong for addresses that end in ``suffix``, ``times`` times.

    ``kind`` is ``drop`` (half of the body, then the end), ``status``, ``short``, ``shifted``, ``no_ranges``,
    ``no_etag``, ``redirect``, ``stall``, ``trickle`` or ``corrupt``; ``first`` limits it to requests that
    begin at byte ``first`` or later.
    """

    suffix: str
    kind: str
    times: int = 1
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    first: int = 0


@dataclass
class Request:
    """What was asked for, and what was sent."""

    path: str
    first: int
    n_bytes: int
    status: int


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        time.sleep(self.server.delay_s)
        path, query = unquote(urlsplit(self.path).path), urlsplit(self.path).query
        if status := self.server.barred(path, query):
            self.send_status(status, {})
            return
        file = self.server.files.get(path) or Path(self.server.folder, path.lstrip("/"))
        file = file / "index.json" if file.is_dir() else file
        first, last = self.asked()
        fault = self.server.fault_for(path, first)
        if not file.is_file():
            self.send_status(404, {})
            return
        data = file.read_bytes() if fault and fault.kind == "corrupt" else None
        size = file.stat().st_size
        etag = self.server.etags.get(path) or f'"{file.stat().st_mtime_ns}-{size}"'
        if fault and fault.kind in ("status", "redirect"):
            self.send_status(fault.status, fault.headers)
            return
        if self.headers.get("If-Match", etag) != etag:
            self.send_status(412, {"ETag": etag})
            return
        last = size - 1 if last is None else min(last, size - 1)
        is_part = self.headers.get("Range") is not None and not (
            fault and fault.kind == "no_ranges"
        )
        if not is_part:
            first, last = 0, size - 1
        if first >= size:
            self.send_status(416, {"Content-Range": f"bytes */{size}"})
            return
        with file.open("rb") as stream:
            stream.seek(first)
            body = stream.read(last - first + 1)
        if data is not None:
            body = bytes(255 - b for b in body[:8]) + body[8:]
        self.send_response(206 if is_part else 200)
        shift = 1 if fault and fault.kind == "shifted" else 0
        if is_part:
            self.send_header("Content-Range", f"bytes {first + shift}-{last + shift}/{size}")
        if not (fault and fault.kind == "no_etag"):
            self.send_header("ETag", etag)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # Counted before its last byte goes: who has the reply may count at once.
        n = 0 if fault else len(body)
        request = self.server.note(Request(path, first, n, 206 if is_part else 200))
        request.n_bytes = self.send_body(body, fault)
        self.server.on_request(request)

    def do_HEAD(self) -> None:
        """Only GDAL asks so."""
        file = Path(self.server.folder, unquote(urlsplit(self.path).path).lstrip("/"))
        self.send_response(200 if file.is_file() else 404)
        self.send_header("Content-Length", str(file.stat().st_size if file.is_file() else 0))
        self.send_header("Accept-Ranges", "bytes")
        request = self.server.note(Request(self.path, 0, 0, 200))
        self.end_headers()
        self.server.on_request(request)

    def send_body(self, body: bytes, fault: Fault | None) -> int:
        """Send a body, or what a fault leaves of it; the bytes that went."""
        kind, n = fault.kind if fault else "", 0
        if kind in ("drop", "short", "stall"):
            body = body[: len(body) // 2]
        size, pause = (1, 0.05) if kind == "trickle" else (2**20, 0.0)
        try:
            for start in range(0, min(len(body), 40) if pause else len(body), size):
                self.wfile.write(body[start : start + size])
                self.wfile.flush()
                n += len(body[start : start + size])
                time.sleep(pause)
        except OSError:
            self.close_connection = True
        if kind == "stall":
            self.server.stalled.wait(5)
        if kind in ("drop", "short", "stall", "trickle"):
            self.close_connection = True
        return n

    def asked(self) -> tuple[int, int | None]:
        text = self.headers.get("Range", "bytes=0-").removeprefix("bytes=")
        first, _, last = text.partition("-")
        return int(first), int(last) if last else None

    def send_status(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        request = self.server.note(Request(unquote(self.path), 0, 0, status))
        self.end_headers()
        self.server.on_request(request)


class Server(ThreadingHTTPServer):
    """Serves a folder, and single files under other paths."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.files: dict[str, Path] = {}
        self.etags: dict[str, str] = {}
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self.delay_s = 0.0
        self.stalled = threading.Event()
        self.lock = threading.Lock()
        self.on_request: Callable[[Request], None] = lambda request: None
        self.barred: Callable[[str, str], int] = lambda path, query: 0  # a status, or 0 to serve it

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def host(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def n_bytes(self) -> int:
        """Bytes of bodies that were sent."""
        return sum(request.n_bytes for request in self.requests)

    def note(self, request: Request) -> Request:
        """Count a request."""
        with self.lock:
            self.requests.append(request)
        return request

    def fault_for(self, path: str, first: int) -> Fault | None:
        """The next fault that waits for a path."""
        with self.lock:
            for fault in self.faults:
                if path.endswith(fault.suffix) and fault.times > 0 and first >= fault.first:
                    fault.times -= 1
                    return fault
        return None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error."""


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """Serve a folder while the block runs."""
    with running(Server(folder)) as server:
        try:
            yield server
        finally:
            server.stalled.set()


@contextmanager
def running(server: AnyServer) -> Iterator[AnyServer]:
    """A server that answers while the block runs."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def md5_of(path: Path) -> str:
    """Checksum as records write it."""
    return "md5:" + hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
