"""Values of several rasters in one file of the store: each task finds its own rows."""

from pathlib import Path

import pyarrow as pa
import pytest

from quarrydb.errors import BuildError
from quarrydb.loaders.indicator_bundle import KIND, bundles, read_bundles, write_bundle
from quarrydb.store.shards import Store

SCHEMA = pa.schema([("mine_id", pa.string()), ("value", pa.float64())])


def rows(*values: float) -> pa.Table:
    """A row a value."""
    return pa.table([[f"p{value}" for value in values], list(values)], schema=SCHEMA)


def test_each_task_finds_its_own_rows_and_no_other(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_bundle(store, {"b": rows(1.0, 2.0), "a": rows(), "c": rows(3.0)})
    write_bundle(store, {"d": rows(4.0)})
    held = bundles(store)
    assert sorted(held) == ["a", "b", "c", "d"]
    assert read_bundles(held, ["b", "a", "d"], SCHEMA).sort_by("value").equals(rows(1.0, 2.0, 4.0))
    assert read_bundles(held, [], SCHEMA).equals(rows())


def test_a_damaged_file_holds_nothing(tmp_path: Path) -> None:
    store = Store(tmp_path)
    write_bundle(store, {"a": rows(1.0)})
    (path,) = set(bundles(store).values())
    path.write_bytes(path.read_bytes()[:-1])
    assert bundles(store) == {}


def test_a_file_that_does_not_say_what_it_holds_is_named(tmp_path: Path) -> None:
    path = Store(tmp_path).write(KIND, "x", rows(1.0))
    with pytest.raises(BuildError, match=f"{path.name} does not say what its rows are of"):
        bundles(Store(tmp_path))
