"""Names in archives: which are refused, and which are clutter. One rule for rasters and vectors."""

from pathlib import Path, PurePosixPath, PureWindowsPath

from quarrydb.errors import SourceError

UNPACKED_LIMIT_BYTES = 20 * 2**30  # of an archive, and of what is unpacked of a file in one


def refuse_leaving(archive: Path | str, name: str) -> None:
    """SourceError for a member that claims a place outside its archive, on any system."""
    path = PureWindowsPath(name)  # splits at both kinds of slash
    if path.anchor or ".." in path.parts or "\0" in name:
        raise SourceError(f"{archive} holds the path {name!r}, which leaves the archive: refused.")


def is_clutter(name: str) -> bool:
    """Whether a member is hidden, or what macOS puts beside each file."""
    path = PurePosixPath(name)
    return "__MACOSX" in path.parts or path.name.startswith(".")
