"""Private temporary folders: what a killed process leaves of them is found by the next build."""

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PREFIX = "quarrydb-"
NAME = re.compile(rf"{PREFIX}[a-z0-9_]{{8}}")  # as tempfile makes it


@contextlib.contextmanager
def private_folder() -> Iterator[Path]:
    """A new empty folder of this user alone, removed at the end.

    It is locked meanwhile: the lock ends with the process, however that ends.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        with contextlib.suppress(OSError):  # no locks there: then nobody takes it for left behind
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if folder.exists():
            break
        os.close(descriptor)  # taken for left behind between its making and its lock
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(descriptor)


def remove_left_folders() -> None:
    """Delete private folders of this user whose process is no more; links and all else stay."""
    place = tempfile.gettempdir()
    with contextlib.suppress(OSError), os.scandir(place) as entries:
        names = [entry.name for entry in entries if NAME.fullmatch(entry.name)]
        for name in names:
            with contextlib.suppress(OSError):
                _remove_left(f"{place}/{name}")


def _remove_left(folder: str) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)
