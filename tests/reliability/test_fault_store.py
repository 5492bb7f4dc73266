"""Stored results and records are damaged, or killed processes left files."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.faults import SAME, Hashes, halve, rebuilt
from tests.reliability.table import case


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
    from quarrydb.files import machine

    folder = next(cache.glob("store/*"))
    (folder / f".abc.{machine()}-999999999.0a0a0a0a.tmp").write_bytes(b"x")
    old = folder / ".abc.elsewhere-1.0a0a0a0a.tmp"
    old.write_bytes(b"x")
    os.utime(old, (time.time() - 2e5,) * 2)
    spill = cache.parent / ".mines.duckdb.building-999999999.tmp"
    spill.mkdir()
    (spill / "part").write_bytes(b"x")
    for name in ("999999999", f"{machine()}-999999999.0a0a0a0a", "elsewhere-1.0a0a0a0a.wal"):
        left = cache.parent / f".mines.duckdb.building-{name}"
        left.write_bytes(b"x")
        os.utime(left, (time.time() - 2e5,) * 2)
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
