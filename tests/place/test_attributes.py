"""Names of mines from other data sets: inside, nearest, and which of several."""

from pathlib import Path

import pandas as pd
import pytest
import shapely

import quarrydb
from quarrydb.engine.build import build
from quarrydb.errors import ProjectError
from quarrydb.project import load_project
from tests.worlds import write_project

MINES = [
    shapely.box(0, 0, 0.02, 0.02),
    shapely.box(0.1, 0, 0.12, 0.02),
    shapely.box(1, 1, 1.01, 1.01),
]
FIRST = [
    ("near", None, "copper", 0.03, 0.01),  # 1.1 km east of the first mine
    ("inside", "Alpha", None, 0.01, 0.01),
    ("between", "Between", "zinc", 0.055, 0.01),  # 3.9 km from the first, 5 km from the second
    ("second", "Beta", "gold; Copper / silver", 0.11, 0.01),
]
SECOND = [("x", "Other name", "iron", 0.01, 0.012), ("", "Lost", "coal", None, 5.0)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "p", {"a": MINES})
    lines = ""
    for name, rows in (("first", FIRST), ("second", SECOND)):
        frame = pd.DataFrame(rows, columns=["id", "mine", "what", "longitude", "latitude"])
        frame.to_csv(folder / f"{name}.csv", index=False)
        lines += (
            f'\n[[attributes]]\nname = "{name}"\npath = "{name}.csv"\ncrs = "EPSG:4326"\n'
            'id = "id"\nlabel = "mine"\ncommodity = "what"\n'
        )
    file = folder / "quarry.toml"
    file.write_text(file.read_text() + lines)
    return folder


def test_matches_names_and_commodities(folder: Path) -> None:
    with quarrydb.connect(build(load_project(folder), workers=1).database) as connection:
        matches = connection.execute(
            'SELECT feature_id, "match", round(distance_km, 2), round(longitude, 1) FROM mine_attribute '
            "JOIN mine USING (mine_id) ORDER BY 1"
        ).fetchall()
        named = connection.execute("SELECT name, commodity FROM mine ORDER BY longitude").fetchall()
        commodities = connection.execute(
            "SELECT commodity, n_mines FROM commodity_summary ORDER BY 1"
        ).fetchall()
        coverage = connection.execute(
            "SELECT source, n_features, n_matched, n_inside, n_mines FROM attribute_coverage"
        ).fetchall()
        issues = connection.execute(
            "SELECT problem FROM raw.load_issue WHERE source = 'second'"
        ).fetchall()
    assert matches == [
        ("inside", "inside", 0.0, 0.0),
        ("near", "nearest", 1.11, 0.0),
        ("second", "inside", 0.0, 0.1),
        ("x", "inside", 0.0, 0.0),
    ]
    # The name is of the first source, which has no commodity: that is the second's, inside before near.
    assert named == [("Alpha", "iron"), ("Beta", "gold; Copper / silver"), (None, None)]
    assert commodities == [("copper", 1), ("gold", 1), ("iron", 1), ("silver", 1)]
    assert coverage == [("first", 4, 3, 2, 2), ("second", 1, 1, 1, 1)]
    assert len(issues) == 1


def test_a_source_that_tells_nothing_is_a_mistake(folder: Path) -> None:
    file = folder / "quarry.toml"
    file.write_text(file.read_text().replace('label = "mine"\ncommodity = "what"\n', ""))
    with pytest.raises(ProjectError, match="label, commodity or operator"):
        load_project(folder)
