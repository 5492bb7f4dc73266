"""The entry point of the command line: errors and Ctrl-C become exit codes, secrets stay out of sight.

Nothing heavy is imported before Ctrl-C is listened for.
"""

import signal
import sys
import threading
from types import FrameType

INTERRUPTED = 130
STOPPED = "Stopped. Nothing is lost: run the same command to go on."


class Interrupts:
    """Notes Ctrl-C, since code on the way may turn the exception into another one.

    DuckDB makes an error of its own of an interrupt in a query or in a function that it calls.
    """

    def __init__(self) -> None:
        self.happened = False

    def listen(self) -> None:
        """Note interrupts from now on, where nobody else does."""
        is_main = threading.current_thread() is threading.main_thread()
        if is_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.happened = True
        raise KeyboardInterrupt

    def ignore(self) -> None:
        """Let a second Ctrl-C not disturb the end of the process."""
        if signal.getsignal(signal.SIGINT) == self._note:
            signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> None:
    """Run a command; errors that a user can act on are printed plainly and give the exit code."""
    interrupts = Interrupts()
    interrupts.listen()
    try:
        from quarrydb.cli.app import app
        from quarrydb.fetch.gdal import forbid_gdal_network

        forbid_gdal_network()

        app()
    except BaseException as error:
        interrupts.ignore()
        sys.exit(exit_code(error, interrupts.happened))


def exit_code(error: BaseException, was_interrupted: bool) -> str | int | None:
    """Say what stopped a command, and return its exit code; a mistake of the program is raised on."""
    from quarrydb.errors import QuarryError

    if isinstance(error, SystemExit) and error.code in (None, 0):
        return 0  # it had finished
    code = error.code if isinstance(error, SystemExit) else None
    if was_interrupted or isinstance(error, KeyboardInterrupt) or code == INTERRUPTED:
        say(STOPPED)
        return INTERRUPTED
    if isinstance(error, QuarryError):
        from quarrydb.redact import hidden

        say(f"Error: {hidden(str(error))}", is_error=True)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
        return 0
    if code is not None:
        return code
    raise error


def say(text: str, *, is_error: bool = False) -> None:
    """Print to standard error, errors in red where that is a terminal."""
    import typer

    typer.secho(text, err=True, fg=typer.colors.RED if is_error else None)
