"""The command line run in the test's own process: its streams and exit code, without a process's start."""

import contextlib
import io
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from quarrydb.cli import entry


def run(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """What ``quarry`` with these arguments prints, and how it ends, from the entry point on.

    Raises what is no end of a command: a mistake of the program, which a process shows as a traceback.
    """
    words = ["quarry", *map(str, arguments)]
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
    code: object = 0
    with (
        as_they_were(words),
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(streams[0]),
        contextlib.redirect_stderr(streams[1]),
    ):
        try:
            entry.main()
        except SystemExit as end:
            code = end.code or 0
    for stream in streams:
        stream.flush()
    assert isinstance(code, int), code
    out, err = (stream.buffer.getvalue().decode() for stream in streams)  # type: ignore[attr-defined]
    return subprocess.CompletedProcess(words, code, out, err)


@contextlib.contextmanager
def as_they_were(words: list[str]) -> Iterator[None]:
    """The words as the process's own; its arguments and what it does on signals are put back."""
    before, handlers = sys.argv, {number: signal.getsignal(number) for number in entry.SIGNALS}
    sys.argv = words
    try:
        yield
    finally:
        sys.argv = before
        for number, handler in handlers.items():
            signal.signal(number, handler)
