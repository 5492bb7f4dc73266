"""Names of tiles, as two publishers write them."""

import pytest

from quarrydb.fetch.catalogue import shipped
from quarrydb.fetch.tiles import TileGrid

GLC = TileGrid(5, "{ew}{lon}{ns}{lat}", "north-west")
WORLDCOVER = TileGrid(3, "{ns}{lat02}{ew}{lon03}", "south-west")


@pytest.mark.parametrize(
    ("grid", "box", "names"),
    [
        (GLC, (102, 26, 103, 27), ["E100N30"]),
        (GLC, (-116, 46, -115.5, 49), ["W120N50"]),
        (GLC, (-1, -1, 1, 1), ["W5N0", "W5N5", "E0N0", "E0N5"]),
        (GLC, (178, 51, 182, 52), ["W180N55", "E175N55"]),
        (WORLDCOVER, (37.6, -46.4, 37.7, -46.3), ["S48E036"]),
        (WORLDCOVER, (-0.2, 5.1, -0.1, 5.2), ["N03W003"]),
    ],
)
def test_tiles_under_a_box(grid: TileGrid, box: tuple[float, ...], names: list[str]) -> None:
    assert grid.under([box]) == names


def test_the_archives_of_land_cover_are_those_of_the_record() -> None:
    archives = shipped()["glc_fcs30d"].get("zenodo").archives
    assert len(archives) == 36
    assert archives["E100-E105"] == (100, 110)
    assert archives["W5-W10"] == (-10, 0)
    assert archives["W175-W180"] == (-180, -170)
    assert sorted(archives.values()) == [(low, low + 10) for low in range(-180, 180, 10)]
