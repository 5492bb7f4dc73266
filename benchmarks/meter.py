"""CPU seconds and peak memory of every step of a build, read off its progress."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.harness import resident_peak_mb

FORGET_PEAK = Path("/proc/self/clear_refs")
CHECKS = "checks, and putting the file in place"
FILLING = "stored rows into the database, views, comments"


@dataclass
class StepMeter:
    """A progress that tells nobody, and notes what each step cost in this process.

    Peak memory is the process's own resident memory at its height during the step, with what earlier
    steps left there. Linux only; elsewhere it is 0.
    """

    cpu_s: dict[str, float] = field(default_factory=dict)
    peak_mb: dict[str, float] = field(default_factory=dict)
    step: str | None = None
    started: float = 0.0

    @contextmanager
    def task(self, label: str, total: float | None, unit: str) -> Iterator[StepTask]:
        """The task that counts steps, or one inside a step."""
        yield StepTask(self, is_outer=label == "Steps")
        if label == "Steps":
            self.begin(CHECKS)

    def line(self, text: str) -> None:
        """Print nothing."""

    def begin(self, step: str) -> None:
        """End the step before, and start another."""
        self.end()
        with suppress(OSError):
            FORGET_PEAK.write_text("5")
        self.step, self.started = step, time.process_time()

    def end(self) -> None:
        """Note what the step that ends has cost."""
        if self.step is not None:
            spent = time.process_time() - self.started
            self.cpu_s[self.step] = self.cpu_s.get(self.step, 0.0) + spent
            self.peak_mb[self.step] = max(self.peak_mb.get(self.step, 0.0), resident_peak_mb())
        self.step = None


@dataclass
class StepTask:
    """A task of the meter."""

    meter: StepMeter
    is_outer: bool

    def advance(self, n: float = 1) -> None:
        """A step ends: what comes before the next one is no step's."""
        if self.is_outer:
            self.meter.begin(FILLING)

    def name(self, label: str) -> None:
        """A step begins."""
        if self.is_outer:
            self.meter.begin(label)
