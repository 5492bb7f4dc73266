"""Run the land-cover shards that the store lacks, and say which codes the legend lacks."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence

from quarrydb.contract import LoadContext
from quarrydb.errors import SourceError
from quarrydb.loaders.landcover_base import with_bases
from quarrydb.loaders.landcover_legend import Legend
from quarrydb.loaders.landcover_shard import Shard, UnknownCodes, is_stored, run_shard
from quarrydb.loaders.landcover_windows import n_values, windows_of
from quarrydb.workers.processes import map_shards

MESSAGE_CODES = 40
# Values (pixels times years) that are read here sooner than workers start, and those which an outline
# costs beside its own.
WORTH_WORKERS, VALUES_AN_OUTLINE = 40_000_000, 20_000


def run_missing(shards: Sequence[Shard], context: LoadContext, legend: Legend) -> None:
    """Run the shards that the store lacks, and count mines as they are done.

    They go on from what the store has of the same outlines under other maps. SourceError with all codes
    that the legend lacks, where these are an error.
    """
    every = [one for shard in shards for one in (shard, *shard.beside)]
    context.need(windows_of(every, context.store))
    missing = with_bases(
        [
            shard
            for shard in shards
            if not all(is_stored(context.store, one.key) for one in (shard, *shard.beside))
        ],
        context.store,
    )
    total = sum(len(shard.mines) for shard in missing)
    with context.progress.task("land cover", total, "mines") as task:
        found = map_shards(
            run_shard,
            missing,
            workers=context.workers if is_worth_workers(missing) else 1,
            scheduler=context.scheduler,
            progress=lambda shard: task.advance(len(shard.mines)),
        )
    refuse_unknown([one for one in found if one is not None], legend)


def is_worth_workers(shards: Sequence[Shard]) -> bool:
    """Whether workers read some shards sooner than this process."""
    every = [one for shard in shards for one in (shard, *shard.beside)]
    n_outlines = sum(len(shard.mines) for shard in every)
    work = sum(map(n_values, every)) + VALUES_AN_OUTLINE * n_outlines
    return work >= WORTH_WORKERS


def refuse_unknown(found: Sequence[UnknownCodes], legend: Legend) -> None:
    """SourceError that names every code which the legend lacks."""
    if not found:
        return
    pixels: Counter[int] = Counter()
    years: dict[int, set[int]] = defaultdict(set)
    for one in found:
        for (year, code), n in one.pixels.items():
            pixels[code] += n
            years[code].add(year)
    codes = [
        f"{code:g} ({pixels[code]:,} pixels, {year_range(years[code])})" for code in sorted(pixels)
    ]
    some = ", ".join(codes[:MESSAGE_CODES]) + (" ..." if len(codes) > MESSAGE_CODES else "")
    raise SourceError(
        f"land cover holds codes that the legend {legend.name} does not list: {some}. "
        f"First seen: {min(one.first for one in found)}. Add them to the legend (another product than "
        'glc_fcs30d needs one of its own: legend = "my.csv"), or set gaps = "record" in [landcover] to '
        "have NULL there."
    )


def year_range(years: Collection[int]) -> str:
    """The first and the last of some years, in words."""
    first, last = min(years), max(years)
    return str(first) if first == last else f"{first}-{last}"
