"""The structure of a TIFF file: which bytes hold which block, from its directories alone.

Only what is asked for is read: a global map of 30 m pixels has an index of tens of megabytes, of which the
blocks under one country's mines need a few kilobytes. TIFF 6.0 and BigTIFF; tags as in the TIFF 6.0
specification, section 8 and 15.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quarrydb.errors import SourceError
from quarrydb.memory import budget

Read = Callable[[int, int], bytes]  # bytes of the file from an offset on
Windows = NDArray[np.int64]  # (n, 4): first row, end row, first column, end column

NEW_SUBFILE, WIDTH, HEIGHT, COMPRESSION = 254, 256, 257, 259
STRIP_OFFSETS, SAMPLES, ROWS_PER_STRIP, STRIP_COUNTS, PLANAR = 273, 277, 278, 279, 284
TILE_WIDTH, TILE_HEIGHT, TILE_OFFSETS, TILE_COUNTS = 322, 323, 324, 325
INDEX_TAGS = (STRIP_OFFSETS, STRIP_COUNTS, TILE_OFFSETS, TILE_COUNTS)
# Bytes of a value by type; 16 to 18 are BigTIFF's.
VALUE_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
SIZES = {kind: size for kind, size in enumerate(VALUE_BYTES) if size}
NUMBERS = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
REDUCED, MASK = 1, 4  # bits of NEW_SUBFILE
MAX_DIRECTORIES = 64
MAX_TAGS = 4096
MAX_VALUE_BYTES = 2**26  # of one tag that is no index
MAX_SIDE = 2**26
MAX_BYTE = 2**60  # of a file: sums of two stay whole numbers
MAX_BLOCKS = 2**31


@dataclass(frozen=True)
class Tag:
    """One entry of a directory: type, number of values, and where the values begin in the file."""

    kind: int
    count: int
    offset: int
    is_inline: bool

    @property
    def n_bytes(self) -> int:
        """Bytes that the values take."""
        return self.count * SIZES.get(self.kind, 1)


@dataclass(frozen=True)
class Directory:
    """One image of a file: its tags, its own bytes, and where the link to the next one stands."""

    offset: int
    n_bytes: int
    tags: dict[int, Tag]
    link: int
    next: int


@dataclass(frozen=True)
class Layout:
    """Blocks of one image: size in pixels, how they lie, and where their index stands."""

    width: int
    height: int
    block_width: int
    block_height: int
    planes: int
    offsets: Tag
    counts: Tag

    @property
    def across(self) -> int:
        """Blocks side by side."""
        return -(-self.width // self.block_width)

    @property
    def down(self) -> int:
        """Blocks below each other."""
        return -(-self.height // self.block_height)

    def blocks(self, windows: Windows, bands: Sequence[int] | None = None) -> NDArray[np.int64]:
        """Numbers of the blocks that meet any of some windows, each once, in order.

        ``bands`` count from 1 and matter only where each band has blocks of its own.
        """
        inside = np.clip(windows, 0, [self.height, self.height, self.width, self.width])
        inside = inside[(inside[:, 1] > inside[:, 0]) & (inside[:, 3] > inside[:, 2])]
        found = [
            (np.arange(r0 // self.block_height, (r1 - 1) // self.block_height + 1)[:, None]
            * self.across
            + np.arange(c0 // self.block_width, (c1 - 1) // self.block_width + 1)).ravel()
            for r0, r1, c0, c1 in inside.tolist()
        ]  # fmt: skip
        if not found:
            return np.empty(0, np.int64)
        one = np.unique(np.concatenate(found))
        planes = range(self.planes) if bands is None else sorted({b - 1 for b in bands})
        if self.planes == 1:
            return one
        return np.concatenate([one + plane * self.across * self.down for plane in planes])


class Tiff:
    """Header and directories of a file that ``read`` gives bytes of."""

    def __init__(self, read: Read, name: str) -> None:
        """Read the header. SourceError where it is no TIFF."""
        self.read = read
        self.name = name
        head = read(0, 16)
        self.order = {b"II": "<", b"MM": ">"}.get(head[:2], "")
        version = (
            struct.unpack(f"{self.order}H", head[2:4])[0] if self.order and len(head) > 7 else 0
        )
        if version not in (42, 43):
            raise SourceError(f"{name} is no GeoTIFF: it begins with {head[:8]!r}.")
        self.is_big = version == 43
        self.first = self._number(head[8:16] if self.is_big else head[4:8])

    def _number(self, data: bytes) -> int:
        try:
            found = int(struct.unpack(f"{self.order}{'Q' if self.is_big else 'I'}", data)[0])
        except struct.error as error:
            raise SourceError(f"{self.name} is a truncated TIFF.") from error
        if found > MAX_BYTE:
            raise SourceError(f"{self.name} points to byte {found:,}. It is damaged.")
        return found

    @property
    def link_bytes(self) -> int:
        """Bytes of a link between directories."""
        return 8 if self.is_big else 4

    def as_link(self, offset: int) -> bytes:
        """A link to a directory; 0 ends the chain."""
        return struct.pack(f"{self.order}{'Q' if self.is_big else 'I'}", offset)

    def directories(self) -> Iterator[Directory]:
        """Every directory of the chain, read one by one."""
        offset, seen = self.first, set[int]()
        while offset:
            if offset in seen or len(seen) >= MAX_DIRECTORIES:
                raise SourceError(
                    f"{self.name} has directories that run in a circle. It is damaged."
                )
            seen.add(offset)
            directory = self.directory(offset)
            yield directory
            offset = directory.next

    def directory(self, offset: int) -> Directory:
        """The directory at an offset."""
        count_size, entry_size = (8, 20) if self.is_big else (2, 12)
        kind = "Q" if self.is_big else "H"
        head = self.read(offset, count_size)
        if len(head) < count_size:
            raise SourceError(f"{self.name} is a truncated TIFF: no directory at byte {offset:,}.")
        n = struct.unpack(f"{self.order}{kind}", head)[0]
        if not 0 < n <= MAX_TAGS:
            raise SourceError(f"{self.name} has a directory of {n} entries. It is damaged.")
        start, size = offset + count_size, n * entry_size
        body = self.read(start, size + self.link_bytes)
        tags = {}
        for index in range(n):
            entry = body[index * entry_size : (index + 1) * entry_size]
            tags.update(self._tag(entry, start + index * entry_size))
        link = start + size
        return Directory(
            offset, count_size + size + self.link_bytes, tags, link, self._number(body[size:])
        )

    def _tag(self, entry: bytes, place: int) -> dict[int, Tag]:
        head = 12 if self.is_big else 8
        if len(entry) < head + self.link_bytes:
            raise SourceError(f"{self.name} is a truncated TIFF: a directory is cut.")
        code, kind = struct.unpack(f"{self.order}HH", entry[:4])
        count = self._number(entry[4:head])
        is_inline = count * SIZES.get(kind, 1) <= self.link_bytes
        offset = place + head if is_inline else self._number(entry[head:])
        return {code: Tag(kind, count, offset, is_inline)}

    def values(self, tag: Tag) -> NDArray[np.int64]:
        """All whole numbers of a tag."""
        return self.some(tag, 0, tag.count)

    def some(self, tag: Tag, first: int, n: int) -> NDArray[np.int64]:
        """``n`` whole numbers of a tag from the ``first`` on."""
        kind = NUMBERS.get(tag.kind)
        if kind is None:
            raise SourceError(f"{self.name} has a tag of type {tag.kind} where numbers should be.")
        size, limit = SIZES[tag.kind], budget()
        if n * (size + 8) > limit.n_bytes:
            raise limit.refuse(f"{self.name}, its index of {n:,} blocks,")
        data = self.read(tag.offset + first * size, n * size)
        if len(data) < n * size:
            raise SourceError(f"{self.name} is a truncated TIFF: an index is cut.")
        found = np.frombuffer(data, f"{self.order}{kind}").astype(np.int64)
        if (found < 0).any() or (found > MAX_BYTE).any():
            raise SourceError(f"{self.name} points beyond any file. It is damaged.")
        return found

    def number(self, directory: Directory, code: int, default: int | None = None) -> int:
        """The one number of a tag. SourceError where it is absent and has no default."""
        tag = directory.tags.get(code)
        if tag is None or not tag.count:
            if default is None:
                raise SourceError(f"{self.name} lacks TIFF tag {code}. It is damaged.")
            return default
        return int(self.some(tag, 0, 1)[0])

    def layout(self, directory: Directory) -> Layout:
        """How the blocks of an image lie."""
        width, height = self.number(directory, WIDTH), self.number(directory, HEIGHT)
        is_tiled = TILE_OFFSETS in directory.tags
        wanted = (TILE_OFFSETS, TILE_COUNTS) if is_tiled else (STRIP_OFFSETS, STRIP_COUNTS)
        if not set(wanted) <= set(directory.tags):
            raise SourceError(f"{self.name} has no index of its blocks. It is damaged.")
        block_width = self.number(directory, TILE_WIDTH) if is_tiled else width
        rows = self.number(directory, TILE_HEIGHT if is_tiled else ROWS_PER_STRIP, height)
        is_separate = self.number(directory, PLANAR, 1) == 2
        planes = self.number(directory, SAMPLES, 1) if is_separate else 1
        offsets, counts = (directory.tags[code] for code in wanted)
        layout = Layout(width, height, block_width, min(rows, height), planes, offsets, counts)
        self._check(layout)
        return layout

    def _check(self, layout: Layout) -> None:
        sides = (layout.width, layout.height, layout.block_width, layout.block_height)
        if min(sides) < 1 or max(sides) > MAX_SIDE or layout.planes < 1:
            raise SourceError(f"{self.name} claims {sides} pixels and blocks. It is damaged.")
        n = layout.across * layout.down * layout.planes
        if n > MAX_BLOCKS or n not in (layout.offsets.count, layout.counts.count):
            raise SourceError(
                f"{self.name} has {n:,} blocks, but an index of {layout.offsets.count:,}. It is damaged."
            )

    def is_overview(self, directory: Directory) -> bool:
        """Whether a directory is a smaller copy of the image."""
        return self.number(directory, NEW_SUBFILE, 0) & (REDUCED | MASK) == REDUCED

    def factor(self, directory: Directory, main: Layout) -> int | None:
        """How many pixels of the image a side one of an overview is; None where that is no whole number."""
        width, height = self.number(directory, WIDTH), self.number(directory, HEIGHT)
        factor = main.width // max(width, 1)
        is_exact = (width * factor, height * factor) == (main.width, main.height)
        return factor if is_exact and factor > 1 else None

    def is_mask_of(self, directory: Directory, main: Layout) -> bool:
        """Whether a directory is the mask of the full-size image."""
        return (
            bool(self.number(directory, NEW_SUBFILE, 0) & MASK)
            and self.number(directory, WIDTH) == main.width
            and self.number(directory, HEIGHT) == main.height
        )
