"""Which weight file belongs to which file of a raster series: by date, and by name where several are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from quarrydb.errors import Faults, SourceError
from quarrydb.loaders.indicator_dates import Date

# VIIRS night lights: radiance, and the number of cloud-free views, as the Earth Observation Group and the
# World Bank name them.
RADIANCE = re.compile(r"\.avg_rade9h?\.tif$", re.IGNORECASE)
VIEWS = re.compile(r"\.(?:cf_cvg|n_cf)\.tif$", re.IGNORECASE)


def split_known(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Values and weights of a series that lies as published; all are values where it is no known one."""
    weights = [path for path in paths if VIEWS.search(path.name)]
    values = [path for path in paths if not VIEWS.search(path.name)]
    return (
        (values, weights)
        if any(RADIANCE.search(path.name) for path in values)
        else (list(paths), [])
    )


def pair(
    values: Mapping[Path, Date], weights: Mapping[Path, Date], source: str
) -> dict[Path, Path]:
    """The weight file of each file, by date and then by the name most like its own.

    SourceError names each file for which there is none, or more than one.
    """
    by_date: dict[Date, list[Path]] = {}
    for path, date in weights.items():
        by_date.setdefault(date, []).append(path)
    faults = Faults()
    found: dict[Path, Path] = {}
    for path, date in values.items():
        with faults.gather():
            found[path] = nearest(path, by_date.get(date, []), date, source)
    shared = Counter(found.values())
    for path, weight in found.items():
        if shared[weight] > 1:
            faults.messages.append(
                f"{path}: its weight file by name, {weight.name}, is that of {shared[weight]} files. "
                f"Indicator {source} needs one weight file a file; correct weight_path."
            )
    faults.raise_all()
    return found


def nearest(path: Path, candidates: Sequence[Path], date: Date, source: str) -> Path:
    """The weight file of a date whose name, and then folder, differs least."""
    ranked = sorted((difference(path, other), other) for other in candidates)
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        raise SourceError(
            f"{path}: {len(candidates)} weight files for {date}"
            f"{', none more like its name than the others' if candidates else ''}. Indicator {source} "
            "needs one weight file a file of a date; correct weight_path or weight_dates."
        )
    return ranked[0][1]


def difference(one: Path, other: Path) -> tuple[int, int]:
    """Words that two names do not share, and folders that two paths do not share."""
    words = [Counter(re.split(r"[^0-9A-Za-z]+", path.name)) for path in (one, other)]
    apart = (words[0] - words[1]) + (words[1] - words[0])
    return apart.total(), len(set(one.parts[:-1]) ^ set(other.parts[:-1]))
