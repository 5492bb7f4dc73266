"""What several notebooks have: the first cell, and a map that moves."""

SETUP = """\
import os
from importlib.util import find_spec
from pathlib import Path

import geopandas
import matplotlib.pyplot as plt

import quarrydb

# The demo's database, from the root of the repository or from this notebook's folder.
near = [Path(up, "demo/mines.duckdb") for up in (".", "..", "../..")]
found = next((path for path in near if path.exists()), near[0])
database = quarrydb.open(os.environ.get("QUARRY_DATABASE", found))
ORANGE, BLUE, GREEN, GREY = "#d55e00", "#0072b2", "#009e73", "#8a8f98\""""


def moving(frame: str, columns: str) -> str:
    """The cell with a map that moves, of some columns of a frame; the picture above stays where none can."""
    return f"""\
if find_spec("lonboard"):  # the same to move and hover; nothing is fetched, so no ground lies below
    from lonboard import Map, PolygonLayer

    display(
        Map(
            PolygonLayer.from_geopandas({frame}[[{columns}, "geometry"]], get_fill_color=[0, 114, 178]),
            basemap=None,
        )
    )"""
