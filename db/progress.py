"""Progress of long work: bars with elapsed time and time left on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Task as RichTask
from rich.text import Text

from quarrydb.contract import Task
from quarrydb.redact import printable

PLAIN_INTERVAL_S = 30.0


def duration(seconds: float) -> str:
    """Seconds as people read them: 0.4 s, 12 s, 3 min 05 s, 1 h 02 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def pace(n: float, seconds: float | None, unit: str) -> str:
    """How fast bytes come, in words; nothing for other units."""
    return f"{n / seconds:,.1f} {unit}/s" if unit == "MB" and seconds else ""


class PaceColumn(ProgressColumn):
    """How fast bytes come."""

    def render(self, task: RichTask) -> Text:
        """Megabytes a second since the task began."""
        return Text(pace(task.completed, task.elapsed, task.fields["unit"]))


class BarTask:
    """A task shown as a bar."""

    def __init__(self, bars: Progress, task: TaskID) -> None:
        self.bars = bars
        self.id = task

    def advance(self, n: float = 1) -> None:
        """Count ``n`` more units as done."""
        self.bars.advance(self.id, n)

    def name(self, label: str) -> None:
        """Say what is going on."""
        self.bars.update(self.id, description=printable(label))


class BarProgress:
    """Bars on a terminal."""

    def __init__(self, console: Console) -> None:
        self.bars = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} {task.fields[unit]}"),
            PaceColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )

    @contextmanager
    def task(self, label: str, total: float | None, unit: str) -> Iterator[Task]:
        """Show one bar while the work goes on."""
        with self._shown():
            task = self.bars.add_task(printable(label), total=total or 1, unit=unit)
            try:
                yield BarTask(self.bars, task)
            finally:
                self.bars.remove_task(task)

    @contextmanager
    def _shown(self) -> Iterator[None]:
        outermost = not self.bars.live.is_started
        if outermost:
            self.bars.start()
        try:
            yield
        finally:
            if outermost:
                self.bars.stop()

    def line(self, text: str) -> None:
        """Print a line above the bars."""
        self.bars.console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


class LineTask:
    """A task that prints a line now and then."""

    def __init__(self, label: str, total: float | None, unit: str, console: Console) -> None:
        self.label, self.total, self.unit, self.console = label, total, unit, console
        self.done = 0.0
        self.started = self.printed = time.monotonic()

    def advance(self, n: float = 1) -> None:
        """Count ``n`` more units, and say so at most every half minute."""
        self.done += n
        now = time.monotonic()
        if now - self.printed >= PLAIN_INTERVAL_S:
            self.printed = now
            self.console.print(self._text(now - self.started), highlight=False, markup=False)

    def name(self, label: str) -> None:
        """Say what is going on, in the next line that is printed."""
        self.label = label

    def _text(self, elapsed: float) -> str:
        rate = pace(self.done, elapsed, self.unit)
        spent = ", ".join([*([rate] if rate else []), duration(elapsed)])
        if not self.total:
            return f"  {printable(self.label)}: {self.done:,.0f} {self.unit}, {spent}"
        left = elapsed * (self.total - self.done) / max(self.done, 1e-9)
        return (
            f"  {printable(self.label)}: {self.done:,.0f} of {self.total:,.0f} {self.unit}, "
            f"{spent}, about {duration(left)} left"
        )


class LineProgress:
    """Plain lines, for log files and pipes."""

    def __init__(self, console: Console) -> None:
        self.console = console

    @contextmanager
    def task(self, label: str, total: float | None, unit: str) -> Iterator[Task]:
        """Report one task in lines."""
        yield LineTask(label, total, unit, self.console)

    def line(self, text: str) -> None:
        """Print a line."""
        self.console.print(printable(text), highlight=False, markup=False, soft_wrap=True)


class QuietProgress:
    """Nothing at all, for tests and scripts."""

    def task(self, label: str, total: float | None, unit: str) -> AbstractContextManager[Task]:
        """Open a silent task."""
        from quarrydb.contract import SilentProgress

        return SilentProgress().task(label, total, unit)

    def line(self, text: str) -> None:
        """Print nothing."""


BuildProgress = BarProgress | LineProgress | QuietProgress


def progress_for(console: Console) -> BarProgress | LineProgress:
    """Bars where ``console`` is a terminal, lines where it is not."""
    return BarProgress(console) if console.is_terminal else LineProgress(console)
