"""Sources that change or vanish while they are read."""

import os
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import duckdb
import pytest

from quarrydb.engine.build import build
from quarrydb.errors import SourceError
from quarrydb.loaders import vector
from quarrydb.project import load_project
from quarrydb.store.checksum import stamp
from tests.reliability.faults import SAME, Hashes, append, gone, rebuilt
from tests.reliability.small import change
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, refusal, table_hashes


def broken_reader(monkeypatch: pytest.MonkeyPatch, harm: Callable[[Path], None]) -> None:
    """The loader's reader harms its source after reading it."""
    read = vector.read_vector

    def reader(path: Path, **options: object) -> object:
        data = read(path, **options)  # type: ignore[arg-type]
        harm(path)
        return data

    monkeypatch.setattr(vector, "read_vector", reader)


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


YEAR_S = 86_400 * 365


def live_in_the_future(project: Path) -> None:
    """All that the last build left is a year ahead: files, and what the database says of itself."""
    with duckdb.connect(str(project / "mines.duckdb")) as connection:
        connection.execute("UPDATE raw.build SET built_at = built_at + INTERVAL 1 YEAR")
    for path in [*project.rglob("*")]:
        os.utime(path, (time.time() + YEAR_S,) * 2)


@pytest.mark.slow
@tried("Faults", "clock set back, and a source rewritten since")
def test_clock_set_back(built: Path, project: Path, happened: Callable[[str], None]) -> None:
    """The changed source is older than the database that was made of it."""
    live_in_the_future(project)
    same = load_project(project)
    assert build(same, workers=1).n_run == 0
    append(project / "a.gpkg")
    os.utime(project / "a.gpkg", (1e9, 1e9))
    assert stamp(project / "a.gpkg") != stamp(built / "a.gpkg")
    result = build(same, workers=1)
    assert result.n_run >= 1
    happened("Files are compared by checksum: the changed source is loaded, nothing else.")


@pytest.mark.slow
@tried("Faults", "clock set back, and the project file changed since")
def test_clock_set_back_project(
    project: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    live_in_the_future(project)
    change(project)
    os.utime(project / "quarry.toml", (1e9, 1e9))
    assert rebuilt(project) == expected_changed
    with duckdb.connect(str(project / "mines.duckdb"), read_only=True) as connection:
        (built_at,) = connection.execute("SELECT built_at FROM build_info").fetchone() or ()
    assert abs(built_at.replace(tzinfo=UTC).timestamp() - time.time()) < YEAR_S / 2
    happened(f"What was built is known by content, not by time: {SAME}.")


def test_errors_carry_the_way_on(project: Path) -> None:
    (project / "a.gpkg").write_bytes(b"")
    with pytest.raises(SourceError, match="is as it was; run the build again"):
        build(load_project(project), workers=1)
