"""Project folders that somebody prepared: no command changes anything outside them."""

import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from quarrydb.cli.app import app
from quarrydb.engine.build import build
from quarrydb.errors import TargetError
from quarrydb.files import LINKED_STORE
from quarrydb.project import load_project
from tests.reliability.hostile import DECOY
from tests.reliability.table import case, tried
from tests.reliability.test_locked import fingerprint

SECTION = "Security"
COMMANDS = (["plan"], ["clean", "--dry-run"], ["clean"], ["clean", "--predictions"], ["build"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A decoy home folder with a file, a folder like a store, an SQLite and a DuckDB database."""
    folder = tmp_path / "home"
    precious = folder / "precious" / "core.mine"
    precious.mkdir(parents=True)
    (folder / "notes.txt").write_text(DECOY)
    (precious / f"{'0' * 64}.parquet").write_text(DECOY)
    (folder / "precious" / f"{'0' * 64}.json").write_text(DECOY)
    with sqlite3.connect(folder / "mail.db") as mail:
        mail.execute("CREATE TABLE letter AS SELECT 1 AS n")
    with duckdb.connect(str(folder / "other.duckdb")) as other:
        other.execute("CREATE SCHEMA raw; CREATE TABLE raw.build AS SELECT 'x' AS fingerprint")
    (folder / "fresh.duckdb.wal").write_text(DECOY)
    (folder / ".other.duckdb.building-1").write_text(DECOY)
    return folder


def swap(path: Path, target: Path) -> None:
    """Put a link in the place of a file or folder."""
    if path.is_dir():
        path.rename(path.with_name(path.name + "-true"))
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


def first_shard(project: Path) -> Path:
    return next((project / ".quarry" / "store" / "core.mine").glob("*.parquet"))


def first_record(project: Path) -> Path:
    return next((project / ".quarry" / "step").glob("*.json"))


def hard_link(project: Path, home: Path) -> None:
    (project / ".quarry" / "lock").unlink()
    os.link(home / "notes.txt", project / ".quarry" / "lock")


def pipe(project: Path, name: str) -> None:
    (project / ".quarry" / name).unlink(missing_ok=True)
    os.mkfifo(project / ".quarry" / name)


def database_at(project: Path, place: str) -> None:
    (project / ".quarry" / "database.json").unlink()
    file = project / "quarry.toml"
    file.write_text(file.read_text().replace("[project]", f'[project]\ndatabase = "{place}"'))


def into_linked_folder(project: Path, home: Path) -> None:
    (project / "out").symlink_to(home)
    database_at(project, "out/mail.db")


Prepare = Callable[[Path, Path], object]
FOLDERS: dict[str, Prepare] = {
    ".quarry is a link": lambda p, h: swap(p / ".quarry", h / "precious"),
    ".quarry/store is a link": lambda p, h: swap(p / ".quarry/store", h / "precious"),
    ".quarry/step is a link": lambda p, h: swap(p / ".quarry/step", h / "precious"),
    ".quarry/store/core.mine is a link": lambda p, h: swap(
        p / ".quarry/store/core.mine", h / "precious/core.mine"
    ),
    ".quarry/lock is a link": lambda p, h: swap(p / ".quarry/lock", h / "notes.txt"),
    ".quarry/lock is a second name of another file": hard_link,
    ".quarry/lock is a pipe": lambda p, h: pipe(p, "lock"),
    ".quarry/checksum.json is a link": lambda p, h: swap(
        p / ".quarry/checksum.json", h / "notes.txt"
    ),
    ".quarry/last_build.json is a link": lambda p, h: swap(
        p / ".quarry/last_build.json", h / "notes.txt"
    ),
    ".quarry/database.json is a link": lambda p, h: swap(
        p / ".quarry/database.json", h / "notes.txt"
    ),
    ".quarry/database.json is a pipe": lambda p, h: pipe(p, "database.json"),
    ".quarry/.last_build.json.tmp is a link": lambda p, h: swap(
        p / ".quarry/.last_build.json.tmp", h / "notes.txt"
    ),
    "a shard is a link": lambda p, h: swap(
        first_shard(p), h / "precious/core.mine" / f"{'0' * 64}.parquet"
    ),
    "a record is a link": lambda p, h: swap(first_record(p), h / "precious" / f"{'0' * 64}.json"),
    "mines.duckdb is a link": lambda p, h: swap(p / "mines.duckdb", h / "mail.db"),
    "mines.duckdb.wal is a link": lambda p, h: swap(p / "mines.duckdb.wal", h / "notes.txt"),
    "mines.duckdb.tmp is a link": lambda p, h: swap(p / "mines.duckdb.tmp", h / "precious"),
    ".mines.duckdb.building-1 is a link": lambda p, h: swap(
        p / ".mines.duckdb.building-1", h / "precious"
    ),
    "database is somebody's SQLite file": lambda p, h: database_at(p, "../home/mail.db"),
    "database is another project's": lambda p, h: database_at(p, "../home/other.duckdb"),
    "database is new, with a foreign log": lambda p, h: database_at(p, "../home/fresh.duckdb"),
    "database lies in a linked folder": into_linked_folder,
}


@pytest.mark.parametrize(
    "prepare", [case(SECTION, f"project whose {name}", p) for name, p in FOLDERS.items()]
)
def test_nothing_outside_changes(
    prepare: Prepare, project: Path, home: Path, happened: Callable[[str], None]
) -> None:
    prepare(project, home)
    before = fingerprint(home)
    said = {}
    for words in COMMANDS:
        done = CliRunner().invoke(app, [*words, str(project)])
        assert not done.exception or hasattr(done.exception, "exit_code") or done.exit_code == 0, (
            words
        )
        assert DECOY not in done.output + str(done.exception)
        assert fingerprint(home) == before, words
        said[words[0]] = str(done.exception) if done.exception else "goes on"
    shown = re.sub(r"[0-9a-f]{64}", "...", said["build"].splitlines()[0])
    happened(f"Nothing outside it changes. A build: {shown}")


@tried(SECTION, "build --replace over a file that it had refused")
def test_replace_says_so(project: Path, home: Path, happened: Callable[[str], None]) -> None:
    database_at(project, "../home/mail.db")
    with pytest.raises(TargetError, match="--replace"):
        build(load_project(project), workers=1)
    build(load_project(project), workers=1, replace=True)
    again = build(load_project(project), workers=1)
    assert again.was_current
    with (home / "mail.db").open("r+b") as file:
        file.write(b"SQLite format 3\0")
    with pytest.raises(TargetError, match="is not what a build of this project put there"):
        build(load_project(project), workers=1)
    happened(
        "Replaced, as asked; from then on it is this project's, until something else stands there."
    )


@tried(SECTION, "linked .quarry that QUARRY_LINKED_STORE=1 allows")
def test_a_linked_store_by_the_users_word(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happened: Callable[[str], None]
) -> None:
    (project / ".quarry").rename(tmp_path / "disk")
    (project / ".quarry").symlink_to(tmp_path / "disk")
    monkeypatch.setenv(LINKED_STORE, "1")
    assert build(load_project(project), workers=1).n_run == 0
    assert (project / ".quarry").is_symlink()
    happened("Used; links inside it are refused as ever.")
