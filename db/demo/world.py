"""The planted truth: places, deposits, green, and what a build of them must find."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from quarrydb.demo.deposit import MAUS, PLANT, TANG, Deposit
from quarrydb.demo.ease_grid import planted
from quarrydb.demo.fate import Fate, make_fates
from quarrydb.demo.green import ERASED, Green, outside
from quarrydb.demo.land import make_biomes, make_countries
from quarrydb.demo.measure import area_km2
from quarrydb.demo.place import make_slots
from quarrydb.demo.protected import make_protected
from quarrydb.demo.random_streams import stream
from quarrydb.demo.scale import Scale

CRS = "EPSG:4326"
# Kinds with a share of all merged outlines; the plain ones fill up to the data sets' counts.
SHARES = {
    "touch": 0.03,
    "contained": 0.05,
    "duplicate": 0.04,
    "chain": 0.02,
    "hole": 0.012,
    "bow tie": 0.004,
    "spike": 0.006,
    "contact": 0.004,
    "multipart": 0.012,
    "solid": 0.006,
    "belted": 0.012,
    "traced": 0.03,
}
# What one deposit of a kind adds: rows of Tang and Werner, rows of Maus, outlines, mines.
YIELD = {
    "tang only": (1, 0, 1, 1),
    "maus only": (0, 1, 1, 1),
    "overlap": (1, 1, 1, 1),
    "touch": (1, 1, 1, 1),
    "contained": (1, 1, 1, 1),
    "duplicate": (1, 1, 1, 1),
    "chain": (2, 1, 1, 1),
    "hole": (0, 1, 1, 1),
    "bow tie": (1, 0, 2, 2),
    "spike": (0, 1, 1, 1),
    "contact": (1, 1, 2, 2),
    "multipart": (1, 0, 2, 2),
    "solid": (0, 1, 1, 1),
    "belted": (1, 0, 1, 2),
    "traced": (1, 0, 1, 1),
    "covered": (1, 0, 1, 0),
}
# Kinds that reach beyond their star, where green around it would touch them.
SPREAD = ("bow tie", "contact", "multipart")


@dataclass(frozen=True)
class World:
    """Everything that is planted; frames are in EPSG:4326 and their row order is fixed."""

    seed: int
    scale: Scale
    countries: gpd.GeoDataFrame
    protected: gpd.GeoDataFrame
    deposits: list[Deposit]

    @cached_property
    def mines(self) -> gpd.GeoDataFrame:
        """Final mines: mine (0, 1 ...), deposit, kind, geometry, area_km2."""
        rows = [
            {"deposit": i, "kind": d.kind, "special": d.star.slot.special, "geometry": g}
            for i, d in enumerate(self.deposits)
            for g in d.finals
        ]
        return _numbered("mine", rows)

    @cached_property
    def outlines(self) -> gpd.GeoDataFrame:
        """Parts of the union of both data sets: outline, deposit, kind, geometry, area_km2."""
        rows = [
            {"deposit": i, "kind": d.kind, "geometry": g}
            for i, d in enumerate(self.deposits)
            for g in d.outlines
        ]
        return _numbered("outline", rows)

    @cached_property
    def green(self) -> gpd.GeoDataFrame:
        """Stable-green objects: green, deposit, role, is_erased, geometry, area_km2."""
        rows = [
            {"deposit": i, "role": g.role, "is_erased": g.role in ERASED, "geometry": g.geometry}
            for i, d in enumerate(self.deposits)
            for g in d.green
        ]
        return _numbered("green", rows)

    @cached_property
    def source_rows(self) -> gpd.GeoDataFrame:
        """Rows of the data sets: source, row (0, 1 ... as in the file), deposit, geometry."""
        rows = [
            {"source": source, "deposit": i, "geometry": g}
            for i, d in enumerate(self.deposits)
            for source, g in d.rows
        ]
        frame = gpd.GeoDataFrame(rows, crs=CRS).sort_values(
            "source", kind="stable", ignore_index=True
        )
        frame.insert(1, "row", frame.groupby("source").cumcount())
        return frame

    @cached_property
    def fates(self) -> list[Fate]:
        """What becomes of each deposit."""
        return make_fates(self.seed, len(self.deposits))

    @cached_property
    def biomes(self) -> gpd.GeoDataFrame:
        """Biomes over all land."""
        return make_biomes(self.seed, self.scale)


def _numbered(key: str, rows: list[dict[str, object]]) -> gpd.GeoDataFrame:
    """Rows as a frame with a running key and geodesic areas."""
    frame = gpd.GeoDataFrame(rows, crs=CRS)
    frame.insert(0, key, np.arange(len(frame)))
    frame["area_km2"] = area_km2(frame.geometry.to_numpy())
    return frame


def make_world(seed: int = 1, scale: Scale | str | float = 1) -> World:
    """Plant a world. The same seed and scale give the same world, bit by bit."""
    size = scale if isinstance(scale, Scale) else Scale.parse(scale)
    countries = make_countries(seed, size)
    kinds = list(_kinds(size))
    slots = make_slots(seed, size, countries, len(kinds))
    rng = stream(seed, "deposits")
    order = rng.permutation(len(kinds) - 7)
    deposits = [
        PLANT[kind](kind, slot, rng)
        for kind, slot in zip(_arranged(kinds, order), slots, strict=True)
    ]
    _add_outside(deposits, size.n_green, stream(seed, "outside green"))
    _place_corners(deposits)
    protected = make_protected(seed, size, countries, slots)
    return World(seed, size, countries, protected, deposits)


def _arranged(kinds: list[str], order: np.ndarray) -> list[str]:
    """Plain overlaps for the seven special slots, then all other kinds in this order."""
    rest = list(kinds)
    for _ in range(7):
        rest.remove("overlap")
    return ["overlap"] * 7 + [rest[i] for i in order]


def kind_counts(scale: Scale) -> pd.Series:
    """How many deposits of each kind give exactly the scale's rows, outlines and mines."""
    counts = {kind: max(1, round(share * scale.n_merged)) for kind, share in SHARES.items()}
    extra = sum(n * (YIELD[kind][3] - YIELD[kind][2]) for kind, n in counts.items())
    counts["covered"] = scale.n_merged - scale.n_final + extra
    tang, maus, merged, _ = np.array(list(counts.values())) @ np.array(
        [YIELD[kind] for kind in counts]
    )
    tang, maus, merged = scale.n_tang - tang, scale.n_maus - maus, scale.n_merged - merged
    counts["overlap"] = tang + maus - merged
    counts["tang only"] = merged - maus
    counts["maus only"] = merged - tang
    return pd.Series(counts)


