"""The entry point of the command line: errors and Ctrl-C become exit codes, secrets stay out of sight.

Nothing heavy is imported before Ctrl-C is listened for.
"""

import contextlib
import io
import os
import signal
import sys
import threading
import time
from types import FrameType

INTERRUPTED = 130
CANT_WRITE = 8
OUT_OF_MEMORY = 4
TOO_DEEP = 3  # as for any other source that can't be read
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PATIENCE_S = 5.0
STOPPED = "Stopped. Nothing is lost: run the same command to go on."


class Interrupts:
    """Notes Ctrl-C, since code on the way may turn the exception into another one.

    DuckDB makes an error of its own of an interrupt in a query or in a function that it calls.
    """

    def __init__(self) -> None:
        self.happened = 0  # the exit code that a signal asks for
        self.heard_at = float("-inf")

    def listen(self) -> None:
        """Note interrupts, a request to end and a closed terminal from now on, where nobody else does."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in SIGNALS:
            if signal.getsignal(number) in (signal.default_int_handler, signal.SIG_DFL):
                signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        is_hurried = time.monotonic() - self.heard_at < PATIENCE_S
        self.happened = self.happened or 128 + number
        if is_hurried:
            return  # what the first one stopped is clearing up
        self.heard_at = time.monotonic()
        raise KeyboardInterrupt

    def ignore(self) -> None:
        """Let a second Ctrl-C not disturb the end of the process."""
        for number in SIGNALS:
            if signal.getsignal(number) == self._note:
                signal.signal(number, signal.SIG_IGN)


def main() -> None:
    """Run a command; errors that a user can act on are printed plainly and give the exit code."""
    interrupts = Interrupts()
    interrupts.listen()
    spell_out()
    try:
        from quarrydb.cli.app import app
        from quarrydb.fetch.gdal import forbid_gdal_network

        forbid_gdal_network()

        app()
    except BaseException as error:
        interrupts.ignore()
        sys.exit(exit_code(error, interrupts.happened))


def exit_code(error: BaseException, was_interrupted: int) -> str | int | None:
    """Say what stopped a command, and return its exit code; a mistake of the program is raised on."""
    from quarrydb.errors import QuarryError

    if isinstance(error, SystemExit) and error.code in (None, 0):
        return finished()
    if BrokenPipeError in (type(error), type(error.__context__)):
        close_output()  # the reader had enough
        return 0
    code = error.code if isinstance(error, SystemExit) else None
    if was_interrupted or isinstance(error, KeyboardInterrupt) or code == INTERRUPTED:
        say(STOPPED)
        return was_interrupted if was_interrupted > INTERRUPTED - 2 else INTERRUPTED
    if isinstance(error, QuarryError):
        from quarrydb.redact import hidden

        say(f"Error: {hidden(str(error))}", is_error=True)
        return error.exit_code
    if isinstance(error, OSError):
        return stopped_by_system(error)
    if isinstance(error, MemoryError):
        say(
            "Error: There is not enough memory for this. Give it less to do, or more memory.",
            is_error=True,
        )
        return OUT_OF_MEMORY
    if isinstance(error, RecursionError):
        say("Error: Something that was read nests too deep to be read.", is_error=True)
        return TOO_DEEP
    if code is not None:
        return code
    raise error


def finished() -> int:
    """Exit code of a command that did its work, once its output is written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        close_output()
    except OSError as error:
        return stopped_by_system(error)
    return 0


def stopped_by_system(error: OSError) -> int:
    """Say what the system refused: a full disk, a folder that is gone."""
    from quarrydb.errors import refused_by_system

    what = refused_by_system(error)
    if isinstance(error, FileNotFoundError) and not error.filename:
        what = "the working folder is gone. Change to another one"
    say(f"Error: {what}.", is_error=True)
    close_output()
    return CANT_WRITE


def close_output() -> None:
    """Let nothing more be written to standard output, not even as the process ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def spell_out() -> None:
    """Print what the terminal's encoding lacks as its code, in place of an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def say(text: str, *, is_error: bool = False) -> None:
    """Print to standard error, errors in red where that is a terminal."""
    import typer

    from quarrydb.redact import printable

    typer.secho(printable(text), err=True, fg=typer.colors.RED if is_error else None)
