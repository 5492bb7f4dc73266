"""SHA-256 of input files, remembered by size, times and inode so that unchanged files are not read twice."""

import hashlib
from pathlib import Path

from quarrydb.errors import SourceError
from quarrydb.store.records import read_record, write_record

Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """Size in bytes, modification time in ns and inode of a file; SourceError where it is gone."""
    size, modified_ns, inode, _ = full_stamp(path)
    return size, modified_ns, inode


def full_stamp(path: Path) -> tuple[int, int, int, int]:
    """``stamp`` and the change time in ns, which no program sets back; SourceError where it is gone."""
    try:
        status = path.stat()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}. Put the file back.") from error
    return status.st_size, status.st_mtime_ns, status.st_ino, status.st_ctime_ns


def sha256_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(f"{path} can't be read: {error.strerror}.") from error


class Checksums:
    """Checksums of files, kept in one JSON file of the store folder."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.known: dict[str, list[object]] = self._read()
        self.is_saved = True

    def _read(self) -> dict[str, list[object]]:
        content = read_record(self.file, self.file.parent)
        return content if isinstance(content, dict) else {}

    def of(self, path: Path) -> str:
        """The checksum of ``path`` as it is now."""
        now = full_stamp(path)
        known = self.known.get(str(path))
        if known and known[:-1] == list(now):
            return str(known[-1])
        checksum = sha256_of(path)
        if full_stamp(path) != now:
            raise SourceError(f"{path} changed while it was read. Wait until it is complete.")
        self.known[str(path)] = [*now, checksum]
        self.is_saved = False
        return checksum

    def confirm(self, path: Path) -> None:
        """SourceError where ``path`` is no longer the file that ``of`` saw."""
        known = self.known.get(str(path))
        if known and known[:-1] != list(full_stamp(path)):
            raise SourceError(f"{path} changed while it was loaded. Run the build again.")

    def save(self) -> None:
        """Write what is known, atomically; the caller holds the project's lock."""
        write_record(self.file, self.file.parent, self.known)
        self.is_saved = True
