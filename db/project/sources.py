"""Sections of the project file that name polygons: mines, countries, protected areas, stable green."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from quarrydb.fetch.remote import Kind
from quarrydb.project.remote import RemoteSection
from quarrydb.project.types import LegendName, Section, SourcePath

# What the views call their own data sets, beside those of the sources.
RESERVED = ("final", "merged", "predictions", "segmentation", "footprint", "union")


def free_name(name: str) -> str:
    """A name that no view gives to something else."""
    if name in RESERVED:
        raise ValueError(f"{name} stands for something else in the views. Choose another name.")
    return name


SourceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$"), AfterValidator(free_name)]


class VectorSource(RemoteSection):
    """A file of polygons."""

    path: SourcePath = Field(
        description="GeoPackage, shapefile, GeoJSON, GeoParquet, FlatGeobuf, KML, GML, CSV or a file "
        "geodatabase; also zipped."
    )
    layer: str | None = Field(None, description="Layer name, where the file holds several.")
    crs: str | None = Field(None, description="CRS of a file that names none, such as EPSG:4326.")
    encoding: str | None = Field(
        None, description="Text encoding of a shapefile or CSV that names none, or a wrong one."
    )
    licence: str | None = Field(None, description="Licence of the data, kept with every export.")
    citation: str | None = Field(None, description="How to cite the data.")


AreaUnit = Literal["ha", "km2", "m2", "acre"]


class ReportedArea(Section):
    """Where a publisher reports the mine's area beside an outline that is more than the mine."""

    area: str | None = Field(
        None,
        description="Column with the mine's area where the outline is more than the mine; known of "
        "Amazon Mining Watch.",
    )
    area_unit: AreaUnit | None = Field(
        None, description="Unit of that area, where the column's name does not say it."
    )


class PolygonSource(VectorSource, ReportedArea):
    """One mine polygon data set; the union takes them all."""

    remote_label: ClassVar[str] = "polygons"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("polygons",)

    name: SourceName = Field(description="Short name, lower case: it stands in mine_source.source.")
    id: str | None = Field(
        None, description="Column with unique feature ids; else the feature number."
    )


class CountrySource(VectorSource):
    """Country outlines; Natural Earth admin 0 needs no column names."""

    remote_label: ClassVar[str] = "countries"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("countries",)

    iso3: str | None = Field(None, description="Column with the three-letter country code.")
    country: str | None = Field(None, description="Column with the country's name.")
    continent: str | None = Field(None, description="Column with the continent's name.")
    overlap_max: float = Field(
        0.01,
        ge=0,
        le=1,
        description="Share of the smaller of two countries that both may claim, 0-1; 1 allows any overlap.",
    )


class ProtectedSource(VectorSource):
    """Key Biodiversity Areas or other protected areas; the WDKBA needs no column names."""

    remote_label: ClassVar[str] = "protected areas"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("protected",)

    id: str | None = Field(None, description="Column with unique ids.")
    label: str | None = Field(None, description="Column with the area's name.")
    kind: str | None = Field(
        None,
        min_length=1,
        max_length=60,
        description="What they are called in titles, such as national parks; KBAs are known as such.",
    )


class BreakRaster(RemoteSection):
    """Counts of CCDC breaks, one band, 0 = never disturbed."""

    remote_label: ClassVar[str] = "stable green"
    remote_kind: ClassVar[Kind] = "windows"
    remote_fields: ClassVar[Mapping[str, bool]] = {"path": False, "landcover": False}

    path: SourcePath = Field(description="GeoTIFF with the number of breaks of each pixel.")
    landcover: SourcePath = Field(description="GeoTIFF with the newest land cover.")
    landcover_band: int = Field(1, ge=1, description="Band of the newest year in that file.")
    legend: LegendName = Field(
        "glc_fcs30d", description="glc_fcs30d, or a CSV: code, class_name, cover_type, category."
    )
    crs: str | None = Field(None, description="CRS of files that name none, such as EPSG:4326.")


class StableGreen(Section):
    """Vegetation without a disturbance: ready polygons, or rasters to take it from."""

    polygons: VectorSource | None = None
    raster: list[BreakRaster] = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if self.polygons is None and not self.raster:
            raise ValueError(
                "[stable_green] needs [stable_green.polygons] or [[stable_green.raster]]"
            )
        return self
