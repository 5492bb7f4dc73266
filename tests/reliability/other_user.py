"""Commands that run as another user, who may enter the folders of this program and nobody's others."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.reliability.faults import QUARRY

NOBODY = 65534
ROOT = Path(__file__).parent.parent.parent
PROGRAM = (ROOT, Path(sys.prefix), Path(sys.base_prefix))


def closed_above(folder: Path) -> Path | None:
    """The first folder above one, from the root on, that other users may not enter."""
    above = reversed(folder.parents)
    return next((place for place in above if not place.stat().st_mode & 0o001), None)


def opening_script() -> str:
    """Lines for a shell in a mount namespace of its own that make closed folders show the program alone."""
    lines, hidden = [], {}
    for number, folder in enumerate(dict.fromkeys(PROGRAM)):
        if (closed := closed_above(folder)) is not None:
            hidden[folder] = f"$HOLD/{number}"
            lines.append(f'mkdir "{hidden[folder]}" && mount --bind "{folder}" "{hidden[folder]}"')
            lines.append(f'is_closed="$is_closed {closed}"')
    lines += [
        'for place in $(printf "%s\\n" $is_closed | sort -u)',
        'do mount -t tmpfs -o mode=755,size=1m tmpfs "$place"',
        "done",
    ]
    for folder, held in hidden.items():
        lines.append(f'mkdir -p "{folder}" && mount --bind "{held}" "{folder}"')
    return "set -e\n" + "\n".join(lines)


def as_another(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user who owns nothing and has no home; skip where nobody else can be."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root can be another user")
    user = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --no-new-privs"
    script = f'{opening_script()}\ncd /; exec {user} "$@"'
    with tempfile.TemporaryDirectory() as held:
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", script, "sh", *QUARRY, *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "HOLD": held, "HOME": "/nonexistent", **environment},
        )
    if "unshare:" in done.stderr or "mount:" in done.stderr or "setpriv:" in done.stderr:
        pytest.skip(f"nobody can be another user here: {done.stderr.strip()[:100]}")
    return done


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, but only its owner may write to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def make_writable(folder: Path) -> None:
    """Let every user read and write what lies below a folder."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
