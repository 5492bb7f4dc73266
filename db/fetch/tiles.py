"""Tiles of published rasters: how they are named, and which lie under given boxes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

Box = Sequence[float]  # west, south, east, north in degrees

FIELD = re.compile(r"\{(ew|ns|lat|lat02|lon|lon03)\}")


@dataclass(frozen=True)
class TileGrid:
    """A lattice of square tiles of so many degrees, named by a corner.

    ``name`` is a pattern of {ew}, {lon} or {lon03}, {ns}, {lat} or {lat02}, such as ``{ew}{lon}{ns}{lat}``;
    ``corner`` is north-west or south-west.
    """

    degrees: float
    name: str
    corner: str

    def under(self, boxes: Iterable[Box]) -> list[str]:
        """Names of the tiles that meet any of some boxes."""
        return [self.named(west, south) for west, south in sorted(self.corners(boxes))]

    def corners(self, boxes: Iterable[Box]) -> set[tuple[int, int]]:
        """Western and southern edges, in tiles, of the tiles that meet any of some boxes."""
        size, found = self.degrees, set[tuple[int, int]]()
        low, high = floor(-180 / size), ceil(180 / size) - 1
        for west, south, east, north in boxes:
            # A box may lie beyond the date line: it goes on from the other side.
            columns = range(floor(west / size), max(ceil(east / size), floor(west / size) + 1))
            rows = range(floor(south / size), max(ceil(north / size), floor(south / size) + 1))
            span = high - low + 1
            found |= {((column - low) % span + low, row) for column in columns for row in rows}
        return {(c, r) for c, r in found if r * size >= -90 and (r + 1) * size <= 90 + size}

    def named(self, column: int, row: int) -> str:
        """The name of the tile at a place of the lattice."""
        west = column * self.degrees
        edge = (row + (self.corner == "north-west")) * self.degrees
        lon, lat = abs(round(west)), abs(round(edge))
        values = {
            "ew": "E" if west >= 0 else "W", "ns": "N" if edge >= 0 else "S",
            "lon": str(lon), "lon03": f"{lon:03d}", "lat": str(lat), "lat02": f"{lat:02d}",
        }  # fmt: skip
        return FIELD.sub(lambda match: values[match[1]], self.name)


@dataclass(frozen=True)
class BlockSize:
    """Blocks of a raster on a lattice of ``degrees``, of ``block_kb`` each, for estimates."""

    degrees: float
    block_kb: float

    def n_under(self, boxes: NDArray[np.float64]) -> int:
        """How many blocks meet any of some boxes (n, 4)."""
        first = np.floor(boxes[:, :2] / self.degrees).astype(np.int64)
        last = np.floor(boxes[:, 2:] / self.degrees).astype(np.int64)
        found = {
            (column, row)
            for (c0, r0), (c1, r1) in zip(first.tolist(), last.tolist(), strict=True)
            for column in range(c0, c1 + 1)
            for row in range(r0, r1 + 1)
        }
        return len(found)
