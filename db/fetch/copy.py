"""Partial copies of rasters: files as large as the remote ones, in which only the needed blocks are.

Beside ``NAME.tif`` stand ``NAME.tif.json`` (address and version) and ``NAME.tif.journal`` (each range that
was written, with its SHA-256). A range counts only once the journal has it. A copy whose last writer
was killed is verified range by range before it is used again. GDAL reads holes as zeros, which some
compressions take for pixels: readers ask ``require`` first.
"""

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quarrydb.errors import SourceError
from quarrydb.fetch.cache import resumable
from quarrydb.fetch.ranges import INDEX_GAP_BYTES, Range, Ranges, united
from quarrydb.fetch.reply import Version
from quarrydb.fetch.tiff import Layout, Tiff, Windows
from quarrydb.files import sync_folder, write_atomically

STATE, JOURNAL = ".json", ".journal"
SOUND = "ok"  # all lines above it are on the disk
FORMAT = 1


@dataclass(frozen=True)
class State:
    """What a copy is of: ``patches`` are bytes that differ from the server's, by place."""

    address: str
    size: int
    etag: str | None
    modified: str | None
    header_sha256: str
    patches: tuple[tuple[int, str], ...]  # place, hex of the server's bytes
    format: int = FORMAT

    @property
    def version(self) -> Version:
        """The version of the file that was copied."""
        return Version(self.size, self.etag, self.modified, has_ranges=True)


def state_file(path: Path) -> Path:
    """The file that says what a copy is of."""
    return path.with_name(path.name + STATE)


def journal_file(path: Path) -> Path:
    """The list of ranges of a copy."""
    return path.with_name(path.name + JOURNAL)


def is_copy(path: Path) -> bool:
    """Whether a file is a partial copy."""
    return journal_file(path).is_file() and state_file(path).is_file()


def read_state(path: Path) -> State | None:
    """What a copy is of; None where there is none that can be used."""
    try:
        content = json.loads(state_file(path).read_text(encoding="utf-8"))
        patches = tuple((int(place), str(old)) for place, old in content.pop("patches"))
        state = State(**content, patches=patches)
        sizes = path.stat().st_size
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return state if state.format == FORMAT and sizes == state.size else None


def write_state(path: Path, state: State) -> None:
    """Say what a copy is of; from here on it counts."""
    write_atomically(state_file(path), json.dumps(asdict(state)))


