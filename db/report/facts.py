"""What holds for a whole report: how much there is, of when, how sure, and which gaps it has."""

import re
from dataclasses import dataclass
from importlib.resources import files

import duckdb

from quarrydb.loaders.landcover_years import glc_tile
from quarrydb.report import words
from quarrydb.report.region import Region

STUDY_AREAS = "Key Biodiversity Areas"
OWN_REASON = ("parts", "attributes")  # needs that a region lacks for a cause of its own
TILES_HERE = (
    "SELECT DISTINCT mine.longitude, mine.latitude, issue.detail FROM raw.load_issue AS issue "
    "INNER JOIN mine ON issue.feature_id = mine.mine_id WHERE issue.problem = 'no land-cover tile' "
    "AND ($layer IS NULL OR mine.mine_id IN (SELECT held.mine_id FROM region_overlap AS held "
    "WHERE held.layer = $layer AND held.region_id = $region_id))"
)
SOURCES_HERE = (
    "SELECT dataset, n_mines, area_km2 FROM region_source_spread "
    "WHERE layer = $layer AND region_id = $region_id AND dataset <> 'union'"
)


@dataclass(frozen=True)
class Dataset:
    """A source of polygons, their union (``merged``) or the final mines (``final``)."""

    dataset: str
    n_polygons: int
    area_km2: float


@dataclass(frozen=True)
class Facts:
    """``region`` None: the whole database; years None: no such data; ``bare_gap`` None: bare surface is
    known.
    """

    protected_kind: str | None = None
    is_kba: bool = False
    bare_gap: str | None = None
    n_mines: int = 0
    area_km2: float = 0.0
    world_km2: float | None = None
    share_of_region: float | None = None
    area_rank: int | None = None
    n_regions: int | None = None
    n_countries: int = 0
    n_covered: int | None = None
    landcover_first: int | None = None
    landcover_last: int | None = None
    indicator_first: int | None = None
    indicator_last: int | None = None
    segmented_first: int | None = None
    segmented_last: int | None = None
    n_samples: int | None = None
    tolerance_years: int | None = None
    accuracy: float | None = None
    accuracy_low: float | None = None
    accuracy_high: float | None = None
    datasets: tuple[Dataset, ...] = ()
    region: Region | None = None
    missing_tiles: tuple[str, ...] = ()

    @property
    def place(self) -> str | None:
        """The region's name; None for the whole database."""
        return self.region.name if self.region else None

    @property
    def protected(self) -> str:
        """What the protected areas of this build are called."""
        return self.protected_kind or STUDY_AREAS

    def named(self, text: str) -> str:
        """``text`` with the name of the protected areas that this build has."""
        return text.replace(STUDY_AREAS, self.protected)

    @property
    def coverage(self) -> str:
        """How many of the mines have land cover; empty where all have, or without any land cover."""
        if self.n_covered is None or self.n_covered == self.n_mines:
            return ""
        share = words.percent(self.n_covered / max(self.n_mines, 1))
        of_all = f"{words.number(self.n_covered)} of {words.number(self.n_mines)} mines ({share})"
        return f"Land cover is known of {of_all}{self._remedy}."

    @property
    def _remedy(self) -> str:
        return f": fetch {', '.join(self.missing_tiles)}" if self.missing_tiles else ""

    def nothing_here(self, needs: str) -> str:
        """Why a panel of a place has no rows, where the database has some of others."""
        is_unknown = needs == "protected" and self.protected_kind is None
        if not self.place or is_unknown or needs in OWN_REASON:
            return ""
        if not self.n_mines and needs != "segmentation":
            return f"No mine is known in {self.place}."
        if needs == "landcover" and not self.n_covered:
            return f"No land-cover tile covers {self.place}{self._remedy}."
        return f"The database holds none of it in {self.place}."

    @property
    def sources(self) -> tuple[Dataset, ...]:
        """The data sets that the mines were made from."""
        return tuple(d for d in self.datasets if d.dataset not in ("merged", "final"))

    @property
    def united_km2(self) -> float | None:
        """Area of all sources together, before vegetation at the edges is taken off."""
        return next((d.area_km2 for d in self.datasets if d.dataset == "merged"), None)

    @property
    def periods(self) -> tuple[str, ...]:
        """Which data are of which years."""
        spans = (
            ("land cover", self.landcover_first, self.landcover_last),
            ("greenness and night light", self.indicator_first, self.indicator_last),
            ("yearly footprints", self.segmented_first, self.segmented_last),
        )
        return tuple(
            f"{what} {first}" if first == last else f"{what} {first}–{last}"
            for what, first, last in spans
            if first is not None
        )


def read_facts(connection: duckdb.DuckDBPyConnection, region: Region | None = None) -> Facts:
    """The facts of a database, or of one region in it."""
    query = (files("quarrydb.report") / "facts.sql").read_text(encoding="utf-8")
    names_of = named(region)
    cursor = connection.execute(query, names_of)
    names = [column[0] for column in cursor.description or []]
    values = dict(zip(names, cursor.fetchone() or (), strict=True))
    if region is None:
        query = "SELECT dataset, n_polygons, area_km2 FROM dataset_summary"
        datasets = connection.execute(query).fetchall()
    else:
        datasets = connection.execute(SOURCES_HERE, names_of).fetchall()
    return Facts(
        **values,
        datasets=tuple(Dataset(*row) for row in datasets),
        region=region,
        missing_tiles=read_missing_tiles(connection, region),
    )


def named(region: Region | None) -> dict[str, str | None]:
    """A region as queries name it."""
    return {
        "layer": region.layer if region else None,
        "region_id": region.region_id if region else None,
    }


def read_missing_tiles(
    connection: duckdb.DuckDBPyConnection, region: Region | None = None
) -> tuple[str, ...]:
    """Names of the land-cover tiles that the mines lie in and the project lacks, where tiles have names."""
    rows = connection.execute(TILES_HERE, named(region)).fetchall()
    found = {(glc_tile(x, y), detail or "") for x, y, detail in rows}
    return tuple(sorted({tile for tile, detail in found if tile in re.split(r"[ ,:]+", detail)}))
