"""A disk that fills at random points: build, segment, export, publish, report, map, figure and site.

Needs the right to mount a file system (root, or a container that may): each run gets one of a random size.
"""

from __future__ import annotations

import filecmp
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign.contents import contents, fresh, must_leave_nothing
from benchmarks.campaign.outcome import QUARRY, Outcome, cpu_of_children, must
from tests.reliability.small import change_segmented, write_segmented

POINTS = 20  # of each command; of exports, in three formats together
PAGE = 4096
SEED = 11
# A file system of the size $SIZE with what $FROM holds; what is there after the command goes to $TO.
SCRIPT = """
mount -t tmpfs -o size=$SIZE,nr_inodes=0 tmpfs "$ROOM" && cp -a "$FROM/." "$ROOM" && "$@"
code=$?; cp -a "$ROOM/." "$TO"; exit $code
"""
PLAIN_CODES = (4, 6, 8)


@dataclass(frozen=True)
class Kind:
    """A command that writes into the folder ``room``: its arguments, and what compares of its results."""

    name: str
    arguments: Callable[[Path, Path], Sequence[object]]
    in_project: bool = False
    points: int = POINTS
    skew: int = 1  # 3: half of the points in the first eighth, before a last large file


KINDS = (
    Kind("build", lambda room, project: ["build", room, "--workers", "1"], in_project=True),
    Kind(
        "segment",
        lambda room, project: ["segment", room, "--workers", "1", "--device", "cpu"],
        in_project=True,
    ),
    Kind("export as GeoParquet", lambda room, project: export(room, project, "parquet"), points=7),
    Kind("export as GeoPackage", lambda room, project: export(room, project, "gpkg"), points=7),
    Kind("export as CSV", lambda room, project: export(room, project, "csv"), points=7),
    Kind(
        "publish",
        lambda room, project: [
            "publish",
            "--ducklake",
            room / "lake.ducklake",
            "--data",
            f"{room}/files/",
            "-d",
            project / "mines.duckdb",
        ],
        skew=3,
    ),
    Kind("report", lambda room, project: ["report", room / "out", "-d", project / "mines.duckdb"]),
    Kind("map", lambda room, project: ["map", room / "map.html", "-d", project / "mines.duckdb"]),
    Kind(
        "figure",
        lambda room, project: [
            "figure",
            "density_map",
            room / "a.png",
            "-d",
            project / "mines.duckdb",
        ],
    ),
    Kind("site", lambda room, project: ["site", room / "out", "-d", project / "mines.duckdb"]),
)


def export(room: Path, project: Path, file_format: str) -> list[object]:
    """The command that writes all views in one format."""
    return ["export", room / "out", "-d", project / "mines.duckdb", "--format", file_format]


def run(folder: Path, is_wanted: Callable[[str], bool]) -> Iterator[Outcome]:
    """Let the disk fill at random points of every kind of command that is wanted."""
    project = folder / "project"
    write_segmented(project)
    for command in ("build", "segment", "build"):
        subprocess.run([*QUARRY, command, project], check=True, capture_output=True)
    for kind in KINDS:
        if is_wanted(kind.name):
            yield Rounds(folder, project, kind, random.Random(f"{SEED} {kind.name}")).run()


