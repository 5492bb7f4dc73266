"""Projects, databases, caches and results that belong to another user."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.faults import Hashes, rebuilt
from tests.reliability.other_user import NOBODY, as_another, make_writable, open_folder
from tests.reliability.small import change, copy
from tests.reliability.table import case, tried
from tests.reliability.tools import leftovers, table_hashes

SECTION = "Faults"
Prepare = Callable[[Path], object]


@pytest.fixture
def theirs(built: Path) -> Iterator[Path]:
    """A built project in a folder that everybody may enter, changed so that a build has work."""
    with open_folder() as folder:
        project = copy(built, folder / "project")
        project.chmod(0o755)
        change(project)
        yield project


def files_of(folder: Path) -> dict[Path, str]:
    """A hash of each file but the lock, which holds the number of its last process."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "lock")
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def leave(project: Path) -> None:
    """Change nothing: the folder can be read, and not written."""


def close_store(project: Path) -> None:
    """A store that nobody else may enter, in a project that everybody may write to."""
    make_writable(project)
    (project / ".quarry").chmod(0o700)


def close_lock(project: Path) -> None:
    """A lock that nobody else may open."""
    make_writable(project)
    (project / ".quarry" / "lock").chmod(0o600)


def close_source(project: Path) -> None:
    """A source that nobody else may read."""
    make_writable(project)
    (project / "a.gpkg").chmod(0o600)


def close_database(project: Path) -> None:
    """A database that nobody else may read."""
    (project / "mines.duckdb").chmod(0o600)


DATABASE = ("-d", "{project}/mines.duckdb")
REFUSED = [
    case(SECTION, "project of another user, to be built", leave, ("build", "{project}"), 4),
    case(SECTION, "project of another user, to be cleaned", leave, ("clean", "{project}"), 4),
    case(SECTION, "store of another user, to be read", close_store, ("plan", "{project}"), 8),
    case(SECTION, "lock of another user", close_lock, ("build", "{project}"), 4),
    case(SECTION, "source of another user, unreadable", close_source, ("build", "{project}"), 3),
    case(
        SECTION, "database of another user, unreadable", close_database, ("sql", "FROM mine", *DATABASE), 2
    ),
    case(
        SECTION, "export into the folder of another user", leave,
        ("export", "{project}/out", *DATABASE), 8,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("prepare", "arguments", "code"), REFUSED)
def test_what_is_another_users_is_refused(
    prepare: Prepare,
    arguments: tuple[str, ...],
    code: int,
    theirs: Path,
    happened: Callable[[str], None],
) -> None:
    prepare(theirs)
    before = files_of(theirs)
    done = as_another(*(part.format(project=theirs) for part in arguments))
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert files_of(theirs) == before
    said = " ".join(done.stderr.replace("│", " ").split()).partition("Error")[2].strip(": ─╮╰╯")
    said = said.replace(f"{theirs}/", "").replace(str(theirs), "the project")
    happened(f"Refused, exit code {code}; nothing changes: {said}")


@tried(SECTION, "database of another user, to be read by one without a home")
def test_reading_needs_no_right_to_write(theirs: Path, happened: Callable[[str], None]) -> None:
    before = files_of(theirs)
    done = as_another("sql", "SELECT count(*) AS n FROM mine", "-d", theirs / "mines.duckdb")
    assert (done.returncode, "40" in done.stdout) == (0, True), done.stderr
    assert files_of(theirs) == before
    happened("It is read; nothing is written anywhere.")


@tried(SECTION, "cache of fetched data of another user")
def test_a_cache_of_another_user(theirs: Path, happened: Callable[[str], None]) -> None:
    make_writable(theirs)
    cache = theirs.parent / "cache"
    cache.mkdir(mode=0o700)
    text = (theirs / "quarry.toml").read_text().replace('"a.gpkg"', '"http://127.0.0.1:9/a.gpkg"')
    network = '[network]\nhosts = ["http://127.0.0.1:9"]\n[parameters]'
    (theirs / "quarry.toml").write_text(text.replace("[parameters]", network))
    done = as_another("build", theirs, "--fetch", QUARRY_CACHE=str(cache))
    assert (done.returncode, "Traceback" in done.stderr) == (8, False), done.stderr
    assert list(cache.iterdir()) == []
    happened(
        done.stderr.replace(f"{theirs.parent}/", "").replace("Error: ", "Refused, exit code 8: ")
    )


@pytest.mark.slow
@tried(SECTION, "project that every user may write to, built by one and then by another")
def test_a_shared_project(
    theirs: Path, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    make_writable(theirs)
    done = as_another("build", theirs, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert (theirs / "mines.duckdb").stat().st_uid == NOBODY
    assert table_hashes(theirs / "mines.duckdb") == expected_changed
    assert leftovers(theirs) == []
    assert rebuilt(theirs) == expected_changed
    happened("Built as by its owner, with identical tables; its owner goes on from there.")


@pytest.mark.slow
@tried(SECTION, "database of another user in a folder where only owners replace files (sticky)")
def test_a_sticky_folder(
    theirs: Path, expected: Hashes, expected_changed: Hashes, happened: Callable[[str], None]
) -> None:
    make_writable(theirs)
    theirs.chmod(0o1777)
    done = as_another("build", theirs, "--workers", "1")
    assert (done.returncode, "Traceback" in done.stderr) == (4, False), done.stderr
    assert "can't be replaced: Operation not permitted" in done.stderr
    assert table_hashes(theirs / "mines.duckdb") == expected
    assert leftovers(theirs) == []
    assert rebuilt(theirs) == expected_changed
    happened(
        "Exit code 4: the database can't be replaced; the old one stays, and its owner's next build ends "
        "with identical tables and leaves no temporary file."
    )
