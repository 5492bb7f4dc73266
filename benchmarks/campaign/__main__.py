"""Run campaigns of load and faults, and write what they saw into docs/reliability.md.

    python -m benchmarks.campaign NAME [NAME ...] [--folder DIR] [--dry-run]

Each takes minutes, some up to an hour, and needs up to 6 GB of disk in the folder. One that sees
anything else than what must happen ends with an error; what it saw before that is written.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import page
from benchmarks.campaign import kills, load_polygons, load_rasters, room
from benchmarks.campaign.outcome import Outcome

ROOT = Path(__file__).parent.parent.parent
RESULTS = Path(__file__).parent / "results.json"
PAGE = ROOT / "docs" / "reliability.md"
MARKS = "campaigns"
CAMPAIGNS: Mapping[str, Callable[[Path], Iterable[Outcome]]] = {
    "million": load_polygons.million,
    "columns": load_polygons.columns,
    "vast": load_rasters.vast,
    "indicators": load_rasters.indicators,
    "room": room.run,
    "kills": kills.run,
}


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=__doc__)
    parser.add_argument("names", nargs="+", choices=CAMPAIGNS, metavar="NAME")
    parser.add_argument("--folder", type=Path, help="where inputs and databases are written")
    parser.add_argument("--dry-run", action="store_true", help="write nothing down")
    options = parser.parse_args()
    for name in options.names:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="campaign_") as folder:
            outcomes = []
            for outcome in CAMPAIGNS[name](Path(folder)):
                print(outcome, flush=True)
                outcomes.append(outcome)
                if not options.dry_run:
                    note(name, outcomes)


def note(name: str, outcomes: Sequence[Outcome]) -> None:
    """Keep what a campaign saw, and renew the page."""
    held = read_results()
    held[name] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "rows": [outcome.as_dict() for outcome in outcomes],
    }
    RESULTS.write_text(json.dumps(held, indent=1) + "\n", encoding="utf-8")
    page.put(PAGE, MARKS, section(held))


def read_results() -> dict[str, Any]:
    """What campaigns saw, by name."""
    return json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}


def section(held: Mapping[str, Any]) -> str:
    """The page's table."""
    lines = ["| tried | what happened | CPU s | peak MB | campaign, date |"]
    lines.append("| --- | --- | ---: | ---: | --- |")
    for name in (name for name in CAMPAIGNS if name in held):
        for row in held[name]["rows"]:
            cpu = f"{row['cpu_s']:,.0f}" if "cpu_s" in row else ""
            peak = f"{row['peak_mb']:,.0f}" if "peak_mb" in row else ""
            when = f"`{name}`, {held[name]['date']}"
            lines.append(f"| {row['what']} | {row['happened']} | {cpu} | {peak} | {when} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