class Rounds:
    """Runs of one command on disks of random sizes, each compared with one that had room."""

    def __init__(self, folder: Path, project: Path, kind: Kind, chance: random.Random) -> None:
        self.folder, self.project, self.kind, self.chance = folder, project, kind, chance
        self.before = folder / "before"
        self.room, self.after = folder / "room", folder / "after"

    def run(self) -> Outcome:
        """Measure what it writes with room enough, then take away a random part of that."""
        started, cpu = time.monotonic(), cpu_of_children()
        self.prepare()
        fresh(self.room)
        shutil.copytree(self.before, self.room, symlinks=True, dirs_exist_ok=True)
        done = self.command(self.room)
        must(done.returncode == 0, done.stderr)
        new = contents(self.room)
        least = size_of(self.before)
        most = least + size_written(self.before, self.room)
        codes: dict[int, int] = {}
        for _ in range(self.kind.points):
            share = self.chance.random() ** self.kind.skew
            size = least + PAGE + int(share * (most - least)) // PAGE * PAGE
            code = self.fill(size, new)
            codes[code] = codes.get(code, 0) + 1
        seconds = time.monotonic() - started
        shown = ", ".join(f"{n} times code {code}" for code, n in sorted(codes.items()))
        return Outcome(
            f"disk that fills at {self.kind.points} random points of {self.kind.name}",
            f"Exit codes: {shown}; no traceback, no half file, nothing temporary left; each next run "
            f"equal to one with room ({in_minutes(seconds)}).",
            cpu_of_children() - cpu,
        )

    def prepare(self) -> None:
        """What stands in the room before the command: nothing, or a project with new parameters."""
        fresh(self.before)
        if self.kind.in_project:
            shutil.copytree(self.project, self.before, symlinks=True, dirs_exist_ok=True)
            change_segmented(self.before)
            if self.kind.name == "segment":
                shutil.rmtree(self.before / ".quarry/store/probability")
                subprocess.run([*QUARRY, "build", self.before], check=True, capture_output=True)

    def command(self, room: Path) -> subprocess.CompletedProcess[str]:
        """The command where there is room."""
        arguments = map(str, self.kind.arguments(room, self.project))
        return subprocess.run([*QUARRY, *arguments], capture_output=True, text=True, check=False)

    def fill(self, size: int, new: Mapping[str, str]) -> int:
        """Run on a disk of ``size`` bytes, look at what is left there, run again with room."""
        for place in (self.room, self.after):
            fresh(place)
        label = f"{self.kind.name} on {size:,} bytes"
        old = contents(self.before)
        environment = {"SIZE": size, "ROOM": self.room, "FROM": self.before, "TO": self.after}
        arguments = map(str, self.kind.arguments(self.room, self.project))
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", SCRIPT, "sh", *QUARRY, *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **{key: str(value) for key, value in environment.items()}},
        )
        must("mount:" not in done.stderr, f"no file system can be mounted here: {done.stderr}")
        must("Traceback" not in done.stderr, f"{label}: {done.stderr}")
        if done.returncode:
            is_plain = done.returncode in PLAIN_CODES and "Error: " in done.stderr
            must(is_plain, f"{label}: code {done.returncode}, {done.stderr}")
        shutil.rmtree(self.room)
        self.after.rename(self.room)  # where it was: a DuckLake names its files by whole paths
        there = contents(self.room)
        strange = [n for n, digest in there.items() if digest not in (old.get(n), new.get(n))]
        must(not strange, f"{label}: neither old nor new: {strange}; {done.stderr}")
        must_leave_nothing(self.room, label)
        if is_same_folder(self.before, self.room):
            return done.returncode  # the next run is the undisturbed one
        again = self.command(self.room)
        must(again.returncode == 0, f"{label}, the next run: {again.stderr}")
        found = contents(self.room)
        differing = [name for name in {*new, *found} if new.get(name) != found.get(name)]
        must(not differing, f"{label}: the next run differs in {differing}")
        must_leave_nothing(self.room, label)
        return done.returncode


def in_minutes(seconds: float) -> str:
    """A time as the page gives it."""
    return "under a minute" if seconds < 60 else f"{seconds / 60:.0f} minutes"


def size_of(folder: Path) -> int:
    """Bytes that a folder's files take in pages."""
    return sum(in_pages(path) for path in folder.rglob("*"))


def size_written(before: Path, after: Path) -> int:
    """Bytes of the files that a command wrote: each stands beside the old one before it takes its place."""
    return sum(map(in_pages, written(before, after)))


def written(before: Path, after: Path) -> Iterator[Path]:
    """The files of a folder that an earlier state of it does not hold with the same bytes."""
    for path in after.rglob("*"):
        if path.is_file() and not is_same(path, before / path.relative_to(after)):
            yield path


def is_same(path: Path, other: Path) -> bool:
    """Whether two files hold the same bytes."""
    return other.is_file() and filecmp.cmp(path, other, shallow=False)


def is_same_folder(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, with the same bytes."""
    return not any(written(one, other)) and not any(written(other, one))


def in_pages(path: Path) -> int:
    """Bytes of a file, in pages."""
    return -(-path.lstat().st_size // PAGE) * PAGE
