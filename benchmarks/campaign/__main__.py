"""Run campaigns of load and faults, and write what they saw into docs/reliability.md.

    python -m benchmarks.campaign NAME [NAME ...] [--of PART ...] [--folder DIR] [--dry-run]

Each takes minutes, some up to an hour, and needs up to 6 GB of disk in the folder. One that sees
anything else than what must happen ends with an error; what it saw before that is written. Those
of several commands run them all, or the ones given with --of; rows of the others stay.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping
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
IsWanted = Callable[[str], bool]
CAMPAIGNS: Mapping[str, Callable[[Path, IsWanted], Iterable[Outcome]]] = {
    "million": lambda folder, _: load_polygons.million(folder),
    "columns": lambda folder, _: load_polygons.columns(folder),
    "vast": lambda folder, _: load_rasters.vast(folder),
    "indicators": lambda folder, _: load_rasters.indicators(folder),
    "room": room.run,
    "kills": kills.run,
}


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.campaign", description=__doc__)
    parser.add_argument("names", nargs="+", choices=CAMPAIGNS, metavar="NAME")
    parser.add_argument(
        "--of", action="append", default=[], metavar="PART", help="only these commands"
    )
    parser.add_argument("--folder", type=Path, help="where inputs and databases are written")
    parser.add_argument("--dry-run", action="store_true", help="write nothing down")
    options = parser.parse_args()
    for name in options.names:
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="campaign_") as folder:
            for outcome in CAMPAIGNS[name](
                Path(folder), lambda part: part in (options.of or [part])
            ):
                print(outcome, flush=True)
                if not options.dry_run:
                    note(name, outcome)


def note(name: str, outcome: Outcome) -> None:
    """Keep what a campaign saw, in the place of an earlier row of the same words, and renew the page."""
    held = read_results()
    row = {**outcome.as_dict(), "date": datetime.now(UTC).strftime("%Y-%m-%d")}
    rows = {each["what"]: each for each in held.get(name, [])} | {outcome.what: row}
    held[name] = list(rows.values())
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
        for row in held[name]:
            cpu = f"{row['cpu_s']:,.0f}" if "cpu_s" in row else ""
            peak = f"{row['peak_mb']:,.0f}" if "peak_mb" in row else ""
            when = f"`{name}`, {row['date']}"
            lines.append(f"| {row['what']} | {row['happened']} | {cpu} | {peak} | {when} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
