"""NetCDF files in HDF5 that would make the library read another file of the user."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio

from quarrydb.errors import SourceError
from quarrydb.loaders.raster import open_raster
from quarrydb.loaders.raster_hdf5 import LINK
from tests.reliability import hdf5
from tests.reliability.table import case, tried
from tests.reliability.tools import refusal

SECRET = b"kept from strangers".ljust(100, b".")
HEAP = hdf5.LINK_AMONG_MANY.index(b"FRHP")


def patched(content: bytes, at: int, new: bytes) -> bytes:
    return content[:at] + new + content[at + len(new) :]


REFUSED = [
    case("Security", "netCDF file that gathers its data from other files", hdf5.VIRTUAL),
    case("Security", "netCDF file that links to another file", hdf5.LINK),
    case("Security", "the same among many links", hdf5.LINK_AMONG_MANY),
    case(
        "Security",
        "netCDF file whose links are compressed",
        LINK.sub(b"\x78\x9c\x01", patched(hdf5.LINK_AMONG_MANY, HEAP + 7, b"\x10\0")),
    ),
    case(
        "Security",
        "netCDF file whose addresses are counted from elsewhere",
        patched(hdf5.LINK, 12, b"\0\x01"),
    ),
]


def read(path: Path) -> np.ndarray:
    with open_raster(path) as dataset:
        return dataset.read(1)


@tried("Security", "netCDF file that keeps its data in any file of the user")
def test_external_storage(tmp_path: Path, happened: Callable[[str], None]) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_bytes(SECRET)
    place = str(secret).encode()
    assert hdf5.EXTERNAL_STORAGE.count(hdf5.ELSEWHERE) == 1
    file = tmp_path / "a.nc"
    padded = place.rjust(len(hdf5.ELSEWHERE), b"/")
    file.write_bytes(hdf5.EXTERNAL_STORAGE.replace(hdf5.ELSEWHERE, padded))
    with rasterio.open(f'NETCDF:"{file}":v') as dataset:
        assert dataset.read(1).tobytes() == SECRET  # what the library does where nobody looks
    happened(refusal(lambda: read(file)))


@pytest.mark.parametrize("content", REFUSED)
def test_other_files(content: bytes, tmp_path: Path, happened: Callable[[str], None]) -> None:
    file = tmp_path / "a.nc"
    file.write_bytes(content)
    happened(refusal(lambda: read(file)))


def test_what_holds_all_its_data_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.nc"
    # Names of such structures in the data themselves are no such structures.
    file.write_bytes(hdf5.WHOLE + b"HEAPGCOLFRHPFHDB\x04\x03\x01\x08\x40" * 1000)
    assert (read(file) == np.arange(100).reshape(10, 10)).all()


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    file = tmp_path / "a.nc"
    file.write_bytes(hdf5.WHOLE)
    read(file)
    file.write_bytes(hdf5.VIRTUAL)
    with pytest.raises(SourceError, match="gathers data from other files"):
        read(file)
