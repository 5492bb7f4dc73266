"""The catalogue of data sets: one TOML file each, shipped under ``loaders/datasets`` or written by the user.

A data set says what it is, under which licence, how it is cited, and in which variants it can be had: whole
files, members of archives by tile, rasters read in windows, or only on request.
"""

import calendar
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from quarrydb.errors import ProjectError
from quarrydb.fetch.address import canonical, host_of
from quarrydb.fetch.tiles import BlockSize, TileGrid
from quarrydb.memory import JSON_TIMES, check_whole

FOLDER = "datasets"
Kind = Literal[
    "polygons", "countries", "protected", "landcover", "indicator", "biomes", "footprints", "images",
    "results",
]  # fmt: skip
Access = Literal["whole", "windows", "member", "request"]
Address = Annotated[str, AfterValidator(canonical)]


class Model(BaseModel):
    """A table of a catalogue file: unknown keys are mistakes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Tiles(Model):
    """How tiles are named and where they lie."""

    degrees: float = Field(gt=0, le=90)
    name: str
    corner: Literal["north-west", "south-west"]

    @property
    def grid(self) -> TileGrid:
        """The lattice."""
        return TileGrid(self.degrees, self.name, self.corner)


class Blocks(Model):
    """What windows cost, for estimates: the pixel in degrees, pixels a side of a block, kB a block."""

    pixel_degrees: float = Field(gt=0)
    side: int = Field(gt=0)
    block_kb: float = Field(gt=0)

    @property
    def size(self) -> BlockSize:
        """The same, to count with."""
        return BlockSize(self.pixel_degrees * self.side, self.block_kb)


class Variant(Model):
    """One way to get a data set.

    ``address`` may hold {year}, {month}, {last_day} and {tile}; ``by_date`` has addresses of years or
    months that are named otherwise. ``beside`` are files that must lie in the folder of the first, such
    as the parts of a shapefile. Of an archive ``member`` is a pattern of file names with {tile};
    ``archives`` says which degrees of longitude each name of {archive} covers.
    """

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    access: Access
    address: Address | None = None
    weight_address: Address | None = None
    by_date: dict[str, Address] = Field(default_factory=dict)
    weight_by_date: dict[str, Address] = Field(default_factory=dict)
    beside: list[Address] = Field(default_factory=list)
    member: list[str] = Field(default_factory=list)
    archives: dict[str, tuple[float, float]] = Field(default_factory=dict)
    record: Address | None = None
    checksums: dict[str, str] = Field(default_factory=dict)
    years: tuple[int, ...] = ()
    tiles: Tiles | None = None
    blocks: Blocks | None = None
    size_mb: float | None = None
    note: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.access != "request" and self.address is None and not self.by_date:
            raise ValueError(f"variant {self.name} needs an address")
        if self.access == "member" and (not self.member or self.tiles is None):
            raise ValueError(f"variant {self.name} needs member and tiles")
        return self

    @property
    def addresses(self) -> Iterator[str]:
        """Every address of the variant."""
        for address in (self.address, self.weight_address, self.record):
            if address is not None:
                yield address
        yield from (*self.beside, *self.by_date.values(), *self.weight_by_date.values())

    @property
    def is_monthly(self) -> bool:
        """Whether there is a file a month."""
        return "{month}" in f"{self.address}" or any("-" in date for date in self.by_date)

    def dated(self, years: Sequence[int], *, weights: bool = False) -> list[str]:
        """Addresses of some years, in their order; the {tile} stays."""
        template = self.weight_address if weights else self.address
        other = self.weight_by_date if weights else self.by_date
        dates = [f"{year}-{month:02d}" for year in years for month in range(1, 13)]
        if not self.is_monthly:
            dates = [str(year) for year in years]
        found = [other.get(date) or (template and fill_date(template, date)) for date in dates]
        return list(dict.fromkeys(address for address in found if address))


class Dataset(Model):
    """One data set of the catalogue; ``section`` are keys of the project file that it brings."""

    name: str
    title: str
    kind: Kind
    doi: str | None = None
    page: Address
    licence: str
    asks: str
    citation: str
    size: str
    how: str = ""
    hosts: list[str] = Field(default_factory=list)
    rates: dict[str, float] = Field(default_factory=dict)
    section: dict[str, object] = Field(default_factory=dict)
    variant: list[Variant] = Field(min_length=1)
    is_shipped: bool = False

    @property
    def is_open(self) -> bool:
        """Whether any variant can be fetched."""
        return any(variant.access != "request" for variant in self.variant)

    @property
    def all_hosts(self) -> set[str]:
        """Hosts that the data set's files come from."""
        return {host_of(a) for variant in self.variant for a in variant.addresses} | set(self.hosts)

    def get(self, name: str | None) -> Variant:
        """A variant by name; the first where none is named. ValueError where there is none."""
        for variant in self.variant:
            if name in (None, variant.name):
                return variant
        names = ", ".join(variant.name for variant in self.variant)
        raise ValueError(f"{self.name} has no variant {name!r}. Variants are {names}.")


def fill_date(template: str, date: str) -> str:
    """A template with year, month and last day of the month in it; the {tile} stays."""
    year, _, month = date.partition("-")
    if month:
        last = calendar.monthrange(int(year), int(month))[1]
        template = template.replace("{month}", month).replace("{last_day}", f"{last:02d}")
    return template.replace("{year}", year)


@cache
def shipped() -> Mapping[str, Dataset]:
    """Every data set that comes with quarrydb, by name."""
    folder = files("quarrydb.loaders") / FOLDER
    found = sorted((item for item in folder.iterdir() if item.name.endswith(".toml")), key=str)
    return {
        item.name.removesuffix(".toml"): read_dataset(
            item.name, item.read_text(encoding="utf-8"), is_shipped=True
        )
        for item in found
    }


def catalogue(root: Path | None = None) -> Mapping[str, Dataset]:
    """The shipped data sets and those under ``root/datasets``, which go before."""
    own = {}
    for path in sorted((root / FOLDER).glob("*.toml")) if root else ():
        try:
            if not path.is_file():
                raise ProjectError(f"{path} is no file. Remove it.")
            check_whole(path, str(path), JSON_TIMES)
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProjectError(f"{path} can't be read: {error}.") from error
        own[path.stem] = read_dataset(str(path), text)
    return {**shipped(), **own}


def read_dataset(name: str, text: str, *, is_shipped: bool = False) -> Dataset:
    """One catalogue file; ProjectError with every mistake in it."""
    try:
        content = tomllib.loads(text)
        return Dataset.model_validate(
            {**content, "name": Path(name).stem, "is_shipped": is_shipped}
        )
    except RecursionError as error:
        raise ProjectError(f"{name} nests too deep. Write it flat.") from error
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{name} is not valid TOML: {error}. Correct that line.") from error
    except ValidationError as error:
        mistakes = [
            f"  {'.'.join(map(str, item['loc'])) or 'file'}: {item['msg']}"
            for item in error.errors()
        ]
        raise ProjectError("\n".join([f"{name} has mistakes:", *mistakes])) from error


def known_hosts() -> frozenset[str]:
    """Hosts of all shipped data sets: what a build may ask without being told."""
    return frozenset(host for dataset in shipped().values() for host in dataset.all_hosts)


def known_rates() -> dict[str, float]:
    """Requests a second that publishers ask for, by host."""
    return {host: rate for dataset in shipped().values() for host, rate in dataset.rates.items()}
