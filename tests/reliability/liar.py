"""The command line on a machine that lies: ``python -m tests.reliability.liar LIE ARGUMENT ...``.

``clock``: its time jumps by days, forward and back. ``locks``: every lock is granted, as
some network disks do.
"""

import fcntl
import itertools
import sys
import time
from collections.abc import Callable

DAY_S = 86_400


def jumping_clock() -> None:
    """Let the clock jump forward and back in turn at every reading, each time a day further off."""
    right, calls = time.time_ns, itertools.count()

    def jumping() -> int:
        n_jumps = next(calls)
        return right() + (-1) ** n_jumps * n_jumps * DAY_S * 10**9

    time.time_ns = jumping
    time.time = lambda: jumping() / 1e9


def lying_locks() -> None:
    """Grant every lock."""
    fcntl.flock = lambda file, operation: None


LIES: dict[str, Callable[[], None]] = {"clock": jumping_clock, "locks": lying_locks}

if __name__ == "__main__":
    lie = sys.argv.pop(1)
    LIES[lie]()
    from quarrydb.cli.entry import main

    main()
