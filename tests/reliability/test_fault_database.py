"""The database or its log is damaged: the next build ends with the same tables."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quarrydb.database.opening import open_checked
from quarrydb.errors import QuarryError
from tests.reliability.faults import SAME, Hashes, gone, halve, rebuilt
from tests.reliability.table import case


def flip_bits(path: Path) -> None:
    content = bytearray(path.read_bytes())
    for place in range(5000, len(content), 50_000):
        content[place] ^= 0xFF
    path.write_bytes(content)


def flip_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8:12] = b"XXXX"
    path.write_bytes(content)


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


@pytest.mark.slow
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
