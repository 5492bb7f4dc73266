"""The pieces of mines that a border cuts, and which shards of the store hold them.

Rasters are read under pieces in the pass in which they are read under mines, each block decoded once for
both, but into shards of their own: a new layer of regions leaves those of mines alone, and adds some of the
pieces that it makes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow.parquet as pq

from quarrydb.contract import LoadContext
from quarrydb.store.shards import Store

PIECE = "core.mine_piece"
PREFIX = 32  # hex digits of a shard's name that say what it was read with, whatever it holds
QUERY = (
    "SELECT piece_id, mine_id, ST_AsWKB(geometry)::BLOB, area_km2 FROM core.mine_piece "
    "WHERE NOT is_whole ORDER BY piece_id"
)


class Piece(NamedTuple):
    """A piece of a mine: WKB in EPSG:4326, and its area, km2."""

    piece_id: str
    mine_id: str
    wkb: bytes
    area_km2: float


def read_pieces(context: LoadContext) -> list[Piece]:
    """The pieces of all mines that a border cuts; none where a partial build cuts no mines."""
    if not context.has(PIECE):
        return []
    return [Piece(*row) for row in context.connection.execute(QUERY).fetchall()]


def holders(store: Store, prefix: str, kinds: Sequence[str]) -> dict[str, str]:
    """By outline, the shard under ``prefix`` that holds it, sound in all ``kinds``; the first lists ids."""
    held: dict[str, str] = {}
    for path in sorted(store.path(kinds[0], prefix).parent.glob(f"{prefix}*.parquet")):
        if all(store.has(kind, path.stem) for kind in kinds):
            ids = pq.ParquetFile(path).read(columns=["mine_id"])["mine_id"].to_pylist()
            held.update(dict.fromkeys(ids, path.stem))
    return held
