"""Fetch whole files into the cache: resumed where they stopped, checked, and never seen half."""

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from quarrydb.errors import NetworkError
from quarrydb.fetch.address import host_of
from quarrydb.fetch.cache import Cache, resumable
from quarrydb.fetch.http import Client
from quarrydb.fetch.reply import ChangedError, PassingError, Version
from quarrydb.files import replace_atomically, write_atomically

NOTE = ".json"  # beside a part: which version it is of
CHECKSUM_KINDS = ("md5", "sha1", "sha256", "sha512")


@dataclass(frozen=True)
class Fetched:
    """A whole file as it was fetched."""

    address: str
    version: Version
    sha256: str
    path: Path


@dataclass(frozen=True)
class Expected:
    """What a file must be, as ``said_by`` its record or the lock; ``checksum`` as ``md5:...``."""

    size: int | None = None
    checksum: str | None = None
    said_by: str = "its record"


def fetch_part(
    client: Client,
    cache: Cache,
    address: str,
    expected: Expected,
    on_bytes: Callable[[int], None] = lambda n: None,
) -> tuple[Path, Version]:
    """Bring a file into the cache's folder of parts and check its size; the caller holds the address.

    What an earlier run left is gone on with where the server still has that version.
    """
    part = cache.part(address)
    attempts = client.attempts(address)
    with resumable(part):
        part.parent.mkdir(parents=True, exist_ok=True)
        forget_unknown(part)
    while True:
        known = noted_version(part)
        start = part.stat().st_size if part.exists() and known is not None else 0
        if known is not None and known.size is not None and start == known.size:
            return part, known
        try:
            version = _go_on(client, address, part, start, known, expected, on_bytes)
        except ChangedError:
            if known is None:
                raise
            forget(part)  # what an earlier run left is of another version
        except PassingError as fault:
            if part.exists() and part.stat().st_size > start:
                attempts.n = 0  # it moves on
            attempts.failed(fault)
        else:
            return part, version


def _go_on(
    client: Client,
    address: str,
    part: Path,
    start: int,
    known: Version | None,
    expected: Expected,
    on_bytes: Callable[[int], None],
) -> Version:
    """Write what a server sends from byte ``start`` on; the version of the whole file."""
    version: Version | None = None
    with resumable(part), ExitStack() as stack:
        file = None
        for piece, found, place in client.stream(address, start, known):
            if version is None:
                version = accepted(client, address, found, expected)
                note(part, version)
                file = stack.enter_context(part.open("r+b" if part.exists() else "w+b"))
                file.seek(place)
                file.truncate()
            if file is not None:
                file.write(piece)
            on_bytes(len(piece))
            if place + len(piece) > client.policy.max_file_bytes:
                raise NetworkError(f"{address} does not end. It was given up.")
    if version is None:
        raise PassingError("sent nothing")
    return Version(part.stat().st_size, version.etag, version.modified, version.has_ranges)


def accepted(client: Client, address: str, found: Version, expected: Expected) -> Version:
    """``found``, where it can be what is wanted; NetworkError else."""
    limit = client.policy.max_file_bytes
    if found.size is not None and found.size > limit:
        raise NetworkError(
            f"{address} has {found.size / 1e9:,.1f} GB, more than the {limit / 1e9:,.0f} GB that are "
            "fetched whole."
        )
    if None not in (found.size, expected.size) and found.size != expected.size:
        raise NetworkError(
            f"{address} has {found.size:,} bytes on {host_of(address)}, not {expected.size:,} as "
            f"{expected.said_by} says. The file there is another one, or damaged; nothing of it was used."
        )
    return found


def noted_version(part: Path) -> Version | None:
    """The version that an earlier run left a part of; None where nothing tells versions apart."""
    try:
        content = json.loads(part.with_name(part.name + NOTE).read_text(encoding="utf-8"))
        version = Version(**content)
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return version if version.validator else None


def forget_unknown(part: Path) -> None:
    """Drop what an earlier run left where nobody knows of which version it is."""
    if noted_version(part) is None:
        forget(part)


def note(part: Path, version: Version) -> None:
    """Remember of which version a part is."""
    write_atomically(part.with_name(part.name + NOTE), json.dumps(asdict(version)))


def forget(part: Path) -> None:
    """Delete a part and what is known of it."""
    part.unlink(missing_ok=True)
    part.with_name(part.name + NOTE).unlink(missing_ok=True)


def check(part: Path, address: str, expected: Expected) -> str:
    """SHA-256 of a part; NetworkError, and the part is dropped, where it is not what was said."""
    kind, _, said = (expected.checksum or "sha256:").partition(":")
    if kind not in CHECKSUM_KINDS:
        raise NetworkError(f"{address}: checksums of kind {kind} are not known.")
    digests = hash_file(part, {"sha256", kind})
    if said and digests[kind] != said.lower():
        forget(part)
        raise NetworkError(
            f"{address} came with {kind} {digests[kind]}, not {said} as {expected.said_by} says. It "
            "is damaged or another file; it was dropped. Run the same command again; where that does not "
            "help, the right bytes are not to be had there any more."
        )
    return digests["sha256"]


def hash_file(path: Path, kinds: Iterable[str]) -> dict[str, str]:
    """Hex digests of a file, all in one reading."""
    digests = {kind: hashlib.new(kind, usedforsecurity=False) for kind in kinds}
    with path.open("rb") as file:
        while piece := file.read(2**20):
            for digest in digests.values():
                digest.update(piece)
    return {kind: digest.hexdigest() for kind, digest in digests.items()}


def put_in_place(part: Path, target: Path) -> None:
    """Give a checked part its name in the cache."""
    with resumable(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_atomically(part, target)
    forget(part)
