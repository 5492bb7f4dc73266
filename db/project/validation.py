"""Section ``[validation]`` of the project file: interpreted samples, and biomes to report by."""

from typing import ClassVar, Self

from pydantic import Field, model_validator

from quarrydb.project.sources import VectorSource
from quarrydb.project.types import Section, SourceGlob


class BiomeSource(VectorSource):
    """Polygons of biomes; Ecoregions 2017 needs no column name."""

    remote_label: ClassVar[str] = "biomes"
    dataset_kinds: ClassVar[tuple[str, ...]] = ("biomes",)

    biome: str | None = Field(None, description="Column with the biome's name.")


class ValidationSource(Section):
    """Where the labels of interpreters are, and the biomes."""

    labels: SourceGlob = Field(
        default_factory=list,
        description="CSV or GeoPackage files of quarry sample, with reference_year filled in.",
    )
    biomes: BiomeSource | None = None

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not self.labels and self.biomes is None:
            raise ValueError("[validation] needs labels, or [validation.biomes]")
        return self
