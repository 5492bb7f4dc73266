"""kill -9 of commands and of their workers, in every stage, each at a random moment.

Fetching over the network, reading rasters and segmenting in two processes, building, exporting,
publishing, report and site. What has workers is hit in three ways in turn: one worker alone, the
command alone, the command with all its workers.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.campaign.contents import contents, fresh, must_leave_nothing
from benchmarks.campaign.outcome import QUARRY, Outcome, cpu_of_children, must
from tests.fetch.server import serving
from tests.fetch.world import publish, write_project
from tests.landcover.conftest import write_raster
from tests.reliability.small import change_segmented, write_segmented, write_small

KILLS = 10  # of each command
SEED = 23
LEAST_S = 0.3
GLANCE_S = 0.01
WAYS = {
    "worker": "a worker alone",
    "command": "the command alone",
    "group": "the command and its workers",
}
TILED = """
[landcover]
path = "lc_*.tif"
years_from = "lc_(?P<year>\\\\d{4})"

[parameters]
"""
CODES = (10, 51, 61, 71, 120, 130, 190, 200)
N_TILES = 10


@dataclass
class Target:
    """A command on the folder ``room``, which holds what is in ``before`` as it starts."""

    name: str
    before: Path
    arguments: Sequence[str]
    has_workers: bool = False
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Span:
    """Seconds from the start within which a command can be hit, and within which it has workers."""

    end: float = 0.0
    first_worker: float = 0.0
    last_worker: float = 0.0


def run(folder: Path, is_wanted: Callable[[str], bool]) -> Iterator[Outcome]:
    """Kill each command that is wanted ten times."""
    with targets(folder) as found:
        for target in found:
            if is_wanted(target.name):
                yield kill_often(target, folder, random.Random(f"{SEED} {target.name}"))


def write_tiled(folder: Path) -> Path:
    """Forty mines and six years of land cover in tiles, so that there are tasks for several workers."""
    chance = np.random.default_rng(0)
    write_small(folder)
    for year in range(2000, 2006):
        for tile in range(N_TILES):
            path = folder / f"lc_{year}_{tile}.tif"
            left = -0.1 + tile / N_TILES
            write_raster(path, chance.choice(CODES, (300, 50)), left=left, top=0.5, pixel=0.002)
    text = (folder / "quarry.toml").read_text(encoding="utf-8")
    (folder / "quarry.toml").write_text(text.replace("[parameters]", TILED), encoding="utf-8")
    return folder


@contextmanager
def targets(folder: Path) -> Iterator[list[Target]]:
    """The commands, with their worlds made, and a server that runs meanwhile."""
    room = str(folder / "room")
    rasters = write_tiled(folder / "rasters")
    segmented = write_segmented(folder / "segmented")
    for command in ("build", "segment", "build"):
        subprocess.run([*QUARRY, command, segmented], check=True, capture_output=True)
    stale = folder / "stale"
    shutil.copytree(segmented, stale, symlinks=True)
    change_segmented(stale)
    changed = folder / "changed"
    shutil.copytree(stale, changed, symlinks=True)
    shutil.rmtree(changed / ".quarry/store/probability")
    subprocess.run([*QUARRY, "build", changed], check=True, capture_output=True)
    publish(folder / "published")
    empty = folder / "empty"
    empty.mkdir()
    of_database = ["-d", str(segmented / "mines.duckdb")]
    with serving(folder / "published") as server:
        server.delay_s = 0.01
        host = server.address.partition("://")[2]
        remote = write_project(folder / "remote", server.address, f'hosts = ["{host}"]')
        cache = {"QUARRY_CACHE": f"{room}/cache"}
        yield [
            Target("fetching", remote, ["build", room, "--fetch", "--workers", "1"], False, cache),
            Target("building", stale, ["build", room, "--workers", "1"]),
            Target("reading rasters", rasters, ["build", room, "--workers", "2"], True),
            Target("segmenting", changed, ["segment", room, "--workers", "2", "--device", "cpu"], True),
            Target("exporting", empty, ["export", f"{room}/out", "--format", "gpkg", *of_database]),
            Target(
                "publishing", empty,
                ["publish", "--ducklake", f"{room}/lake.ducklake", "--data", f"{room}/files/", *of_database],
            ),
            Target("the report", empty, ["report", f"{room}/out", *of_database]),
            Target("the site", empty, ["site", f"{room}/out", *of_database]),
        ]  # fmt: skip


def kill_often(target: Target, folder: Path, chance: random.Random) -> Outcome:
    """Kill one command at random moments; after each the next run must give what an undisturbed one gives."""
    room, cpu = folder / "room", cpu_of_children()
    restore(target, room)
    old = contents(room)
    span, new = undisturbed(target), contents(room)
    hit: Counter[str] = Counter()
    for number in range(KILLS):
        restore(target, room)
        way = list(WAYS)[number % 3] if target.has_workers else "group"
        label = f"{target.name}, kill {number} of {WAYS[way]}"
        hit[kill_once(target, span, way, chance)] += 1
        there = contents(room)
        strange = [n for n, digest in there.items() if digest not in (old.get(n), new.get(n))]
        must(not strange, f"{label}: neither old nor new: {strange}")
        must(start(target).wait() == 0, f"{label}: the next run fails")
        found = contents(room)
        differing = [name for name in {*new, *found} if new.get(name) != found.get(name)]
        must(not differing, f"{label}: the next run differs in {differing}")
        must_leave_nothing(room, label)
    return Outcome(
        f"{KILLS} kill -9 at random moments of {target.name}",
        f"{shown(hit, target.has_workers)}; what stood there was old or new, each next run equal to an "
        "undisturbed one, nothing temporary left.",
        cpu_of_children() - cpu,
    )


def shown(hit: Counter[str], has_workers: bool) -> str:
    """Whom the kills hit, in words."""
    words = WAYS if has_workers else {"group": "the command"}
    parts = [f"{hit[way]} hit {name}" for way, name in words.items()]
    return ", ".join([*parts, f"{hit['none']} came when it had ended"])


def undisturbed(target: Target) -> Span:
    """Run the command, and note when it has workers."""
    process, started, span = start(target), time.monotonic(), Span()
    while process.poll() is None:
        span.end = time.monotonic() - started
        if target.has_workers and workers_of(process.pid):
            span.first_worker = span.first_worker or span.end
            span.last_worker = span.end
        time.sleep(GLANCE_S)
    must(process.returncode == 0, f"{target.name} fails undisturbed")
    must(not target.has_workers or span.last_worker > 0, f"{target.name} has no workers")
    return span


def restore(target: Target, room: Path) -> None:
    """The room as the command finds it."""
    fresh(room)
    shutil.copytree(target.before, room, symlinks=True, dirs_exist_ok=True)


def start(target: Target) -> subprocess.Popen[bytes]:
    """Start the command in a group of its own."""
    return subprocess.Popen(
        [*QUARRY, *target.arguments],
        stdout=-3,
        stderr=-3,
        start_new_session=True,
        env={**os.environ, **target.environment},
    )


def kill_once(target: Target, span: Span, way: str, chance: random.Random) -> str:
    """Kill the command at a random moment, with or without its workers, or one of these; which it was."""
    process = start(target)
    of_worker = way == "worker" or (way == "command" and target.has_workers)
    if of_worker:
        until_workers(process)
        time.sleep(chance.uniform(0, span.last_worker - span.first_worker))
    else:
        time.sleep(chance.uniform(LEAST_S, span.end))
    workers = workers_of(process.pid)
    if process.poll() is not None or (way == "worker" and not workers):
        process.wait()
        return "none"
    if way == "worker":
        os.kill(chance.choice(workers), signal.SIGKILL)
        must(process.wait() == 0, f"{target.name} fails where a worker was killed")
        return way
    if way == "command":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    until_gone(workers)
    return way


def until_workers(process: subprocess.Popen[bytes]) -> None:
    """Wait until a command has workers, or has ended."""
    while process.poll() is None and not workers_of(process.pid):
        time.sleep(GLANCE_S)


def until_gone(workers: Sequence[int]) -> None:
    """Wait until workers have ended, which they do with their command."""
    deadline = time.monotonic() + 60
    while any(map(is_worker, workers)):
        must(time.monotonic() < deadline, "workers outlive their command")
        time.sleep(GLANCE_S)


def workers_of(parent: int) -> list[int]:
    """The worker processes of a command, which multiprocessing starts."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, ValueError, IndexError):
            above = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            if above == parent and is_worker(int(place.name)):
                found.append(int(place.name))
    return found


def is_worker(process: int) -> bool:
    """Whether a process is a worker of multiprocessing, and alive."""
    with suppress(OSError):
        return b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes()
    return False
