"""Faults of machines and people: the last good database stays, the next build ends with the same tables."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import pytest

from quarrydb.build import build
from quarrydb.checksum import stamp
from quarrydb.connection import connect
from quarrydb.database import open_checked
from quarrydb.errors import BuildError, QuarryError, SourceError
from quarrydb.export import export_views
from quarrydb.loaders import vector
from quarrydb.loaders.parallel import map_shards, process_pool
from quarrydb.lock import exclusive
from quarrydb.project import load_project
from tests.reliability.small import change, copy
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, refusal, table_hashes

Hashes = Mapping[str, str]
# The page's row is of 60; fewer make a quick look.
KILLS = int(os.environ.get("QUARRY_KILLS", "60"))
QUARRY = (sys.executable, "-m", "quarrydb.cli")
SAME = "the next build ends with identical tables and leaves no temporary file"


@pytest.fixture(scope="session")
def expected(built: Path) -> Hashes:
    """Every table of the undisturbed build."""
    return table_hashes(built / "mines.duckdb")


@pytest.fixture(scope="session")
def expected_changed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Hashes:
    """Every table of an undisturbed build after the change of a parameter."""
    folder = copy(built, tmp_path_factory.mktemp("changed") / "project")
    change(folder)
    return rebuilt(folder)


def rebuilt(folder: Path) -> Hashes:
    """Build, and return the hashes of all tables; nothing temporary may be left."""
    project = load_project(folder)
    build(project, workers=1)
    assert leftovers(folder) == []
    open_checked(project.database).close()
    return table_hashes(project.database)


def quarry(*arguments: object, limit_bytes: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line, with a limit on the size of any file it writes."""

    def limited() -> None:
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [*QUARRY, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=limited,
    )


