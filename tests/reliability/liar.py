"""The command line on a machine that lies: ``python -m tests.reliability.liar LIE ARGUMENT ...``.

``clock``: its time jumps a day forward and back. ``locks``: every lock is granted, as some network disks do.
"""

import fcntl
import itertools
import sys
import time
from collections.abc import Callable

DAY_S = 86_400
STEADY_CALLS = 7  # reads of the clock between two jumps


def jumping_clock() -> None:
    """Let the clock be a day ahead, a day behind and right again, every few readings."""
    right, calls = time.time_ns, itertools.count()

    def jumping() -> int:
        return right() + (0, 1, -1)[next(calls) // STEADY_CALLS % 3] * DAY_S * 10**9

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
