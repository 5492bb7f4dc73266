"""Shards on a Dask cluster: same results as in one process, dead workers replaced, errors said plainly."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

import pytest

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import BuildError, SourceError
from quarrydb.loaders.landcover_shard import COVERAGE, TRAJECTORY
from quarrydb.project import load_project
from quarrydb.store.shards import Store
from quarrydb.workers import dask_cluster as cluster_module
from quarrydb.workers.dask_cluster import (
    DaskExecutor,
    check_workers_see_store,
    explained,
    marker_of,
    workers_for,
)
from quarrydb.workers.processes import map_shards
from tests.engine.test_build import tables

distributed = pytest.importorskip("distributed", reason="Dask is an extra: distributed")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster() -> Iterator["distributed.LocalCluster"]:
    """Two worker processes of one thread."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as local:
        yield local


@pytest.fixture
def client(cluster: "distributed.LocalCluster") -> Iterator["distributed.Client"]:
    """A client of those two."""
    with distributed.Client(cluster) as found:
        found.wait_for_workers(2, timeout=60)
        yield found


def world(demo: Path, folder: Path) -> Path:
    """The demo's polygons and land cover as a project of its own, with an empty store."""
    folder.mkdir()
    for entry in demo.iterdir():
        if entry.is_dir() and entry.name not in (".quarry", "export"):
            (folder / entry.name).symlink_to(entry)
    text = (demo / "quarry.toml").read_text()
    head, found, rest = text.partition("[landcover]")
    (folder / "quarry.toml").write_text(head + found + rest.partition("\n[")[0] + "\n")
    return folder


def shard_bytes(folder: Path) -> dict[str, bytes]:
    """Every shard of a store by kind and name."""
    return {
        f"{kind}/{path.name}": path.read_bytes()
        for kind in (TRAJECTORY, COVERAGE)
        for path in (folder / ".quarry" / "store" / kind).glob("*.parquet")
    }


