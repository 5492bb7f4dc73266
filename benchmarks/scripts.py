"""Benchmarks that are scripts of their own, run with sizes that fit and read from their JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.harness import Row

HERE = Path(__file__).parent


def run_script(name: str, folder: Path, options: Sequence[str] = ()) -> Any:
    """The JSON that ``benchmarks/NAME.py`` writes. RuntimeError with its last words where it fails."""
    target = folder.resolve() / f"{name}.json"
    command = [sys.executable, "-m", f"benchmarks.{name}", *options, "--json", str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=HERE.parent)
    if not target.exists():
        raise RuntimeError(f"{name}: {(done.stderr or done.stdout).strip()[-400:]}")
    return json.loads(target.read_text())


def landcover(size: str, folder: Path) -> list[Row]:
    """Reading land cover, against bare decoding and peers, by layout of the files."""
    n, height = {"quick": ("15", "800"), "usual": ("60", "2400"), "full": ("60", "2400")}[size]
    found = run_script("landcover", folder, ["--mines", n, "--height", height])
    lines = []
    for layout, ways in found["cpu_seconds"].items():
        own = ways["quarrydb"]
        share = own / ways["decode"]
        note = f"{share:.2f} times the bare decoding of the same windows"
        lines.append(Row(f"{layout}: quarrydb", own, note=note))
        before, more = found["one map more"][layout]
        note = f"{more / before:.0%} of the {before:.2f} s for all before; at most 15 % are wanted"
        lines.append(Row(f"{layout}: quarrydb, one map more under 300 mines", more, note=note))
        lines += [
            Row(f"{layout}: {way}", cost, ratio=cost / own)
            for way, cost in ways.items()
            if way not in ("quarrydb", "decode")
        ]
    return lines


def landcover_sql(size: str, folder: Path) -> list[Row]:
    """Every land-cover view over millions of trajectories."""
    n = {"quick": 200_000, "usual": 1_000_000, "full": 10_000_000}[size]
    found = run_script("landcover_sql", folder, ["--rows", str(n)])
    top = sorted(found.items(), key=lambda item: -item[1]["cpu_s"])
    note = f"over {n:,} trajectories"
    return [
        Row(what, one["cpu_s"], one["peak_gb"] * 1024, note=f"{one['rows']:,.0f} rows {note}")
        for what, one in top[:12]
    ]


def mann_kendall(size: str, folder: Path) -> list[Row]:
    """Trends, against a loop over pymannkendall."""
    from benchmarks.mann_kendall import TARGETS

    found: Mapping[str, float] = run_script("mann_kendall", folder)
    what = "times as many series a CPU second as a pymannkendall loop"
    return [Row(name, None, None, ratio, TARGETS.get(name), what) for name, ratio in found.items()]


def indicator(size: str, folder: Path) -> list[Row]:
    """Means over mines for many dates, against bare decoding and exactextract, by layout of the files."""
    n, dates = {"quick": ("300", "6"), "usual": ("1500", "12"), "full": ("1500", "12")}[size]
    found = run_script("indicator", folder, ["--mines", n, "--dates", dates])
    lines = []
    for layout, ways in found.items():
        own, bare = ways["quarrydb"], ways["decode"]
        once = ways["quarrydb, with the cells of mines"] - own
        note = f"{own / bare:.2f} times the bare decoding of the same blocks (target: 1.3), {bare:.2f} s"
        what = f"{layout}: quarrydb, {ways['mines']:,} mines, {ways['dates']:.0f} dates"
        lines += [
            Row(what, own, note=note),
            Row(f"{layout}: cells of the mines, once for all dates", once),
        ]
        for peer, cost in ways["peers"].items():
            lines.append(Row(f"{layout}: {peer}", cost, ratio=cost / (own + once)))
    return lines


def segmentation(size: str, folder: Path) -> list[Row]:
    """The forward pass against transformers' own, and what prediction costs beside it."""
    models = ["b0", "b5"] if size == "full" else ["b0"]
    found = run_script("segmentation", folder, ["--sizes", *models])
    targets = found.pop("targets")
    overhead, outline = found.pop("overhead b0"), found.pop("outline")
    lines = [row for what, one in found.items() for row in _forward(what, one, targets)]
    note = f"{overhead['share']:.1%} of it is not the forward pass (target: under 10 %)"
    lines.append(Row("prediction, B0", overhead["whole"], note=note))
    note = (
        f"{outline['ms a chip']:.1f} ms a chip, area bias {outline['mean bias']:.1e} on average, "
        f"{outline['largest']:.1e} at most, {outline['invalid']:.0f} invalid"
    )
    return [*lines, Row("outlines of random fields", None, note=note)]


def _forward(what: str, found: Mapping[str, float], targets: Mapping[str, float]) -> list[Row]:
    """CPU seconds a chip of ours, and transformers' own in units of it."""
    size = what.rpartition(" ")[2]
    lines = [
        Row(f"{what}: quarrydb in torch", found["ours"]),
        Row(f"{what}: transformers", found["stock"], ratio=found["ratio"], target=targets[size]),
    ]
    if "openvino" in found:
        note = f"transformers takes {found['openvino ratio']:.1f} times as long"
        lines.append(Row(f"{what}: quarrydb in OpenVINO", found["openvino"], note=note))
    return lines


def segmentation_sql(size: str, folder: Path) -> list[Row]:
    """Continuity and countries of yearly polygons, against the study's way in geopandas."""
    n = {"quick": "3000", "usual": "15000", "full": "147000"}[size]
    found = run_script("segmentation_sql", folder, ["--polygons", n])
    rows = [Row(f"quarrydb, {int(n):,} polygons", sum(found["sql"].values()))]
    for form, numbers in found["ratio"].items():
        cost, target = numbers["study"], found["target"]
        note = "the study unites no overlaps and measures no geodesic area"
        rows += [
            Row(f"the study's way, {form}", cost, None, numbers["whole"], None, note),
            Row("the same, for the same steps", None, None, numbers["alike"], target),
        ]
    return rows
