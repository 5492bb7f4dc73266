"""Labels: which pixel of a shard has which trajectory, so that another map can be added to what was read.

Counts by trajectory can't be split by the class of one more map. With the label of every pixel beside them,
the maps that were read need not be read again: the new trajectory of a pixel is its old one and the new
class. A file of labels says of each map in it what decided its codes, and of each outline its hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from quarrydb.errors import BuildError
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_read import Pixels
from quarrydb.loaders.piece import PREFIX
from quarrydb.store.shards import Store, fingerprint

LABEL = "landcover_label"
LABELLED_PIXELS = 2**21  # of a shard; mines beyond them are read again with every new map
OUTLINE_DIGITS = 32
META = b"quarrydb"
# Columns without NULL: with them they would take ten times as long to read.
SCHEMA = pa.schema(
    [
        pa.field("outline", pa.int32(), nullable=False),  # its number in the list of outlines
        pa.field("tile", pa.int16(), nullable=False),  # its number among those of the shard
        pa.field("cell", pa.int64(), nullable=False),  # number in the tile's grid
        pa.field("area_mm2", pa.int64(), nullable=False),  # what lies inside the outline
        pa.field("label", pa.int32(), nullable=False),  # row of the trajectories; -1: no data
    ]
)
ENCODINGS = {
    "outline": "PLAIN",
    "tile": "PLAIN",
    "cell": "DELTA_BINARY_PACKED",
    "area_mm2": "PLAIN",
    "label": "BYTE_STREAM_SPLIT",
}
Meaning = Mapping[str, Any]


@dataclass(frozen=True)
class Base:
    """Labels that a shard can go on from: ``outlines`` are numbers in the file, with the mines' ids.

    ``shard`` is the key of the trajectories; ``years``, ``maps`` and ``meaning`` are those they were read by.
    """

    key: str
    shard: str
    years: tuple[int, ...]
    maps: tuple[str, ...]
    meaning: Meaning
    outlines: tuple[tuple[int, str], ...] = ()

    def has(self, year: int, map_of_year: str) -> bool:
        """Whether it was read with the same map of a year."""
        return (year, map_of_year) in zip(self.years, self.maps, strict=True)


@dataclass
class Labels:
    """Labels of a shard's outlines as they are put together."""

    shard: str
    place: str
    years: tuple[int, ...]
    maps: tuple[str, ...]
    meaning: Meaning
    outlines: list[str] = field(default_factory=list)
    number: list[int] = field(default_factory=list)  # of the outline that each of ``pixels`` are of
    pixels: list[Pixels] = field(default_factory=list)
    rows: list[NDArray[np.int32]] = field(
        default_factory=list
    )  # of their trajectories, in that order

    def add(self, outline: str, pixels: Sequence[Pixels]) -> None:
        """Add one outline."""
        self.number += [len(self.outlines)] * len(pixels)
        self.outlines.append(outline)
        self.pixels += pixels

    def table(self) -> pa.Table:
        """A row a pixel; what the labels are of stands in the schema."""
        meta = {name: getattr(self, name) for name in ("shard", "years", "maps", "outlines")}
        text = json.dumps({**meta, "meaning": self.meaning})
        schema = SCHEMA.with_metadata({META: text.encode()})
        if not self.pixels:
            return schema.empty_table()
        n = [len(one.cell_id) for one in self.pixels]
        columns = [
            np.repeat(np.array(self.number, np.int32), n),
            np.concatenate([one.tile for one in self.pixels]),
            np.concatenate([one.cell_id for one in self.pixels]),
            np.concatenate([one.area_mm2 for one in self.pixels]),
            np.concatenate(self.rows),
        ]
        return pa.table([pa.array(column) for column in columns], schema=schema)


def label_key(place: str, shard: str) -> str:
    """Name of a shard's labels: those of the same tiles, in the same place, begin alike."""
    return place + fingerprint(shard)[:PREFIX]


def stored_labels(store: Store, shards: Iterable[str]) -> list[Path]:
    """Files of the labels of shards with some keys, of those that have one."""
    ends = {fingerprint(shard)[:PREFIX] for shard in shards}
    files = store.path(LABEL, "x").parent.glob("*.parquet")
    return sorted(path for path in files if path.stem[PREFIX:] in ends)


def write_labels(store: Store, labels: Labels) -> None:
    """Store labels unless they are there."""
    key = label_key(labels.place, labels.shard)
    if labels.outlines and not store.has(LABEL, key):
        table = labels.table()
        options = {"use_dictionary": False, "column_encoding": ENCODINGS, "write_statistics": False}
        store.write(LABEL, key, table, **options)


def meaning_of(legend: Legend) -> Meaning:
    """What of a legend decides which codes pixels have."""
    return {
        "filled": sorted(legend.filled),
        "stored": sorted([row.code, row.stored] for row in legend.classes),
    }


def outline_hash(mine_id: str, wkb: bytes) -> str:
    """What an outline is called in files of labels."""
    return sha256(mine_id.encode() + b"\0" + wkb).hexdigest()[:OUTLINE_DIGITS]


def read_head(path: Path) -> tuple[Base, list[str]]:
    """What a file of labels holds: how it was read, and its outlines. BuildError where it says nothing."""
    try:
        meta = json.loads(pq.read_schema(path).metadata[META])
        base = Base(
            path.stem,
            meta["shard"],
            tuple(meta["years"]),
            tuple(meta["maps"]),
            meta["meaning"],
        )
        return base, list(meta["outlines"])
    except (OSError, pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
        raise BuildError(f"{path} is no file of labels: {error}. Delete it.") from error
