"""A new month, year or edition in a built project, against the build from nothing.

    python -m benchmarks --only incremental

The last month of lights, the last year of footprints and the last map of land cover are taken away before
the first build. The map comes as a file of its own, and then with all others in a new edition of the annual
files, as the publisher of GLC_FCS30D adds a year: each of its blocks holds all maps, so that all are decoded.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.harness import Measured, Row, measure
from benchmarks.meter import StepMeter
from benchmarks.world import SCALES

PARTS = ("polygons", "landcover", "indicators", "footprints")
MONTH = "ntl/SVDNB_npp_{}01-*.tif"
FOOTPRINT = "footprints/mining_footprint_{}.gpkg"
ANNUAL = "landcover/*/*Annual*.tif"
MAPS, MAPS_BEFORE, LAST = "20002022", "20002021", "20222022"  # years in names of such files
LAST_MAP = f"landcover/*/*_{LAST}_*.tif"
READ = ("load landcover trajectories", "load land cover of pieces", "load footprint land cover")


class Built(NamedTuple):
    """What a build did: steps that ran, all steps, and the CPU seconds that reading land cover took."""

    n_run: int
    n_steps: int
    landcover_cpu_s: float


def newest(place: Path, pattern: str) -> list[Path]:
    """The files of the last date: those that share the highest name up to the first difference."""
    files = sorted(place.glob(pattern.format("*")))
    if not files:
        raise ValueError(f"{place} holds no {pattern.format('*')}")
    fixed = pattern.rpartition("/")[2].partition("{}")[0]
    date = files[-1].name.removeprefix(fixed).split("01-")[0].split(".")[0]
    return sorted(place.glob(pattern.format(date)))


def render(place: Path, scale: str) -> Callable[[], int]:
    """The world without its last month, footprints and map, which lie beside it."""
    from quarrydb.demo import write_demo

    def work() -> int:
        write_demo(place, scale=scale, only=PARTS)
        for file in sorted(place.glob(ANNUAL)):
            part_last_map(file)
            put_aside(place, file, "edition")
        later = [*newest(place, MONTH), *newest(place, FOOTPRINT), *place.glob(LAST_MAP)]
        for file in later:
            put_aside(place, file, file.relative_to(place).parts[0])
        return len(later)

    return work


def put_aside(place: Path, file: Path, later: str) -> None:
    """Take a file away; ``later`` says with which others it will come back."""
    target = place.with_name(f"{place.name}-later") / later / file.relative_to(place)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(file, target)


def give(place: Path, later: str) -> None:
    """Put the files that were taken away under ``later`` where they belong."""
    aside = place.with_name(f"{place.name}-later") / later
    for file in [file for file in aside.rglob("*") if file.is_file()]:
        shutil.move(file, place / file.relative_to(aside))


def part_last_map(file: Path) -> None:
    """Write a file of annual maps as two beside it, without its last map, and that map alone."""
    import rasterio

    with rasterio.open(file) as whole, rasterio.Env(GDAL_NUM_THREADS=1):
        parts = {MAPS_BEFORE: list(range(1, whole.count)), LAST: [whole.count]}
        for name, some in parts.items():
            target = file.with_name(file.name.replace(MAPS, name))
            options = {**whole.profile, "count": len(some), "sparse_ok": True}
            with rasterio.open(target, "w", **options) as part:
                for (row, column), window in whole.block_windows(1):
                    if whole.get_tag_item(f"BLOCK_OFFSET_{column}_{row}", "TIFF", bidx=1):
                        part.write(whole.read(some, window=window), window=window)


def give_edition(place: Path) -> None:
    """Put the annual files with all maps in the place of those that have them apart."""
    for file in [*place.glob(ANNUAL)]:
        file.unlink()
    give(place, "edition")


def build_again(
    place: Path, change: Callable[..., None] | None, *arguments: Any
) -> Callable[[], Any]:
    """Build after a change."""
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    if change:
        change(place, *arguments)
    project = load_project(place)

    def work() -> Built:
        meter = StepMeter()
        result = build(project, workers=1, progress=meter)
        read = sum(meter.cpu_s.get(step, 0.0) for step in READ)
        return Built(result.n_run, result.n_run + result.n_kept, read)

    return work


def run(size: str, folder: Path) -> list[Row]:
    """One line a change: its CPU seconds, and how often they fit into those of the first build."""
    place = folder / f"incremental-{size}"
    measure(render, place, SCALES[size])
    first = measure(build_again, place, None)
    changes: Sequence[tuple[str, Measured]] = [
        ("nothing new", measure(build_again, place, None)),
        ("one month of lights more", measure(build_again, place, give, "ntl")),
        ("one year of footprints more", measure(build_again, place, give, "footprints")),
        ("one map of land cover more", measure(build_again, place, give, "landcover")),
        ("a new edition of the annual land cover", measure(build_again, place, give_edition)),
    ]
    whole = Row("build from nothing", first.cpu_s, first.peak_mb, note=steps(first))
    return [whole, *(row(what, found, first) for what, found in changes)]


def row(what: str, found: Measured, first: Measured) -> Row:
    """One change."""
    share = f"{found.cpu_s / first.cpu_s:.0%} of the first build; "
    return Row(what, found.cpu_s, found.peak_mb, note=share + steps(found) + reading(found, first))


def steps(found: Measured) -> str:
    """How much of the plan ran."""
    return f"{found.answer.n_run} of {found.answer.n_steps} steps ran"


def reading(found: Measured, first: Measured) -> str:
    """What reading land cover took, and its share of that of the first build."""
    spent, whole = found.answer.landcover_cpu_s, first.answer.landcover_cpu_s
    return (
        f"; land cover read in {spent:.1f} s, {spent / whole:.0%} of {whole:.1f} s" if spent else ""
    )
