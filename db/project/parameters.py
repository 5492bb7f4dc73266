"""Every threshold of a build, with its unit and its source; one column each of the table
``parameter``.
"""

from typing import Literal, Self

from pydantic import Field, model_validator

from quarrydb.project.places import Radii
from quarrydb.project.status import Names, StatusRule, TrendTest
from quarrydb.project.types import Section

COMMENT = "Thresholds of this build, one row. Their reasons stand in docs/methods.md."


class Parameters(Section):
    """Parameters of one build. Why a default is what it is stands in docs/methods.md."""

    # boundary
    repair_area_change_max: float = Field(
        0.01,
        ge=0,
        le=1,
        description="A repair that changes an outline's area by more is said on the screen, 0-1 (ours).",
    )
    union_snap_degrees: float = Field(
        1e-8,
        ge=0,
        le=1e-4,
        description="Outlines this near run along each other, and are one, degrees (ours: a millimetre).",
    )
    sliver_area_km2: float = Field(
        1e-9,
        ge=0,
        description="Parts smaller than this are rounding, km2 (ours: ten square centimetres).",
    )
    min_area_km2: float = Field(
        0.0, ge=0, description="Final mines smaller than this are left out, km2 (ours: none)."
    )
    earlier_builds_max: int = Field(
        5,
        ge=0,
        le=100,
        description="Earlier sets of mines of this project that mine_succession goes back to (ours).",
    )
    simplify_neighbour_m: float = Field(
        100.0,
        ge=0,
        description="A vertex can go only if both neighbours are this near, m (Xu 2025, 2.1).",
    )
    simplify_tolerance_m: float = Field(
        15.0,
        ge=0,
        description="A vertex can go only if this near the chord of its neighbours, m (half a pixel).",
    )
    simplify_area_change_max: float = Field(
        0.05,
        ge=0,
        description="A mine keeps its full outline where simplifying changes its area by more, 0-1 (ours).",
    )
    # stable green
    break_count_max: int = Field(
        0, ge=0, description="Most CCDC breaks 1999-2019 of a stable pixel (Xu 2025, 2.1)."
    )
    green_window_m: float = Field(
        1000.0, gt=0, description="Width read around a mine to see green objects whole, m (ours)."
    )
    # place
    offshore_distance_km: float = Field(
        50.0,
        ge=0,
        description="A mine outside all countries takes the nearest within this, km (ours).",
    )
    grid_cell_km: float = Field(
        100.0,
        gt=0,
        description="Side of a grid cell in Interrupted Goode Homolosine, km (Xu 2025).",
    )
    mainland_distance_km: float = Field(
        1500.0,
        gt=0,
        description="What lies farther from its country's mainland, from island to island, is on the "
        "continent of its neighbours, km (ours).",
    )
    kba_proposed: bool = Field(
        True,
        description="Whether proposed Key Biodiversity Areas count, as confirmed ones do (ours).",
    )
    place_radii_km: Radii = Field(
        "5, 10, 20",
        description="How far to look from the places of [[places]], by comma, km (ours).",
    )
    # land cover
    cover_types_apart: Names = Field(
        "wetland",
        description="Cover types, by comma, that stand apart from totals of development and reclamation "
        "(ours: those that the five of Xu 2025, 3.2 leave out).",
    )
    # status
    indicator_coverage_min: float = Field(
        0.0,
        ge=0,
        le=1,
        description="A year counts if data cover at least this share of a mine, 0-1 (ours: any).",
    )
    trend_first_year: int = Field(
        2018, ge=1900, le=2200, description="First year of the trends, a year (Xu 2025, 2.3)."
    )
    trend_last_year: int = Field(
        2023, ge=1900, le=2200, description="Last year of the trends, a year (Xu 2025, 2.3)."
    )
    trend_test: TrendTest = Field(
        "original",
        description="Mann-Kendall test: original (Xu 2025, 2.3), exact for the p of short series, or a "
        "modified one.",
    )
    trend_alpha: float = Field(
        0.05, gt=0, lt=1, description="Significance level of a trend, 0-1 (Xu 2025, 2.3)."
    )
    trend_correction: Literal["none", "benjamini_hochberg"] = Field(
        "none",
        description="What a trend must pass: its own p (none; Xu 2025, 2.3), or a false discovery rate over "
        "all mines with its indicator (benjamini_hochberg; ours).",
    )
    status_rule: StatusRule = Field(
        "bsp increasing, ndvi decreasing, ntl increasing",
        description="Indicators in the order they decide; the trend that means active (Xu 2025, 2.4).",
    )
    # validation
    validation_tolerance_years: int = Field(
        5, ge=0, description="A change is dated right within this many years, years (Xu 2025, 2.4)."
    )
    # segmentation
    site_window_factor: float = Field(
        2.0, gt=0, description="Side of a site's square, longest sides of its mine (Sepin 2025)."
    )
    block_m: float = Field(
        4000.0, gt=0, description="Side of a block to segment beyond known sites, m (ours)."
    )
    block_scenes: bool = Field(
        False, description="Whether blocks cover all images, not only [segmentation.area] (ours)."
    )
    image_first_month: int = Field(
        6, ge=1, le=12, description="First month of the images to choose from (Sepin 2025)."
    )
    image_last_month: int = Field(
        11,
        ge=1,
        le=12,
        description="Last month of the images to choose from (Sepin 2025); one before the first month goes "
        "over the new year, to both ends of one calendar year.",
    )
    image_cover_min: float = Field(
        0.99,
        ge=0,
        le=1,
        description="Images outside the window of months are taken too where those in it cover less of a "
        "square, 0-1 (ours).",
    )
    site_seen_min: float = Field(
        0.5,
        ge=0,
        le=1,
        description="A site's year counts if data cover this share of its square and of its mine, "
        "0-1 (ours).",
    )
    offset_tolerance: float = Field(
        0.03,
        ge=0,
        lt=0.05,
        description="How near 0.1, and each other, steps of all bands are where a Sentinel-2 item is wrong "
        "about its offset, reflectance (ours); 0 looks for none.",
    )
    footprint_order: Literal["drop, merge, fill", "fill, merge, drop"] = Field(
        "drop, merge, fill",
        description="Order of continuity rule, uniting and filling holes (Sepin 2025: drop first).",
    )
    fill_holes: bool = Field(
        True,
        description="Whether holes of what the model found are filled (Sepin 2025).",
    )
    continuity_buffer_m: float = Field(
        0.0, ge=0, description="How near a polygon of the next year must be, m (Sepin 2025: 0)."
    )

    continuity_neighbour: Literal["seen", "calendar"] = Field(
        "seen",
        description="Neighbouring years: the nearest ones seen clearly (ours), or calendar (Sepin 2025).",
    )
    continuity_clarity_min: float = Field(
        0.95,
        ge=0,
        le=1,
        description="A mine's absence counts in images at least this clear, 0-1 (ours).",
    )

    continuity_ends: Literal["closed", "open"] = Field(
        "closed",
        description="First and last year, which have one neighbour: it decides (closed; Sepin 2025), or a "
        "polygon it does not confirm stays unknown (open; ours).",
    )

    @model_validator(mode="after")
    def _period_runs_forward(self) -> Self:
        if self.trend_first_year > self.trend_last_year:
            raise ValueError(
                f"trend_first_year {self.trend_first_year} is after trend_last_year "
                f"{self.trend_last_year}"
            )
        return self
