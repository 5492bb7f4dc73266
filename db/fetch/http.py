"""Ask a server for a file or a part of one, and believe nothing that does not add up.

A reply counts only with the status, range, length and version that were asked for. What may pass (a dropped
connection, a stall, a server that is busy) is tried again with growing pauses; what can't is an error
with its reason.
"""

import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import canonical, host_of
from quarrydb.fetch.connection import Connections
from quarrydb.fetch.pace import Attempts, Limiter
from quarrydb.fetch.policy import Policy
from quarrydb.fetch.reply import (
    ChangedError,
    MissingError,
    PassingError,
    Version,
    changed,
    range_of,
    reason,
    retry_after,
    version_of,
)
from quarrydb.fetch.tokens import Tokens, unsigned
from quarrydb.version import __version__

CHUNK = 2**18
DOCUMENT_BYTES = 16 * 2**20
BUSY = (408, 425, 429, 500, 502, 503, 504)
REDIRECTS = (301, 302, 303, 307, 308)
MAX_REDIRECTS = 5
MIN_BYTES_PER_S = 500.0  # over a whole stall time: below, the server does not really answer
TUNNEL_REFUSED = "Tunnel connection failed: 4"  # the words of the standard library
REFUSALS = {
    401: "wants a login",
    403: "refuses access",
    404: "has no such file",
    407: "lies behind a proxy that wants a login",
    410: "has taken the file away",
    451: "may not give the file here",
}