def _kinds(scale: Scale) -> Iterator[str]:
    """Every deposit's kind, kind by kind."""
    for kind, n in kind_counts(scale).items():
        yield from [str(kind)] * int(n)


def _add_outside(deposits: list[Deposit], n_green: int, rng: np.random.Generator) -> None:
    """Green around the mines, to make up the scale's number of objects."""
    missing = max(0, n_green - sum(len(d.green) for d in deposits))
    roomy = [d for d in deposits if d.kind not in SPREAD]
    share = np.bincount(rng.integers(0, len(roomy), missing), minlength=len(roomy))
    for deposit, n in zip(roomy, share, strict=True):
        deposit.green += outside(deposit.star, rng, int(n))


def _place_corners(deposits: list[Deposit]) -> None:
    """Corners of all shapes where the projection of Tang and Werner's file has them."""
    shapes = [
        shape
        for d in deposits
        for shape in (
            *(g for _, g in d.rows),
            *d.outlines,
            *d.finals,
            *(g.geometry for g in d.green),
        )
    ]
    placed = iter(planted(shapes).tolist())
    for d in deposits:
        d.rows = [(source, next(placed)) for source, _ in d.rows]
        d.outlines = [next(placed) for _ in d.outlines]
        d.finals = [next(placed) for _ in d.finals]
        d.green = [Green(g.role, next(placed)) for g in d.green]


__all__ = ["MAUS", "TANG", "World", "kind_counts", "make_world"]
