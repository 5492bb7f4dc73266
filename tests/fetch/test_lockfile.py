"""The lock: written so that it reads back, kept as it was where nothing changed."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from quarrydb.errors import ProjectError
from quarrydb.fetch.lockfile import Entry, LockFile

ENTRY = Entry(
    'https://h/a"b.tif', 12, '"e\\tag"', "Sat, 28 Nov 2026", header_sha256="ab", used_by="landcover"
)


def test_a_lock_reads_back(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "quarry.lock")
    lock.save()
    assert not lock.path.exists()
    written = lock.add(ENTRY)
    lock.add(Entry("https://h/z.zip", sha256="cd", member="a/b.tif", crc32="ef"))
    lock.save()
    again = LockFile(lock.path)
    assert again.entries == lock.entries
    assert again.find(ENTRY.address) == written
    assert written.accessed is not None


def test_the_date_of_access_is_that_of_the_bytes(tmp_path: Path) -> None:
    lock = LockFile(tmp_path / "quarry.lock")
    old = replace(ENTRY, accessed=date(2020, 1, 1))
    lock.entries[old.key] = old
    assert lock.add(ENTRY).accessed == date(2020, 1, 1)
    assert lock.is_saved
    assert lock.add(replace(ENTRY, used_by="another")).accessed == date(2020, 1, 1)
    assert lock.add(replace(ENTRY, etag='"new"')).accessed != date(2020, 1, 1)


@pytest.mark.parametrize(
    "text",
    ["version = 2", "version = ", "version = 1\n[[file]]\naddress = 5", "version = 1\n[[file]]\nx = 1",
     "version = 1\nfile = 5"],
)  # fmt: skip
def test_a_lock_that_can_not_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "quarry.lock").write_text(text)
    with pytest.raises(ProjectError, match="version control"):
        LockFile(tmp_path / "quarry.lock")
