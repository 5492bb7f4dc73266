"""Find files by patterns; write a file or a folder whole or not at all, naming what fails."""

import contextlib
import errno
import fcntl
import glob
import os
import re
import shutil
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from quarrydb.errors import TargetError

ABANDONED_AFTER_S = 86_400.0
MAKER = re.compile(r"[A-Za-z0-9_-]+-[0-9]+\.[0-9a-f]{8}")
# Files that hold several rasters.
HOLDERS = (".zip", ".tgz", ".tar.gz", ".tar", ".nc", ".h5")
PROJECT_FILE, STORE = "quarry.toml", ".quarry"
LINKED_STORE = "QUARRY_LINKED_STORE"


def store_folder(root: Path) -> Path:
    """The store of the project in ``root``.

    A link in its place is followed where the user, not the project's author, says so.
    """
    folder = root / STORE
    return folder.resolve() if os.environ.get(LINKED_STORE) == "1" else folder


def matching_files(root: Path, pattern: str) -> list[Path]:
    """Sorted absolute paths of the files that a glob finds from ``root``, at any depth with ``**``.

    A pattern may go on inside a file that holds others, as in ``*.zip/**/*.tif`` or ``series.nc/NDVI``: what
    follows the file stays as it is, for its reader to look up.
    """
    files = _found_files(root, pattern)
    parts = PurePosixPath(pattern).parts
    for end, part in enumerate(parts[:-1], start=1):
        if part.lower().endswith(HOLDERS):
            holders = _found_files(root, str(PurePosixPath(*parts[:end])))
            files += [holder.joinpath(*parts[end:]) for holder in holders]
    return sorted(set(files))


def _found_files(root: Path, pattern: str) -> list[Path]:
    full = Path(glob.escape(str(root)), pattern)  # the folder's own name is no pattern
    anchor = Path(full.anchor)
    found = [f for f in anchor.glob(str(full.relative_to(anchor))) if f.is_file()]
    folders = {folder: folder.resolve() for folder in {f.parent for f in found}}
    return [f.resolve() if f.is_symlink() else folders[f.parent] / f.name for f in found]


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
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())


def is_abandoned(name: str, changed_at: float) -> bool:
    """Whether the maker of a temporary file is gone; another machine's is gone after a day of silence.

    A name without a maker is used under the project's lock, which the caller holds.
    """
    host, _, pid = name.split(".")[-3].rpartition("-")
    if not pid.isdigit():
        return True
    if host != machine():
        return time.time() - changed_at > ABANDONED_AFTER_S
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


def temporary_name(stem: str) -> str:
    """A name no other process uses."""
    return f".{stem}.{machine()}-{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp"


def temporary_path(target: Path) -> Path:
    """A name beside ``target`` that no other process uses; what killed ones left for it goes."""
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for entry in list(entries):
            if is_temporary_of(entry.name, target.name):
                with contextlib.suppress(OSError):
                    if is_abandoned(entry.name, entry.stat(follow_symlinks=False).st_mtime):
                        _remove(Path(entry.path))
    return target.with_name(temporary_name(target.name))


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def is_temporary_of(name: str, target: str) -> bool:
    """Whether ``name`` is one that ``temporary_name`` gives for ``target``."""
    middle = name.removeprefix(f".{target}.").removesuffix(".tmp")
    return bool(MAKER.fullmatch(middle)) and name == f".{target}.{middle}.tmp"


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder to write a set of files into it; TargetError where another process does so now.

    The system frees it when the process ends, however it ends; no file is left behind.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise TargetError(
            f"Another process writes to {folder} at this moment. Wait for it, or choose another folder."
        ) from error
    except OSError:
        return  # a disk without locks: the names of temporary files keep the writers apart


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


@contextlib.contextmanager
def replacing_aside(target: Path) -> Iterator[Path]:
    """As ``replacing``, for writers that go by a file's ending, or keep files beside it: the temporary
    file has the target's own name, in a folder of its own.
    """
    with writing(target):
        folder = temporary_path(target)
        try:
            folder.mkdir()
            yield folder / target.name
            replace_atomically(folder / target.name, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def replacing_folder(target: Path) -> Iterator[Path]:
    """A temporary folder for the block to fill, put in the place of ``target`` where it ends well.

    TargetError where that fails; what stood there stays then.
    """
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = temporary_path(target)
        fresh.mkdir()
        try:
            yield fresh
            sync_folder(fresh)
            with held(target.parent):
                replace_folder(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
