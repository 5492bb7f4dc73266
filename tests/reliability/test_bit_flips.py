"""A flipped bit in any stored file is noticed when the file is used, and is in no number."""

import random
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quarrydb.engine.build import build
from quarrydb.engine.builder import Builder
from quarrydb.project import load_project
from quarrydb.store.folder import files
from quarrydb.store.records import read_record
from quarrydb.store.shards import Store, sealed_by
from tests.reliability.faults import Hashes
from tests.reliability.table import tried
from tests.reliability.tools import table_hashes

N_FLIPS = 1000
ROUNDS_WITH_BUILD = 4
SEED = 13
# The lock holds a number for people, and no result.
NO_RESULT = ("lock",)


def flip(path: Path, rng: random.Random) -> None:
    """Flip one random bit of a file."""
    content = bytearray(path.read_bytes())
    place = rng.randrange(len(content) * 8)
    content[place // 8] ^= 1 << place % 8
    path.write_bytes(content)


def stored(project: Path) -> list[Path]:
    """Every file of the store that holds something, and the database."""
    cache = project / ".quarry"
    found = [p for p, status in files(cache).items() if status.st_size and p.name not in NO_RESULT]
    return [*sorted(found), project / "mines.duckdb"]


def is_noticed(project: Path, path: Path) -> bool:
    """Whether what a build asks of a file says that it is not as it was written."""
    cache = project / ".quarry"
    if path.name == "mines.duckdb":
        return not Builder(load_project(project)).ledger.knows_database(path)
    if path.suffix == ".json":
        return read_record(path, cache) is None
    return not Store(cache).is_sound(sealed_by(path))


@pytest.mark.slow
@tried("Faults", "1,000 random flipped bits over all stored files, one at a time")
def test_each_flip_is_noticed(project: Path, happened: Callable[[str], None]) -> None:
    build(load_project(project), workers=1)
    rng = random.Random(SEED)
    everything = stored(project)
    assert not [path for path in everything if is_noticed(project, path)]
    for _ in range(N_FLIPS):
        path = rng.choice(everything)
        before = path.read_bytes()
        flip(path, rng)
        assert is_noticed(project, path), path
        path.write_bytes(before)
    assert not [path for path in everything if is_noticed(project, path)]
    happened("Each is noticed when its file is asked for.")


@pytest.mark.slow
@tried("Faults", "builds after random flipped bits in a third of all stored files")
def test_no_flip_is_in_a_number(
    project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    build(load_project(project), workers=1)
    rng = random.Random(SEED)
    for _ in range(ROUNDS_WITH_BUILD):
        everything = stored(project)
        chosen = rng.sample(everything, len(everything) // 3)
        for path in chosen:
            flip(path, rng)
        result = build(load_project(project), workers=1)
        assert not result.was_current
        assert result.harmed
        assert table_hashes(project / "mines.duckdb") == expected
        assert build(load_project(project), workers=1).was_current
    happened(
        "The build says which files were damaged, makes them again, and ends with identical tables."
    )


@pytest.mark.slow
@tried("Faults", "builds after one flipped bit in the database")
def test_a_flip_in_the_database_is_no_current_build(
    project: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    build(load_project(project), workers=1)
    rng = random.Random(SEED)
    for _ in range(5):
        flip(project / "mines.duckdb", rng)
        result = build(load_project(project), workers=1)
        assert not result.was_current
        assert table_hashes(project / "mines.duckdb") == expected
    happened("The build is not current: the database is put together again, with identical tables.")


def test_a_worker_reads_no_damaged_shard(tmp_path: Path) -> None:
    """Also between the look of the build and the read of a worker."""
    import pyarrow as pa

    from quarrydb.errors import BuildError

    store = Store(tmp_path / ".quarry")
    path = store.write("coverage", "abc", pa.table({"n": [1, 2, 3]}))
    assert store.read("coverage", "abc").num_rows == 3
    flip(path, random.Random(1))
    with pytest.raises(BuildError, match="is damaged"):
        store.read("coverage", "abc")
    assert not store.has("coverage", "abc")
    assert not path.exists()
    assert store.harmed == [path]


def test_duckdb_is_not_asked_twice(project: Path) -> None:
    """The checksum of the database costs no opening of it."""
    with duckdb.connect(str(project / "mines.duckdb")) as other:
        other.execute("CREATE TABLE mine_notes AS SELECT 1 AS n")
    assert not Builder(load_project(project)).ledger.knows_database(project / "mines.duckdb")
