"""Read one file of yearly footprints once, into a shard of the store that every build finds again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from quarrydb.contract import LoadContext
from quarrydb.errors import SourceError
from quarrydb.loaders import reported_area
from quarrydb.loaders.footprint_years import read_footprints, years_of_rows
from quarrydb.loaders.provenance import Issue
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import VectorData, file_parts
from quarrydb.project.segmentation import FootprintSource
from quarrydb.store.shards import fingerprint

REVISION = 6
FILE_SHARD = "footprint_file"
ROWS = pa.schema(
    [
        ("feature_id", pa.string()),
        ("part", pa.int32()),
        ("year", pa.int32()),
        ("mean_probability", pa.float64()),
        ("reported_km2", pa.float64()),
        ("geometry", pa.binary()),
    ]
)
FACTS = b"quarrydb"


@dataclass(frozen=True)
class FileFacts:
    """What is known of a file beside its rows: rows read by year ("all" for all), and its issues as rows."""

    layer: str | None
    driver: str
    crs: str | None
    n_read: dict[str, int]
    first_year: int | None
    issues: list[dict[str, Any]]


def stored_file(context: LoadContext, source: FootprintSource, path: Path) -> Path:
    """The shard of one file's rows, read from the file where the store lacks it."""
    sums = [context.checksums[part] for part in file_parts(path)]
    settings = source.reading("path", "cumulated", "parts", "dates", "years", "name")
    key = fingerprint("footprint file", REVISION, sums, settings)
    target = context.store.path(FILE_SHARD, key)
    if target.exists():
        return target
    with context.progress.task(f"Footprint {source.name}: {path.name}", 1, "files") as task:
        written = context.store.write(FILE_SHARD, key, read_file(source, path))
        task.advance()
    return written


def read_file(source: FootprintSource, path: Path) -> pa.Table:
    """The polygons of one file, whatever their year, with what is said of it as metadata."""
    data = read_footprints(source, path)
    cleaned = clean("", data.wkb, data.ids, data.crs or "EPSG:4326", where=str(path))
    if len(data.wkb) and not len(cleaned.geometry):
        first = cleaned.issues[0]
        raise SourceError(
            f"{path} holds no usable polygon. The first is feature {first.feature_id}: {first.problem}. "
            "Name another layer, or repair the file."
        )
    years = years_of_rows(source, data) if source.year else [None] * len(data.wkb)
    index = cleaned.feature.tolist()
    probability = probabilities(source, data, path)
    reported = reported_area.by_part(reported_area.reported_km2(source, data), cleaned)
    columns = {
        "feature_id": [cleaned.ids[i] for i in index],
        "part": cleaned.part,
        "year": [years[i] for i in index],
        "mean_probability": [probability[i] for i in index],
        "reported_km2": reported,
        "geometry": shapely.to_wkb(shapely.orient_polygons(cleaned.geometry)),
    }
    issues = [*cleaned.issues, *data.issues(""), *reported_area.note("", cleaned, reported)]
    lost = sum(year is None for year in years) if source.year else 0
    if lost:
        issues.append(Issue("", None, f"no year in column {source.year}", "set aside", lost))
    facts = FileFacts(
        layer=data.layer,
        driver=data.driver,
        crs=data.crs,
        n_read=count_by_year(years),
        first_year=min((year for year in years if year is not None), default=None),
        issues=[asdict(issue) for issue in issues],
    )
    table = pa.table(columns, schema=ROWS)
    return table.replace_schema_metadata({FACTS: json.dumps(asdict(facts))})


def count_by_year(years: Iterable[int | None]) -> dict[str, int]:
    """How many rows there are in all, and of each year."""
    counts = {"all": 0}
    for year in years:
        counts["all"] += 1
        if year is not None:
            counts[str(year)] = counts.get(str(year), 0) + 1
    return counts


def facts_of(shard: Path) -> FileFacts:
    """What a shard says of its file."""
    metadata = pq.read_schema(shard).metadata or {}
    return FileFacts(**json.loads(metadata[FACTS]))


def probabilities(source: FootprintSource, data: VectorData, path: Path) -> Sequence[float | None]:
    """Mean probability of each feature, 0-1; None where the source names no column for it, or the
    column is empty. SourceError names the feature whose value is none.
    """
    if source.probability is None or not len(data.wkb):
        return [None] * len(data.wkb)
    names = data.attributes.column_names
    if source.probability not in names:
        raise SourceError(
            f"{path} has no column {source.probability}. Columns there: {', '.join(names)}."
        )
    column = data.attributes[source.probability].to_pylist()
    return [
        parse_probability(value, f"{path}, feature {name}: {source.probability}")
        for value, name in zip(column, data.ids, strict=True)
    ]


def parse_probability(value: object, where: str) -> float | None:
    """A number from 0 to 1; None for an empty or undefined one."""
    if value is None or value == "":
        return None
    try:
        number = float(str(value))
    except ValueError as error:
        raise SourceError(f"{where} is {value!r}. Give a number from 0 to 1.") from error
    if math.isnan(number):
        return None
    if not 0 <= number <= 1:
        raise SourceError(
            f"{where} is {value}, which is not between 0 and 1. Divide percentages by 100."
        )
    return number
