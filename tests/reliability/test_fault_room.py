"""No room, no memory, no network, no right to write."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.database.connection import connect
from quarrydb.export.views import export_views
from tests.reliability.faults import QUARRY, SAME, Hashes, assert_plain, peak_kb, quarry, rebuilt
from tests.reliability.small import change
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, table_hashes

FULL = [
    case("Faults", "disk full while the database is written", "build", 1_000_000),
    case("Faults", "disk full at the first byte of a build", "build", 0),
    case("Faults", "disk full while a source is stored", "load", 5_000),
]


@pytest.mark.slow
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


@pytest.mark.slow
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
    assert_plain(done, 8)
    assert not [p for p in out.iterdir() if p.stat().st_size > 4096 or "tmp" in p.name]
    with connect(built / "mines.duckdb") as connection:
        assert len(export_views(connection, out, file_format=file_format)) > 10
    happened("Exit code 8, no half file under a view's name; the next export is whole.")


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
    peak = peak_kb([*QUARRY, "build", project, "--memory-limit", "1GB", "--workers", "1"])
    assert table_hashes(project / "mines.duckdb") == expected_changed
    assert peak < 1_000_000
    happened("Identical tables, and the process never held 1 GB.")


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
