"""What is made once a test run, by the process that asks first, and read by all."""

import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path

# Gives the folder of a name; what it is given fills that folder, which is not there yet.
MakeOnce = Callable[[str, Callable[[Path], object]], Path]


def maker(shared: Path) -> MakeOnce:
    """Makes folders below ``shared``, which all processes of the run see; who comes later waits."""

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / name, shared / f"{name}.done"
        with (shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                make(folder)
                done.touch()
        return folder

    return made
