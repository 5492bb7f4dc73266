"""Local paths in the place of what a project names on servers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from quarrydb.fetch.lockfile import Entry
from quarrydb.fetch.remote import Remote


@dataclass(frozen=True)
class Located:
    """A remote file at its local path, which may still be empty, with its entry of the lock."""

    remote: Remote
    path: Path
    entry: Entry

    @property
    def is_here(self) -> bool:
        """Whether the file, or the header of a raster, is in the cache."""
        return self.path.is_file()


def notes_of(remote: Remote) -> dict[str, Any]:
    """What of a remote file the lock keeps for people."""
    return {"dataset": remote.dataset, "used_by": remote.section, "licence": remote.licence}


def swapped(section: Any, places: Mapping[Path, Sequence[Path]]) -> Any:
    """A section with paths in the place of placeholders, sections inside it included."""
    if not places:
        return section
    update: dict[str, Any] = {}
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            update[name] = swapped(value, places)
        elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
            update[name] = [swapped(item, places) for item in value]
        elif isinstance(value, list):
            update[name] = [path for item in value for path in replaced(item, places)]
        elif isinstance(value, Path) and places.get(value):
            update[name] = places[value][0]
    return section.model_copy(update=update)


def replaced(item: object, places: Mapping[Path, Sequence[Path]]) -> list[Any]:
    """The local paths of a placeholder; anything else as it is."""
    return list(places[item]) if isinstance(item, Path) and places.get(item) else [item]