def read_journal(path: Path) -> tuple[list[tuple[int, int, str]], int]:
    """Ranges (first, end, hash) of a copy, and how many of them are surely on the disk."""
    found: list[tuple[int, int, str]] = []
    n_sound = 0
    try:
        text = journal_file(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return [], 0
    for line in text.splitlines(keepends=True):
        parts = line.split()
        if not line.endswith("\n"):
            break  # torn by a kill
        if parts == [SOUND]:
            n_sound = len(found)
        elif len(parts) == 3 and parts[0].isdigit() and parts[1].isdigit():
            found.append((int(parts[0]), int(parts[0]) + int(parts[1]), parts[2]))
    return found, n_sound


class CopyWriter:
    """A copy that is being filled; use as a context manager, by one process at a time."""

    def __init__(self, path: Path, size: int, patches: Sequence[tuple[int, str]] = ()) -> None:
        self.path = path
        self.size = size
        self.patches = list(patches)
        self.lock = threading.Lock()

    def __enter__(self) -> Self:
        """Open the copy; ranges that a killed writer left are verified."""
        with resumable(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            os.ftruncate(self.file, self.size)
        found, n_sound = read_journal(self.path)
        kept = [*found[:n_sound], *(entry for entry in found[n_sound:] if self._holds(*entry))]
        self.written = [(first, end) for first, end, _ in kept]
        if n_sound < len(found) or not journal_file(self.path).exists():
            lines = [f"{first} {end - first} {digest}\n" for first, end, digest in kept]
            with resumable(self.path):
                os.fsync(self.file)
                write_atomically(journal_file(self.path), "".join(lines) + f"{SOUND}\n")
        self.journal = journal_file(self.path).open("a", encoding="ascii")
        self.n_new = 0
        return self

    def __exit__(self, *problem: object) -> None:
        """Flush what was written, and say in the journal that it is on the disk."""
        try:
            if self.n_new:
                with resumable(self.path):
                    os.fsync(self.file)
                    self.journal.write(f"{SOUND}\n")
                    self.journal.flush()
                    os.fsync(self.journal.fileno())
        finally:
            with contextlib.suppress(OSError):
                self.journal.close()
            os.close(self.file)

    def _holds(self, first: int, end: int, digest: str) -> bool:
        """Whether a range of the journal lies in the copy as it was written."""
        if end > self.size:
            return False
        data = bytearray(os.pread(self.file, end - first, first))
        for place, old in self.patches:
            original = bytes.fromhex(old)
            start, stop = max(place, first), min(place + len(original), end)
            if start < stop:
                data[start - first : stop - first] = original[start - place : stop - place]
        return hashlib.sha256(data).hexdigest() == digest

    def write(self, first: int, data: bytes) -> None:
        """Put bytes into their place, and then into the journal."""
        digest = hashlib.sha256(data).hexdigest()
        with resumable(self.path):
            place = first
            view = memoryview(self._patched(first, data))
            while view:
                n = os.pwrite(self.file, view, place)
                place, view = place + n, view[n:]
            with self.lock:
                self.journal.write(f"{first} {len(data)} {digest}\n")
                self.journal.flush()
                self.written.append((first, first + len(data)))
                self.n_new += 1

    def _patched(self, first: int, data: bytes) -> bytes:
        """The server's bytes with those that are patched in the copy as they are there."""
        found = bytearray(data)
        for place, old in self.patches:
            start, end = max(place, first), min(place + len(old) // 2, first + len(data))
            if start < end:
                found[start - first : end - first] = self.read(start, end - start)
        return bytes(found)

    def patch(self, place: int, data: bytes) -> None:
        """Change bytes of the copy, remembering the server's."""
        old = os.pread(self.file, len(data), place)
        self.patches.append((place, old.hex()))
        with resumable(self.path):
            os.pwrite(self.file, data, place)

    def read(self, first: int, length: int) -> bytes:
        """Bytes of the copy as they are."""
        return os.pread(self.file, length, first)

    def ranges(self) -> Ranges:
        """What is there."""
        with self.lock:
            return Ranges(self.written)

    def sync_folder(self) -> None:
        """Flush the copy's name."""
        sync_folder(self.path.parent)


@dataclass(frozen=True)
class Index:
    """Blocks of one image, with what of the file is there."""

    tiff: Tiff
    layouts: tuple[Layout, ...]
    ranges: Ranges

    def index_ranges(self, layout: Layout, blocks: NDArray[np.int64]) -> list[Range]:
        """Bytes of the file's index that say where some blocks are."""
        found: list[Range] = []
        for tag in (layout.offsets, layout.counts):
            if tag.is_inline:
                continue
            size = tag.n_bytes // max(tag.count, 1)
            first = tag.offset + np.minimum(blocks, tag.count - 1) * size
            found += zip(first.tolist(), (first + size).tolist(), strict=True)
        return found

    def block_ranges(
        self, layout: Layout, blocks: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """First byte and end of blocks whose index is there; empty for blocks that the file leaves out."""
        if not len(blocks):
            return blocks, blocks
        low, n = int(blocks.min()), int(blocks.max() - blocks.min()) + 1
        first = self.tiff.some(layout.offsets, low, n)[blocks - low]
        count = self.tiff.some(layout.counts, low, n)[blocks - low]
        return first, np.where(first > 0, first + count, first)

    def knows(self, windows: Windows) -> bool:
        """Whether the places of all blocks under some windows are known."""
        for layout in self.layouts:
            parts = self.index_ranges(layout, layout.blocks(windows))
            if not all(self.ranges.covers_one(*part) for part in united(parts, 0)):
                return False
        return True

    def missing(
        self, windows: Windows, bands: Sequence[int] | None = None
    ) -> tuple[int, list[Range]]:
        """How many blocks under ``windows`` are not there, and what of the file holds them.

        Where a block's place is not known yet, that part of the index is named in its stead.
        """
        n, lacking = 0, list[Range]()
        for layout in self.layouts:
            blocks = layout.blocks(windows, None if layout is not self.layouts[0] else bands)
            known: NDArray[np.bool_] = np.ones(len(blocks), np.bool_)
            parts = np.array(self.index_ranges(layout, blocks), np.int64).reshape(-1, 2)
            if len(parts):
                there = self.ranges.covers(parts[:, 0], parts[:, 1])
                lacking += united(map(tuple, parts[~there].tolist()), INDEX_GAP_BYTES)
                known = np.asarray(there.reshape(-1, len(blocks)).all(axis=0))
            first, end = self.block_ranges(layout, blocks[known])
            absent = ~self.ranges.covers(first, end)
            n += int((~known).sum() + absent.sum())
            lacking += zip(first[absent].tolist(), end[absent].tolist(), strict=True)
        return n, lacking


def full_size_layouts(tiff: Tiff) -> tuple[Layout, ...]:
    """Blocks of the full-size image and of its mask, if it has one."""
    directories = tiff.directories()
    first = next(directories, None)
    if first is None:
        raise SourceError(f"{tiff.name} holds no image.")
    main = tiff.layout(first)
    masks = [tiff.layout(d) for d in directories if tiff.is_mask_of(d, main)]
    return (main, *masks[:1])


def copied_layouts(tiff: Tiff) -> tuple[Layout, ...]:
    """Blocks of what a copy is of: the overview in its chain of directories, else the full-size image."""
    overview = next((d for d in tiff.directories() if tiff.is_overview(d)), None)
    return full_size_layouts(tiff) if overview is None else (tiff.layout(overview),)


def n_missing(path: Path, windows: Windows, bands: Sequence[int] | None = None) -> int:
    """How many blocks under ``windows`` a partial copy lacks; 0 for a whole file.

    ``windows`` (n, 4) are first row, end row, first column, end column.
    """
    try:
        journal = journal_file(path).stat()
    except OSError:
        return 0
    return _index(path, journal.st_size, journal.st_mtime_ns).missing(windows, bands)[0]


def require(path: Path, windows: Windows, bands: Sequence[int] | None = None) -> None:
    """SourceError where ``path`` is a partial copy that lacks blocks under ``windows``."""
    n = n_missing(path, windows, bands)
    if n:
        raise SourceError(
            f"{path}: {n} blocks under the window were not fetched, so they can't be read. "
            "Run: quarry build --fetch"
        )


@lru_cache(maxsize=256)
def _index(path: Path, size: int, changed_ns: int) -> Index:
    del size, changed_ns  # part of the cache's key: a longer journal is another index
    return open_index(path)


def open_index(path: Path) -> Index:
    """The blocks of a copy, and which of them are there."""
    file = path.open("rb")

    def read(first: int, length: int) -> bytes:
        return os.pread(file.fileno(), length, first)

    tiff = Tiff(read, str(path))
    found, _ = read_journal(path)
    return Index(tiff, copied_layouts(tiff), Ranges((a, b) for a, b, _ in found))


def stored_bytes(path: Path) -> int:
    """Bytes of the server's file that a copy holds."""
    found, _ = read_journal(path)
    ranges = Ranges((first, end) for first, end, _ in found)
    return int((ranges.ends - ranges.starts).sum())


def as_windows(windows: Iterable[Sequence[int]]) -> Windows:
    """Windows (first row, end row, first column, end column) as an array."""
    return np.array([tuple(w) for w in windows], np.int64).reshape(-1, 4)
