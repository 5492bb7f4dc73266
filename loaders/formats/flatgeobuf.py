"""FlatGeobuf: one layer, UTF-8, its number of features in the header."""

from quarrydb.loaders.formats import gdal
from quarrydb.loaders.formats.data import Reading, VectorData
from quarrydb.loaders.formats.dates import without_false_dates
from quarrydb.loaders.formats.text import check_utf8


def read(reading: Reading) -> VectorData:
    """The features of a FlatGeobuf file."""
    import pyogrio

    data = gdal.read(reading, "FlatGeobuf")
    n = pyogrio.read_info(reading.path)["features"]
    gdal.check_count(reading, None, data, int(n) or None)
    check_utf8(data, reading.where)
    return without_false_dates(data, {})
