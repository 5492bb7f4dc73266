"""Sections of the project file for places: regions to add up by, points to look from, names of mines."""

from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from quarrydb.catalog.layer_names import BUILT_IN_LAYERS
from quarrydb.project.sources import SourceName, VectorSource
from quarrydb.project.types import SourcePath


def own_layer(name: str) -> str:
    """A name that no built-in layer has."""
    if name in BUILT_IN_LAYERS:
        raise ValueError(f"{name} is a layer of every build. Choose another name.")
    return name


MOST_RADII, LARGEST_KM = 12, 500.0


def radii(text: str) -> str:
    """Distances by comma, each once, in order."""
    try:
        found = sorted({float(part) for part in text.split(",")})
    except ValueError:
        raise ValueError(f"{text!r} is no list of numbers such as '5, 10, 20'") from None
    if len(found) > MOST_RADII or not all(0 < radius <= LARGEST_KM for radius in found):
        raise ValueError(f"gives no 1 to {MOST_RADII} distances between 0 and {LARGEST_KM:g} km")
    return ", ".join(f"{radius:g}" for radius in found)


Radii = Annotated[str, AfterValidator(radii)]
LayerName = Annotated[SourceName, AfterValidator(own_layer)]


class RegionSource(VectorSource):
    """A layer of regions to add up by: districts, basins, concessions. They may overlap."""

    remote_label: ClassVar[str] = "regions"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("regions", "countries")

    name: LayerName = Field(
        description="Name of the layer, lower case: it stands in every region view."
    )
    id: str = Field(description="Column with the region's id; features of one id are one region.")
    label: str | None = Field(None, description="Column with the region's name.")
    parent: str | None = Field(
        None, description="Column with the id of the larger region that holds it."
    )


class PlaceSource(VectorSource):
    """Points or polygons to look for mines from: villages, survey clusters, schools, river gauges."""

    remote_label: ClassVar[str] = "places"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("places",)

    name: SourceName = Field(
        description="Name of the layer, lower case: it stands in place_exposure."
    )
    id: str | None = Field(None, description="Column with unique ids; else the feature number.")
    label: str | None = Field(None, description="Column with the place's name.")


class AttributeSource(VectorSource):
    """Points or polygons that tell of mines: names, commodities, operators."""

    remote_label: ClassVar[str] = "attributes"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("attributes",)

    name: SourceName = Field(
        description="Short name, lower case: it stands in mine_attribute.source."
    )
    id: str | None = Field(None, description="Column with unique ids; else the feature number.")
    label: str | None = Field(None, description="Column with the mine's name.")
    commodity: str | None = Field(
        None, description="Column with commodities, several apart by ; , or /."
    )
    operator: str | None = Field(None, description="Column with the operator's or owner's name.")
    within_km: float = Field(
        2.0,
        ge=0,
        le=LARGEST_KM,
        description="A feature outside all mines belongs to the nearest this near, km.",
    )

    @model_validator(mode="after")
    def _tells_something(self) -> Self:
        if not (self.label or self.commodity or self.operator):
            raise ValueError("name a column with label, commodity or operator")
        return self


class PreviousSource(VectorSource):
    """Mines of an earlier build: its database, or its exported mines; old ids are matched to new ones."""

    remote_label: ClassVar[str] = "previous mines"
    dataset_kinds: ClassVar[tuple[str, ...]] = ()

    name: SourceName = Field(
        description="Name of that build, lower case: it stands in mine_succession."
    )
    path: SourcePath = Field(
        description="The earlier database, or its view mine as GeoParquet or GeoPackage."
    )
    id: str = Field("mine_id", description="Column with the old mine ids.")
