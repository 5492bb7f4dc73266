"""One build at a time in a project folder."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quarrydb.errors import BuildError
from quarrydb.store.folder import opened, refuse_links

NAME = "lock"
LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def check_own(descriptor: int, path: Path) -> None:
    """BuildError where the lock is not a file of its own: its content is replaced."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        raise BuildError(f"{path} is no plain file, or has a second name elsewhere. Remove it.")


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold ``folder/lock``; the system frees it when the process ends, however it ends."""
    try:
        with opened(folder, make=True) as opened_folder:
            refuse_links(folder)
            descriptor = os.open(NAME, LOCK, 0o644, dir_fd=opened_folder)
    except OSError as error:
        place = folder / NAME if os.path.lexists(folder / NAME) else folder
        raise BuildError(
            f"{place} can't be written: {error.strerror}. Make the project folder writable."
        ) from error
    try:
        check_own(descriptor, folder / NAME)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip("\0 \n")
            raise BuildError(
                f"Another build of this project is running (process {holder or 'unknown'}). "
                "Wait for it, or stop it."
            ) from error
        except OSError as error:
            raise BuildError(
                f"{folder / 'lock'} can't be locked: {error.strerror}. Two builds at once would harm each "
                "other there: move the project to a disk with locks, or mount this one with them (NFS: "
                "option local_lock=flock)."
            ) from error
        with suppress(OSError):  # the number only helps a person; a full disk must not stop here
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
