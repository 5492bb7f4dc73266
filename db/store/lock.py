"""One build at a time in a project folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from quarrydb.errors import BuildError


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold ``folder/lock``; the system frees it when the process ends, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise BuildError(
            f"{folder} can't be written: {error.strerror}. Make the project folder writable."
        ) from error
    try:
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
