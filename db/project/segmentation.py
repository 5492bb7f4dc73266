"""Section ``[segmentation]``: images by year, the model, yearly footprints made elsewhere, labelled
points.
"""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from quarrydb.project.remote import RemoteSection, Years
from quarrydb.project.sources import ReportedArea, SourceName, VectorSource
from quarrydb.project.stac import StacImages
from quarrydb.project.types import LocalPath, Section, SourceGlob, SourcePath

Year = Annotated[int, Field(ge=1970, le=2200)]
Probability = Annotated[float, Field(gt=0, lt=1)]


def one_or_more(value: object) -> object:
    """A single value as a list of one; an empty list is a mistake."""
    if value == []:
        raise ValueError("give a number, or a list of them")
    return value if isinstance(value, list | tuple) else [value]


class ImageCatalogue(StacImages):
    """Satellite images and what is known of each: a CSV or Parquet table, or STAC items."""

    path: LocalPath = Field(
        description="CSV or Parquet table (path, date, clarity ...), a STAC item collection, or a "
        "folder of STAC items; with stac the file that quarry images writes."
    )
    median_of: int = Field(
        1,
        ge=1,
        description="Whether a site's pixels are those of its clearest image (1), or the median of so many.",
    )
    sensor: str | None = Field(
        None,
        description="One of the sensors in the model's record, where the images are not from the one it "
        "was trained on.",
    )
    licence: str | None = Field(None, description="Licence of the images.")
    citation: str | None = Field(None, description="How to cite the images.")

    @model_validator(mode="after")
    def _is_there(self) -> Self:
        if self.stac is None and not self.path.exists():
            raise ValueError(
                f"{self.path} does not exist. Correct the path, or put the file there."
            )
        self.check_search()
        if self.path.exists() and not (self.path.is_file() or self.path.is_dir()):
            raise ValueError(f"{self.path} is a device or a pipe. Name a file.")
        return self

    @property
    def is_there(self) -> bool:
        """Whether the catalogue is there: one of a STAC API is once it was asked."""
        return self.path.exists()


class FootprintSource(RemoteSection, ReportedArea):
    """Yearly mine footprints made elsewhere: files by year, quarter or date, or one with a year column."""

    remote_label: ClassVar[str] = "footprints"
    remote_fields: ClassVar[Mapping[str, bool]] = {"path": True}
    dataset_kinds: ClassVar[tuple[str, ...]] = ("footprints",)

    name: SourceName = Field(description="Short name, lower case: it stands in model_id.")
    path: SourceGlob = Field(
        description="Files with the year, a date or a quarter in each name, or with a column of years."
    )
    years: Years | None = Field(None, description="Years to read of an address with {year}.")
    dates: str | None = Field(
        None, description="How names say the year, such as mined_{year}Q{quarter}_*.geojson."
    )
    year: str | None = Field(
        None, description="Column with the year or date of each row, where a file holds several."
    )
    parts: Literal["union", "last"] = Field(
        "union", description="A year with several files is all of them, or the last by date."
    )
    layer: str | None = Field(None, description="Layer name, where the files hold several.")
    crs: str | None = Field(None, description="CRS of files that name none, such as EPSG:4326.")
    encoding: str | None = Field(
        None, description="Text encoding of shapefiles or CSV that name none, or a wrong one."
    )
    cumulated: bool = Field(
        False, description="Whether a year's file holds only what is new, so that years add up."
    )
    probability: str | None = Field(None, description="Column with the mean probability, 0-1.")
    licence: str | None = Field(None, description="Licence of the data, kept with every export.")
    citation: str | None = Field(None, description="How to cite the data.")


class PointSource(VectorSource):
    """Points labelled mine or not by a person, by year."""

    name: SourceName = Field(description="Short name, lower case.")
    id: str | None = Field(None, description="Column with unique ids; else the feature number.")
    year: str = Field("year", description="Column with the year that was looked at.")
    label: str = Field("is_mine", description="Column that says whether it is a mine: true or 1.")
    stratum: str | None = Field(
        None, description="Column with the stratum that the point was drawn from, for areas."
    )
    stratum_km2: str | None = Field(
        None, description="Column with the area of that stratum, km2; both or neither."
    )

    @model_validator(mode="after")
    def _stratum_has_an_area(self) -> Self:
        if (self.stratum is None) != (self.stratum_km2 is None):
            raise ValueError("stratum and stratum_km2 go together: name both columns or neither")
        return self


class SearchArea(Section):
    """Where to look for mines beyond the known sites, with quarry segment --everywhere."""

    path: SourcePath = Field(description="Polygons of the area.")
    layer: str | None = Field(None, description="Layer name, where the file holds several.")
    crs: str | None = Field(None, description="CRS of a file that names none, such as EPSG:4326.")


class Segmentation(Section):
    """What the mine in each year is taken from."""

    images: ImageCatalogue | None = None
    area: SearchArea | None = None
    model: str | None = Field(
        None, description="Folder of a model, or the name of one that is shipped with quarrydb."
    )
    years: tuple[Year, Year] | None = Field(None, description="First and last year to segment.")
    threshold: Annotated[tuple[Probability, ...], BeforeValidator(one_or_more)] = Field(
        (),
        description="Probability from which a pixel is mine, or several to set side by side, the main one "
        "first; else the model's own.",
    )
    outline: Literal["contour", "pixel"] = Field(
        "contour", description="Isoline of the probability, or exact outlines of pixels."
    )
    simplify_px: float = Field(
        0.5, ge=0, le=0.5, description="How far an outline may move when simplified, pixels."
    )
    smallest_px: float = Field(
        1.0, ge=0, description="Smallest polygon that is kept, pixels of the image."
    )
    reference_year: Year | None = Field(
        None, description="Year that the mine polygons show, for training chips."
    )
    evaluation: SourcePath | None = Field(
        None, description="The evaluation.parquet of quarry evaluate, for segmentation_metric."
    )
    footprint: list[FootprintSource] = Field(default_factory=list)
    point: list[PointSource] = Field(default_factory=list)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.images is not None and self.years is None:
            raise ValueError("[segmentation] with images needs years = [first, last]")
        if len(set(self.threshold)) < len(self.threshold):
            raise ValueError(f"threshold names a value twice: {list(self.threshold)}")
        if self.years is not None and self.years[0] > self.years[1]:
            raise ValueError(f"years = [first, last] runs backwards: {list(self.years)}")
        names = [source.name for source in self.footprint]
        names += [source.name for source in self.point]
        if len(set(names)) < len(names):
            raise ValueError("footprint and point sources need different names")
        return self

    @property
    def image_years(self) -> list[int]:
        """The years to segment; none without images."""
        if self.images is None or self.years is None:
            return []
        return list(range(self.years[0], self.years[1] + 1))
