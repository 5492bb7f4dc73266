"""Section ``[[indicator]]`` of the project file: a raster series, by name."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from quarrydb.fetch.remote import Kind
from quarrydb.project.expression import parse
from quarrydb.project.remote import RemoteSection, Years
from quarrydb.project.sources import SourceName
from quarrydb.project.stac import StacImages
from quarrydb.project.types import LocalPath, SourceGlob

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


def checked_expression(text: str) -> str:
    """An expression that can be read."""
    parse(text)
    return text


Formula = Annotated[str, AfterValidator(checked_expression)]
Month = Annotated[int, Field(ge=1, le=12)]
# What says how the files of path are read, and has no sense for images.
OF_FILES = (
    "dates",
    "band_dates",
    "weight_band",
    "weight_path",
    "weight_dates",
    "scale",
    "offset",
    "crs",
)
OF_IMAGES = ("items", "stac", "collection", "resolution_m")
DateTemplate = Annotated[str, AfterValidator(checked_dates)]
BandDate = Annotated[str, AfterValidator(checked_band_date)]


class IndicatorSource(RemoteSection, StacImages):
    """Rasters of one quantity over the years (NDVI, night-time light or any other), or an expression of the
    bands of satellite images.
    """

    remote_label: ClassVar[str] = "indicator"
    remote_kind: ClassVar[Kind] = "windows"
    remote_fields: ClassVar[Mapping[str, bool]] = {"path": True, "weight_path": True}
    dataset_kinds: ClassVar[tuple[str, ...]] = ("indicator",)

    name: SourceName = Field(description="Short name, lower case; it stands in every table.")
    path: SourceGlob = Field(
        default_factory=list,
        description="Rasters (also in archives): a date each, or all dates in their bands.",
    )
    expression: Formula | None = Field(
        None,
        description="In place of path: bands of the images in items, by common name, and numbers, with "
        "+ - * / and brackets: (nir - red) / (nir + red).",
    )
    items: LocalPath | None = Field(
        None,
        description="STAC item collection, or folder of STAC items, of those images; with stac the file that "
        "quarry images writes.",
    )
    months: tuple[Month, Month] = Field(
        (1, 12), description="First and last month of the images; they may lie around the new year."
    )
    resolution_m: float | None = Field(
        None,
        gt=0,
        description="Read the images' overviews of at most this pixel size, m; else their finest band's.",
    )
    min_clear_share: float = Field(
        0.5, ge=0, le=1, description="Share of a mine that an image must see to count for it."
    )
    check_offset: bool = Field(
        True,
        description="Whether images whose offset must be wrong are set aside; false in deserts.",
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
        self._check_images()
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

    def _check_images(self) -> None:
        """ValueError where keys of files and keys of images are mixed, or what they need is missing."""
        if self.expression is None:
            odd = [key for key in OF_IMAGES if getattr(self, key) is not None]
            if odd:
                raise ValueError(
                    f"{', '.join(odd)} go with expression: say what to compute of the images"
                )
            if not self.path:
                raise ValueError("path is missing: name the rasters, or expression and items")
            return
        odd = [key for key in OF_FILES if getattr(self, key) is not None]
        if self.path or odd or self.nodata:
            raise ValueError(
                f"expression is of images in items: remove {', '.join(odd) or 'path or nodata'}"
            )
        if self.items is None:
            raise ValueError(
                "expression needs items: a file of STAC items, or the one that quarry images writes"
            )
        self.check_search()
        if self.stac is None and not self.items.exists():
            raise ValueError(
                f"{self.items} does not exist. Correct the path, or put the file there."
            )
        if self.stac is not None and self.years is None:
            raise ValueError('stac needs years, such as years = "2018-2023"')

    @property
    def is_there(self) -> bool:
        """Whether there is anything to read: the items of a search are there once it was asked."""
        return self.items is None or self.items.exists()

    def in_season(self, month: int) -> bool:
        """Whether images of a month are wanted."""
        first, last = self.months
        return first <= month <= last if first <= last else month >= first or month <= last
