"""NetCDF files in HDF5: those that would make the library read other files are refused.

HDF5 can keep an array in any file of the machine (external storage), gather it from other files (a virtual
data set), and link to objects of other files. netCDF writes none of these, and the library has no switch
against them. So the file's bytes are searched for each, as the format lays them out: metadata are never
split, and never compressed but in a heap that says so.

Source: HDF5 file format specification, version 3.0: II (superblock), III.D and E (heaps),
IV.A.2.g (link), h (external data files), i (layout).
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from quarrydb.errors import SourceError

SIGNATURE = b"\x89HDF\r\n\x1a\n"
WIDTH = 8  # bytes of an address
# Where the width and the base address stand, by version.
SUPERBLOCK = {0: (13, 24), 1: (13, 28), 2: (9, 12), 3: (9, 12)}

LOCAL_HEAP, GLOBAL_HEAP, FRACTAL_HEAP = b"HEAP", b"GCOL", b"FRHP"
EXTERNAL_VERSION = 1
VIRTUAL = (b"\x04\x03", b"\x05\x03")  # version of the layout, class 3
# A link that states its class, 64: of another file.
LINK = re.compile(rb"\x01[\x08-\x0f\x18-\x1f]\x40", re.DOTALL)
HAS_ORDER, HAS_CHARSET = 0x04, 0x10
LONGEST_NAME = 2**16
LINK_MESSAGE = 6
# How far before a message its kind stands, bytes: in headers of version 2, of 2 with an order, of 1.
MESSAGE_HEADERS = (4, 6, 8)
HEAP_BLOCK = b"FHDB"
LONGEST_ID = 8  # bytes of an address in a heap, as HDF5 writes them


def refuse_other_files(path: Path) -> None:
    """SourceError where the HDF5 file at ``path`` refers to other files, or hides whether it does."""
    status = path.stat()
    if found := _refers(path, status.st_size, status.st_mtime_ns):
        raise SourceError(
            f"{path} {found}: refused. Write it anew, with all data inside: nccopy {path.name} whole.nc"
        )


@lru_cache(maxsize=64)
def _refers(path: Path, size: int, modified_ns: int) -> str | None:
    del modified_ns  # a file that changed is looked at again
    with path.open("rb") as file:
        if not size or file.read(len(SIGNATURE)) != SIGNATURE:
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for is_so, what in FINDINGS:
                if is_so(data):
                    return what
    return None


def is_unusual(data: mmap.mmap) -> bool:
    """Whether addresses are not 8 bytes from the file's start, as netCDF writes them."""
    at = SUPERBLOCK.get(data[len(SIGNATURE)])
    return at is None or data[at[0]] != WIDTH or data[at[1] : at[1] + WIDTH] != bytes(WIDTH)


def has_external_storage(data: mmap.mmap) -> bool:
    """Whether there is a list of external files: a version, counts, the address of a heap of names."""
    return any(
        data[at - WIDTH] == EXTERNAL_VERSION
        for heap in occurrences(data, LOCAL_HEAP)
        for at in occurrences(data, heap.to_bytes(WIDTH, "little"))
        if at >= WIDTH
    )


def has_virtual_data(data: mmap.mmap) -> bool:
    """Whether a layout is virtual: its class, and the address of a global heap that lists the files."""
    if data.find(GLOBAL_HEAP) < 0:
        return False
    return any(
        data[address : address + len(GLOBAL_HEAP)] == GLOBAL_HEAP
        for mark in VIRTUAL
        for at in occurrences(data, mark)
        if (address := number(data, at + len(mark), WIDTH)) < len(data)
    )


def has_external_link(data: mmap.mmap) -> bool:
    """Whether a link leads to an object of another file."""
    heaps = list(heaps_of(data))
    reach = max((heap.block_bytes for heap in heaps), default=0)
    is_anywhere = any(heap.n_huge for heap in heaps)
    return any(
        is_external_link(data, at)
        for at in (found.start() for found in LINK.finditer(data))
        if is_anywhere
        or is_message(data, at)
        or (reach and data.rfind(HEAP_BLOCK, max(at - reach, 0), at) >= 0)
    )


def is_message(data: mmap.mmap, at: int) -> bool:
    """Whether a message of an object's header that is a link can begin at ``at``."""
    return any(at >= before and data[at - before] == LINK_MESSAGE for before in MESSAGE_HEADERS)


def is_external_link(data: mmap.mmap, start: int) -> bool:
    """Whether such a link can be read at ``start``: a name, then a file and an object in it."""
    flags = data[start + 1]
    at = start + 3 + (8 if flags & HAS_ORDER else 0) + (1 if flags & HAS_CHARSET else 0)
    width = 1 << (flags & 3)
    length = number(data, at, width)
    at += width
    if not 0 < length < LONGEST_NAME or b"\0" in data[at : at + length]:
        return False
    at += length
    value = data[at + 2 : at + 2 + number(data, at, 2)]
    file, _, item = value[1:].partition(b"\0")
    return value[:1] == b"\0" and bool(file) and item.find(b"\0") > 0


def has_hidden_links(data: mmap.mmap) -> bool:
    """Whether a heap, which may be of links, is compressed, or keeps them in their addresses."""
    return any(heap.n_filter_bytes or heap.id_bytes > LONGEST_ID for heap in heaps_of(data))


@dataclass(frozen=True)
class Heap:
    """Of a fractal heap: sizes of an address and of the list of filters, number of objects that lie
    elsewhere in the file, and the largest block.
    """

    id_bytes: int
    n_filter_bytes: int
    n_huge: int
    block_bytes: int


def heaps_of(data: mmap.mmap) -> Iterator[Heap]:
    """Every fractal heap."""
    for at in occurrences(data, FRACTAL_HEAP + b"\0"):
        yield Heap(
            number(data, at + 5, 2),
            number(data, at + 7, 2),
            number(data, at + 86, WIDTH),
            number(data, at + 120, WIDTH),
        )


FINDINGS: tuple[tuple[Callable[[mmap.mmap], bool], str], ...] = (
    (is_unusual, "is HDF5 with addresses as netCDF never writes them"),
    (has_external_storage, "keeps data in another file (external storage of HDF5)"),
    (has_virtual_data, "gathers data from other files (a virtual data set of HDF5)"),
    (has_external_link, "links to another file (an external link of HDF5)"),
    (has_hidden_links, "stores its links so that they can't be checked"),
)


def occurrences(data: mmap.mmap, mark: bytes) -> Iterator[int]:
    """Every place of ``mark``."""
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def number(data: mmap.mmap, at: int, width: int) -> int:
    """The whole number of ``width`` bytes at a place; 0 past the end."""
    return int.from_bytes(data[at : at + width], "little")
