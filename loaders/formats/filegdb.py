"""File geodatabases: a folder that ends in .gdb, read by GDAL's own driver."""

from pathlib import Path

from quarrydb.loaders.formats import gdal
from quarrydb.loaders.formats.data import Reading, VectorData
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import check_utf8

DRIVER = "OpenFileGDB"
CATALOGUE = "a00000001.gdbtable"  # the table of all tables: every one has it
LOCK = ".lock"


def is_geodatabase(path: Path) -> bool:
    """Whether a folder is a file geodatabase."""
    return path.suffix.lower() == ".gdb" and (path / CATALOGUE).is_file()


def parts(path: Path) -> tuple[Path, ...]:
    """Its files, without those that only say that it is open."""
    files = (file for file in path.iterdir() if file.is_file())
    return tuple(sorted(file for file in files if file.suffix.lower() != LOCK))


def read(reading: Reading) -> VectorData:
    """A feature class of a file geodatabase."""
    import pyogrio

    data = gdal.read(reading, DRIVER)
    n = pyogrio.read_info(reading.path, layer=data.layer)["features"]
    gdal.check_count(reading, str(data.layer), data, int(n))
    check_utf8(data, reading.where)
    return without_false_dates(data, {})
