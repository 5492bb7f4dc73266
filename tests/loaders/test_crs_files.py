"""A CRS that makes PROJ open a file is refused: missing grids shift coordinates without a word."""

import pytest
from pyproj.exceptions import ProjError

from quarrydb.loaders.crs import to_lonlat


@pytest.mark.parametrize(
    "crs",
    [
        "+init=/etc/passwd:1",
        "+proj=longlat +ellps=bessel +nadgrids=no_such_grid.gsb",
        "+proj=utm +zone=32 +geoidgrids=x.gtx",
        "+proj=utm +zone=32 +NADGRIDS=@missing.gsb,null",
    ],
)
def test_files_are_refused(crs: str) -> None:
    with pytest.raises(ProjError, match="names a file or a grid"):
        to_lonlat(crs)


@pytest.mark.parametrize(
    "crs", ["EPSG:32632", "+proj=merc +a=6378137 +b=6378137 +nadgrids=@null +wktext", "+proj=moll"]
)
def test_others_are_read(crs: str) -> None:
    assert to_lonlat(crs).transform(0, 0)
