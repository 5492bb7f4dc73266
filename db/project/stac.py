"""What sections share that take images from STAC items: the search, and what counts as no data."""

from pydantic import Field

from quarrydb.fetch.address import is_remote
from quarrydb.project.types import Section


class StacImages(Section):
    """Images that STAC items name, found by a search or written down by somebody else."""

    stac: str | None = Field(
        None, description="Address of a STAC API or catalogue that quarry images asks."
    )
    collection: str | None = Field(None, description="Collection of that API.")
    max_cloud: float = Field(
        80.0, ge=0, le=100, description="Scenes with more cloud are not asked for, percent."
    )
    masked_classes: list[int] = Field(
        default=[0, 1, 3, 8, 9, 10],
        description="Classes of a scene classification (scl) that count as no data: no data, saturated, "
        "cloud shadow, clouds and cirrus of Sentinel-2.",
    )

    def check_search(self) -> None:
        """ValueError where the API is no address, or its collection is missing."""
        if self.stac is not None and not (is_remote(self.stac) and self.collection):
            raise ValueError("stac is the https:// address of a STAC API, and needs collection")
