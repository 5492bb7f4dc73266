"""Content-addressed Parquet files beside the project file: what was computed once is read, not computed.

A file is named by the hash of what it was made from, written under a temporary name, flushed, renamed
into place and never changed. So a killed run goes on where it stopped, and other processes can add files.
"""

import contextlib
import hashlib
import json
import os
import re
import socket
import time
import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.errors import BuildError
from quarrydb.store.folder import (
    SHARDS,
    TEMPORARY,
    files,
    opened,
    read,
    refuse_links,
    remove,
    writing_file,
)

ABANDONED_AFTER_S = 86_400.0


def fingerprint(*parts: object) -> str:
    """Hex SHA-256 of the canonical JSON of ``parts``; paths and dates count as their text."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def machine() -> str:
    """This machine's name, without dots."""
    return re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname())


def is_abandoned(name: str, changed_at: float) -> bool:
    """Whether the maker of a temporary file is gone; another machine's is gone after a day of silence.

    A name without a maker is used under the project's lock, which the caller holds.
    """
    host, _, pid = name.split(".")[-3].rpartition("-")
    if not pid.isdigit():
        return True
    if host != machine():
        return time.time() - changed_at > ABANDONED_AFTER_S
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return int(pid) == os.getpid()


def temporary_name(stem: str) -> str:
    """A name no other process uses."""
    return f".{stem}.{machine()}-{os.getpid()}.{uuid.uuid4().hex[:8]}.tmp"


class Store:
    """Parquet files under ``root/store/KIND/KEY.parquet``; BuildError where a link stands in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        refuse_links(root)

    def path(self, kind: str, key: str) -> Path:
        """Where the file of ``kind`` and ``key`` stands, or would stand."""
        return self.root / SHARDS / kind / f"{key}.parquet"

    def temporary(self, target: Path) -> Path:
        """A name no other process uses, in the folder of ``target``, which is made."""
        with opened(self.root, *target.parent.relative_to(self.root).parts, make=True):
            return target.with_name(temporary_name(target.stem))

    def checksum(self, path: Path) -> str | None:
        """Hex SHA-256 of a file of the store; None where there is no plain one."""
        content = read(self.root, *path.relative_to(self.root).parts)
        return None if content is None else hashlib.sha256(content).hexdigest()

    def remove_leftovers(self) -> None:
        """Delete temporary files whose makers are gone: killed processes here, silent ones elsewhere."""
        for file, found in files(self.root).items():
            is_temporary = TEMPORARY.fullmatch(file.name)
            if is_temporary and is_abandoned(file.name, found.st_mtime):
                with contextlib.suppress(OSError):
                    remove(file, self.root)

    def write(self, kind: str, key: str, table: pa.Table) -> Path:
        """Store ``table`` under ``kind`` and ``key``, unless it is there, and return its path.

        BuildError with the file's name where it can't be written; nothing half-written is left.
        """
        target = self.path(kind, key)
        if target.exists():
            return target
        parts = target.relative_to(self.root).parts
        try:
            with writing_file(self.root, *parts, temporary=temporary_name(key)) as file:
                pq.write_table(table, file, compression="zstd")
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else error
            raise BuildError(
                f"{target} can't be written: {reason}. Make room there, and run the same command "
                "again: what is stored is kept."
            ) from error
        return target
