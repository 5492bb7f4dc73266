"""Trend and status of every mine from the truth of its series, by the study's decision tree."""

from math import erfc
from pathlib import Path

import numpy as np
import pandas as pd

from quarrydb.demo.files import write_truth
from quarrydb.demo.world import World

ALPHA = 0.05
FIRST_YEAR, LAST_YEAR = 2018, 2023
# The study's tree (Xu et al. 2025, section 2.3): what a rising sign of each indicator says.
RISING = {"bsp": "active", "ndvi": "closed", "ntl": "active"}
OPPOSITE = {"active": "closed", "closed": "active"}


def write_status_truth(world: World, observed: pd.DataFrame, folder: Path) -> None:
    """Write indicator, trend and status truth; bare surface is read from the land cover's truth."""
    write_truth(observed, folder, "indicator_date")
    yearly = indicator_yearly(observed)
    write_truth(yearly, folder, "indicator_yearly")
    bare = folder / "truth" / "bare_surface.parquet"
    if bare.exists():
        yearly = pd.concat([yearly, _bare_series(pd.read_parquet(bare))], ignore_index=True)
    trends = mine_trends(yearly)
    write_truth(trends, folder, "trend")
    write_truth(mine_status(world, trends), folder, "status")


def indicator_yearly(observed: pd.DataFrame) -> pd.DataFrame:
    """Mean of a year's dates: mine, indicator, year, value, coverage_share, n_dates."""
    grouped = observed.groupby(["indicator", "mine", "year"], as_index=False)
    frame = grouped.agg(
        value=("value", "mean"),
        coverage_share=("coverage_share", "mean"),
        n_dates=("month", "size"),
    )
    return frame[["mine", "indicator", "year", "value", "coverage_share", "n_dates"]]


def _bare_series(bare: pd.DataFrame) -> pd.DataFrame:
    """Bare surface share as an indicator called bsp."""
    frame = bare.rename(columns={"bare_surface_share": "value"}).assign(indicator="bsp")
    return frame[frame.year >= FIRST_YEAR][["mine", "indicator", "year", "value"]]


def mine_trends(yearly: pd.DataFrame) -> pd.DataFrame:
    """Mann-Kendall by mine and indicator: n_years, s, p_value, trend; four years at least."""
    rows = yearly.sort_values(["indicator", "mine", "year"])
    series = rows.groupby(["indicator", "mine"]).value.apply(np.array)
    records = [(*key, len(v), *mann_kendall(v)) for key, v in series.items() if len(v) >= 4]
    columns = ["indicator", "mine", "n_years", "s", "p_value", "trend"]
    return pd.DataFrame(records, columns=columns)


def mann_kendall(values: np.ndarray) -> tuple[int, float, str]:
    """S, two-sided p and trend of a series (Mann 1945, Kendall 1975), corrected for ties."""
    n = len(values)
    s = int(np.sign(values[None, :] - values[:, None])[np.triu_indices(n, 1)].sum())
    ties = np.unique(values, return_counts=True)[1]
    variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
    z = (s - np.sign(s)) / np.sqrt(variance) if variance > 0 else 0.0
    p = erfc(abs(z) / np.sqrt(2))
    trend = (
        ("decreasing", "no trend", "increasing")[int(np.sign(s)) + 1] if p < ALPHA else "no trend"
    )
    return s, p, trend


def mine_status(world: World, trends: pd.DataFrame) -> pd.DataFrame:
    """Status by the first indicator with a trend (bsp, ndvi, ntl), with what was planted."""
    wide = trends.pivot(index="mine", columns="indicator", values="trend")
    frame = world.mines[["mine", "deposit"]].copy()
    fates = [world.fates[i] for i in frame.deposit]
    frame["planted_ground"] = [fate.ground for fate in fates]
    frame["planted_ndvi"] = [fate.ndvi for fate in fates]
    frame["planted_ntl"] = [fate.ntl for fate in fates]
    for name in RISING:
        column = wide[name] if name in wide else pd.Series(dtype=object)
        frame[f"{name}_trend"] = column.reindex(frame.mine).to_numpy()
    said = [_said(row) for row in frame[[f"{name}_trend" for name in RISING]].to_numpy()]
    frame["status"] = [next(iter(found.values()), "undefined") for found in said]
    frame["decided_by"] = [next(iter(found), None) for found in said]
    frame["has_mixed_signals"] = [len(set(found.values())) > 1 for found in said]
    return pd.DataFrame(frame)


def _said(trends: np.ndarray) -> dict[str, str]:
    """What each indicator with a trend says, in the order of the tree."""
    found = {}
    for (name, rising), trend in zip(RISING.items(), trends, strict=True):
        if trend in ("increasing", "decreasing"):
            found[name] = rising if trend == "increasing" else OPPOSITE[rising]
    return found
