"""Each test says what happened; the saying is compared with docs/reliability.md, or written there."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from quarrydb.engine.build import build
from quarrydb.project import load_project
from tests.once import MakeOnce
from tests.reliability import table
from tests.reliability.faults import Hashes, rebuilt
from tests.reliability.small import change, copy, write_small
from tests.reliability.tools import table_hashes

WRITES = "QUARRY_WRITE_RELIABILITY"
ORDER = pytest.StashKey[list[table.Key]]()
SEEN = pytest.StashKey[dict[table.Key, str]]()


def keys_of(item: pytest.Item) -> list[table.Key]:
    """The rows that a test is."""
    return [tuple(mark.args) for mark in item.iter_markers("tried")]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note all rows, before markers deselect any."""
    config.stash[ORDER] = list(dict.fromkeys(key for item in items for key in keys_of(item)))
    config.stash.setdefault(SEEN, {})


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page where that was asked for, keeping rows that did not run this time."""
    if not os.environ.get(WRITES) or ORDER not in session.config.stash:
        return
    order = session.config.stash[ORDER]
    before = table.read()
    partly = not is_whole(session.config)
    kept = {key: text for key, text in before.items() if key in order or partly}
    known = dict.fromkeys([*kept, *order] if partly else order)
    table.write({**kept, **session.config.stash[SEEN]}, list(known))


def is_whole(config: pytest.Config) -> bool:
    """Whether the run collected the whole folder, so that a row without a test has really none."""
    named = [Path(arg.partition("::")[0]).resolve() for arg in config.args]
    here = Path(__file__).parent
    return all(here.is_relative_to(path) for path in named) and not config.option.keyword


@pytest.fixture
def happened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], None]:
    """Call it with what happened: it must be what the page says."""
    key = keys_of(request.node)[0]
    folders = [tmp_path / "project", tmp_path, Path(__file__).parent.parent.parent]
    stash = request.config.stash

    def compare(text: str) -> None:
        cell = table.as_cell(text, folders)
        if os.environ.get(WRITES):
            stash[SEEN][key] = cell
        else:
            assert table.read().get(key) == cell, "If this is right, run: make reliability"

    return compare


@pytest.fixture(scope="session")
def built(make_once: MakeOnce) -> Path:
    """The small project with its database, which no test may change."""
    return make_once(
        "small-project", lambda folder: build(load_project(write_small(folder)), workers=1)
    )


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    """A copy of the small project with its database, for a test to harm."""
    return copy(built, tmp_path / "project")


@pytest.fixture(scope="session")
def expected(built: Path) -> Hashes:
    """Every table of the undisturbed build."""
    return table_hashes(built / "mines.duckdb")


@pytest.fixture(scope="session")
def expected_changed(built: Path, make_once: MakeOnce) -> Hashes:
    """Every table of an undisturbed build after the change of a parameter."""

    def make(folder: Path) -> None:
        change(copy(built, folder))
        rebuilt(folder)

    return table_hashes(make_once("changed-project", make) / "mines.duckdb")
