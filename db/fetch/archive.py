"""Members of remote ZIP archives by their own ranges, without the rest of the archive.

The table of contents is read by range through the standard library, which knows ZIP64; a member then
comes in ranges like any raster's blocks, is unpacked beside its place, and counts once its CRC is right.
"""

import fnmatch
import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from quarrydb.errors import NetworkError, SourceError
from quarrydb.fetch.address import as_file_name
from quarrydb.fetch.cache import Cache, key_of, resumable
from quarrydb.fetch.copy import CopyWriter
from quarrydb.fetch.http import Client
from quarrydb.fetch.ranges import requests
from quarrydb.fetch.reply import Version
from quarrydb.fetch.windows import refuse_unfit
from quarrydb.files import replace_atomically

TAIL_BYTES = 2**16  # of the first request: the table of contents of a few hundred members
LOCAL_HEADER = 30
MAX_MEMBERS = 100_000
MAX_RATIO = 200
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
PIECE = 2**20


@dataclass(frozen=True)
class Member:
    """One file of an archive: where its bytes are, how large it is, and its CRC."""

    archive: str
    version: Version
    name: str
    offset: int
    packed: int
    size: int
    crc: int
    method: int

    @property
    def file_name(self) -> str:
        """Its name without folders."""
        return as_file_name(PurePosixPath(self.name).name)


class RangeFile(io.RawIOBase):
    """A remote file that is read by ranges, as the zipfile module wants it."""

    def __init__(self, client: Client, address: str, known: Version | None) -> None:
        super().__init__()
        self.client, self.address = client, address
        _, self.version = client.read(address, 0, 1, known)
        refuse_unfit(address, self.version, known)
        self.size = self.version.size or 0
        self.place = 0
        self.first = max(0, self.size - TAIL_BYTES)
        self.tail, _ = client.read(address, self.first, TAIL_BYTES, self.version)

    def seekable(self) -> bool:
        """It is."""
        return True

    def readable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a byte."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.place, io.SEEK_END: self.size}[whence]
        self.place = max(0, start + offset)
        return self.place

    def tell(self) -> int:
        """The byte that is read next."""
        return self.place

    def read(self, size: int = -1) -> bytes:
        """Bytes from here on; from the server where they are not at hand."""
        end = self.size if size < 0 else min(self.place + size, self.size)
        if self.place >= end:
            return b""
        if self.place < self.first:
            # A longer table of contents: one request for all of it.
            data, _ = self.client.read(
                self.address, self.place, self.first - self.place, self.version
            )
            self.tail, self.first = data + self.tail, self.place
        piece = self.tail[self.place - self.first : end - self.first]
        self.place = end
        return piece


def members(client: Client, address: str, known: Version | None = None) -> list[Member]:
    """Every file of a remote archive. SourceError where it is no ZIP that can be read."""
    file = RangeFile(client, address, known)
    try:
        with zipfile.ZipFile(file) as archive:
            infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise SourceError(f"{address} is no ZIP archive that can be read: {error}.") from error
    if len(infos) > MAX_MEMBERS:
        raise SourceError(f"{address} holds {len(infos):,} members, more than {MAX_MEMBERS:,}.")
    return [
        Member(
            address, file.version, info.filename, info.header_offset, info.compress_size,
            info.file_size, info.CRC, info.compress_type,
        )
        for info in infos
        if not info.is_dir()
    ]  # fmt: skip


def matching(found: Iterable[Member], patterns: Iterable[str]) -> list[Member]:
    """Members whose name, without folders, is like one of some patterns."""
    wanted = list(patterns)
    return [m for m in found if any(fnmatch.fnmatch(m.file_name, pattern) for pattern in wanted)]


def member_path(cache: Cache, member: Member) -> Path:
    """Where a member stands in the cache, or would stand."""
    version = member.version
    key = key_of(member.archive, version.size, version.validator, member.name, member.crc)
    return cache.whole(key, member.file_name)


def fetch_member(
    client: Client, cache: Cache, member: Member, on_bytes: Callable[[int], None] = lambda n: None
) -> Path:
    """Fetch and unpack one member; what an earlier run left of its ranges is kept."""
    path = member_path(cache, member)
    check_member(client, member)
    with cache.held(str(path)):
        if path.exists():
            return path
        packed = cache.part(f"{member.archive}!{member.name}")
        fetch_packed(client, member, packed, on_bytes)
        unpacked = path.with_name(f".{path.name}.tmp")
        with resumable(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with unpacked.open("wb") as target:
                for piece in unpack(member, packed):
                    target.write(piece)
            replace_atomically(unpacked, path)
            for file in packed.parent.glob(f"{packed.name}*"):
                file.unlink(missing_ok=True)
    return path


def check_member(client: Client, member: Member) -> None:
    """Refuse members that are encrypted, packed in unknown ways, or that burst."""
    if member.method not in METHODS:
        raise SourceError(f"{member.archive}: {member.name} is packed in a way that is not known.")
    if member.size > max(member.packed, 1) * MAX_RATIO or (
        member.size > client.policy.max_file_bytes
    ):
        raise SourceError(
            f"{member.archive}: {member.name} claims {member.size:,} bytes from {member.packed:,}. "
            "The archive is damaged or hostile."
        )


def fetch_packed(
    client: Client, member: Member, packed: Path, on_bytes: Callable[[int], None]
) -> None:
    """The member's local header and packed bytes into a file of their own, range by range."""
    head, _ = client.read(member.archive, member.offset, LOCAL_HEADER, member.version)
    if head[:4] != b"PK\x03\x04":
        raise SourceError(f"{member.archive}: {member.name} is not where the archive says.")
    start = member.offset + LOCAL_HEADER
    start += int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
    with CopyWriter(packed, member.packed) as writer:
        for first, end in requests([(0, member.packed)]):
            if writer.ranges().covers_one(first, end):
                continue
            data, _ = client.read(member.archive, start + first, end - first, member.version)
            if len(data) != end - first:
                raise NetworkError(f"{member.archive} ends within {member.name}.")
            writer.write(first, data)
            on_bytes(len(data))


def unpack(member: Member, packed: Path) -> Iterator[bytes]:
    """The member's bytes; NetworkError where length or CRC are not as the archive says."""
    crc = size = 0
    try:
        for data in inflated(member, packed):
            crc, size = zlib.crc32(data, crc), size + len(data)
            if size > member.size:
                break
            yield data
    except zlib.error as error:
        raise damaged(member, packed) from error
    if crc != member.crc or size != member.size:
        raise damaged(member, packed)


def inflated(member: Member, packed: Path) -> Iterator[bytes]:
    """The member's bytes in pieces that fit into memory, whatever it was packed from."""
    with packed.open("rb") as file:
        if member.method == zipfile.ZIP_STORED:
            yield from iter(lambda: file.read(PIECE), b"")
            return
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while piece := inflate.unconsumed_tail or file.read(PIECE):
            yield inflate.decompress(piece, 16 * PIECE)


def damaged(member: Member, packed: Path) -> NetworkError:
    """The error of a member whose bytes are wrong; they are dropped."""
    for file in packed.parent.glob(f"{packed.name}*"):
        file.unlink(missing_ok=True)
    return NetworkError(
        f"{member.name} of {member.archive} came with another length or CRC than the archive says. It was "
        "dropped: run the same command again."
    )
