"""Content-addressed Parquet files beside the project file: what was computed once is read, not computed.

A file is named by the hash of what it was made from, written under a temporary name, renamed into place and
never changed. So a killed run goes on where it stopped, and other processes can add files. None is flushed to
the disk on its own: what a power cut tears, its seal tells, and it is made again.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from io import BufferedRandom
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.errors import BuildError
from quarrydb.files import is_abandoned, replace_atomically, temporary_name
from quarrydb.store.folder import (
    SHARDS,
    TEMPORARY,
    files,
    open_file,
    opened,
    read,
    refuse_links,
    remove,
    writing_file,
)

# Checksums that this process read, each with size, times and inode of the file then.
_DIGESTS: dict[Path, tuple[tuple[int, int, int, int], str]] = {}


def fingerprint(*parts: object) -> str:
    """Hex SHA-256 of the canonical JSON of ``parts``; paths and dates count as their text."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


class Store:
    """Parquet files under ``root/store/KIND/KEY.parquet``, each sealed by its checksum in a file beside it.

    Damaged ones are no results: ``has`` deletes them, so that they are made again, and ``harmed`` names
    them. BuildError where a link stands in the store, for which all of it is listed: tasks of a build that
    has looked itself say ``is_checked``. No link is followed in any case.
    """

    def __init__(self, root: Path, *, is_checked: bool = False) -> None:
        self.root = root
        self.harmed: list[Path] = []
        if not is_checked:
            refuse_links(root)

    def path(self, kind: str, key: str, suffix: str = ".parquet") -> Path:
        """Where the file of ``kind`` and ``key`` stands, or would stand."""
        return self.root / SHARDS / kind / f"{key}{suffix}"

    def has(self, kind: str, key: str, suffix: str = ".parquet") -> bool:
        """Whether the file is there, as it was written; a damaged one is deleted."""
        path = self.path(kind, key, suffix)
        if self.is_sound(path):
            return True
        if os.path.lexists(path):
            self.discard(path)
        return False

    def is_sound(self, path: Path) -> bool:
        """Whether a file of the store holds what its seal says."""
        digest = self.checksum(path)
        return digest is not None and self._read(seal_of(path)) == seal(path, digest)

    def checksum(self, path: Path) -> str | None:
        """Hex SHA-256 of a file of the store; None where there is no plain one."""
        file = open_file(self.root, *path.relative_to(self.root).parts)
        if file is None:
            return None
        with file:
            now = os.fstat(file.fileno())
            stamp = (now.st_size, now.st_mtime_ns, now.st_ino, now.st_ctime_ns)
            known = _DIGESTS.get(path)
            if known is None or known[0] != stamp:
                known = _DIGESTS[path] = (stamp, hashlib.file_digest(file, "sha256").hexdigest())
        return known[1]

    def discard(self, path: Path) -> None:
        """Delete a damaged file, and remember it."""
        self.harmed.append(path)
        for file in (path, seal_of(path)):
            remove(file, self.root)

    def read(self, kind: str, key: str) -> pa.Table:
        """The rows of a file, whose bytes are checked as they are read; BuildError for a damaged one."""
        path = self.path(kind, key)
        content = self._read(path)
        digest = hashlib.sha256(content).hexdigest() if content is not None else ""
        if content is None or self._read(seal_of(path)) != seal(path, digest):
            raise BuildError(f"{path} is damaged. Run the same command again: it is made anew.")
        return pq.ParquetFile(pa.BufferReader(content)).read()

    def _read(self, path: Path) -> bytes | None:
        return read(self.root, *path.relative_to(self.root).parts)

    def write(self, kind: str, key: str, table: pa.Table, **options: Any) -> Path:
        """Store ``table`` under ``kind`` and ``key``, unless it is there, and return its path.

        ``options`` are those of ``pyarrow.parquet.write_table``. BuildError with the file's name where it
        can't be written; nothing half-written is left.
        """
        if self.has(kind, key):
            return self.path(kind, key)
        return self.put(self.path(kind, key), lambda file: _write_table(table, file, options))

    def put(self, target: Path, fill: Callable[[IO[bytes]], object]) -> Path:
        """Let ``fill`` write the file ``target`` of the store, and seal it; BuildError as ``write``.

        The seal comes first: a killed run leaves a seal without a file, never a file without its seal.
        """
        with _making_room(target), self._writing(target, target) as file:
            fill(file)
            file.flush()
            file.seek(0)
            self._seal(target, hashlib.file_digest(file, "sha256").hexdigest())
        return target

    def temporary(self, target: Path) -> Path:
        """A name no other process uses, in the folder of ``target``, which is made."""
        with opened(self.root, *target.parent.relative_to(self.root).parts, make=True):
            return target.with_name(temporary_name(target.stem))

    def adopt(self, temporary: Path, target: Path) -> None:
        """Seal a file that another program wrote under a name of ``temporary``, and put it in place."""
        with _making_room(target):
            self._seal(target, str(self.checksum(temporary)))
            replace_atomically(temporary, target)

    def _seal(self, target: Path, digest: str) -> None:
        with self._writing(seal_of(target), target) as file:
            file.write(seal(target, digest))

    def _writing(
        self, path: Path, target: Path
    ) -> contextlib.AbstractContextManager[BufferedRandom]:
        temporary = temporary_name(target.stem)
        parts = path.relative_to(self.root).parts
        return writing_file(self.root, *parts, temporary=temporary, is_sealed=True)

    def remove_leftovers(self) -> None:
        """Delete temporary files whose makers are gone: killed processes here, silent ones elsewhere."""
        for file, found in files(self.root).items():
            is_temporary = TEMPORARY.fullmatch(file.name)
            if is_temporary and is_abandoned(file.name, found.st_mtime):
                with contextlib.suppress(OSError):
                    remove(file, self.root)


def seal_of(path: Path) -> Path:
    """The file beside a stored one that holds its checksum."""
    return path.with_name(path.name + ".sha256")


def sealed_by(path: Path) -> Path:
    """The stored file that a seal belongs to; any other path is its own."""
    return path.with_name(path.name.removesuffix(".sha256"))


def seal(path: Path, digest: str) -> bytes:
    """What stands in it, as ``sha256sum`` writes and checks it."""
    return f"{digest}  {path.name}\n".encode()


def _write_table(table: pa.Table, file: IO[bytes], options: Mapping[str, Any]) -> None:
    pq.write_table(table, file, **{"compression": "zstd", **options})


@contextlib.contextmanager
def _making_room(target: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise BuildError(
            f"{target} can't be written: {reason}. Make room there, and run the same command "
            "again: what is stored is kept."
        ) from error
