"""An ibis backend whose connection is locked: ibis would look for extensions on the disk."""

from collections.abc import Sequence
from pathlib import Path

from ibis.backends.duckdb import Backend

from quarrydb.database.connection import attach_locked, connect
from quarrydb.errors import QueryError


class LockedBackend(Backend):  # type: ignore[misc]  # ibis has no types
    """ibis on a database that reads no other file; spatial functions are there."""

    def _load_extensions(self, extensions: Sequence[str], force_install: bool = False) -> None:
        del force_install
        others = sorted(set(extensions) - {"spatial"})
        if others:
            raise QueryError(
                f"A locked database loads no extension ({', '.join(others)}). Open it with unlocked=True."
            )


def locked_backend(path: Path) -> LockedBackend:
    """ibis on a connection of its own to the database ``path``.

    ibis changes settings, so it comes before the file and the lock.
    """
    connection = connect()
    backend = LockedBackend.from_connection(connection)
    attach_locked(connection, path)
    return backend