class Client:
    """Requests to servers under a policy; to be shared by threads."""

    def __init__(self, policy: Policy, *, is_patient: bool = False) -> None:
        """With ``is_patient`` others who wait for a host are asked for first."""
        self.policy = policy
        self.is_patient = is_patient
        self.connections = Connections(policy)
        self.limiter = Limiter(policy)
        self.stopped = threading.Event()
        self.mirrored: dict[str, Version] = {}  # what mirrors have, by address
        self.tokens = Tokens(policy.tokens, self.document)

    def beside(self, *, is_patient: bool = False) -> "Client":
        """Another client, which stops by itself, with the same limits and knowledge of servers."""
        other = Client(self.policy, is_patient=is_patient)
        other.limiter, other.mirrored, other.tokens = self.limiter, self.mirrored, self.tokens
        return other

    def stop(self) -> None:
        """End all requests now; those under way raise NetworkError."""
        self.stopped.set()
        self.connections.close()

    def attempts(self, address: str) -> Attempts:
        """Tries at one address, of which none is counted yet."""
        return Attempts(address, self.limiter, self.stopped)

    def version(self, address: str) -> Version:
        """What the server says of a file, by a request for its first byte."""
        return self.read(address, 0, 1)[1]

    def read(
        self, address: str, first: int, length: int, known: Version | None = None
    ) -> tuple[bytes, Version]:
        """Bytes ``first`` to ``first + length`` of a file (fewer where it ends) and its version.

        NetworkError where the server sends no ranges; ChangedError where it is not ``known``.
        """

        local = self.policy.mirrored(address)
        if isinstance(local, Path):
            return read_local(local, first, length), self._local(address, local, known)

        known_here = self._known_here(address, known)

        def ask() -> tuple[bytes, Version]:
            with self._reply(address, first, first + length - 1, known_here) as reply:
                version = version_of(reply)
                if reply.status == 200:
                    if version.size is not None and version.size <= length and first == 0:
                        return self._body(reply, version.size, address), version
                    return b"", version
                start, end = range_of(reply, address)
                wanted = min(first + length, version.size or 0) - 1
                if (start, end) != (first, wanted):
                    raise PassingError(f"sent bytes {start}-{end} in place of {first}-{wanted}")
                return self._body(reply, end - start + 1, address), version

        return self._tried(address, ask, known)

    def stream(
        self, address: str, first: int, known: Version | None = None
    ) -> Iterator[tuple[bytes, Version, int]]:
        """A file from byte ``first`` on, piece by piece, with its version and where the piece begins.

        One try only: the caller goes on from where it stopped. PassingError where it may go on.
        """
        local = self.policy.mirrored(address)
        if isinstance(local, Path):
            version = self._local(address, local, known)
            for place in range(first, version.size or 0, CHUNK):
                yield read_local(local, place, CHUNK), version, place
            return
        with self._reply(address, first, None, self._known_here(address, known)) as reply:
            version = self.confirm(address, version_of(reply), known)
            place = range_of(reply, address)[0] if reply.status == 206 else 0
            if place not in (first, 0):
                raise PassingError(f"began at byte {place} in place of {first}")
            end = version.size
            for piece in self._pieces(reply, None if end is None else end - place):
                yield piece, version, place
                place += len(piece)

    def document(self, address: str, limit: int = DOCUMENT_BYTES) -> bytes:
        """A small document whole, such as a record. NetworkError where it is larger than ``limit``."""
        attempts = self.attempts(address)
        while True:
            try:
                found = bytearray()
                for piece, _, _ in self.stream(address, 0):
                    found += piece
                    if len(found) > limit:
                        raise NetworkError(f"{address} has more than {limit:,} bytes.")
                return bytes(found)
            except PassingError as fault:
                attempts.failed(fault)

    def _local(self, address: str, file: Path, known: Version | None) -> Version:
        """The version of a file of a mirror folder."""
        try:
            status = file.stat()
        except OSError as error:
            raise NetworkError(
                f"{address} is mirrored at {file}, where nothing is. Put it there, or "
                "change [network.mirror]."
            ) from error
        version = Version(status.st_size, None, f"{status.st_mtime_ns} ns", has_ranges=True)
        return self.confirm(address, version, known)

    def _tried(self, address: str, ask, known: Version | None):  # type: ignore[no-untyped-def]
        attempts = self.attempts(address)
        while True:
            try:
                found = ask()
            except PassingError as fault:
                attempts.failed(fault)
                continue
            return found[0], self.confirm(address, found[1], known)

    def _known_here(self, address: str, known: Version | None) -> Version | None:
        """The version that the asked server must have: a mirror's is another than the publisher's."""
        is_mirrored = self.policy.mirrored(address) != address
        return self.mirrored.get(address) if is_mirrored else known

    def confirm(self, address: str, found: Version, known: Version | None) -> Version:
        """The version of a file; ChangedError where it is not the one that was ``known``.

        A mirror must keep its own version, and have the publisher's size; of the publisher's version it
        knows nothing.
        """
        if self.policy.mirrored(address) != address:
            if found.validator is not None or found.size is not None:
                before = self.mirrored.setdefault(address, found)
                if not before.is_same(found):
                    raise changed(address, before, found)
            watched = found.validator is not None
            found = Version(found.size, None, None, found.has_ranges, is_watched=watched)
        if known is not None and not known.is_same(found):
            raise changed(address, known, found)
        return found

    @contextmanager
    def _reply(
        self, address: str, first: int, last: int | None, known: Version | None
    ) -> Iterator[http.client.HTTPResponse]:
        """The reply to a GET, redirects followed where the policy allows; errors are raised."""
        target = str(self.policy.mirrored(address))
        headers = self._headers(first, last, known)
        for _ in range(MAX_REDIRECTS + 1):
            self.policy.check(target)
            reply = self._send(target, headers)
            try:
                if reply.status not in REDIRECTS:
                    self._judge(reply, address, known, target)
                    yield reply
                    return
                target = self._redirected(reply, target)
            finally:
                self._finish(reply, target)
        raise NetworkError(f"{address} redirects more than {MAX_REDIRECTS} times.")

    def _headers(self, first: int, last: int | None, known: Version | None) -> dict[str, str]:
        headers = {
            "User-Agent": f"quarrydb/{__version__}",
            "Accept-Encoding": "identity",
            "Range": f"bytes={first}-{'' if last is None else last}",
        }
        if known is not None and known.etag and not known.etag.startswith("W/"):
            headers["If-Match"] = known.etag
        elif known is not None and not known.etag and known.modified:
            headers["If-Unmodified-Since"] = known.modified
        return headers

    def _send(self, target: str, headers: dict[str, str]) -> http.client.HTTPResponse:
        parts = urlsplit(target)
        host = host_of(target)
        self.limiter.wait(host, self.stopped, is_patient=self.is_patient)
        if self.stopped.is_set():
            raise NetworkError(f"Stopped before {unsigned(target)} was read.")
        query = self.tokens.query_of(target)
        path = (parts.path or "/") + (f"?{query}" if query else "")
        try:
            return self.connections.get(target, path, headers)
        except ssl.SSLCertVerificationError as error:
            self.connections.to(target).close()
            raise NetworkError(
                f"{host} does not prove who it is: {error.verify_message}. Nothing was fetched."
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self.connections.to(target).close()
            if self.stopped.is_set():
                raise NetworkError(f"Stopped before {unsigned(target)} was read.") from error
            raise self._unanswered(target, error) from error

    def _unanswered(self, target: str, error: Exception) -> Exception:
        """What to raise where a host was not reached, itself or through a proxy."""
        host, proxy, why = host_of(target), self.connections.proxy_to(target), reason(error)
        if proxy is None:
            return PassingError(f"{host} does not answer ({why})")
        if why.startswith(TUNNEL_REFUSED):
            return NetworkError(
                f"The proxy {proxy} that the environment names does not lead to {host} ({why}). Give it its "
                f"login, https_proxy=http://user:password@{proxy}, or ask {host} directly: no_proxy={host}"
            )
        return PassingError(f"{host} does not answer through the proxy {proxy} ({why})")

    def _finish(self, reply: http.client.HTTPResponse, target: str) -> None:
        """Leave the connection for the next request, or close it where bytes are still to come."""
        if not reply.isclosed():
            self.connections.to(target).close()
            reply.close()

    def _redirected(self, reply: http.client.HTTPResponse, target: str) -> str:
        try:
            new = canonical(urljoin(target, reply.headers.get("Location") or ""))
        except ValueError as error:
            raise NetworkError(f"{unsigned(target)} redirects to nowhere: {error}") from error
        if host_of(new) != host_of(target) and not self.policy.knows(
            host_of(new), urlsplit(new).scheme
        ):
            raise NetworkError(
                f"{unsigned(target)} redirects to another host, {host_of(new)}, which is not followed. "
                f'If you trust it, list it: [network] hosts = ["{host_of(new)}"].'
            )
        reply.read(CHUNK)
        return new

    def _judge(
        self, reply: http.client.HTTPResponse, address: str, known: Version | None, target: str
    ) -> None:
        """Raise for every reply that does not bring the file."""
        status = reply.status
        if status in (401, 403) and self.tokens.refused(target):
            raise PassingError("takes the token no more")
        if status in (200, 206):
            coding = reply.headers.get("Content-Encoding", "identity")
            if coding != "identity":
                raise NetworkError(f"{address} comes packed as {coding}, which was not asked for.")
            return
        if status in BUSY:
            raise PassingError(f"answers {status} {reply.reason}", retry_after(reply))
        if status == 412:
            raise changed(address, known, version_of(reply))
        if status == 416:
            raise ChangedError(
                f"{address} is shorter than before: it ends before what was asked for."
            )
        kind = MissingError if status == 404 else NetworkError
        what = REFUSALS.get(status, f"answers {status} {reply.reason}")
        raise kind(
            f"{host_of(address)} {what}: {address} ({status}). Look at the data set's page, correct "
            "the address, or put the file there by hand."
        )

    def _body(self, reply: http.client.HTTPResponse, length: int, address: str) -> bytes:
        return b"".join(self._pieces(reply, length))

    def _pieces(self, reply: http.client.HTTPResponse, length: int | None) -> Iterator[bytes]:
        """A body in pieces; PassingError where it ends early, stalls or comes too slowly."""
        done, started = 0, time.monotonic()
        while True:
            try:
                piece = reply.read1(CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise PassingError(f"broke off after {done:,} bytes ({reason(error)})") from error
            if not piece:
                break
            done += len(piece)
            seconds = time.monotonic() - started
            if self.stopped.is_set():
                raise NetworkError("Stopped in the middle of a file.")
            if seconds > self.policy.stall_timeout_s and done < seconds * MIN_BYTES_PER_S:
                raise PassingError(f"sends only {done / seconds:.0f} bytes a second")
            yield piece
        if length is not None and done != length:
            raise PassingError(f"sent {done:,} bytes in place of {length:,}")


def read_local(file: Path, first: int, length: int) -> bytes:
    """Bytes of a file of a mirror folder; none where it is gone, which its version tells."""
    try:
        with file.open("rb") as stream:
            stream.seek(first)
            return stream.read(length)
    except OSError:
        return b""
