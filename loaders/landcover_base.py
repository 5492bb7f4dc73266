"""Which earlier results the land-cover shards that must be computed can go on from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from quarrydb.loaders.landcover_label import LABEL, Base, outline_hash, read_head
from quarrydb.loaders.landcover_shard import Shard, is_stored
from quarrydb.loaders.landcover_trajectory import TRAJECTORY
from quarrydb.loaders.piece import PREFIX
from quarrydb.store.shards import Store

Heads = Sequence[tuple[Base, list[str]]]
Held = Mapping[str, tuple[Base, int]]  # by hash of an outline: where it is, and its number there


def with_bases(shards: Sequence[Shard], store: Store) -> list[Shard]:
    """Shards that the store lacks, and those beside them, with the labels that hold their outlines."""
    files: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(store.path(LABEL, "x").parent.glob("*.parquet")):
        files[path.stem[:PREFIX]].append(path)
    heads: dict[str, Heads] = {}
    held: dict[tuple[object, ...], Held] = {}
    found = []
    for shard in shards:
        wanted = (shard.place, shard.years, shard.maps)
        if wanted not in held:
            if shard.place not in heads:
                heads[shard.place] = list(sound_heads(files[shard.place], store))
            held[wanted] = held_outlines(heads[shard.place], shard)
        near = held[wanted]
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


def held_outlines(heads: Heads, shard: Shard) -> Held:
    """For each outline the labels with the most of the maps of a shard, of those with any."""
    ranked = [(n_common(base, shard), base.key, base, outlines) for base, outlines in heads]
    found: dict[str, tuple[Base, int]] = {}
    for common, _, base, outlines in sorted(ranked, key=lambda head: head[:2]):
        if any(common):
            found |= {name: (base, number) for number, name in enumerate(outlines)}
    return found


def bases_of(shard: Shard, held: Held, store: Store) -> tuple[Base, ...]:
    """The labels that hold outlines of a shard; none where it is stored."""
    if not held or is_stored(store, shard.key):
        return ()
    bases: dict[str, Base] = {}
    outlines: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for mine in shard.mines:
        base, number = held.get(outline_hash(mine.mine_id, mine.wkb), (None, 0))
        if base is not None:
            bases[base.key] = base
            outlines[base.key].append((number, mine.mine_id))
    return tuple(
        replace(bases[key], outlines=tuple(sorted(outlines[key])))
        for key in sorted(bases, reverse=True)
    )


def n_common(base: Base, shard: Shard) -> tuple[int, int]:
    """How many maps a base has in common with a shard, and how many years."""
    maps = {*zip(base.years, base.maps, strict=True)}
    return len(maps & {*zip(shard.years, shard.maps, strict=True)}), len(
        {*base.years} & {*shard.years}
    )
