"""Which files of a folder are a site's own: a folder with anything else in it is never replaced."""

import json
from pathlib import Path

from quarrydb.errors import TargetError
from quarrydb.files import write_atomically, writing
from quarrydb.provenance.cite import Build

MARKER = "site.json"
MAX_MARKER_BYTES = 64 * 1024**2


def files_of(folder: Path) -> list[str]:
    """Paths below ``folder`` of all that is no folder; a link to one counts as a file."""
    found = (p for p in folder.rglob("*") if p.is_symlink() or not p.is_dir())
    return sorted(p.relative_to(folder).as_posix() for p in found)


def write_marker(folder: Path, build: Build) -> int:
    """Write down what ``folder`` holds and from which build; the bytes of it all."""
    files = files_of(folder)
    size = sum((folder / name).stat().st_size for name in files)
    about = {
        "made_by": f"quarrydb {build.version}",
        "project": build.project,
        "build": build.fingerprint,
        "built_at": f"{build.built_at:%Y-%m-%dT%H:%M:%SZ}",
        "bytes": size,
        "files": files,
    }
    write_atomically(folder / MARKER, json.dumps(about, indent=1, ensure_ascii=False))
    return size


def check_owned(folder: Path) -> None:
    """TargetError where ``folder`` is there and holds what no site of ours put there."""
    with writing(folder):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise TargetError(f"{folder} is a link or a file, no folder. Choose another place.")
        there = files_of(folder) if folder.is_dir() else []
        foreign = sorted(set(there) - _listed(folder))
    if foreign:
        more = f" and {len(foreign) - 1:,} more" if len(foreign) > 1 else ""
        raise TargetError(
            f"{folder} holds {foreign[0]}{more}, which quarry site did not write: a site takes the place of "
            "the whole folder. Choose a new folder, or move what is in this one."
        )


def _listed(folder: Path) -> set[str]:
    """What a marker in ``folder`` names; nothing where there is none that can be read."""
    marker = folder / MARKER
    if marker.is_symlink() or not marker.is_file() or marker.stat().st_size > MAX_MARKER_BYTES:
        return set()
    try:
        about = json.loads(marker.read_bytes())
    except (ValueError, RecursionError):
        return set()
    if not isinstance(about, dict) or not str(about.get("made_by")).startswith("quarrydb "):
        return set()
    files = about.get("files")
    named = {name for name in files if isinstance(name, str)} if isinstance(files, list) else set()
    return {*named, MARKER}
