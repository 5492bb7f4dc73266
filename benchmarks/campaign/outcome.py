"""What a campaign saw, and commands run with their time and memory noted."""

from __future__ import annotations

import json
import multiprocessing
import resource
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

Result = TypeVar("Result")

QUARRY = (sys.executable, "-m", "quarrydb")
# The kernel starts a process's peak at that of the process it was forked from, so a small one forks it.
MEASURES = """
import json, resource, subprocess, sys, time
started = time.monotonic()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": done.returncode, "out": done.stdout, "said": done.stderr,
    "seconds": time.monotonic() - started, "cpu_s": used.ru_utime + used.ru_stime,
    "peak_mb": used.ru_maxrss / 1024}))
"""


class CampaignError(Exception):
    """Something else happened than what must."""


@dataclass(frozen=True)
class Outcome:
    """One line of the page: what was tried, what happened, CPU seconds and the largest process's MB."""

    what: str
    happened: str
    cpu_s: float | None = None
    peak_mb: float | None = None

    def as_dict(self) -> dict[str, object]:
        """For JSON, without what is empty."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Ran:
    """A command that ended, with its seconds, and the memory of its largest process."""

    code: int
    out: str
    said: str
    seconds: float
    cpu_s: float
    peak_mb: float


def run(*command: object) -> Ran:
    """Run a command to its end, measured with its children."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURES, *map(str, command)],
        capture_output=True,
        text=True,
        check=True,
    )
    return Ran(**json.loads(done.stdout))


def quarry(*arguments: object, memory_limit: str | None = None) -> Ran:
    """Run a ``quarry`` command that must succeed."""
    limit = ("--memory-limit", memory_limit) if memory_limit else ()
    ran = run(*QUARRY, *arguments, *limit)
    must(ran.code == 0, f"quarry {' '.join(map(str, arguments))}: {ran.said or ran.out}")
    return ran


def in_a_process(function: Callable[..., Result], *arguments: object) -> Result:
    """The result of a function that runs in a process of its own, whose memory goes with it."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def cpu_of_children() -> float:
    """CPU seconds of the ended children of this process."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def must(holds: bool, otherwise: str) -> None:
    """CampaignError where what must hold does not."""
    if not holds:
        raise CampaignError(otherwise)


def scalar(database: Path, query: str) -> object:
    """The one value of a query."""
    from quarrydb.database.connection import connect

    with connect(database) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def project_file(folder: Path, sections: Sequence[str]) -> Path:
    """Write the project file of a campaign, and return its folder."""
    text = "\n".join(["[project]", 'name = "campaign"', *sections, ""])
    (folder / "quarry.toml").write_text(text, encoding="utf-8")
    return folder
