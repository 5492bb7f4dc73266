"""Names in archives: one rule for rasters in zips and tars, and for vectors in zips."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from quarrydb.errors import SourceError
from quarrydb.loaders.archive import expand, members_of
from quarrydb.loaders.archive_name import is_clutter
from quarrydb.loaders.formats.archive import safe_infos

OUTSIDE = ["../a.tif", "/a.tif", "b/../../a.tif", "..\\a.tif", "\\a.tif", "C:\\a.tif", "C:a.tif"]


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_leaves_the_archive_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr(name, b"x")
    with tarfile.open(tmp_path / "bad.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    for bad in ("bad.zip", "bad.tar"):
        with pytest.raises(SourceError, match="which leaves the archive: refused"):
            expand([tmp_path / bad])
    with (
        zipfile.ZipFile(tmp_path / "bad.zip") as archive,
        pytest.raises(SourceError, match="which leaves the archive: refused"),
    ):
        safe_infos(archive, "bad.zip")


def test_clutter_is_no_member_of_any(tmp_path: Path) -> None:
    names = ["a..b/c.tif", "d.tif", "__MACOSX/._d.tif", "b/.DS_Store", ".hidden.tif"]
    with zipfile.ZipFile(tmp_path / "mac.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    with zipfile.ZipFile(tmp_path / "mac.zip") as archive:
        vectors = [info.filename for info in safe_infos(archive, "mac.zip")]
    assert members_of(tmp_path / "mac.zip") == tuple(vectors) == ("a..b/c.tif", "d.tif")
    assert [is_clutter(name) for name in names] == [False, False, True, True, True]
