"""What the store holds of each step, and what the last build was made from."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from quarrydb.store.databases import (
    Made,
    is_as_noted,
    note_database,
    note_made,
    noted_databases,
    noted_made,
    place_of,
)
from quarrydb.store.folder import is_given
from quarrydb.store.records import read_record, write_record
from quarrydb.store.shards import Store


@dataclass(frozen=True)
class Output:
    """One Parquet file of a step's result: ``path`` is relative to the store's root."""

    table: str
    path: str
    sha256: str


@dataclass(frozen=True)
class Record:
    """A finished step: its files and the seconds it took.

    ``kept`` are further files of the store, from its root, that the step's next run starts from; None in
    records of versions that did not note them.
    """

    name: str
    outputs: tuple[Output, ...]
    seconds: float
    kept: tuple[str, ...] | None = None


def output_of(store: Store, table: str, path: Path) -> Output:
    """The record of a file of the store."""
    return Output(table, path.relative_to(store.root).as_posix(), str(store.checksum(path)))


class Ledger:
    """Records of finished steps by fingerprint, one JSON file each."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.folder = store.root / "step"
        self.history_file = store.root / "last_build.json"
        self._sound: dict[str, Record | None] = {}

    def find(self, fingerprint: str) -> Record | None:
        """The record of a finished step whose files are all there and unharmed, else None."""
        if fingerprint not in self._sound:
            record = self._read(fingerprint)
            sound = record is not None and all(map(self._is_sound, record.outputs))
            self._sound[fingerprint] = record if sound else None
        return self._sound[fingerprint]

    def remove_harmed(self, fingerprints: Iterable[str]) -> None:
        """Delete harmed files of finished steps, which are not written again while they are there.

        The caller holds the project's lock. After a kill the rest goes in the next build: the record
        stays, and is no sounder without the file. What lies outside the store is left alone.
        """
        for fingerprint in fingerprints:
            record = self._read(fingerprint) if self.find(fingerprint) is None else None
            for output in record.outputs if record else ():
                path = self._place(output)
                if path is not None and os.path.lexists(path) and not self._is_sound(output):
                    self.store.discard(path)
                    self._sound.clear()

    def _read(self, fingerprint: str) -> Record | None:
        content = read_record(self._file(fingerprint), self.store.root)
        try:
            outputs = tuple(Output(**item) for item in content["outputs"])
            kept = content.get("kept")
            kept = None if kept is None else tuple(map(str, kept))
            return Record(content["name"], outputs, content["seconds"], kept)
        except (KeyError, TypeError, AttributeError):
            return None

    def _is_sound(self, output: Output) -> bool:
        path = self._place(output)
        if path is None or not self.store.is_sound(path):
            return False
        return self.store.checksum(path) == output.sha256

    def _place(self, output: Output) -> Path | None:
        """Where an output stands; None where its record names what is no shard of the store."""
        *above, name = str(output.path).split("/")
        is_shard = len(above) == 2 and is_given(tuple(above), name)
        return Path(self.store.root, *above, name) if is_shard else None

    def _file(self, fingerprint: str) -> Path:
        return self.folder / f"{fingerprint}.json"

    def add(self, fingerprint: str, record: Record) -> None:
        """Note a finished step; from here on it is never computed again."""
        self._write(self._file(fingerprint), asdict(record))
        self._sound[fingerprint] = record

    def history(self) -> Mapping[str, Mapping[str, object]] | None:
        """Ingredients and seconds of the last build's steps by name; None before the first."""
        content = read_record(self.history_file, self.store.root)
        return content if isinstance(content, dict) else None

    def write_history(self, content: Mapping[str, Mapping[str, object]]) -> None:
        """Keep what the build was made from, for ``quarry plan`` and the time estimate."""
        self._write(self.history_file, dict(content))

    def note_database(self, database: Path) -> None:
        """Remember the checksum of the database just put in place."""
        note_database(self.store.root, database)

    def note_made(self, database: Path, made: Made) -> None:
        """Remember what the database just put in place was made by."""
        note_made(self.store.root, database, made)

    def made(self, database: Path) -> Made | None:
        """What the database in place was made by; None where anybody touched or moved it since."""
        return noted_made(self.store.root, database)

    def has_put(self, database: Path) -> bool:
        """Whether a build of this project once put a database in this place."""
        return place_of(self.store.root, database) in noted_databases(self.store.root)

    def knows_database(self, database: Path) -> bool:
        """Whether ``database`` is, byte for byte, what the last build put in place."""
        return is_as_noted(self.store.root, database)

    def _write(self, file: Path, content: object) -> None:
        write_record(file, self.store.root, content)
