"""What a project names that lies on servers: files, members of archives, rasters to be read in windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from quarrydb.fetch.address import file_name, name_pattern, places_of
from quarrydb.fetch.cache import default_folder, key_of
from quarrydb.fetch.catalogue import Access, Dataset, Variant
from quarrydb.fetch.tiles import BlockSize, TileGrid

Kind = Literal["whole", "windows", "member"]


@dataclass(frozen=True)
class Remote:
    """One thing on a server, as a section of the project file names it.

    ``placeholder`` stands for its local path until that is known. ``tiles`` and ``archives`` are there where
    the address, or the archive's members, go by tile. ``group`` joins files that must lie in one folder.
    """

    address: str
    kind: Kind
    section: str
    dataset: str | None = None
    licence: str | None = None
    tiles: TileGrid | None = None
    archives: Mapping[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    members: tuple[str, ...] = ()
    group: str | None = None
    record: str | None = None
    checksum: str | None = None
    size_mb: float | None = None
    blocks: BlockSize | None = None
    of_tiles: bool = False  # one tile of a template: it may not exist
    coarsen: int = 1  # the overview that is read: at most so many pixels a side

    @property
    def placeholder(self) -> Path:
        """A path that no file has; its name is the file's own, its place that of the address."""
        key = key_of(self.group or self.address)
        return default_folder() / "address" / key / file_name(self.address)

    @property
    def is_by_tile(self) -> bool:
        """Whether which files there are depends on where the mines are."""
        return self.tiles is not None


def remotes_of(
    dataset: Dataset, variant: Variant, section: str, years: Sequence[int], *, weights: bool = False
) -> list[Remote]:
    """The remote files of some years of a data set; all of them where it has no years."""
    addresses = variant.dated(years or variant.years, weights=weights)
    if not addresses and not weights and variant.address is not None:
        addresses = [variant.address]
    group = addresses[0] if variant.beside and addresses else None
    return [
        Remote(
            address=address,
            kind=kind_of(variant.access),
            section=section,
            dataset=dataset.name,
            licence=dataset.licence,
            tiles=variant.tiles.grid if variant.tiles else None,
            archives=variant.archives,
            members=tuple(variant.member),
            group=group,
            record=variant.record,
            checksum=variant.checksums.get(file_name(address)),
            size_mb=variant.size_mb if number == 0 else None,
            blocks=variant.blocks.size if variant.blocks else None,
        )
        for number, address in enumerate([*addresses, *([] if weights else variant.beside)])
    ]


def kind_of(access: Access) -> Kind:
    """How a variant's files come."""
    return "whole" if access == "request" else access


def years_pattern(addresses: Sequence[str]) -> str | None:
    """The pattern of the year in the file names of a template; None where they hold none."""
    for address in addresses:
        if "year" in places_of(file_name(address)):
            return name_pattern(address)
    return None


def dates_template(address: str) -> str | None:
    """How an indicator finds the date in file names of a template; None where they hold no year."""
    name = file_name(address).replace("{last_day}", "*").replace("{tile}", "*")
    for place in ("{year}", "{month}"):
        head, found, rest = name.partition(place)
        name = head + found + rest.replace(place, "*")
    return name if "{year}" in name else None
