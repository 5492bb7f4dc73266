"""Records of the store that somebody wrote: they reach no file outside it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.store.records import read_record, write_record
from tests.reliability.faults import SAME, Hashes, command, rebuilt
from tests.reliability.table import tried


def aim(project: Path, victims: list[Path]) -> None:
    """Let a record name ``victims``, absolute and from the store, with checksums they don't have."""
    for path in sorted(project.glob(".quarry/step/*.json")):
        record = read_record(path, project / ".quarry")
        if record["name"] == "core.merged":
            for victim, text in zip(victims, (str(victims[0]), "../../victim.txt"), strict=True):
                victim.write_text("mine")
                record["outputs"].append({"table": "x", "path": text, "sha256": "0" * 64})
            write_record(path, project / ".quarry", record)


@pytest.mark.slow
@tried("Security", "record of the store that names files outside it")
def test_a_record_reaches_no_file_outside_the_store(
    project: Path, tmp_path: Path, expected: Hashes, happened: Callable[[str], None]
) -> None:
    victims = [tmp_path / "notes.txt", tmp_path / "victim.txt"]
    aim(project, victims)
    for arguments in (["plan", project], ["doctor", "--database", project / "mines.duckdb"]):
        assert command(*arguments)[0] == 0
    assert command("clean", project)[0] == 0
    assert rebuilt(project) == expected
    assert [victim.read_text() for victim in victims] == ["mine"] * 2
    happened(f"Neither plan, doctor, clean nor a build touches them: its step runs again; {SAME}.")
