"""Section of the project file that names land-cover rasters."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from quarrydb.fetch.remote import Kind
from quarrydb.project.remote import RemoteSection, Years
from quarrydb.project.types import LegendName, SourceGlob


def year_pattern(pattern: str) -> str:
    """A regular expression with a group called year."""
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from error
    if "year" not in groups:
        raise ValueError("has no group (?P<year>...). Write, say, 'MT_(?P<year>\\\\d{4})'")
    return pattern


class LandcoverSource(RemoteSection):
    """Land-cover maps of several years: GLC_FCS30D as published, or any other product."""

    remote_label: ClassVar[str] = "landcover"
    remote_kind: ClassVar[Kind] = "windows"
    remote_fields: ClassVar[Mapping[str, bool]] = {"path": True}
    dataset_kinds: ClassVar[tuple[str, ...]] = ("landcover",)

    path: SourceGlob = Field(
        description="Rasters as a glob such as 'GLC_FCS30D_*/**/*.tif', or the archives that hold them."
    )
    legend: LegendName = Field(
        "glc_fcs30d", description="glc_fcs30d, or a CSV: code, class_name, cover_type, category."
    )
    years: Years | None = Field(
        None,
        description="Year of each band, also as a range: '1985-2022', '1985-2000/5'; with years_from, a "
        "dataset or {year}, the years to read.",
    )
    years_from: Annotated[str, AfterValidator(year_pattern)] | None = Field(
        None,
        description="Pattern of the year in the names (or folders) of files of one band each, such as "
        "'MT_(?P<year>\\d{4})'; a group (?P<tile>...) names the tile.",
    )
    gaps: Literal["error", "record"] = Field(
        "error",
        description="What a missing tile or year, a file off the grid, an unknown code are: "
        "an error, or NULL and a row of raw.load_issue.",
    )
    crs: str | None = Field(None, description="CRS of files that name none, such as EPSG:4326.")
    licence: str | None = Field(None, description="Licence of the data, kept with every export.")
    citation: str | None = Field(None, description="How to cite the data.")

    @model_validator(mode="after")
    def _years_rise(self) -> Self:
        if self.years and list(self.years) != sorted(set(self.years)):
            raise ValueError("years must rise, each once")
        return self

    @property
    def records_gaps(self) -> bool:
        """Whether gaps are recorded instead of being errors."""
        return self.gaps == "record"