def assert_plain(done: subprocess.CompletedProcess[str], code: int) -> None:
    """The command ended with ``code`` and a message, not with a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("Error: ")


# The database and its log


def flip_bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(5000, len(content), 50_000):
        content[place] ^= 0xFF
    path.write_bytes(content)


def flip_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8:12] = b"XXXX"
    path.write_bytes(content)


def halve(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty(path: Path) -> None:
    os.truncate(path, 0)


def garbage_log(path: Path) -> None:
    path.with_name(path.name + ".wal").write_bytes(b"\xff" * 5000)


def real_log(path: Path, share: float = 1.0, flipped: int | None = None) -> None:
    """A write-ahead log as a killed writer of this very database leaves it, cut or flipped."""
    code = (
        "import duckdb, os, sys; c = duckdb.connect(sys.argv[1]); "
        "c.execute('PRAGMA disable_checkpoint_on_shutdown'); "
        "[c.execute('CREATE TABLE scratch_%d AS FROM range(1000)' % i) for i in range(5)]; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True)
    log = path.with_name(path.name + ".wal")
    assert log.stat().st_size > 1000
    os.truncate(log, int(log.stat().st_size * share))
    if flipped is not None:
        content = bytearray(log.read_bytes())
        content[flipped] ^= 0xFF
        log.write_bytes(content)


def old_schema(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE raw.build SET schema_version = 0")


def gone(path: Path) -> None:
    path.unlink()


HARM = [
    case("Faults", "database truncated", halve),
    case("Faults", "database of an older schema", old_schema),
    case("Faults", "write-ahead log truncated", lambda p: real_log(p, 0.6)),
]
MORE_HARM = [
    case("Faults", "database with flipped bits", flip_bits),
    case("Faults", "database with a damaged header", flip_header),
    case("Faults", "database emptied", empty),
    case("Faults", "database deleted", gone),
    case("Faults", "write-ahead log of garbage", garbage_log),
    case("Faults", "write-ahead log of a killed writer", real_log),
    case("Faults", "write-ahead log with a flipped bit", lambda p: real_log(p, 1.0, 300)),
]


def try_harm(
    harm: Callable[[Path], None], project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    database = project / "mines.duckdb"
    harm(database)
    try:
        open_checked(database).close()
        said = "Opens"
    except QuarryError as error:
        said = "Refused" if error.exit_code == 6 else "?"
    after = rebuilt(project)
    assert {n: h for n, h in after.items() if "scratch" not in n} == expected
    happened(f"{said} when read; {SAME}.")


@pytest.mark.parametrize("harm", HARM)
def test_harmed_database(
    harm: Callable[[Path], None], project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    try_harm(harm, project, expected, happened)


@pytest.mark.slow
@pytest.mark.parametrize("harm", MORE_HARM)
def test_more_harmed_databases(
    harm: Callable[[Path], None], project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    try_harm(harm, project, expected, happened)


# The store


def flip_store(cache: Path) -> None:
    for path in sorted(cache.glob("store/**/*.parquet"))[::3]:
        flip_middle(path)


def flip_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def truncate_store(cache: Path) -> None:
    for path in sorted(cache.glob("store/**/*.parquet"))[::3]:
        halve(path)


def harm_records(cache: Path) -> None:
    for number, path in enumerate(sorted(cache.glob("step/*.json"))):
        path.write_text(
            ["", "{", "[]", '{"name": 1}', '{"outputs": [{"path": "../../x"}]}'][number % 5]
        )
    (cache / "checksum.json").write_text("[1]")
    (cache / "last_build.json").write_text("\0")
    (cache / "database.json").write_text("[]")


def leave_temporaries(cache: Path) -> None:
    """What processes leave that were killed here, and one elsewhere two days ago."""
    from quarrydb.store import machine

    folder = next(cache.glob("store/*"))
    (folder / f".abc.{machine()}-999999999.0a0a0a0a.tmp").write_bytes(b"x")
    old = folder / ".abc.elsewhere-1.0a0a0a0a.tmp"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 2e5,) * 2)
    spill = cache.parent / ".mines.duckdb.building-999999999.tmp"
    spill.mkdir()
    (spill / "part").write_bytes(b"x")
    (cache.parent / ".mines.duckdb.building-999999999").write_bytes(b"x")
    (cache.parent / "mines.duckdb").unlink()


STORE = [
    case("Faults", "stored results with flipped bits", flip_store),
    case("Faults", "stored results truncated", truncate_store),
    case("Faults", "records of the store damaged", harm_records),
    case("Faults", "temporary files of killed processes", leave_temporaries),
]


@pytest.mark.slow
@pytest.mark.parametrize("harm", STORE)
def test_harmed_store(
    harm: Callable[[Path], None], project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    harm(project / ".quarry")
    (project / "mines.duckdb").unlink(missing_ok=True)
    assert rebuilt(project) == expected
    happened(f"Found by their checksums or names; {SAME}.")


# Others at work


@tried("Faults", "two builds at once")
def test_two_writers(project: Path, happened: Callable[[str], None]) -> None:
    loaded = load_project(project)
    with exclusive(loaded.cache):
        text = refusal(lambda: build(loaded, workers=1))
    happened(text.replace(str(os.getpid()), "1234"))


@tried("Faults", "another program has the database open for writing")
def test_foreign_writer(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    """Its file is replaced under it: what it writes afterwards goes to the old file, which is gone."""
    change(project)
    code = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); input()"
    command = [sys.executable, "-c", code, str(project / "mines.duckdb")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        try:
            after = rebuilt(project)
        finally:
            other.communicate("\n")
    assert after == expected_changed
    happened(f"The new database takes its place; {SAME}.")


@tried("Faults", "a reader while a build puts a new database in place")
def test_reader_across_swap(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    query = "SELECT sum(area_km2), (SELECT simplify_tolerance_m FROM parameter) FROM mine"
    code = (
        "import duckdb, sys\nc = duckdb.connect(sys.argv[1], read_only=True)\n"
        "for line in sys.stdin: print(c.execute(line).fetchone(), flush=True)"
    )
    command = [sys.executable, "-c", code, str(project / "mines.duckdb")]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        print(query, file=reader.stdin, flush=True)
        before = reader.stdout.readline()
        assert rebuilt(project) == expected_changed
        after, _ = reader.communicate(query + "\n")
    assert before == after
    assert before.endswith(", 15.0)\n")
    with duckdb.connect(str(project / "mines.duckdb"), read_only=True) as fresh:
        row = fresh.execute(query).fetchone()
    assert row is not None
    assert row[1] == 20.0
    happened("The reader goes on with the old database; who opens it anew sees the new one.")


# Sources


def broken_reader(monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]) -> None:
    """The loader's reader harms its source after reading it."""
    read = vector.read_vector

    def reader(path: Path, **options: object) -> object:
        data = read(path, **options)  # type: ignore[arg-type]
        harm(path)
        return data

    monkeypatch.setattr(vector, "read_vector", reader)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"\0")


def rewrite_in_place(path: Path) -> None:
    """Same size, same modification time, same inode: only the change time tells."""
    status = path.stat()
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


SOURCES = [
    case("Faults", "source that changes while it is read", append),
    case("Faults", "source rewritten while it is read, its time set back", rewrite_in_place),
    case("Faults", "source that vanishes while it is read", gone),
]


