"""Records of the mines of earlier builds that somebody wrote."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quarrydb.loaders.previous import mines_table
from quarrydb.loaders.vector_clean import clean
from quarrydb.store.editions import NAME, Edition, Origin, file_of, keep_edition, read_editions
from quarrydb.store.records import read_record, write_record
from quarrydb.store.shards import Store
from tests.reliability.table import tried

ROW = tried(
    "Security",
    "record of the mines of earlier builds, of other values or another form, huge, or linked",
)
GONE = "It is no record: a build goes on without these mines."
ORIGIN = {"source": "a", "kind": "polygons", "licence": None, "citation": None}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one edition without a mine."""
    store = Store(tmp_path / ".quarry")
    rows = mines_table("2026", clean("a", [], [], "EPSG:4326", where="a"))
    keep_edition(store, Edition("2026", "step", "content", (Origin(**ORIGIN),)), rows)
    assert len(read_editions(store)) == 1
    return store


HOSTILE: list[tuple[str, Any]] = [
    ("origins", [{**ORIGIN, "source": ["a"]}]),
    ("origins", [{**ORIGIN, "licence": {"a": 1}}]),
    ("origins", [{**ORIGIN, "citation": 5}]),
    ("origins", [{**ORIGIN, "other": "x"}]),
    ("origins", ["a"]),
    ("origins", None),
    ("name", ["2026"]),
    ("name", None),
    ("made_by", {}),
    ("content", 1.5),
    ("path", "../../victim"),
]


@ROW
@pytest.mark.parametrize(("key", "value"), HOSTILE)
def test_a_record_of_other_values_is_none(
    store: Store, key: str, value: Any, happened: Callable[[str], None]
) -> None:
    file = store.root / NAME
    write_record(file, store.root, [{**read_record(file, store.root)[0], key: value}])
    assert read_editions(store) == []


@ROW
@pytest.mark.parametrize("content", [5, "text", {"a": 1}, [[]], [None], [{}]])
def test_a_record_of_another_form_is_none(
    store: Store, content: Any, happened: Callable[[str], None]
) -> None:
    write_record(store.root / NAME, store.root, content)
    assert read_editions(store) == []
    happened(GONE)


def test_names_reach_no_other_file(store: Store) -> None:
    edition = Edition("../../../victim", "/etc/passwd", "../x")
    assert file_of(store, edition).parent == store.root / "store" / "raw.previous_mine"


@ROW
def test_a_huge_record_is_none(store: Store, happened: Callable[[str], None]) -> None:
    os.truncate(store.root / NAME, 10**12)
    assert read_editions(store) == []
    happened(GONE)


@ROW
def test_a_linked_record_is_none(
    store: Store, tmp_path: Path, happened: Callable[[str], None]
) -> None:
    file = store.root / NAME
    file.rename(tmp_path / "elsewhere.json")
    file.symlink_to(tmp_path / "elsewhere.json")
    assert read_editions(store) == []
    happened(GONE)
