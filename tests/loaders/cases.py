"""The small inputs with their right values that lie beside the project."""

from pathlib import Path

import pytest
from pyproj import Geod

from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import VectorData

CASES = Path(__file__).parents[3] / "shared" / "cases"


def areas_km2(data: VectorData) -> list[float]:
    """Geodesic area of every part that is loaded, by pyproj."""
    cleaned = clean("s", data.wkb, data.ids, str(data.crs), where="x")
    return [abs(Geod(ellps="WGS84").geometry_area_perimeter(s)[0]) / 1e6 for s in cleaned.geometry]


def case(*names: str) -> Path:
    path = CASES.joinpath(*names)
    if not path.exists():
        pytest.skip(f"the shared cases are not there: {path}")
    return path
