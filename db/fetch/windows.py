"""Windows of remote GeoTIFFs: what is wanted of a file, and the copy of it with its header alone.

The header and directories of a file come first, each reply checked (status, range, length, version), into
a partial copy (``quarrydb.fetch.copy``) that GDAL can read; then, by ``quarrydb.fetch.fill``, the part of its
index that says where the wanted blocks are, and their bytes. What is there is never fetched again.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from quarrydb.errors import NetworkError, SourceError
from quarrydb.fetch.address import file_name
from quarrydb.fetch.cache import Cache, key_of
from quarrydb.fetch.copy import CopyWriter, State, read_state, write_state
from quarrydb.fetch.http import Client
from quarrydb.fetch.ranges import Range, requests
from quarrydb.fetch.reply import Version, changed
from quarrydb.fetch.tiff import INDEX_TAGS, MAX_VALUE_BYTES, Directory, Tiff, Windows

HEAD_BYTES = 2**15  # of the first request: holds the directory of most files, and a small index
SMALL_INDEX_BYTES = 2**17  # an index up to this size is read whole with the header


class NoRangesError(NetworkError):
    """A server gives a file only whole, or does not say which version a part is of."""


@dataclass
class Wanted:
    """What is needed of one file: windows, and bands where not all.

    With ``coarsen`` above 1 the windows are of its coarsest overview whose pixels are at most so many a side.
    """

    address: str
    windows: Windows
    bands: Sequence[int] | None = None
    known: Version | None = None
    coarsen: int = 1


@dataclass
class Traffic:
    """What was fetched."""

    n_bytes: int = 0
    n_requests: int = 0
    n_files: int = 0
    on_bytes: Callable[[int], None] = field(default=lambda n: None)

    def add(self, n: int) -> None:
        """Count one request of ``n`` bytes."""
        self.n_bytes += n
        self.n_requests += 1
        self.on_bytes(n)


def copy_path(cache: Cache, address: str, version: Version, coarsen: int = 1) -> Path:
    """Where the copy of a version of a file, or of an overview of it, stands or would stand."""
    level = [f"coarsen {coarsen}"] if coarsen > 1 else []
    return cache.copy(key_of(address, version.size, version.validator, *level), file_name(address))


class HeadReader:
    """Reads of a header that fetch what the copy lacks."""

    def __init__(self, client: Client, address: str, version: Version, writer: CopyWriter) -> None:
        self.client, self.address, self.version, self.writer = client, address, version, writer

    def __call__(self, first: int, length: int) -> bytes:
        """Bytes of the file; from the server where the copy lacks them."""
        end = min(first + length, self.writer.size)
        if not self.writer.ranges().covers_one(first, end):
            ahead = min(max(end, first + HEAD_BYTES // 4), self.writer.size)
            data, _ = self.client.read(self.address, first, ahead - first, self.version)
            self.writer.write(first, data)
        return self.writer.read(first, max(0, end - first))

    def fetch(self, ranges: Iterable[Range]) -> None:
        """Fetch what the copy lacks of some ranges, near ones together."""
        there = self.writer.ranges()
        for first, end in requests(part for part in ranges if not there.covers_one(*part)):
            self.writer.write(
                first, self.client.read(self.address, first, end - first, self.version)[0]
            )


def prepare(
    client: Client, cache: Cache, address: str, known: Version | None = None, coarsen: int = 1
) -> tuple[Path, State]:
    """The copy of a GeoTIFF, or of its overview, with its header, made where it is not there.

    ``known`` is the version that it must be: with it, a copy that is there needs no request.
    NoRangesError where the server does not serve parts, SourceError where it is no GeoTIFF.
    """
    if known is not None and (state := read_state(copy_path(cache, address, known, coarsen))):
        return copy_path(cache, address, known, coarsen), state
    head, version = client.read(address, 0, HEAD_BYTES, known)
    refuse_unfit(address, version, known)
    path = copy_path(cache, address, known or version, coarsen)
    with cache.held(str(path)):
        state = read_state(path)
        if state is None:
            state = make_copy(client, address, version, path, head, coarsen)
    return path, state


def refuse_unfit(address: str, version: Version, known: Version | None) -> None:
    """NoRangesError where windows of a file can't be read safely."""
    if known is not None and not known.is_same(version):
        raise changed(address, known, version)
    if not version.has_ranges or version.size is None:
        raise NoRangesError(f"{address}: the server gives only the whole file, no parts of it.")
    if version.validator is None and not version.is_watched:
        raise NoRangesError(
            f"{address}: the server names neither ETag nor date, so a change between two parts "
            "would go unseen."
        )


