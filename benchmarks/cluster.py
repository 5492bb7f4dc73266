"""The raster shards of a build on two Dask workers: CPU and bytes a shard, and what more workers would take.

    python -m benchmarks --only cluster

Workers are two processes of one thread on this machine. Bytes are those that a worker's system calls
read and write, which is what a shared file system would have to carry; over the network, those that the
loopback server sent. A shard's CPU seconds are its worker's while it runs.
"""

from __future__ import annotations

import heapq
import os
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster, WorkerPlugin

from benchmarks import fetch
from benchmarks.build import render
from benchmarks.harness import Row, measure
from benchmarks.world import SCALES
from quarrydb.demo.write import write_published
from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.fetch.server import serving

PARTS = ("polygons", "landcover", "indicators")
N_WORKERS = 2
PLANNED = (10, 100, 1000)  # workers that the page plans for
IO = Path("/proc/self/io")


@dataclass(frozen=True)
class Spent:
    """What one shard took on its worker, in the order in which shards began."""

    kind: str
    began: float
    cpu_s: float
    n_read: int
    n_written: int


class Meter(WorkerPlugin):
    """Notes what every task of a worker took."""

    name = "quarrydb-meter"

    def setup(self, worker: Any) -> None:
        """Begin with nothing."""
        del worker
        self.open: dict[str, tuple[float, float, int, int]] = {}
        self.spent: list[Spent] = []

    def transition(self, key: str, start: str, finish: str, **options: Any) -> None:
        """A task starts or ends. ``start`` and ``finish`` are Dask's states."""
        del options
        if finish == "executing":
            self.open[key] = (time.time(), time.process_time(), *transferred())
        elif start == "executing" and key in self.open:
            began, cpu, read, written = self.open.pop(key)
            now_read, now_written = transferred()
            self.spent.append(
                Spent(
                    str(key).rpartition("-")[0],
                    began,
                    time.process_time() - cpu,
                    now_read - read,
                    now_written - written,
                )
            )


def transferred() -> tuple[int, int]:
    """Bytes that this process has read and written by system calls. Linux only; elsewhere zeros."""
    if not IO.exists():
        return 0, 0
    counts = dict(line.split(": ") for line in IO.read_text().splitlines())
    return int(counts["rchar"]), int(counts["wchar"])


def told(dask_worker: Any) -> list[Spent]:
    """What the meter of a worker has noted."""
    return dask_worker.plugins[Meter.name].spent


@contextmanager
def metered() -> Iterator[tuple[str, Client]]:
    """The address of a scheduler with two workers that note what shards take, and a client of it."""
    with (
        LocalCluster(n_workers=N_WORKERS, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        client.register_plugin(Meter())
        yield cluster.scheduler_address, client


def run(size: str, folder: Path) -> list[Row]:
    """Raster steps of a world of this size from local files, and one country over the network."""
    place = folder / f"scale-{SCALES[size]}"
    measure(render, place, SCALES[size], PARTS)
    shutil.rmtree(place / ".quarry", ignore_errors=True)  # of another benchmark on the same world
    with metered() as (address, client):
        started = time.monotonic()
        build(load_project(place), scheduler=address)
        clock_s = time.monotonic() - started
        shards = shards_of(client)
    return [*rows(shards, clock_s), *remote_rows(folder / "remote")]


def shards_of(client: Client) -> list[Spent]:
    """All that the workers ran, in the order in which it began."""
    found = [one for part in client.run(told).values() for one in part]
    return sorted(found, key=lambda one: one.began)


def rows(shards: Sequence[Spent], clock_s: float) -> list[Row]:
    """One line a kind of shard, one for all, and one for each number of workers that is planned."""
    kinds: dict[str, list[Spent]] = defaultdict(list)
    for one in shards:
        kinds[one.kind].append(one)
    total = sum(one.cpu_s for one in shards)
    lines = [Row(f"shards of {kind}", sum(s.cpu_s for s in of), note=words(of))
             for kind, of in kinds.items()]  # fmt: skip
    least = makespan(kinds, N_WORKERS)
    lines.append(
        Row("all shards", total, note=f"the build with {N_WORKERS} workers took {clock_s:,.0f} s by the "
            f"clock; its shards alone, as planned for {N_WORKERS}, {least:,.0f} s")
    )  # fmt: skip
    for n in PLANNED:
        planned = makespan(kinds, n)
        note = f"a plan, not a measurement: {planned:,.1f} s by the clock, {total / planned / n:.0%} busy"
        lines.append(Row(f"{n:,} workers", None, note=note))
    return lines


def words(shards: Sequence[Spent]) -> str:
    """Number, cost and bytes of shards of one kind."""
    n = len(shards)
    mean, longest = sum(s.cpu_s for s in shards) / n, max(s.cpu_s for s in shards)
    read, written = (sum(values) / n / 1e6 for values in
                     ([s.n_read for s in shards], [s.n_written for s in shards]))  # fmt: skip
    return (
        f"{n:,} shards of {mean:.3f} CPU s, the longest {longest:.2f}; "
        f"{read:,.2f} MB read and {written:,.3f} MB written a shard"
    )


def makespan(kinds: dict[str, list[Spent]], n_workers: int) -> float:
    """Seconds in which workers do the shards, each kind after the one before it.

    A shard goes, in the order of the build, to the worker that is free first; file system, scheduler
    and DuckDB's part of the build cost nothing here.
    """
    total = 0.0
    for shards in kinds.values():
        free = [0.0] * min(n_workers, len(shards))
        for one in shards:
            heapq.heapreplace(free, free[0] + one.cpu_s)
        total += max(free)
    return total


def remote_rows(folder: Path) -> list[Row]:
    """One country of the published demo world from the loopback server, shards on two workers."""
    write_published(folder, scale=0.2)
    os.environ["QUARRY_CACHE"] = str(folder / "cache")
    with serving(folder / "published") as server:
        far = fetch.write_project(folder / "far", folder / "published", server.address)
        with metered() as (address, client):
            build(load_project(far), scheduler=address, fetch=True)
            shards = shards_of(client)
        n_sent = sum(request.n_bytes for request in server.requests if ".tif" in request.path)
    note = (
        f"{len(shards):,} shards; {n_sent / 1e6:,.2f} MB of rasters came over the network, "
        f"{n_sent / 1e6 / len(shards):,.3f} MB a shard, by the machine that calls the build"
    )
    return [Row("one country from a server", sum(one.cpu_s for one in shards), note=note)]
