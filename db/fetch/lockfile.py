"""``quarry.lock``: what a build took from where, to be committed beside the project file.

Every remote file stands in it with its size, version, checksum, licence and date of access. A build takes
exactly these bytes again, and needs no network where store or cache hold what it made of them.
"""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from quarrydb.errors import ProjectError
from quarrydb.fetch.reply import Version
from quarrydb.files import write_atomically
from quarrydb.memory import JSON_TIMES, check_whole

LOCK_NAME = "quarry.lock"
DIGESTS, HEX = ("sha256", "header_sha256", "crc32"), re.compile("[0-9a-f]{1,128}")
HEAD = """\
# What this project takes from servers, as it was when it was first fetched. Commit it beside quarry.toml:
# the next build takes the same bytes or says which are not to be had any more. quarry update renews it.
version = 1
"""


@dataclass(frozen=True)
class Entry:
    """One remote file.

    ``sha256`` is that of a whole file; ``header_sha256`` that of header and index of a raster read in
    windows. ``member`` is a file of an archive, ``crc32`` what the archive says of it; size and version
    are the archive's then. A ``size`` of 0 says that there is no such tile.
    """

    address: str
    size: int | None = None
    etag: str | None = None
    modified: str | None = None
    sha256: str | None = None
    header_sha256: str | None = None
    member: str | None = None
    crc32: str | None = None
    dataset: str | None = None
    used_by: str | None = None
    licence: str | None = None
    accessed: date | None = None

    @property
    def version(self) -> Version:
        """The version that the server must have."""
        return Version(self.size, self.etag, self.modified)

    @property
    def is_absent(self) -> bool:
        """Whether the entry says that there is no such tile."""
        return self.size == 0

    @property
    def key(self) -> tuple[str, str | None]:
        """What tells entries apart."""
        return self.address, self.member

    @property
    def identity(self) -> str:
        """What stands for the content in fingerprints: equal for equal bytes, hex."""
        if self.member is not None:
            return sha256(f"{self.member}|{self.crc32}".encode()).hexdigest()
        if self.sha256:
            return self.sha256
        text = f"{self.size}|{self.etag or self.modified}|{self.header_sha256}"
        return sha256(text.encode()).hexdigest()


class LockFile:
    """The entries of one project."""

    def __init__(self, path: Path) -> None:
        """Read the file, if it is there. ProjectError where it can't be read."""
        self.path = path
        self.entries: dict[tuple[str, str | None], Entry] = {e.key: e for e in _read(path)}
        self.is_saved = True

    def find(self, address: str, member: str | None = None) -> Entry | None:
        """The entry of a remote file."""
        return self.entries.get((address, member))

    def members(self, archive: str) -> list[Entry]:
        """The entries of the members of an archive."""
        return [e for e in self.entries.values() if e.address == archive and e.member is not None]

    def add(self, entry: Entry) -> Entry:
        """Note a file, as of today where the bytes are new."""
        old = self.entries.get(entry.key)
        if old is not None and replace(entry, accessed=old.accessed) == old:
            return old
        is_same = old is not None and old.identity == entry.identity
        accessed = old.accessed if old is not None and is_same else datetime.now(UTC).date()
        entry = replace(entry, accessed=accessed)
        self.entries[entry.key] = entry
        self.is_saved = False
        return entry

    def keep_only(self, keys: Iterable[tuple[str, str | None]]) -> None:
        """Drop entries that nothing refers to any more."""
        wanted = set(keys)
        gone = [key for key in self.entries if key not in wanted]
        for key in gone:
            del self.entries[key]
            self.is_saved = False

    def save(self) -> None:
        """Write the file where an entry is new; none where nothing is remote."""
        if self.is_saved or (not self.entries and not self.path.exists()):
            return
        write_atomically(self.path, HEAD + "".join(map(_text, self._sorted())))
        self.is_saved = True

    def _sorted(self) -> list[Entry]:
        return sorted(self.entries.values(), key=lambda e: (e.address, e.member or ""))


def _read(path: Path) -> list[Entry]:
    try:
        if path.exists() and not path.is_file():
            raise ValueError("it is no file")
        if path.exists():
            check_whole(path, str(path), JSON_TIMES)
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if content.get("version") != 1:
            raise ValueError(
                f"version {content.get('version')!r}, which this quarrydb does not know"
            )
        return [_entry(item) for item in content.get("file", [])]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ProjectError(
            f"{path} can't be read: {error}. Take it from your version control, or delete it: the next "
            "build with --fetch writes a new one."
        ) from error


def _entry(item: dict[str, object]) -> Entry:
    known = {field.name: field.type for field in fields(Entry)}
    for name, value in item.items():
        wanted = int if name == "size" else date if name == "accessed" else str
        if name not in known or not isinstance(value, wanted) or isinstance(value, bool):
            raise ValueError(f"{name} = {value!r}")
        is_digest = name in DIGESTS and not HEX.fullmatch(str(value))
        if is_digest or not str(value).isprintable() or str(value).startswith("-"):
            raise ValueError(f"{name} = {value!r}")
    return Entry(**item)  # type: ignore[arg-type]


def _text(entry: Entry) -> str:
    lines = ["\n[[file]]"]
    for name, value in asdict(entry).items():
        if isinstance(value, str):
            lines.append(f"{name} = {json.dumps(value)}")
        elif value is not None:
            lines.append(f"{name} = {value}")
    return "\n".join(lines) + "\n"
