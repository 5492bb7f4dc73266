"""Write a file or a folder whole or not at all, and say which one where that fails."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from quarrydb.errors import TargetError


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


def temporary_path(target: Path) -> Path:
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
    temporary = temporary_path(target)
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
        temporary = temporary_path(target)
        try:
            yield temporary
            replace_atomically(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
