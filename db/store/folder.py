"""The store's folder, reached through descriptors: no link is followed, no name but the store's is touched.

A project folder may come from anybody. What stands in its ``.quarry`` is read, written and deleted from
the opened folder downwards (``openat``), so that a link can't lead elsewhere, and only under names that
the store itself gives: whatever else lies there stays.
"""

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from io import BufferedRandom, BufferedReader
from pathlib import Path

from quarrydb.errors import BuildError
from quarrydb.memory import budget

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = (
    os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
)  # a pipe does not wait for a writer
NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
IS_LINK = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)

ROOT_FILES = (
    "checksum.json",
    "current.json",
    "database.json",
    "last_build.json",
    "lock",
    "made.json",
    "mines.json",
    ".seen",
)
STEP, SHARDS = "step", "store"
KIND = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)?")
SHARD_FILE = re.compile(r"[A-Za-z0-9_]{1,80}\.(parquet|xml|bin)(\.sha256)?")
STEP_FILE = re.compile(r"[A-Za-z0-9_]{1,80}\.json")
TEMPORARY = re.compile(r"\.[A-Za-z0-9_]+(\.[A-Za-z0-9_-]+-[0-9]+\.[0-9a-f]{8}|\.json|\.xml)?\.tmp")


def is_given(parts: tuple[str, ...], name: str) -> bool:
    """Whether the store gives the name ``name`` to a file in the folder ``parts`` below its root."""
    if TEMPORARY.fullmatch(name):
        return True
    if not parts:
        return name in ROOT_FILES
    if parts == (STEP,):
        return bool(STEP_FILE.fullmatch(name))
    return len(parts) == 2 and is_kind(parts) and bool(SHARD_FILE.fullmatch(name))


def is_kind(parts: tuple[str, ...]) -> bool:
    """Whether ``parts`` are the folder of a kind of shards."""
    return parts[0] == SHARDS and bool(KIND.fullmatch(parts[1]))


def check_given(root: Path, parts: tuple[str, ...], name: str) -> None:
    """BuildError for a name that is none of the store's: nothing is written or deleted under it."""
    if not is_given(parts, name):
        raise BuildError(f"{Path(root, *parts, name)} is no file of the store.")


def refuse_links(root: Path) -> None:
    """BuildError where the store's folder, or a folder or file in its place, is a link."""
    with contextlib.suppress(FileNotFoundError):
        for parts in folders(root):
            with opened(root, *parts) as folder, os.scandir(folder) as entries:
                links = sorted(entry.name for entry in entries if entry.is_symlink())
            if links:
                raise link_error(Path(root, *parts, links[0]))


def link_error(path: Path) -> BuildError:
    """What to do about a link in the store."""
    return BuildError(
        f"{path} is a link or no folder. Results are written and deleted there, so no link is followed: "
        "remove it. To keep .quarry on another disk set QUARRY_LINKED_STORE=1 for a link that you made."
    )


@contextlib.contextmanager
def opened(root: Path, *parts: str, make: bool = False) -> Iterator[int]:
    """The descriptor of a folder of the store, reached from its root without following a link.

    With ``make`` the folder is made where it is absent. FileNotFoundError else, BuildError for a link.
    """
    descriptor = _descend(root, parts, make)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _descend(root: Path, parts: tuple[str, ...], make: bool) -> int:
    if make and not root.is_dir():
        root.mkdir(parents=True, exist_ok=True)
    descriptor = _open_folder(root, None, root)
    for depth, part in enumerate(parts, start=1):
        try:
            inner = _open_folder(part, descriptor, root, *parts[:depth], make=make)
        finally:
            os.close(descriptor)
        descriptor = inner
    return descriptor


def _open_folder(name: str | Path, above: int | None, *path: str | Path, make: bool = False) -> int:
    try:
        return os.open(name, FOLDER, dir_fd=above)
    except OSError as error:
        if error.errno in IS_LINK:
            raise link_error(Path(*path)) from error
        if not make or error.errno != errno.ENOENT:
            raise
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, dir_fd=above)
    return _open_folder(name, above, *path)


def folders(root: Path) -> Iterator[tuple[str, ...]]:
    """The store's folders that are there, as parts below its root; FileNotFoundError without a root."""
    yield ()
    for name in (STEP, SHARDS):
        if os.path.lexists(root / name):
            yield (name,)
    names: list[str] = []
    with (
        contextlib.suppress(FileNotFoundError),
        opened(root, SHARDS) as folder,
        os.scandir(folder) as entries,
    ):
        names = sorted(entry.name for entry in entries if not entry.is_file())
    yield from ((SHARDS, name) for name in names if KIND.fullmatch(name))


def files(root: Path) -> dict[Path, os.stat_result]:
    """Every file of the store with what ``lstat`` says: those that stand under a name of its own."""
    found: dict[Path, os.stat_result] = {}
    with contextlib.suppress(FileNotFoundError):
        for parts in folders(root):
            with opened(root, *parts) as folder, os.scandir(folder) as entries:
                for entry in entries:
                    if is_given(parts, entry.name) and not entry.is_dir(follow_symlinks=False):
                        found[Path(root, *parts, entry.name)] = entry.stat(follow_symlinks=False)
    return found


def open_file(root: Path, *parts: str) -> BufferedReader | None:
    """A plain file of the store, open for reading; None where there is none."""
    *above, name = parts
    try:
        with opened(root, *above) as folder:
            file = os.fdopen(os.open(name, FILE, dir_fd=folder), "rb")
    except (OSError, ValueError):
        return None
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    return None


def read(root: Path, *parts: str, times: int = 1) -> bytes | None:
    """The content of a plain file of the store; None where there is none.

    None, too, for one that no build wrote: read whole into ``times`` as many bytes it would take more memory
    than one file may.
    """
    file = open_file(root, *parts)
    if file is None:
        return None
    with file:
        is_too_large = os.fstat(file.fileno()).st_size * times > budget().n_bytes
        return None if is_too_large else file.read()


@contextlib.contextmanager
def writing_file(
    root: Path, *parts: str, temporary: str, is_sealed: bool = False
) -> Iterator[BufferedRandom]:
    """A new file for the block to write, put under the name ``parts`` where it ends well.

    It is flushed to the disk, unless it ``is_sealed``: what a power cut tears then is told by its seal,
    and made again.
    """
    *above, name = parts
    check_given(root, tuple(above), name)
    check_given(root, tuple(above), temporary)
    with opened(root, *above, make=True) as folder:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        try:
            with os.fdopen(os.open(temporary, NEW_FILE, 0o644, dir_fd=folder), "w+b") as file:
                yield file
                file.flush()
                if not is_sealed:
                    os.fsync(file.fileno())
            os.replace(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
            if not is_sealed:
                os.fsync(folder)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder)


def remove(path: Path, root: Path) -> None:
    """Delete a file of the store, or a link in its place; BuildError for any other path."""
    *above, name = path.relative_to(root).parts
    check_given(root, tuple(above), name)
    with contextlib.suppress(FileNotFoundError), opened(root, *above) as folder:
        os.unlink(name, dir_fd=folder)
