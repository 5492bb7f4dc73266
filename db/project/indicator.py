"""Section ``[[indicator]]`` of the project file: a raster series, by name."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from quarrydb.fetch.remote import Kind
from quarrydb.project.remote import RemoteSection, Years
from quarrydb.project.sources import SourceName
from quarrydb.project.types import SourceGlob

BAND_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12]\d|3[01]))?)?"
)
RESERVED = ("bsp",)


def checked_dates(template: str) -> str:
    """A file name template that finds the date of each file."""
    n = {place: template.count(f"{{{place}}}") for place in ("year", "month", "day", "doy")}
    if n["year"] != 1 or max(n.values()) > 1 or n["day"] > n["month"] or n["doy"] + n["month"] > 1:
        raise ValueError(
            f"{template!r} must hold {{year}} once, and {{month}}, {{month}} and {{day}}, {{doy}} (day of "
            "the year) or none of them once, such as 'ndvi_{year}_{month}*.tif'"
        )
    return template


def checked_band_date(text: str) -> str:
    """The date of a band: a year, a month or a day."""
    match = BAND_DATE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"{text!r} is neither a year ('2018') nor a month ('2018-07') nor a day ('2018-07-12')"
        )
    if match["day"]:
        date.fromisoformat(text)
    return text


DateTemplate = Annotated[str, AfterValidator(checked_dates)]
BandDate = Annotated[str, AfterValidator(checked_band_date)]


class IndicatorSource(RemoteSection):
    """Rasters of one quantity over the years: NDVI, night-time light or any other."""

    remote_label: ClassVar[str] = "indicator"
    remote_kind: ClassVar[Kind] = "windows"
    remote_fields: ClassVar[Mapping[str, bool]] = {"path": True, "weight_path": True}
    dataset_kinds: ClassVar[tuple[str, ...]] = ("indicator",)

    name: SourceName = Field(description="Short name, lower case; it stands in every table.")
    path: SourceGlob = Field(
        description="Rasters (also in archives): a date each, or all dates in their bands."
    )
    dates: DateTemplate | None = Field(
        None,
        description="Where the date stands in a file's name: {year} with {month}, {month} and {day}, "
        "{doy} (day of the year) or none: 'ndvi_{year}_{month}*.tif'.",
    )
    years: Years | None = Field(
        None, description="Years to read of a dataset, or of an address with {year}."
    )
    band: int = Field(1, ge=1, description="Band to read, where a file is one date.")
    band_dates: list[BandDate] | None = Field(
        None, description="Year, month or day of each band, where a file holds several dates."
    )
    weight_band: int | None = Field(
        None, ge=1, description="Band of the same file that weights its pixels (cloud-free views)."
    )
    weight_path: SourceGlob | None = Field(
        None,
        description="Rasters on the same grids and dates that weight the pixels, paired by name.",
    )
    weight_dates: DateTemplate | None = Field(None, description="As dates, for weight_path.")
    scale: float | None = Field(None, description="Factor of stored values; else the file's own.")
    offset: float | None = Field(None, description="Added after scaling; else the file's own.")
    nodata: list[float] = Field(
        default_factory=list, description="Stored values that mean no data, besides the tagged one."
    )
    valid_min: float | None = Field(None, description="Scaled values below are no data.")
    valid_max: float | None = Field(None, description="Scaled values above are no data.")
    crs: str | None = Field(None, description="CRS of files that name none, such as EPSG:4326.")
    unit: str | None = Field(None, description="Unit of the scaled values, for the reader.")
    licence: str | None = Field(None, description="Licence of the data, kept with every export.")
    citation: str | None = Field(None, description="How to cite the data.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.name in RESERVED:
            raise ValueError(f"name {self.name!r} is computed from land cover; take another name")
        if self.band_dates is not None:
            if self.dates is not None or self.weight_band is not None:
                raise ValueError(
                    "band_dates says what each band is: remove dates, weight_band "
                    "(weights of such files come by weight_path, band by band)"
                )
            twice = {d for d in self.band_dates if self.band_dates.count(d) > 1}
            if twice:
                raise ValueError(f"band_dates holds {', '.join(sorted(twice))} twice")
        if self.weight_band is not None and self.weight_path is not None:
            raise ValueError("give weight_band or weight_path, not both")
        if self.weight_band == self.band and self.weight_band is not None:
            raise ValueError(f"weight_band and band are both {self.band}")
        if None not in (self.valid_min, self.valid_max) and self.valid_min > self.valid_max:  # type: ignore[operator]
            raise ValueError(f"valid_min {self.valid_min} is above valid_max {self.valid_max}")
        return self
