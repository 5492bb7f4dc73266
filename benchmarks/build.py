"""What a whole build costs by step, at growing parts of the planet, and how cost grows with size.

    python -m benchmarks.build DIR [--scales 5 15 50] [--parts polygons landcover] [--json FILE]
                               [--markdown FILE]

Scale 500 (or full) is the studies' planet. What the JSON file holds already is not measured again.
One process reads rasters, DuckDB uses two threads.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import page
from benchmarks.harness import Row, measure
from benchmarks.meter import StepMeter

PARTS = ("polygons", "landcover", "indicators", "labels", "footprints")
SCALES = {"quick": ("1", "5"), "usual": ("5", "15", "50"), "full": ("5", "15", "50", "150", "full")}
FULL = 500.0
LEAST_S = 0.05  # a step shorter than this says nothing about growth
LEAST_SHOWN_S = 1.0  # of the largest build, for the page
WORST_EXPONENT = 1.25  # n log n from 1 % to 100 % of the planet fits an exponent of about 1.1
Steps = Mapping[str, float]


def render(folder: Path, scale: str, parts: Sequence[str]) -> Callable[[], int]:
    """Write a demo world; a world that is there is kept."""
    from quarrydb.demo import write_demo

    def work() -> int:
        held = json.loads((folder / "world.json").read_text()) if folder.exists() else {"parts": []}
        left = [part for part in parts if part not in held["parts"]]
        return len(write_demo(folder, scale=scale, only=left).mines) if left else 0

    return work


def build_fresh(folder: Path) -> Callable[[], dict[str, Any]]:
    """Build a world from nothing, measured by step."""
    import shutil

    from quarrydb.engine.build import build
    from quarrydb.project import load_project

    shutil.rmtree(folder / ".quarry", ignore_errors=True)
    project = load_project(folder)

    def work() -> dict[str, Any]:
        meter = StepMeter()
        result = build(project, progress=meter, workers=1)  # type: ignore[arg-type]
        meter.end()
        return {"steps": result.n_run, "cpu_s": meter.cpu_s, "peak_mb": meter.peak_mb}

    return work


def read_views(folder: Path) -> Callable[[], dict[str, float]]:
    """Read every public view whole, and time each."""
    from quarrydb.database.connection import connect, quote_identifier

    connection = connect(folder / "mines.duckdb", threads=2)
    views = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' ORDER BY 1"
    ).fetchall()

    def work() -> dict[str, float]:
        import time

        taken = {}
        for (view,) in views:
            start = time.process_time()
            connection.execute(f"FROM {quote_identifier(view)}").fetch_record_batch().read_all()
            taken[view] = time.process_time() - start
        return taken

    return work


def measure_scale(folder: Path, scale: str, parts: Sequence[str]) -> dict[str, Any]:
    """Render, build and read one world."""
    place = folder / f"scale-{scale}"
    measure(render, place, scale, tuple(parts))
    built = measure(build_fresh, place)
    views = measure(read_views, place)
    return {
        "scale": scale,
        "share": (FULL if scale == "full" else float(scale)) / FULL,
        "parts": list(parts),
        "cpu_s": built.cpu_s,
        "peak_mb": max(built.peak_mb, *built.answer["peak_mb"].values()),
        "step_cpu_s": built.answer["cpu_s"],
        "step_peak_mb": built.answer["peak_mb"],
        "views_cpu_s": views.cpu_s,
        "views_peak_mb": views.peak_mb,
        "view_cpu_s": views.answer,
    }


def measured(
    held: Sequence[Mapping[str, Any]], scale: str, parts: Sequence[str]
) -> Mapping[str, Any] | None:
    """What was measured before of a scale with the same parts."""
    asked = (scale, list(parts))
    return next((one for one in held if (one["scale"], one["parts"]) == asked), None)


def exponents(found: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Exponent b of cost = a n^b by step, over the scales where the step takes time."""
    fitted = {}
    for step in found[-1]["step_cpu_s"]:
        points = [
            (math.log(one["share"]), math.log(one["step_cpu_s"][step]))
            for one in found
            if one["step_cpu_s"].get(step, 0) >= LEAST_S
        ]
        if len(points) >= 2:
            x, y = np.array(points).T
            fitted[step] = float(np.polyfit(x, y, 1)[0])
    return fitted


