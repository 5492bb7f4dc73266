"""How much memory the reading of one file may take, and what is said where it would take more.

A small file may stand for gigabytes (equal rows, empty blocks), and the kernel kills without a word.
"""

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from quarrydb.errors import ProjectError, SourceError

VARIABLE = "QUARRY_READ_MEMORY"
SHARE = 0.5  # of the memory that is there
RATIO = 1000  # times a file's own size: squares on a regular grid, packed by zstd, take 250
SMALL_BYTES = 2**30  # which any file may take
UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
UNITS |= {f"{unit}I": 2 ** (10 * power) for power, unit in enumerate("KMGT", start=1)}
AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?\s*", re.IGNORECASE)
CGROUP = Path("/sys/fs/cgroup")
LIMIT_FILES = (CGROUP / "memory.max", CGROUP / "memory" / "memory.limit_in_bytes")
# Objects of Python that text becomes, in bytes for each byte of it: the worst that a file can ask for.
JSON_TIMES, TABLE_TIMES = 25, 60


@dataclass(frozen=True)
class Budget:
    """Bytes that reading a file may take, and where that number comes from."""

    n_bytes: int
    reason: str

    def refuse(self, where: str, so_far: str = "") -> SourceError:
        """The error of a file that would take more."""
        return SourceError(
            f"{where} would take more than {shown(self.n_bytes)} of memory ({self.reason}){so_far}. If you "
            f"trust it and have the memory, allow more with {VARIABLE}=16GB, or split the file."
        )


def budget(packed_bytes: int | None = None) -> Budget:
    """What one file may take: what ``QUARRY_READ_MEMORY`` says, or half of the memory that is there.

    Without the variable a file of ``packed_bytes`` gets 1,000 times its size at most, and 1 GiB in any case.
    """
    said = os.environ.get(VARIABLE)
    if said:
        return Budget(parse_amount(said), f"as {VARIABLE} says")
    half = int(SHARE * memory_bytes())
    by_size = half if packed_bytes is None else max(SMALL_BYTES, RATIO * packed_bytes)
    if by_size < half:
        reason = f"it is a file of {shown(packed_bytes or 0)}: {RATIO:,} times that, or {shown(SMALL_BYTES)}"
        return Budget(by_size, reason)
    return Budget(half, "half of what is here")


def parse_amount(text: str) -> int:
    """Bytes of an amount such as ``8GB``, ``512 MiB``; ProjectError for all else."""
    match = AMOUNT.fullmatch(text)
    if match is None or not float(match[1]):
        raise ProjectError(f"{VARIABLE} is {text!r}. Write a number and its unit, such as 8GB.")
    return int(float(match[1]) * UNITS[match[2].upper()])


def memory_bytes() -> int:
    """Memory of this machine, or of the control group (container) that the process is in."""
    return _memory_bytes(LIMIT_FILES)


@cache
def _memory_bytes(limit_files: tuple[Path, ...]) -> int:
    found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for path in limit_files:
        try:
            found = min(found, int(path.read_text(encoding="ascii")))
        except (OSError, ValueError):  # another version of control groups, or "max"
            continue
    return found


def shown(n_bytes: int) -> str:
    """An amount of memory for people: three digits and a unit."""
    amount = float(n_bytes)
    for unit in ("bytes", "kB", "MB"):
        if amount < 999.5:
            return f"{amount:.3g} {unit}"
        amount /= 1000
    return f"{amount:,.1f} GB"


def check_whole(path: Path, where: str, times: int) -> None:
    """SourceError where ``path``, read whole into ``times`` as many bytes, goes beyond the budget."""
    size = path.stat().st_size
    limit = budget()
    if size * times > limit.n_bytes:
        raise limit.refuse(f"{where} ({shown(size)})")
