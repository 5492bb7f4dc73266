"""What a reply of a server says of a file: its version, which part of it came, how long to wait."""

import email.utils
import http.client
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from quarrydb.errors import NetworkError

CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class PassingError(Exception):
    """A fault that may be gone the next time; ``wait_s`` where the server said when."""

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


class MissingError(NetworkError):
    """There is no such file on the server."""


class ChangedError(NetworkError):
    """The file behind an address is another one than before."""


@dataclass(frozen=True)
class Version:
    """What a server says of a file: size in bytes, ETag, date; None where it says nothing."""

    size: int | None
    etag: str | None = None
    modified: str | None = None
    has_ranges: bool = False
    is_watched: bool = False  # a mirror's: the client itself sees to it that it does not change

    @property
    def validator(self) -> str | None:
        """What tells this content from another one, as the server puts it."""
        return self.etag or self.modified

    def is_same(self, other: "Version") -> bool:
        """Whether ``other`` can be the same content."""
        pairs = ((self.size, other.size), (self.etag, other.etag))
        if not (self.etag and other.etag):
            pairs += ((self.modified, other.modified),)  # type: ignore[assignment]
        return all(a == b for a, b in pairs if a is not None and b is not None)


def version_of(reply: http.client.HTTPResponse) -> Version:
    """Size, ETag and date that a reply names."""
    headers = reply.headers
    size: int | None = None
    if match := CONTENT_RANGE.fullmatch(headers.get("Content-Range", "")):
        size = int(match[3])
    elif reply.status == 200 and headers.get("Content-Length", "").isdigit():
        size = int(headers["Content-Length"])
    return Version(
        size, headers.get("ETag"), headers.get("Last-Modified"), has_ranges=reply.status == 206
    )


def range_of(reply: http.client.HTTPResponse, address: str) -> tuple[int, int]:
    """First and last byte of a partial reply."""
    match = CONTENT_RANGE.fullmatch(reply.headers.get("Content-Range", ""))
    if match is None:
        raise NetworkError(f"{address}: a part of the file came without saying which.")
    return int(match[1]), int(match[2])


def retry_after(reply: http.client.HTTPResponse) -> float | None:
    """Seconds that a server asks to wait; None where it does not say."""
    text = reply.headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, (when - datetime.now(when.tzinfo or UTC)).total_seconds())


def changed(address: str, known: Version | None, found: Version) -> ChangedError:
    """The error of a file that is not what it was."""
    before = (known.validator or known.size) if known else "another version"
    now = found.validator or found.size or "not said"
    return ChangedError(
        f"{address} changed on its server: it was {before}, now it is {now}. Nothing of the new "
        "content was used. See what changed, and take it over, with: quarry update"
    )


def reason(error: BaseException) -> str:
    """An error of the network in words."""
    return str(getattr(error, "strerror", None) or error or type(error).__name__)
