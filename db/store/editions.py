"""Editions of a project's mines: outlines that databases put in place held, kept for those that follow."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from quarrydb.store.records import read_record, write_record
from quarrydb.store.shards import Store, fingerprint

NAME = "mines.json"
TABLE = "raw.previous_mine"  # the rows of an edition are rows of this table


@dataclass(frozen=True)
class Origin:
    """A source that the outlines were made from, with its terms then."""

    source: str
    kind: str
    licence: str | None
    citation: str | None


@dataclass(frozen=True)
class Edition:
    """One set of mines.

    ``name`` is when the first build with them began, UTC; ``made_by`` the fingerprint of the step that made
    them, empty where nobody knows; ``content`` a hash of their ids, which are made from the outlines.
    """

    name: str
    made_by: str
    content: str
    origins: tuple[Origin, ...] = ()

    @property
    def key(self) -> str:
        """The name of its file in the store."""
        return fingerprint(self.name, self.content)


def content_of(mine_ids: Iterable[str]) -> str:
    """What stands for a set of mines: equal for equal outlines."""
    return sha256("\n".join(sorted(mine_ids)).encode()).hexdigest()


def read_editions(store: Store) -> list[Edition]:
    """All editions of the project whose outlines are in the store unharmed, by name."""
    content = read_record(store.root / NAME, store.root)
    try:
        found = [_edition(**item) for item in content or ()]
    except (KeyError, TypeError, AttributeError):
        return []
    return sorted((e for e in found if store.is_sound(file_of(store, e))), key=lambda e: e.name)


def _edition(
    *, name: str, made_by: str, content: str, origins: Sequence[dict[str, Any]]
) -> Edition:
    """An edition as the record has it; the record is a file, and may hold anything."""
    terms = tuple(Origin(**origin) for origin in origins)
    texts = [name, made_by, content]
    for origin in terms:
        texts += [origin.source, origin.kind, origin.licence or "", origin.citation or ""]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("an edition is described by text")
    return Edition(name, made_by, content, terms)


def file_of(store: Store, edition: Edition) -> Path:
    """Where the outlines of an edition stand."""
    return store.path(TABLE, edition.key)


def keep_edition(store: Store, edition: Edition, rows: pa.Table) -> None:
    """Keep another edition: ``rows`` are those of the table ``TABLE``."""
    known = read_editions(store)
    store.write(TABLE, edition.key, rows)
    content = [asdict(one) for one in (*known, edition)]
    write_record(store.root / NAME, store.root, content)


def earlier(editions: Sequence[Edition], made_by: str, most: int) -> list[Edition]:
    """The ``most`` newest editions that the step ``made_by`` did not make; of equal ones the oldest."""
    others: dict[str, Edition] = {}
    for edition in editions:
        if edition.made_by != made_by:
            others.setdefault(edition.content, edition)
    return list(others.values())[-most:] if most else []
