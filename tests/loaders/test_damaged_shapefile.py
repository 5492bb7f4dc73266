"""Neighbours of the damaged shapefiles that were met: the right rows, or a sentence that names the file."""

import struct
import warnings
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely

from quarrydb.errors import SourceError
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import read_vector

FIRST = 100 + 8  # of the first record in a .shp: its kind, box, number of parts and of points


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two squares."""
    shapes = [shapely.box(x, 0, x + 0.1, 0.1) for x in (0, 1)]
    frame = geopandas.GeoDataFrame({"name": ["a", "b"]}, geometry=shapes, crs="EPSG:4326")
    frame.to_file(tmp_path / "mines.shp", encoding="UTF-8")
    return tmp_path / "mines.shp"


def patch(path: Path, at: int, value: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[at : at + len(value)] = value
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("suffix", "at", "value"),
    [
        pytest.param(".shx", 100, struct.pack(">i", 10**8), id="its index points past the end"),
        pytest.param(".shp", FIRST + 40, struct.pack("<i", 10**9), id="too many points"),
        pytest.param(".shp", FIRST + 36, struct.pack("<i", -5), id="a negative number of parts"),
    ],
)
def test_a_shape_that_cannot_be_read_is_no_row_without_one(
    file: Path, suffix: str, at: int, value: bytes
) -> None:
    patch(file.with_suffix(suffix), at, value)
    with pytest.raises(SourceError, match=r"mines\.shp is damaged: the shape of row 0"):
        read_vector(file)


@pytest.mark.parametrize("record", [bytes(4), struct.pack("<i4dii", 5, 0, 0, 0, 0, 0, 0)])
def test_a_row_without_a_shape_is_one(file: Path, record: bytes) -> None:
    """The null shape, and a polygon of no parts, as other programs write it."""
    patch(file, FIRST, record)
    data = read_vector(file)
    found = clean("s", data.wkb, data.ids, str(data.crs), where="x")
    assert found.feature.tolist() == [1]
    assert "geometry" in found.issues[0].problem


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_coordinate_that_is_none_is_set_aside_without_a_python_warning(
    file: Path, value: float
) -> None:
    patch(file, FIRST + 44 + 4, struct.pack("<d", value))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read_vector(file)
        found = clean("s", data.wkb, data.ids, str(data.crs), where="x")
    assert found.feature.tolist() == [1]
    said = {issue.problem for issue in found.issues}
    assert said & {"coordinates are NaN or infinite", "geometry can't be read"}


@pytest.mark.parametrize("name", ["UTF-16", "UTF-32", "cp037", "OEM", "rot13"])
def test_an_encoding_that_no_table_can_have_is_refused(file: Path, name: str) -> None:
    file.with_suffix(".cpg").write_text(name)
    with pytest.raises(SourceError, match=r"mines\.shp: its \.cpg names the encoding"):
        read_vector(file)
