"""Errors that a user can act on. Each message says what happened, with the value, then what to do."""

from collections.abc import Iterator
from contextlib import contextmanager


class QuarryError(Exception):
    """Root of all errors that quarrydb raises on purpose; ``exit_code`` is the command's exit status."""

    exit_code = 1


class ProjectError(QuarryError):
    """The project file is wrong or names what is not there."""

    exit_code = 2


class SourceError(QuarryError):
    """An input file, layer, row or pixel can't be used; of several, ``messages`` has one each."""

    exit_code = 3
    messages: tuple[str, ...] = ()


class BuildError(QuarryError):
    """A step of the build failed; the last good database is untouched."""

    exit_code = 4


class CheckError(QuarryError):
    """A check of the built database returned offending rows."""

    exit_code = 5


class DatabaseError(QuarryError):
    """A database can't be opened, or was made by another version."""

    exit_code = 6


class QueryError(DatabaseError):
    """The question is wrong, not the database: a query, view, country or format that it does not know."""

    exit_code = 2


class TargetError(QuarryError):
    """A file or folder to write to can't be written; nothing half-written is left in its place."""

    exit_code = 8


class NetworkError(QuarryError):
    """A server can't be asked, does not answer, or sends something else than it should."""

    exit_code = 9


class MissingExtraError(QuarryError):
    """An optional dependency is not installed; the message names the extra."""

    exit_code = 7


class Faults:
    """Gathers SourceFaultsError, so that a user sees all of them in one run."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    @contextmanager
    def gather(self) -> Iterator[None]:
        """Keep a SourceError of the block, and go on after it."""
        try:
            yield
        except SourceError as error:
            self.messages += error.messages or [str(error)]

    def raise_all(self) -> None:
        """SourceError with every fault, where there are any; each once."""
        found = tuple(dict.fromkeys(self.messages))
        if len(found) == 1:
            raise SourceError(found[0])
        if found:
            error = SourceError(f"{len(found)} faults:\n" + "\n".join(f"  {one}" for one in found))
            error.messages = found
            raise error


def refused_by_system(error: OSError) -> str:
    """What the system refused, with the file where it names one, and what to do about another user's."""
    what = f"{error.filename}: {error.strerror}" if error.filename else f"{error.strerror or error}"
    if isinstance(error, PermissionError):
        return f"{what}. It may be another user's: make it readable and writable for this one"
    return what
