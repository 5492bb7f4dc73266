"""An earlier build is somebody's database: its views are code, and may give anything."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from quarrydb.database.connection import load_spatial
from quarrydb.loaders.previous import of_database
from quarrydb.project.places import PreviousSource
from tests.reliability.table import tried
from tests.reliability.tools import refusal


def previous(folder: Path, query: str) -> PreviousSource:
    """A database whose mines are what ``query`` gives."""
    file = folder / "earlier.duckdb"
    with duckdb.connect(str(file)) as connection:
        load_spatial(connection)
        connection.execute(f"CREATE OR REPLACE VIEW mine AS {query}")
    values = {"name": "earlier", "path": str(file)}
    return PreviousSource.model_validate(values, context={"root": folder, "remotes": {}})


@tried("Security", "[[previous]] database whose view stands for 20 million mines, 200 MB allowed")
def test_a_view_has_a_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, happened: Callable[[str], None]
) -> None:
    query = "SELECT range AS mine_id, ST_Point(0, 0) AS geometry FROM range(20_000_000)"
    source = previous(tmp_path, query)
    monkeypatch.setenv("QUARRY_READ_MEMORY", "200MB")
    happened(refusal(lambda: of_database(source.path)).partition(" at feature")[0])


def test_a_mine_without_an_outline_is_none(tmp_path: Path) -> None:
    source = previous(tmp_path, "SELECT 'a' AS mine_id, NULL::GEOMETRY AS geometry")
    assert of_database(source.path) == (["a"], [None])
