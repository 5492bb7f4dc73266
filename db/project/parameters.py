"""Every threshold of a build, with its unit and its source; one column each of the table ``parameter``."""

from pydantic import Field

from quarrydb.project.types import Section


class Parameters(Section):
    """Parameters of one build. Why a default is what it is stands in docs/methods.md."""

    # boundary
    min_area_km2: float = Field(
        0.0, ge=0, description="Final mines smaller than this are left out, km2 (ours: none)."
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
