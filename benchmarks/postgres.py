"""A PostgreSQL of our own, from Debian's package, that lives as long as a ``with`` block."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PORT = 54999
USER = "quarry"


@dataclass(frozen=True)
class Server:
    """Where a running server listens: a socket in ``folder``."""

    folder: Path
    programs: Path

    @property
    def address(self) -> list[str]:
        """Options that name the server to psql, createdb and the like."""
        return ["-h", str(self.folder), "-p", str(PORT), "-U", USER]

    def conninfo(self, database: str = "postgres") -> str:
        """libpq's connection string of a database."""
        return f"dbname={database} host={self.folder} port={PORT} user={USER}"

    def create(self, database: str) -> None:
        """Make an empty database."""
        subprocess.run([self.programs / "createdb", *self.address, database], check=True)

    def run(self, script: str, database: str = "postgres") -> str:
        """What psql prints, unaligned and without headers; RuntimeError with its words where it fails."""
        command = [
            self.programs / "psql",
            *self.address,
            "-qAtX",
            "-v",
            "ON_ERROR_STOP=1",
            database,
        ]
        done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()[-400:]}")
        return done.stdout


def programs_folder() -> Path | None:
    """Where Debian keeps the newest PostgreSQL's programs."""
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def temporary_server() -> Iterator[Server]:
    """A server with an empty cluster. RuntimeError where PostgreSQL is not installed."""
    programs = programs_folder()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="quarrydb-pg-", dir="/tmp"))  # sockets want short paths
    is_root = os.getuid() == 0  # PostgreSQL refuses to run as root
    shutil.chown(folder, "postgres" if is_root else pwd.getpwuid(os.getuid()).pw_name)
    as_user = {"user": "postgres"} if is_root else {}
    quiet = {"check": True, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    control = [programs / "pg_ctl", "-D", folder / "data", "-w", "-l", folder / "log"]

    def run(*command: object) -> None:
        subprocess.run([str(part) for part in command], cwd=folder, **quiet, **as_user)

    try:
        run(programs / "initdb", "-D", folder / "data", "-U", USER, "-A", "trust")
        run(*control, "-o", f"-c listen_addresses= -k {folder} -p {PORT}", "start")
        try:
            yield Server(folder, programs)
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