def make_copy(
    client: Client, address: str, version: Version, path: Path, head: bytes, coarsen: int = 1
) -> State:
    """Fetch header, directory and small index of a file into a new copy."""
    size = version.size or 0
    with CopyWriter(path, size) as writer:
        if not writer.ranges().covers_one(0, len(head)):
            writer.write(0, head)
        reader = HeadReader(client, address, version, writer)
        tiff = Tiff(reader, address)
        digest = hashlib.sha256()
        main, mask = full_size_directories(tiff)
        overview = overview_directory(tiff, main, mask, coarsen) if coarsen > 1 else None
        kept = [d for d in (main, mask, overview) if d]
        reader.fetch(part for d in kept for part in value_ranges(tiff, d))
        for directory in (main, *([mask] if mask else [])):
            digest.update(directory_bytes(tiff, directory))
        # Other images of the file are never read: the copy's chain of directories leaves them out.
        for directory, following in zip(kept, [*kept[1:], None], strict=True):
            writer.patch(directory.link, tiff.as_link(following.offset if following else 0))
        state = State(
            address, size, version.etag, version.modified, digest.hexdigest(), tuple(writer.patches)
        )
    writer.sync_folder()
    write_state(path, state)
    return state


def full_size_directories(tiff: Tiff) -> tuple[Directory, Directory | None]:
    """The full-size image and its mask; the chain is followed no further than needed."""
    directories = tiff.directories()
    main = next(directories, None)
    if main is None:
        raise SourceError(f"{tiff.name} holds no image.")
    layout = tiff.layout(main)
    mask = next((d for d in directories if tiff.is_mask_of(d, layout)), None)
    if mask is not None:
        tiff.layout(mask)
    return main, mask


def overview_directory(
    tiff: Tiff, main: Directory, mask: Directory | None, coarsen: int
) -> Directory | None:
    """The coarsest overview that divides ``coarsen`` without a rest; None where there is none."""
    if mask is not None:
        raise SourceError(
            f"{tiff.name} has a mask, whose overviews are not read. Read it at its full resolution."
        )
    layout = tiff.layout(main)
    factors = {tiff.factor(d, layout): d for d in tiff.directories() if tiff.is_overview(d)}
    fitting = [factor for factor in factors if factor and coarsen % factor == 0]
    return factors[max(fitting)] if fitting else None


def value_ranges(tiff: Tiff, directory: Directory) -> list[Range]:
    """Where the values of a directory's tags lie outside it, in order of the tags; large indices left out."""
    found = []
    for code, tag in sorted(directory.tags.items()):
        if tag.is_inline or (code in INDEX_TAGS and tag.n_bytes > SMALL_INDEX_BYTES):
            continue
        if tag.n_bytes > MAX_VALUE_BYTES:
            raise SourceError(f"{tiff.name} has a tag of {tag.n_bytes:,} bytes. It is damaged.")
        found.append((tag.offset, tag.offset + tag.n_bytes))
    return found


def directory_bytes(tiff: Tiff, directory: Directory) -> bytes:
    """The bytes of a directory and of all its values; of large indices nothing."""
    values = [tiff.read(first, end - first) for first, end in value_ranges(tiff, directory)]
    return b"".join([tiff.read(directory.offset, directory.n_bytes), *values])
