"""The ibis scripts of examples/ run as they stand."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *arguments: object) -> str:
    command = [sys.executable, str(EXAMPLES / "ibis" / script), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.slow
def test_country_areas_prints_and_plots(demo_database: Path, tmp_path: Path) -> None:
    picture = tmp_path / "areas.png"
    lines = run("country_areas.py", demo_database, picture).splitlines()
    assert lines[0].split() == ["country", "continent", "n_mines", "area_km2", "kba_share"]
    assert len(lines) > 4
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_mines_near_a_place_are_within_the_distance(demo_database: Path) -> None:
    import quarrydb

    with quarrydb.open(demo_database) as database:
        row = database.sql("SELECT longitude, latitude FROM mine ORDER BY mine_id").fetchone()
    assert row is not None
    lines = run("mines_near_a_place.py", demo_database, *row, 0.5).splitlines()
    distances = [float(line.split()[-1]) for line in lines[1:]]
    assert distances[0] == 0
    assert distances == sorted(distances)
    assert distances[-1] <= 0.5