@pytest.mark.parametrize("harm", SOURCES)
def test_source_changes(
    harm: Callable[[Path], None],
    project: Path,
    expected: Hashes,
    monkeypatch: pytest.MonkeyPatch,
    happened: Callable[[str], None],
) -> None:
    source = project / "a.gpkg"
    append(source)
    broken_reader(monkeypatch, harm)
    text = refusal(lambda: build(load_project(project), workers=1))
    assert table_hashes(project / "mines.duckdb") == expected
    assert leftovers(project) == []
    happened(text)


@tried("Faults", "clock set back, and a source rewritten since")
def test_clock_set_back(built: Path, project: Path, happened: Callable[[str], None]) -> None:
    """All that the last build left is from the future; the changed source is older than it."""
    future = time.time() + 86_400 * 365
    for path in [*project.rglob("*")]:
        os.utime(path, (future, future))
    same = load_project(project)
    assert build(same, workers=1).n_run == 0
    append(project / "a.gpkg")
    os.utime(project / "a.gpkg", (1e9, 1e9))
    assert stamp(project / "a.gpkg") != stamp(built / "a.gpkg")
    result = build(same, workers=1)
    assert result.n_run >= 1
    happened("Files are compared by checksum: the changed source is loaded, nothing else.")


# Workers


def dies(task: str) -> str:
    """A worker that the system kills on one task, once or always."""
    name, _, flag = task.partition(":")
    if flag == "always" or (flag and not Path(flag).exists()):
        if flag != "always":
            Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name


@pytest.mark.slow
@tried("Faults", "a worker process killed once")
def test_worker_dies_once(tmp_path: Path, happened: Callable[[str], None]) -> None:
    tasks = ["a", f"b:{tmp_path / 'flag'}", "c", "d"]
    found = map_shards(dies, tasks, workers=2, scheduler=lambda: process_pool(2))
    assert found == ["a", "b", "c", "d"]
    happened("Its task runs again in a new worker; the result is the same.")


@pytest.mark.slow
@tried("Faults", "a worker process killed on every try")
def test_worker_dies_always(happened: Callable[[str], None]) -> None:
    tasks = ["a", "b:always", "c"]
    happened(refusal(lambda: map_shards(dies, tasks, workers=2, scheduler=lambda: process_pool(2))))


# Room


FULL = [
    case("Faults", "disk full while the database is written", "build", 1_000_000),
    case("Faults", "disk full at the first byte of a build", "build", 0),
    case("Faults", "disk full while a source is stored", "load", 5_000),
]


@pytest.mark.parametrize(("what", "limit"), FULL)
def test_disk_full(
    what: str,
    limit: int,
    project: Path,
    expected: Hashes,
    expected_changed: Hashes,
    happened: Callable[[str], None],
) -> None:
    """No file may grow past a limit, as when a disk or a quota is full."""
    if what == "load":
        for path in (project / ".quarry").rglob("*.parquet"):
            path.unlink()
    change(project)
    done = quarry("build", project, limit_bytes=limit)
    assert_plain(done, 4)
    assert table_hashes(project / "mines.duckdb") == expected
    assert leftovers(project) == []
    assert rebuilt(project) == expected_changed
    happened(f"Exit code 4 with the file's name, the last good database opens; {SAME}.")


