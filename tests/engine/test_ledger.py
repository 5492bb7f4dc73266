"""Records of finished steps: looking changes nothing, and no record reaches beyond the store."""

from pathlib import Path

import pytest

from quarrydb.errors import BuildError
from quarrydb.store.ledger import Ledger, Output, Record, output_of
from quarrydb.store.shards import Store


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger of one step with two files."""
    made = Ledger(Store(tmp_path / "project" / ".quarry"))
    made.add("fresh", Record("step", tuple(outputs(made.store)), 1.0))
    return made


def outputs(store: Store) -> list[Output]:
    """Two files in the store, each the output of a table."""
    paths = [store.path("core.a", "fresh"), store.path("core.b", "fresh")]
    for path in paths:
        store.put(path, lambda file: file.write(b"rows"))
    return [output_of(store, path.parent.name, path) for path in paths]


def again(ledger: Ledger) -> Ledger:
    """What the next process sees."""
    return Ledger(ledger.store)


def harmed(ledger: Ledger) -> Path:
    """The first of the two files, with a flipped bit."""
    path = ledger.store.path("core.a", "fresh")
    path.write_bytes(b"sows")
    return path


def test_finding_a_harmed_file_only_looks(ledger: Ledger) -> None:
    path = harmed(ledger)
    assert again(ledger).find("fresh") is None
    assert path.read_bytes() == b"sows"


def test_harmed_files_go_and_sound_ones_stay(ledger: Ledger) -> None:
    path = harmed(ledger)
    mending = again(ledger)
    mending.remove_harmed(["fresh", "unknown"])
    assert not path.exists()
    assert ledger.store.path("core.b", "fresh").exists()
    assert mending.find("fresh") is None


def test_a_kill_after_the_removal_leaves_an_unsound_record(ledger: Ledger) -> None:
    harmed(ledger).unlink()
    after = again(ledger)
    assert after.find("fresh") is None
    after.remove_harmed(["fresh"])
    assert ledger.store.path("core.b", "fresh").exists()


def test_a_record_that_lost_its_file_to_another_is_unsound(ledger: Ledger) -> None:
    """A wrong checksum for a file of another step: that step must run again, too."""
    lying = Output("core.a", "store/core.a/fresh.parquet", "0" * 64)
    ledger.add("liar", Record("liar", (lying,), 1.0))
    mending = again(ledger)
    assert mending.find("fresh") is not None
    mending.remove_harmed(["fresh", "liar"])
    assert mending.find("fresh") is None


OUTSIDE = [
    "../../victim.txt",
    "store/../../../victim.txt",
    "store/core.a/..",
    "lock",
    "step/fresh.json",
    "store",
    "store/core.a",
    "store/linked/victim.txt",
    "x" * 5000,
    "store/" + "x" * 5000,
    "store/core.a/\0",
    "",
]


@pytest.mark.parametrize("path", [*OUTSIDE, "absolute"], ids=lambda path: path[:30] or "empty")
def test_a_record_reaches_no_file_outside_the_store(
    ledger: Ledger, tmp_path: Path, path: str
) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("mine")
    root = ledger.store.root
    (root / "lock").write_text("")
    (root / "store" / "linked").symlink_to(tmp_path)
    path = str(victim) if path == "absolute" else path
    before = set(tmp_path.rglob("*"))
    ledger.add("bad", Record("step", (Output("core.a", path, "0" * 64),), 1.0))
    mending = again(ledger)
    assert mending.find("bad") is None
    mending.remove_harmed(["bad"])
    left = set(tmp_path.rglob("*"))
    assert victim.read_text() == "mine"
    assert left - before == {root / "step" / "bad.json"}
    assert before <= left


def test_even_the_right_checksum_makes_no_file_outside_the_store_a_result(
    ledger: Ledger, tmp_path: Path
) -> None:
    victim = tmp_path / "project" / "a.parquet"
    victim.write_bytes(b"rows")
    right = Output("core.a", "../a.parquet", outputs(ledger.store)[0].sha256)
    ledger.add("bad", Record("step", (right,), 1.0))
    assert again(ledger).find("bad") is None


def test_a_link_in_the_store_is_no_store(ledger: Ledger, tmp_path: Path) -> None:
    files = ledger.store.root / "store"
    files.rename(tmp_path / "disk")
    files.symlink_to(tmp_path / "disk")
    for look in (lambda: again(ledger).find("fresh"), lambda: Store(ledger.store.root)):
        with pytest.raises(BuildError, match="is a link"):
            look()
