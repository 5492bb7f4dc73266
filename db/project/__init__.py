"""The project file ``quarry.toml``: sources and parameters of one build, validated whole."""

import difflib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self, get_args

from pydantic import BaseModel, Field, ValidationError, model_validator

from quarrydb.errors import ProjectError
from quarrydb.fetch.remote import Remote
from quarrydb.files import PROJECT_FILE, store_folder
from quarrydb.memory import JSON_TIMES, check_whole
from quarrydb.project.indicator import IndicatorSource
from quarrydb.project.landcover import LandcoverSource
from quarrydb.project.network import AreaKey, Network
from quarrydb.project.parameters import Parameters
from quarrydb.project.places import (
    AttributeSource,
    PlaceSource,
    PreviousSource,
    RegionSource,
)
from quarrydb.project.positions import key_lines, line_of
from quarrydb.project.segmentation import Segmentation
from quarrydb.project.sources import CountrySource, PolygonSource, ProtectedSource, StableGreen
from quarrydb.project.types import DatabasePath, Section, check_database_name
from quarrydb.project.validation import ValidationSource

FILE_NAME = PROJECT_FILE


class ProjectHeader(Section):
    """Name and output of a build."""

    name: str = Field(min_length=1, description="What this database is about.")
    database: DatabasePath | None = Field(
        None, description="Where the database goes: mines.duckdb."
    )
    area: AreaKey | None = Field(
        None,
        description="What to restrict everything to: a country code as in the countries' file, several, "
        "[west, south, east, north] in degrees, or a file of polygons.",
    )


class Project(Section):
    """Everything that a build reads, with absolute paths."""

    header: ProjectHeader = Field(alias="project")
    polygons: list[PolygonSource] = Field(min_length=1)
    countries: CountrySource | None = None
    protected: ProtectedSource | None = None
    regions: list[RegionSource] = Field(default_factory=list)
    places: list[PlaceSource] = Field(default_factory=list)
    attributes: list[AttributeSource] = Field(default_factory=list)
    previous: list[PreviousSource] = Field(default_factory=list)
    stable_green: StableGreen | None = None
    landcover: LandcoverSource | None = None
    indicator: list[IndicatorSource] = Field(default_factory=list)
    validation: ValidationSource | None = None
    segmentation: Segmentation | None = None
    network: Network = Field(default_factory=lambda: Network())
    parameters: Parameters = Field(default_factory=lambda: Parameters())
    file: Path = Field(exclude=True)
    # What lies on servers, by the path that stands for it; last, so that all sections are read before.
    remotes: dict[Path, list[Remote]] = Field(default_factory=dict, exclude=True)
    # The mines that the project is about, once that is known; None: all of the sources.
    ground: Any = Field(None, exclude=True)

    @property
    def name(self) -> str:
        """What the database is about."""
        return self.header.name

    @property
    def root(self) -> Path:
        """Folder of the project file."""
        return self.file.parent

    @property
    def database(self) -> Path:
        """The DuckDB file that a build puts in place."""
        return self.header.database or self.root / "mines.duckdb"

    @property
    def cache(self) -> Path:
        """Folder of the content-addressed store."""
        return store_folder(self.root)

    @property
    def area(self) -> str | list[str] | list[float] | None:
        """Codes of countries, a box or a file that everything is restricted to; None for the planet."""
        return self.header.area

    @model_validator(mode="after")
    def _area_has_countries(self) -> Self:
        area = self.header.area
        is_code = isinstance(area, list) and isinstance(area[0], str)
        if is_code and self.countries is None:
            raise ValueError(f"area = {area} names countries, but there is no section [countries]")
        return self

    @model_validator(mode="after")
    def _hosts_are_known(self) -> Self:
        policy = self.network.policy()
        for remote in (remote for group in self.remotes.values() for remote in group):
            if isinstance(policy.mirrored(remote.address), str):
                policy.check_host(remote.address)
        return self

    @model_validator(mode="after")
    def _previous_is_another(self) -> Self:
        for source in self.previous:
            if source.path.resolve() == self.database.resolve():
                raise ValueError(
                    f"[[previous]] {source.name} is this project's own database, which its builds replace. "
                    "Its earlier mines are in mine_succession by themselves; name a copy, or remove it"
                )
        return self

    @model_validator(mode="after")
    def _unique_names(self) -> Self:
        names = [source.name for source in self.polygons]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"[[polygons]] names must differ; twice: {', '.join(twice)}")
        sections = ("regions", "places", "attributes", "previous")
        named = [(source.name, key) for key in sections for source in getattr(self, key)]
        for name, key in sorted({pair for pair in named if named.count(pair) > 1}):
            raise ValueError(f"[[{key}]] names must differ; twice: {name}")
        indicators = [source.name for source in self.indicator]
        if len(set(indicators)) < len(indicators):
            raise ValueError(f"[[indicator]] names must differ: {', '.join(sorted(indicators))}")
        return self


