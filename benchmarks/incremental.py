"""A new month, year or edition in a built project, against the build from nothing.

    python -m benchmarks --only incremental

The last month of lights and the last year of footprints are taken away before the first build. The
publisher of GLC_FCS30D adds a year by a new edition of its annual files, so a new edition is what is
measured: a tag is written into each, which makes it another file.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import Measured, Row, measure
from benchmarks.world import SCALES

PARTS = ("polygons", "landcover", "indicators", "footprints")
MONTH = "ntl/SVDNB_npp_{}01-*.tif"
FOOTPRINT = "footprints/mining_footprint_{}.gpkg"
ANNUAL = "landcover/*/*Annual*.tif"


def newest(place: Path, pattern: str) -> list[Path]:
    """The files of the last date: those that share the highest name up to the first difference."""
    files = sorted(place.glob(pattern.format("*")))
    if not files:
        raise ValueError(f"{place} holds no {pattern.format('*')}")
    fixed = pattern.rpartition("/")[2].partition("{}")[0]
    date = files[-1].name.removeprefix(fixed).split("01-")[0].split(".")[0]
    return sorted(place.glob(pattern.format(date)))


def render(place: Path, scale: str) -> Callable[[], int]:
    """The world without its last month and its last year of footprints, which lie beside it."""
    from quarrydb.demo import write_demo

    def work() -> int:
        write_demo(place, scale=scale, only=PARTS)
        later = [*newest(place, MONTH), *newest(place, FOOTPRINT)]
        for file in later:
            target = beside(place) / file.relative_to(place)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(file, target)
        return len(later)

    return work


def beside(place: Path) -> Path:
    """Where the files are that come later."""
    return place.with_name(f"{place.name}-later")


def give(place: Path, folder: str) -> None:
    """Put the files of ``folder`` that were taken away where they belong."""
    for file in (beside(place) / folder).iterdir():
        shutil.move(file, place / folder / file.name)


def tag_annual_maps(place: Path) -> None:
    """Make every annual file another one."""
    import rasterio

    for file in place.glob(ANNUAL):
        with rasterio.open(file, "r+") as dataset:
            dataset.update_tags(EDITION="2")


def build_again(
    place: Path, change: Callable[..., None] | None, *arguments: Any
) -> Callable[[], Any]:
    """Build after a change."""
    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    if change:
        change(place, *arguments)
    project = load_project(place)

    def work() -> tuple[int, int]:
        result = build(project, workers=1)
        return result.n_run, result.n_run + result.n_kept

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
        ("a new edition of the annual land cover", measure(build_again, place, tag_annual_maps)),
    ]
    whole = Row("build from nothing", first.cpu_s, first.peak_mb, note=steps(first))
    return [whole, *(row(what, found, first) for what, found in changes)]


def row(what: str, found: Measured, first: Measured) -> Row:
    """One change."""
    share = f"{found.cpu_s / first.cpu_s:.0%} of the first build; "
    return Row(what, found.cpu_s, found.peak_mb, note=share + steps(found))


def steps(found: Measured) -> str:
    """How much of the plan ran."""
    n_run, n = found.answer
    return f"{n_run} of {n} steps ran"
