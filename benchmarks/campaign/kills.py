"""kill -9 of commands and of their workers, in the stages that ``make kills`` does not reach.

Fetching over the network, reading rasters in several processes, segmenting in several processes,
publishing, report and site; a random moment each, the whole group or one worker alone in turn.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.campaign.contents import contents, fresh, must_leave_nothing
from benchmarks.campaign.outcome import QUARRY, Outcome, cpu_of_children, must
from tests.fetch.server import serving
from tests.fetch.world import publish, write_project
from tests.reliability.small import change_segmented, write_segmented
from tests.reliability.test_fault_room_shards import write_rasters

KILLS = 10  # of each command
SEED = 23
LEAST_S = 0.3


@dataclass
class Target:
    """A command on the folder ``room``, which holds what is in ``before`` as it starts."""

    name: str
    before: Path
    arguments: Sequence[str]
    has_workers: bool = False
    environment: dict[str, str] = field(default_factory=dict)


def run(folder: Path) -> Iterator[Outcome]:
    """Kill each command ten times."""
    chance = random.Random(SEED)
    with targets(folder) as found:
        for target in found:
            yield kill_often(target, folder, chance)


@contextmanager
def targets(folder: Path) -> Iterator[list[Target]]:
    """The commands, with their worlds made, and a server that runs meanwhile."""
    room = str(folder / "room")
    rasters = write_rasters(folder / "rasters")
    segmented = write_segmented(folder / "segmented")
    for command in ("build", "segment", "build"):
        subprocess.run([*QUARRY, command, segmented], check=True, capture_output=True)
    changed = folder / "changed"
    shutil.copytree(segmented, changed, symlinks=True)
    change_segmented(changed)
    subprocess.run([*QUARRY, "build", changed], check=True, capture_output=True)
    shutil.rmtree(changed / ".quarry/store/probability", ignore_errors=True)
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
            Target("reading rasters", rasters, ["build", room, "--workers", "2"], True),
            Target("segmenting", changed, ["segment", room, "--workers", "2", "--device", "cpu"], True),
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
    old, started = contents(room), time.monotonic()
    process = start(target)
    must(process.wait() == 0, f"{target.name} fails undisturbed")
    seconds, new = time.monotonic() - started, contents(room)
    hit = {"parent": 0, "worker": 0, "none": 0}
    for number in range(KILLS):
        restore(target, room)
        of_worker = target.has_workers and number % 2 == 1
        hit[kill_once(target, chance.uniform(LEAST_S, seconds), of_worker)] += 1
        label = f"{target.name}, kill {number}"
        there = contents(room)
        strange = [n for n, digest in there.items() if digest not in (old.get(n), new.get(n))]
        must(not strange, f"{label}: neither old nor new: {strange}")
        must(start(target).wait() == 0, f"{label}: the next run fails")
        found = contents(room)
        differing = [name for name in {*new, *found} if new.get(name) != found.get(name)]
        must(not differing, f"{label}: the next run differs in {differing}")
        must_leave_nothing(room, label)
    workers = f", {hit['worker']} of a worker alone" if target.has_workers else ""
    return Outcome(
        f"{KILLS} kill -9 at random moments of {target.name}",
        f"{hit['parent']} hit the command{workers}, {hit['none']} came when it had ended; what stood there "
        "was old or new, each next run equal to an undisturbed one, nothing temporary left.",
        cpu_of_children() - cpu,
    )


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


def kill_once(target: Target, after_s: float, of_worker: bool) -> str:
    """Kill the command with all its children, or one of its workers; which it was."""
    process = start(target)
    time.sleep(after_s)
    if process.poll() is not None:
        return "none"
    if of_worker and (workers := workers_of(process.pid)):
        os.kill(workers[0], signal.SIGKILL)
        must(process.wait() == 0, f"{target.name} fails where a worker was killed")
        return "worker"
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return "parent"


def workers_of(parent: int) -> list[int]:
    """The worker processes of a command, which multiprocessing starts."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            above = int((place / "stat").read_text().rpartition(")")[2].split()[1])
            is_worker = b"spawn_main" in (place / "cmdline").read_bytes()
        except (OSError, ValueError):
            continue
        if above == parent and is_worker:
            found.append(int(place.name))
    return found
