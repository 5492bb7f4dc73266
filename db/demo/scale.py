"""How much of everything a world holds."""

from dataclasses import dataclass
from typing import Self

from quarrydb.errors import ProjectError

# Xu et al. 2025 (Table 1, section 2.1) and Sepin et al. 2025 (147,000 polygons in nine years).
STUDY = {
    "n_tang": 74_548,
    "n_maus": 44_929,
    "n_merged": 82_078,
    "n_final": 74_726,
    "n_green": 300_000,
    "n_countries": 250,
    "n_protected": 16_000,
    "n_footprints": 147_000,
}
# A world of scale 1 is this part of the planet's.
UNIT = 1 / 500


@dataclass(frozen=True)
class Scale:
    """Counts of a world's features; ``n_merged``: parts of the union of both data sets."""

    name: str
    n_tang: int
    n_maus: int
    n_merged: int
    n_final: int
    n_green: int
    n_countries: int
    n_protected: int
    n_footprints: int
    n_sites: int
    n_sampled_per_year: int
    block: int
    ndvi_pixel: float
    light_block: int

    @property
    def is_large(self) -> bool:
        """Whether to leave out what only small worlds need: wide margins, whole trajectories."""
        return self.n_final > 5_000

    @classmethod
    def parse(cls, text: str | float) -> Self:
        """A scale from ``full`` or a multiple of the small world (1, about 150 mines)."""
        if str(text) == "full":
            return cls.of(500.0, "full")
        try:
            factor = float(text)
        except ValueError as error:
            raise ProjectError(f"scale {text!r} is no number. Give 1, 0.5, 20 or full.") from error
        if not 0.1 <= factor <= 500:
            raise ProjectError(f"scale {factor} is out of range. Give 0.1 to 500, or full.")
        return cls.of(factor, f"{factor:g}")

    @classmethod
    def of(cls, factor: float, name: str) -> Self:
        """``factor`` times the world of scale 1; 500 is the planet of the studies."""
        share = factor * UNIT

        def n(key: str, least: int) -> int:
            return max(least, round(STUDY[key] * share))

        n_merged = n("n_merged", 60)
        return cls(
            name=name,
            n_tang=round(n_merged * STUDY["n_tang"] / STUDY["n_merged"]),
            n_maus=round(n_merged * STUDY["n_maus"] / STUDY["n_merged"]),
            n_merged=n_merged,
            n_final=n_merged - max(4, round((STUDY["n_merged"] - STUDY["n_final"]) * share)),
            n_green=n("n_green", 200),
            n_countries=max(6, round(STUDY["n_countries"] * share)),
            n_protected=n("n_protected", 16),
            n_footprints=n("n_footprints", 150),
            n_sites=int(min(200, max(8, round(36 * factor)))),
            n_sampled_per_year=40,
            block=256 if factor < 20 else 128,
            ndvi_pixel=0.0005 if factor < 20 else 0.001,
            # Side of the blocks of night lights: each divides five degrees, and 16 divides it.
            light_block=400 if factor < 20 else 240,
        )
