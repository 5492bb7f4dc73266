"""Content-addressed Parquet files beside the project file: what was computed once is read, not computed.

A file is named by the hash of what it was made from, written under a temporary name, flushed, renamed
into place and never changed. So a killed run goes on where it stopped, and other processes can add files.
"""

import contextlib
import errno
import hashlib
import json
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.errors import BuildError, TargetError

ABANDONED_AFTER_S = 86_400.0


def fingerprint(*parts: object) -> str:
    """Hex SHA-256 of the canonical JSON of ``parts``; paths and dates count as their text."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a rename in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_atomically(temporary: Path, target: Path) -> None:
    """Flush ``temporary``, rename it over ``target`` and flush the folder."""
    with temporary.open("rb+") as file:
        os.fsync(file.fileno())
    temporary.replace(target)
    sync_folder(target.parent)


def replace_folder(fresh: Path, target: Path) -> None:
    """Put the folder ``fresh`` in the place of ``target``, which stays where that fails.

    A folder can't be renamed over another one: for a moment the old one stands under a name of its own,
    from which ``recover_folder`` brings it back after a kill.
    """
    old = recover_folder(target)
    if target.is_dir() and not target.is_symlink():
        target.replace(old)
    try:
        fresh.replace(target)
    except OSError:
        recover_folder(target)
        raise
    sync_folder(target.parent)
    shutil.rmtree(old, ignore_errors=True)


def recover_folder(target: Path) -> Path:
    """Bring back the folder that a killed ``replace_folder`` moved away; its other name is free then."""
    old = target.with_name(f".{target.name}.old.tmp")
    if old.is_dir() and not old.is_symlink() and not target.exists():
        old.replace(target)
    shutil.rmtree(old, ignore_errors=True)
    return old


def machine() -> str:
    """This machine's name, without dots."""
    return socket.gethostname().replace(".", "-")


def is_abandoned(temporary: Path) -> bool:
    """Whether the maker of a temporary file is gone; another machine's is gone after a day of silence.

    A name without a maker (``write_atomically``) is used under the project's lock, which the caller holds.
    """
    host, _, pid = temporary.name.split(".")[-3].rpartition("-")
    if not pid.isdigit():
        return True
    if host != machine():
        return time.time() - temporary.stat().st_mtime > ABANDONED_AFTER_S
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


def beside(target: Path) -> Path:
    """A temporary name for ``target``, free of what a killed run, or a link, left under it."""
    temporary = target.with_name(f".{target.name}.tmp")
    temporary.unlink(missing_ok=True)
    return temporary


def remove_geopackage(path: Path) -> None:
    """Delete a GeoPackage and what SQLite keeps beside it while it writes."""
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def write_atomically(target: Path, content: str | bytes) -> None:
    """Write a file whole or not at all; text as UTF-8."""
    temporary = beside(target)
    try:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
        replace_atomically(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def writing(target: Path) -> Iterator[None]:
    """Make any OSError of the block a TargetError that names ``target``, a file or folder."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else error
        raise TargetError(f"{target} can't be written: {reason}. Choose another place.") from error


def check_place(target: Path) -> None:
    """TargetError, before any work, where no file or folder ``target`` can be made."""
    with writing(target):
        above = next(folder for folder in target.absolute().parents if os.path.lexists(folder))
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "", str(above))
        if not os.access(above, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "", str(above))


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A temporary file for the block to write, put in the place of ``target`` where it ends well.

    TargetError where that fails; what stood there stays then.
    """
    with writing(target):
        temporary = beside(target)
        try:
            yield temporary
            replace_atomically(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)


class Store:
    """Parquet files under ``root/store/KIND/KEY.parquet``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, kind: str, key: str) -> Path:
        """Where the file of ``kind`` and ``key`` stands, or would stand."""
        return self.root / "store" / kind / f"{key}.parquet"

    def temporary(self, target: Path) -> Path:
        """A name no other process uses, in the folder of ``target``, which is made."""
        target.parent.mkdir(parents=True, exist_ok=True)
        maker = f"{machine()}-{os.getpid()}"
        return target.with_name(f".{target.stem}.{maker}.{uuid.uuid4().hex[:8]}.tmp")

    def remove_leftovers(self) -> None:
        """Delete temporary files whose makers are gone: killed processes here, silent ones elsewhere."""
        for file in self.root.rglob(".*.tmp"):
            with contextlib.suppress(OSError):
                if is_abandoned(file):
                    file.unlink()

    def write(self, kind: str, key: str, table: pa.Table) -> Path:
        """Store ``table`` under ``kind`` and ``key``, unless it is there, and return its path.

        BuildError with the file's name where it can't be written; nothing half-written is left.
        """
        target = self.path(kind, key)
        if target.exists():
            return target
        try:
            temporary = self.temporary(target)
            try:
                pq.write_table(table, temporary, compression="zstd")
                replace_atomically(temporary, target)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    temporary.unlink()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise BuildError(
                f"{target} can't be written: {reason}. Make room there, and run the same command "
                "again: what is stored is kept."
            ) from error
        return target