@pytest.fixture(scope="module")
def alone(demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That project as one process builds it."""
    folder = world(demo, tmp_path_factory.mktemp("alone") / "world")
    build(load_project(folder), workers=1)
    return folder


def test_a_killed_worker_changes_nothing(
    alone: Path, demo: Path, tmp_path: Path, cluster, client
) -> None:
    """Build with two workers, kill one of them while it reads, compare with one process."""
    killed: list[int] = []
    killer = threading.Thread(target=kill_a_busy_worker, args=(client, killed))
    killer.start()
    spread = build(
        load_project(world(demo, tmp_path / "spread")), scheduler=cluster.scheduler_address
    )
    killer.join()
    assert len(killed) == 1
    one, other = shard_bytes(alone), shard_bytes(tmp_path / "spread")
    assert len(one) >= 4
    assert one == other
    assert differing(alone / "mines.duckdb", spread.database) == []


def differing(one: Path, other: Path) -> list[str]:
    """Tables whose rows differ between two databases in any bit, but for times.

    Views are left out: their sums run over the same rows in whatever order threads take them.
    """
    left, right = tables(one), tables(other)
    assert left.keys() == right.keys()
    with quarrydb.connect(one) as connection:
        names = connection.execute(
            "SELECT schema_name || '.' || table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
    assert len(names) > 30
    return [name for (name,) in names if left[name] != right[name]]


def kill_a_busy_worker(client: "distributed.Client", killed: list[int]) -> None:
    """Kill the first worker that is seen with a shard under way."""
    pids = client.run(os.getpid)
    ends = time.monotonic() + 120
    while time.monotonic() < ends:
        for address, tasks in client.processing().items():
            if any("run_shard" in str(task) for task in tasks) and address in pids:
                os.kill(pids[address], signal.SIGKILL)
                killed.append(pids[address])
                return
        time.sleep(0.002)


def test_a_local_dask_cluster_gives_what_one_process_gives(
    alone: Path, demo: Path, tmp_path: Path
) -> None:
    """--dask with two workers."""
    spread = build(load_project(world(demo, tmp_path / "spread")), workers=2, use_dask=True)
    assert shard_bytes(alone) == shard_bytes(tmp_path / "spread")
    assert differing(alone / "mines.duckdb", spread.database) == []


def executors(client: "distributed.Client", folder: Path) -> partial[DaskExecutor]:
    """What makes an executor whose workers see ``folder``."""
    check_workers_see_store(client, folder)
    return partial(DaskExecutor, client, marker_of(folder))


def die_once(path: Path) -> str:
    """Kill the worker the first time a path is seen."""
    if path.suffix == ".die" and not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def always_die(number: int) -> int:
    """Kill the worker."""
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    """Fail as a loader fails."""
    raise SourceError(f"tile {number} is damaged")


def test_dead_workers_are_replaced(tmp_path: Path, client) -> None:
    """Two of six tasks kill their worker once; all results come, in order."""
    tasks = [tmp_path / name for name in ("a", "b.die", "c", "d", "e.die", "f")]
    found = map_shards(die_once, tasks, workers=2, scheduler=executors(client, tmp_path))
    assert found == [task.name for task in tasks]


def die_while_writing(folder: Path) -> str:
    """Write a file of a store; the first try is killed in the middle of it."""
    store = Store(folder)

    def fill(file: IO[bytes]) -> None:
        file.write(b"half")
        file.flush()
        if not (folder / "died").exists():
            (folder / "died").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        file.write(b" and half")

    return store.put(store.path("kind", "key"), fill).read_text()


def test_a_worker_that_dies_while_it_writes(tmp_path: Path, client) -> None:
    """Its half is never read under the file's name, and goes with the next build."""
    make = executors(client, tmp_path)
    assert map_shards(die_while_writing, [tmp_path], workers=2, scheduler=make) == ["half and half"]
    store = Store(tmp_path)
    assert store.is_sound(store.path("kind", "key"))
    folder = store.path("kind", "key").parent
    assert len(list(folder.iterdir())) == 3
    store.remove_leftovers()
    assert {path.name for path in folder.iterdir()} == {"key.parquet", "key.parquet.sha256"}


def test_a_worker_that_joins_later_is_looked_at(tmp_path: Path, client, monkeypatch) -> None:
    """One of another version, one that does not see the store, one that lacks the code."""
    make = executors(client, tmp_path)
    marker_of(tmp_path).unlink()
    with pytest.raises(BuildError, match=r"Dask worker tcp:.* does not see .*same paths"):
        map_shards(refuse, [1], workers=2, scheduler=make)
    marker_of(tmp_path).touch()
    monkeypatch.setattr(quarrydb, "__version__", "9.9")
    with pytest.raises(BuildError, match=r"runs quarrydb .*, this machine 9\.9"):
        map_shards(refuse, [1], workers=2, scheduler=make)
    lacking = AttributeError("module 'quarrydb.workers' has no attribute 'new'")
    assert "Install the same version" in str(explained(lacking))


def test_a_task_that_always_kills_is_an_error(tmp_path: Path) -> None:
    """Dask gives up after four deaths; the message says what to try."""
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0"
        ) as local,
        distributed.Client(local) as client,
        pytest.raises(BuildError, match="died on the same shard"),
    ):
        map_shards(always_die, [1], workers=2, scheduler=executors(client, tmp_path))


def test_errors_of_the_function_come_through(tmp_path: Path, client) -> None:
    """As they are, so that exit codes stay right."""
    with pytest.raises(SourceError, match=r"tile \d is damaged"):
        map_shards(refuse, [1, 2], workers=2, scheduler=executors(client, tmp_path))


def test_a_scheduler_that_does_not_answer(tmp_path: Path, monkeypatch) -> None:
    """The message names the address and what to do."""
    monkeypatch.setattr(cluster_module, "CONNECT_TIMEOUT_S", 1)
    with (
        pytest.raises(BuildError, match=r"No Dask scheduler answers at tcp://127\.0\.0\.1:1 "),
        workers_for(2, scheduler="tcp://127.0.0.1:1", store=tmp_path),
    ):
        pass


def test_workers_that_see_another_store(tmp_path: Path, client, monkeypatch) -> None:
    """Found before any work is done."""
    monkeypatch.setattr(cluster_module, "look_around", sees_nothing)
    with pytest.raises(BuildError, match=r"does not see .*same paths"):
        check_workers_see_store(client, tmp_path / "store")


def sees_nothing(marker: Path) -> tuple[bool, str]:
    """What a worker on a machine without the shared folder answers."""
    shutil.disk_usage(marker.anchor)
    return False, "0"


def test_without_dask_processes_do_it(tmp_path: Path) -> None:
    """No scheduler, no Dask: nothing to connect to."""
    with workers_for(3, store=Store(tmp_path).root) as workers:
        assert (workers.n, workers.make) == (3, None)
