"""Run every benchmark and write what it found as Markdown and JSON.

    python -m benchmarks [--quick | --full] [--only NAME ...] [--repeat N] [--markdown FILE] [--json FILE]

Without an option the polygons are a tenth of the planet's, which takes minutes; --quick takes a
hundredth, --full all of it, which takes more than an hour. Everything is measured in CPU seconds, so
other work on the machine matters little; ratios are of two measurements of one run. With
--repeat the middle of N runs is shown, and how far the ratios lie apart.

Each benchmark replaces its own results in benchmarks/results.json, which docs/performance.md shows.
With --quick nothing is written, with --json or --markdown only what they name.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import (
    build,
    cluster,
    countries,
    erase,
    exposure,
    fetch,
    incremental,
    lake,
    page,
    pieces,
    scripts,
    union,
)
from benchmarks.harness import Row

Benchmark = Callable[[str, Path], list[Row]]
ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
MARKDOWN = ROOT / "docs" / "performance.md"
BENCHMARKS: dict[str, tuple[str, Benchmark]] = {
    "union": ("Union of two polygon data sets", union.run),
    "erase": ("Erasing stable green", erase.run),
    "countries": ("Country of every mine", countries.run),
    "mann_kendall": ("Trends", scripts.mann_kendall),
    "landcover": ("Reading land cover", scripts.landcover),
    "landcover_sql": ("Land-cover views", scripts.landcover_sql),
    "indicator": ("Reading raster series", scripts.indicator),
    "segmentation": ("Segmentation", scripts.segmentation),
    "segmentation_sql": ("Continuity and countries of yearly polygons", scripts.segmentation_sql),
    "exposure": ("What lies around places", exposure.run),
    "pieces": ("Rasters by region", pieces.run),
    "incremental": ("A new date in a built project", incremental.run),
    "build": ("A whole build by step", build.run),
    "fetch": ("One country over the network", fetch.run),
    "cluster": ("Shards on two Dask workers", cluster.run),
    "lake": ("A DuckLake with many readers and writers", lake.run),
}
# Those that change the world they render need a new one each time.
WRITES_ITS_WORLD = (incremental.run, pieces.run, build.run, cluster.run, lake.run)


def main() -> None:
    """Run what was asked for; a benchmark that fails is reported, the others go on."""
    options = arguments()
    size = "quick" if options.quick else "full" if options.full else "usual"
    run = {"size": size, "repeat": options.repeat, "machine": machine()}
    found: dict[str, Any] = {}
    if options.json and options.json.exists():
        found = json.loads(options.json.read_text())
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        for key in options.only or BENCHMARKS:
            title, benchmark = BENCHMARKS[key]
            print(f"## {title} ({key})", flush=True)
            started = time.monotonic()
            entry = {"key": key} | run | repeated(benchmark, size, Path(name), options.repeat)
            print(
                page.table(entry), f"\n({time.monotonic() - started:.0f} s)\n", sep="\n", flush=True
            )
            found[page.heading(key, title, size)] = entry
            write(page.in_order(found, list(BENCHMARKS)), options.json, options.markdown)


def write(found: Mapping[str, Any], file: Path | None, markdown: Path | None) -> None:
    """Write all results held: after each benchmark, so that an interrupted run loses none."""
    if file:
        file.write_text(json.dumps(found, indent=1) + "\n")
    if markdown:
        page.write(markdown, found)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a hundredth of the planet")
    size.add_argument("--full", action="store_true", help="the whole planet")
    parser.add_argument("--only", nargs="+", choices=BENCHMARKS, metavar="NAME", help="some only")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run each N times")
    parser.add_argument("--folder", type=Path, help="where the worlds are rendered")
    parser.add_argument("--json", type=Path, help="results; what did not run again stays in it")
    parser.add_argument(
        "--markdown", type=Path, help="page that shows the results of the JSON file"
    )
    options = parser.parse_args()
    if not (options.quick or options.json or options.markdown):
        options.json, options.markdown = RESULTS, MARKDOWN
    return options


def repeated(benchmark: Benchmark, size: str, folder: Path, times: int) -> dict[str, Any]:
    """The middle of several runs, line by line; worlds are rendered once."""
    runs = []
    for number_of_run in range(times):
        place = folder / str(number_of_run) if benchmark in WRITES_ITS_WORLD else folder
        place.mkdir(exist_ok=True)
        runs.append(attempt(benchmark, size, place))
        if "failed" in runs[-1]:
            return runs[-1]
    return {"rows": [middle([run["rows"][i] for run in runs]) for i in range(len(runs[0]["rows"]))]}


def middle(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """One line for several runs of it: medians, and the range of the ratios."""
    line = dict(rows[0])
    for key in ("cpu_s", "peak_mb", "ratio"):
        if key in line:
            line[key] = statistics.median(row[key] for row in rows)
    if "ratio" in line and len(rows) > 1:
        ratios = sorted(row["ratio"] for row in rows)
        spread = f"{ratios[0]:.1f} to {ratios[-1]:.1f} in {len(rows)} runs"
        line["note"] = "; ".join(filter(None, (line.get("note"), spread)))
    return line


def attempt(benchmark: Benchmark, size: str, folder: Path) -> dict[str, Any]:
    """Rows of a benchmark, or why there are none."""
    try:
        return {"rows": [row.as_dict() for row in benchmark(size, folder)]}
    except (RuntimeError, ImportError, OSError, ValueError) as error:
        return {"failed": f"{type(error).__name__}: {error}"}


def machine() -> dict[str, object]:
    """What the numbers were taken on."""
    import duckdb
    import geopandas
    import shapely

    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "shapely": shapely.__version__,
        "geos": ".".join(map(str, shapely.geos_version)),
        "geopandas": geopandas.__version__,
    }


def cpu_name() -> str:
    """The processor as Linux names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "")


if __name__ == "__main__":
    main()
