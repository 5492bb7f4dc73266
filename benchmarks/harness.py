"""What all benchmarks share: one process a measurement, CPU seconds, peak memory, ratios.

A machine that does other things takes longer, but not more CPU seconds; and a ratio of two
measurements of one run says the same on a slow machine and on a fast one.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import resource
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

MAKE = multiprocessing.get_context("spawn")
STATUS = Path("/proc/self/status")
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Measured:
    """One measurement: CPU seconds of the work with its children, peak memory of its process."""

    cpu_s: float
    peak_mb: float
    answer: Any


@dataclass(frozen=True)
class Row:
    """One line of a benchmark: ``ratio`` is how often our CPU time fits into the other's."""

    what: str
    cpu_s: float | None
    peak_mb: float | None = None
    ratio: float | None = None
    target: float | None = None
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """For JSON, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value not in (None, "")}


def cpu_seconds() -> float:
    """CPU seconds of this process and its ended children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def resident_peak_mb() -> float:
    """The kernel's high-water mark of this process's resident memory, MB; 0 where it is not Linux.

    The peak that getrusage gives starts at that of the parent process.
    """
    with suppress(OSError):
        for line in STATUS.read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0.0


def measure(prepare: Callable[..., Callable[[], Any]], *arguments: Any) -> Measured:
    """Run ``prepare(*arguments)`` in a fresh process, then measure the function that it returns.

    Peak memory is that of the whole process, inputs included. Raises RuntimeError where it fails.
    """
    here, there = MAKE.Pipe(duplex=False)
    process = MAKE.Process(target=_measure, args=(there, prepare, arguments))
    process.start()
    there.close()
    try:
        found = here.recv()
    except EOFError as error:
        process.join()
        failed = process.exitcode == 1
        why = "its traceback is above" if failed else "killed, most likely for want of memory"
        raise RuntimeError(f"{prepare.__name__} did not end: {why}") from error
    finally:
        process.join()
    return Measured(*found)


def _measure(pipe: Any, prepare: Callable[..., Callable[[], Any]], arguments: Any) -> None:
    work = prepare(*arguments)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = cpu_seconds()
    answer = work()
    pipe.send((cpu_seconds() - before, resident_peak_mb(), answer))


def against(
    ours: Measured, other: Measured, name: str, target: float | None = None, note: str = ""
) -> Row:
    """The line of another way to do the same, with its cost in units of ours."""
    return Row(name, other.cpu_s, other.peak_mb, other.cpu_s / ours.cpu_s, target, note)


def agree(one: float, other: float, tolerance: float = SUM_TOLERANCE) -> str:
    """A note that compares two answers."""
    difference = abs(one - other) / max(abs(one), 1e-300)
    return "same answer" if difference <= tolerance else f"answer differs by {difference:.2g}"