def run(size: str, folder: Path) -> list[Row]:
    """One line a step: cost and memory at the largest scale, and the exponent."""
    return rows([measure_scale(folder, scale, PARTS) for scale in SCALES[size]])


def rows(found: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The table of a series of builds."""
    largest, growth = found[-1], exponents(found)
    shares = ", ".join(f"{one['share']:.0%}" for one in found)
    totals = ", ".join(f"{one['cpu_s']:.0f} s and {one['peak_mb'] / 1024:.1f} GB" for one in found)
    whole = f"at {shares} of the planet: {totals}"
    lines = [Row("whole build", largest["cpu_s"], largest["peak_mb"], note=whole)]
    costs = sorted(largest["step_cpu_s"].items(), key=lambda item: -item[1])
    for step, cost in costs:
        if cost < LEAST_S:
            continue
        note = f"grows as n^{growth[step]:.2f}" if step in growth else ""
        lines.append(Row(step, cost, largest["step_peak_mb"][step], note=note))
    slowest = sorted(largest["view_cpu_s"].items(), key=lambda item: -item[1])[:5]
    note = "slowest: " + ", ".join(f"{view} {cost:.1f} s" for view, cost in slowest)
    n = len(largest["view_cpu_s"])
    views = Row(f"all {n} public views, read whole", largest["views_cpu_s"], largest["views_peak_mb"],
                note=note)  # fmt: skip
    return [*lines, views]


def growth(found: Sequence[Mapping[str, Any]]) -> str:
    """CPU seconds and peak memory of a series of builds by step, in Markdown, with the exponents."""
    shares = [f"{one['share']:.0%}" for one in found]
    head = " | ".join(["step, CPU s at", *shares, "exponent", "peak GB at " + " / ".join(shares)])
    lines = [f"| {head} |", "|---|" + "---:|" * (len(found) + 2)]
    fitted, largest = exponents(found), found[-1]
    whole = [one["cpu_s"] for one in found]
    peaks = " / ".join(f"{one['peak_mb'] / 1000:.1f}" for one in found)
    lines.append(f"| **the whole build** | {' | '.join(f'{c:,.1f}' for c in whole)} | | {peaks} |")
    for step, cost in sorted(largest["step_cpu_s"].items(), key=lambda item: -item[1]):
        if cost < LEAST_SHOWN_S:
            continue
        costs = " | ".join(f"{one['step_cpu_s'].get(step, 0):,.2f}" for one in found)
        peaks = " / ".join(f"{one['step_peak_mb'].get(step, 0) / 1000:.1f}" for one in found)
        exponent = f"{fitted[step]:.2f}" if step in fitted else ""
        if fitted.get(step, 0) > WORST_EXPONENT:
            exponent = f"**{exponent}**"
        lines.append(f"| {step} | {costs} | {exponent} | {peaks} |")
    return "\n".join(lines)


def main() -> None:
    """Run scale by scale; numbers are kept after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scales", nargs="+", default=SCALES["usual"])
    parser.add_argument("--parts", nargs="+", default=PARTS)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path, help="page to write the growth of steps into")
    options = parser.parse_args()
    held = json.loads(options.json.read_text()) if options.json and options.json.exists() else []
    found = []
    for scale in options.scales:
        found.append(
            measured(held, scale, options.parts)
            or measure_scale(options.folder, scale, options.parts)
        )
        print(f"{scale}: {found[-1]['cpu_s']:.1f} CPU s, {found[-1]['peak_mb']:.0f} MB", flush=True)
        if options.json:
            options.json.write_text(json.dumps(found, indent=1))
    for row in rows(found):
        print(f"{row.what:<48} {row.cpu_s:>8.2f} s {row.peak_mb:>6.0f} MB  {row.note}")
    if options.markdown:
        page.put(options.markdown, "growth", growth(found))


if __name__ == "__main__":
    main()
