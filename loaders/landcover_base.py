"""Which earlier results the land-cover shards that must be computed can go on from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from quarrydb.loaders.landcover_label import LABEL, Base, outline_hash, read_head
from quarrydb.loaders.landcover_shard import Shard, is_stored
from quarrydb.loaders.landcover_trajectory import TRAJECTORY
from quarrydb.loaders.piece import PREFIX
from quarrydb.store.shards import Store

Heads = Sequence[tuple[Base, list[str]]]


def with_bases(shards: Sequence[Shard], store: Store) -> list[Shard]:
    """Shards that the store lacks, and those beside them, with the labels that hold their outlines."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(store.path(LABEL, "x").parent.glob("*.parquet")):
        files[path.stem[:PREFIX]].append(path)
    heads: dict[str, Heads] = {}
    found = []
    for shard in shards:
        if shard.place not in heads:
            heads[shard.place] = list(sound_heads(files[shard.place], store))
        near = heads[shard.place]
        beside = tuple(replace(one, bases=bases_of(one, near, store)) for one in shard.beside)
        found.append(replace(shard, bases=bases_of(shard, near, store), beside=beside))
    return found


def sound_heads(paths: Sequence[Path], store: Store) -> Iterator[tuple[Base, list[str]]]:
    """Heads of files of labels whose trajectories are there, too; damaged ones are deleted."""
    for path in paths:
        if store.has(LABEL, path.stem):
            head = read_head(path)
            if store.has(TRAJECTORY, head[0].shard):
                yield head


def bases_of(shard: Shard, heads: Heads, store: Store) -> tuple[Base, ...]:
    """For each outline of a shard the labels with the most of its maps; none where it is stored."""
    if not heads or is_stored(store, shard.key):
        return ()
    left = {outline_hash(mine.mine_id, mine.wkb): mine.mine_id for mine in shard.mines}
    bases = []
    for base, outlines in sorted(heads, key=lambda head: (n_common(head[0], shard), head[0].key))[
        ::-1
    ]:
        if not any(n_common(base, shard)):
            break
        held = [(number, left.pop(name)) for number, name in enumerate(outlines) if name in left]
        if held:
            bases.append(replace(base, outlines=tuple(held)))
    return tuple(bases)


def n_common(base: Base, shard: Shard) -> tuple[int, int]:
    """How many maps a base has in common with a shard, and how many years."""
    mapped = zip(shard.years, shard.maps, strict=True)
    return sum(base.has(*one) for one in mapped), len({*base.years} & {*shard.years})
