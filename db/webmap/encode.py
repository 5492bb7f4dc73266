"""Shapes and series as few bytes: fixed-point differences, variable-length integers, one block."""

import base64
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from quarrydb.redact import printable_parts

FIXED = 100_000  # steps a degree: 1e-5 degrees, about a metre
ALIGNMENT = 8
NONE_16 = 65_535
DTYPES = {
    "uint8": np.uint8,
    "uint16": np.uint16,
    "uint32": np.uint32,
    "int32": np.int32,
    "float32": np.float32,
}


@dataclass
class Block:
    """Arrays, and a header that says what they are."""

    header: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, np.ndarray] = field(default_factory=dict)


def zigzag(values: np.ndarray) -> np.ndarray:
    """Signed integers as unsigned ones, small magnitudes small: 0, -1, 1, -2 become 0, 1, 2, 3."""
    wide = values.astype(np.int64)
    return ((wide << 1) ^ (wide >> 63)).astype(np.uint64)


def varint(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unsigned integers in groups of seven bits, low first, and the number of bytes of each."""
    rest = values.astype(np.uint64)
    lengths = np.ones(len(rest), dtype=np.int64)
    for bits in range(7, 64, 7):
        lengths += rest >= np.uint64(1) << np.uint64(bits)
    ends = np.cumsum(lengths)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    starts = ends - lengths
    for position in range(int(lengths.max(initial=0))):
        here = lengths > position
        group = (rest[here] >> np.uint64(7 * position)) & np.uint64(127)
        more = (lengths[here] > position + 1).astype(np.uint64) << np.uint64(7)
        out[starts[here] + position] = (group | more).astype(np.uint8)
    return out, lengths


def encode_shapes(shapes: np.ndarray, origins: np.ndarray) -> dict[str, np.ndarray]:
    """Polygons or multipolygons as rings of differences, each shape on from its own origin.

    ``origins`` is (n, 2) in steps. Gives ``rings`` (rings a shape), ``points`` (points a ring, the
    closing one left out), ``start`` (first byte of each shape, and the end) and ``path`` (bytes).
    """
    parts, shape_of_part = shapely.get_parts(shapes, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    shape_of_ring = shape_of_part[part_of_ring]
    coordinates, ring_of_point = shapely.get_coordinates(rings, return_index=True)
    is_last = np.append(ring_of_point[1:] != ring_of_point[:-1], True)[: len(coordinates)]
    steps = np.rint(coordinates[~is_last] * FIXED).astype(np.int64)
    shape_of_point = shape_of_ring[ring_of_point[~is_last]]
    before = np.vstack([np.zeros((1, 2), dtype=np.int64), steps[:-1]])
    is_first = np.append(True, shape_of_point[1:] != shape_of_point[:-1])[: len(steps)]
    before[is_first] = origins[shape_of_point[is_first]]
    path, lengths = varint(zigzag((steps - before).ravel()))
    bytes_of_point = lengths.reshape(-1, 2).sum(axis=1)
    per_shape = np.bincount(shape_of_point, weights=bytes_of_point, minlength=len(shapes))
    return {
        "rings": np.bincount(shape_of_ring, minlength=len(shapes)).astype(np.uint32),
        "points": np.bincount(ring_of_point[~is_last], minlength=len(rings)).astype(np.uint32),
        "start": np.concatenate([[0], np.cumsum(per_shape)]).astype(np.uint32),
        "path": path,
    }


def quantise(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Numbers between ``low`` and ``high`` as whole numbers of 16 bits; NaN as ``NONE_16``."""
    top = NONE_16 - 1
    share = (np.nan_to_num(values, nan=low) - low) / ((high - low) or 1.0)
    whole = np.rint(np.clip(share, 0, 1) * top)
    return np.where(np.isnan(values), NONE_16, whole).astype(np.uint16)


def step_rows(values: np.ndarray) -> np.ndarray:
    """Each row as steps from the number before, 0 before the first, wrapped at 16 bits: they pack well."""
    before = np.concatenate([np.zeros((len(values), 1), dtype=np.uint16), values[:, :-1]], axis=1)
    return (values - before).ravel()


def pack(block: Block) -> str:
    """A header and arrays as one compressed block in base64, for a page without a network.

    Four bytes with the header's length, the header as JSON, then the arrays, each on a multiple of
    eight bytes after the header; the header's ``sections`` say where and of which type. Control characters
    in the header's names are spelled out.
    """
    blocks, where, at = [], {}, 0
    for name, array in block.sections.items():
        data = np.ascontiguousarray(array).tobytes()
        where[name] = {"type": array.dtype.name, "at": at, "n": int(array.size)}
        padding = -len(data) % ALIGNMENT
        blocks.append(data + bytes(padding))
        at += len(data) + padding
    header = printable_parts({**block.header, "sections": where})
    text = json.dumps(header, ensure_ascii=False).encode()
    text += b" " * (-(len(text) + 4) % ALIGNMENT)
    whole = len(text).to_bytes(4, "little") + text + b"".join(blocks)
    return base64.b64encode(zlib.compress(whole, 6)).decode("ascii")


def unpack(text: str) -> Block:
    """What :func:`pack` packed, for tests."""
    whole = zlib.decompress(base64.b64decode(text))
    size = int.from_bytes(whole[:4], "little")
    header = json.loads(whole[4 : 4 + size])
    start = 4 + size
    sections = {
        name: np.frombuffer(
            whole, dtype=DTYPES[item["type"]], count=item["n"], offset=start + item["at"]
        )
        for name, item in header.pop("sections").items()
    }
    return Block(header, sections)
