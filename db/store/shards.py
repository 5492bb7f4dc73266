"""Content-addressed Parquet files beside the project file: what was computed once is read, not computed.

A file is named by the hash of what it was made from, written under a temporary name, flushed, renamed
into place and never changed. So a killed run goes on where it stopped, and other processes can add files.
"""

import contextlib
import hashlib
import json
import os
import socket
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.errors import BuildError
from quarrydb.files import replace_atomically

ABANDONED_AFTER_S = 86_400.0


def fingerprint(*parts: object) -> str:
    """Hex SHA-256 of the canonical JSON of ``parts``; paths and dates count as their text."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def machine() -> str:
    """This machine's name, without dots."""
    return socket.gethostname().replace(".", "-")


def is_abandoned(temporary: Path) -> bool:
    """Whether the maker of a temporary file is gone; another machine's is gone after a day of silence.

    A name without a maker (``write_atomically``) is used under the project's lock, which the caller holds.
    """
    host, _, pid = temporary.name.split(".")[-3].rpartition("-")
    if not pid.isdigit():
        return True
    if host != machine():
        return time.time() - temporary.stat().st_mtime > ABANDONED_AFTER_S
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


class Store:
    """Parquet files under ``root/store/KIND/KEY.parquet``."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, kind: str, key: str) -> Path:
        """Where the file of ``kind`` and ``key`` stands, or would stand."""
        return self.root / "store" / kind / f"{key}.parquet"

    def temporary(self, target: Path) -> Path:
        """A name no other process uses, in the folder of ``target``, which is made."""
        target.parent.mkdir(parents=True, exist_ok=True)
        maker = f"{machine()}-{os.getpid()}"
        return target.with_name(f".{target.stem}.{maker}.{uuid.uuid4().hex[:8]}.tmp")

    def remove_leftovers(self) -> None:
        """Delete temporary files whose makers are gone: killed processes here, silent ones elsewhere."""
        for file in self.root.rglob(".*.tmp"):
            with contextlib.suppress(OSError):
                if is_abandoned(file):
                    file.unlink()

    def write(self, kind: str, key: str, table: pa.Table) -> Path:
        """Store ``table`` under ``kind`` and ``key``, unless it is there, and return its path.

        BuildError with the file's name where it can't be written; nothing half-written is left.
        """
        target = self.path(kind, key)
        if target.exists():
            return target
        try:
            temporary = self.temporary(target)
            try:
                pq.write_table(table, temporary, compression="zstd")
                replace_atomically(temporary, target)
            finally:
                with contextlib.suppress(FileNotFoundError):
                    temporary.unlink()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise BuildError(
                f"{target} can't be written: {reason}. Make room there, and run the same command "
                "again: what is stored is kept."
            ) from error
        return target