@pytest.mark.parametrize(
    "file_format",
    [case("Faults", f"disk full during an export as {f}", f) for f in ("parquet", "gpkg", "csv")],
)
def test_disk_full_export(
    file_format: str, built: Path, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    out = tmp_path / "out"
    done = quarry(
        "export", out, "-d", built / "mines.duckdb", "--format", file_format, limit_bytes=4096
    )
    assert_plain(done, 6)
    assert not [p for p in out.iterdir() if p.stat().st_size > 4096 or "tmp" in p.name]
    with connect(built / "mines.duckdb") as connection:
        assert len(export_views(connection, out, file_format=file_format)) > 10
    happened("Exit code 6, no half file under a view's name; the next export is whole.")


@pytest.mark.slow
@tried("Faults", "a file system of 8 MB")
def test_small_file_system(
    project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    room = project.parent / "room"
    room.mkdir()
    script = (
        'mount -t tmpfs -o size=8m tmpfs "$1" && cp "$2"/*.gpkg "$2"/quarry.toml "$1" && '
        'shift 2 && "$@"; code=$?; ls -a "$ROOM"; exit $code'
    )
    command = ["unshare", "-m", "sh", "-c", script, "sh", str(room), str(project), *QUARRY, "build"]
    done = subprocess.run(
        [*command, str(room)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "ROOM": str(room)},
    )
    if done.returncode in (1, 32):
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()[:100]}")
    assert_plain(done, 4)
    assert "building" not in done.stdout
    assert table_hashes(project / "mines.duckdb") == expected
    happened("Exit code 4 with the file's name; no temporary database stays.")


@pytest.mark.slow
@tried("Faults", "memory limit of 1 GB")
def test_memory_limit(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    build(load_project(project), workers=1, memory_limit="1GB")
    assert table_hashes(project / "mines.duckdb") == expected_changed
    happened("Identical tables.")


@tried("Faults", "read-only project folder")
def test_read_only_folder(project: Path, expected: Hashes, happened: Callable[[str], None]) -> None:
    change(project)
    command = [*QUARRY, "build", str(project)]
    if os.geteuid() == 0:  # modes don't bind root: a read-only mount does
        script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@"'
        command = ["unshare", "-m", "sh", "-c", script, "sh", str(project), *command]
    else:
        subprocess.run(["chmod", "-R", "a-w", str(project)], check=True)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    subprocess.run(["chmod", "-R", "u+w", str(project)], check=True)
    if done.returncode in (1, 32):
        pytest.skip(f"no folder can be made read-only here: {done.stderr.strip()[:100]}")
    assert_plain(done, 4)
    assert table_hashes(project / "mines.duckdb") == expected
    happened("Exit code 4: the folder can't be written. The last good database opens.")


@pytest.mark.slow
@tried("Faults", "no network")
def test_no_network(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    command = ["unshare", "-n", *QUARRY, "build", str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr:
        pytest.skip(f"no network can be taken away here: {done.stderr.strip()[:100]}")
    assert done.returncode == 0, done.stderr
    assert table_hashes(project / "mines.duckdb") == expected_changed
    happened("Identical tables: a build asks the network for nothing.")


# Stopping and killing


@pytest.mark.slow
@tried("Faults", "Ctrl-C at five moments of a build")
def test_interrupt(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    change(project)
    expected = table_hashes(project / "mines.duckdb")
    for lines in (0, 3, 8, 14, 20):
        with subprocess.Popen(
            [*QUARRY, "build", str(project)], stdout=-1, stderr=-1, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(lines):
                process.stdout.readline()
            if not lines:
                time.sleep(0.5)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        if process.returncode == 0:
            break
        assert process.returncode == 130, (process.returncode, said)
        assert "Traceback" not in said or lines == 0
        assert leftovers(project) == []
        assert table_hashes(project / "mines.duckdb") == expected
    assert rebuilt(project) == expected_changed
    happened(f"Exit code 130, the last good database opens; {SAME}.")


@pytest.mark.slow
@tried("Faults", "kill -9 of the command line at 20 random moments of a build")
def test_kill_command(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    import random

    change(project)
    expected = table_hashes(project / "mines.duckdb")
    chance = random.Random(7)
    for _ in range(20):
        process = subprocess.Popen(
            [*QUARRY, "build", str(project)], stdout=-3, stderr=-3, start_new_session=True
        )
        time.sleep(chance.uniform(0.5, 4))
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert table_hashes(project / "mines.duckdb") in (expected, expected_changed)
    assert rebuilt(project) == expected_changed
    happened(f"The last good database opens after each; {SAME}.")


@pytest.mark.slow
@tried("Faults", "kill -9 of the process group at 60 random moments of a build")
def test_kill_build(project: Path, happened: Callable[[str], None]) -> None:
    change(project)
    done = subprocess.run(
        [sys.executable, "-m", "tests.reliability.kills", str(project), str(KILLS), "1"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        cwd=Path(__file__).parent.parent.parent,
    )
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    n = summary["n_kills"] + summary["n_finished_before"]
    assert summary["n_kills"] == KILLS, summary
    assert (summary["n_database_intact"], summary["n_identical_after"]) == (n, n), summary
    assert (summary["n_leftovers"], summary["faults"]) == (0, [])
    happened(f"The last good database opens after each; after each {SAME}.")


def test_errors_carry_the_way_on(project: Path) -> None:
    (project / "a.gpkg").write_bytes(b"")
    with pytest.raises(SourceError, match="is as it was; run the build again"):
        build(load_project(project), workers=1)


def test_lock_is_free_after_its_holder_dies(project: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from quarrydb.lock import exclusive\n"
        "with exclusive(Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", code, str(project / ".quarry")], check=False)
    with exclusive(project / ".quarry"), pytest.raises(BuildError), exclusive(project / ".quarry"):
        pass