def find_project_file(path: Path) -> Path:
    """The project file that ``path`` names: itself, or ``quarry.toml`` in the folder."""
    is_folder = path.is_dir() or (not path.exists() and path.suffix != ".toml")
    file = path / FILE_NAME if is_folder else path
    if not file.is_file():
        raise ProjectError(f"{file} does not exist. Write one with: quarry init {file.parent}")
    return file.resolve()


def load_project(path: Path | str) -> Project:
    """Read and validate a project file; ProjectError lists every mistake with its line."""
    file = Path(path)
    try:
        file = find_project_file(file)
        check_whole(file, str(file), JSON_TIMES)
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise ProjectError(
            f"{file} can't be read: {error.strerror}. Make it readable for this user."
        ) from error
    except UnicodeDecodeError as error:
        raise ProjectError(f"{file} is not UTF-8 text: {error}. Save it as UTF-8.") from error
    except RecursionError as error:
        raise ProjectError(f"{file} nests too deep. Write a flat project file.") from error
    except tomllib.TOMLDecodeError as error:
        raise ProjectError(f"{file} is not valid TOML: {error}. Correct that line.") from error
    for key in ("file", "ground", "remotes"):
        if key in content:
            raise ProjectError(f"{file}: unknown key {key!r}. Remove it.")
    remotes: dict[Path, list[Remote]] = {}
    try:
        project = Project.model_validate(
            {**content, "file": file, "remotes": remotes},
            context={"root": file.parent, "remotes": remotes},
        )
        check_database_name(project.database)
    except ValidationError as error:
        raise ProjectError(describe_mistakes(file, text, error)) from error
    except ValueError as error:
        raise ProjectError(str(error)) from error
    return project


def as_project(project: Project | str | Path) -> Project:
    """A project that was read, or the one whose folder or file is named."""
    return project if isinstance(project, Project) else load_project(project)


def describe_mistakes(file: Path, text: str, error: ValidationError) -> str:
    """All mistakes of a project file, one a line, with line number, key, value and remedy."""
    lines = key_lines(text)
    rows = [describe_mistake(detail, lines) for detail in error.errors()]
    count = len(rows)
    return f"{file} has {count} mistake{'s' if count > 1 else ''}:\n" + "\n".join(
        f"  {row}" for row in rows
    )


def describe_mistake(detail: object, lines: dict[tuple[str | int, ...], int]) -> str:
    """One mistake as a line of text."""
    if not isinstance(detail, dict):
        raise TypeError("pydantic error details are dictionaries")
    location = tuple(detail["loc"])
    line = line_of(location, lines)
    where = f"line {line}, " if line else ""
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    kind = detail["type"]
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys_beside(location), n=1)
        hint = f"Did you mean {near[0]}?" if near else "Remove it, or correct its spelling."
        return f"{where}{name.lstrip('.')}: unknown key. {hint}"
    if kind == "missing":
        return f"{where}{name.lstrip('.')}: missing. Add it."
    message = detail["msg"].removeprefix("Value error, ")
    value = "" if kind == "value_error" else f" (it is {detail['input']!r:.80})"
    return f"{where}{name.lstrip('.') or 'file'}: {message}{value}"


def _keys_beside(location: tuple[str | int, ...]) -> list[str]:
    """The keys that the table around ``location`` may have."""
    model: type[BaseModel] = Project
    for part in location[:-1]:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        if part in fields:
            model = next(_sections(fields[str(part)].annotation), model)
    return [field.alias or name for name, field in model.model_fields.items() if not field.exclude]


def _sections(annotation: object) -> Iterator[type[BaseModel]]:
    """The sections that a field's type holds, through lists and options."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _sections(inner)
