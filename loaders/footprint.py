"""Load yearly mine footprints made elsewhere into the yearly tables ``segmentation.mine_YYYY``."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import ProjectError, SourceError
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_clean import clean
from quarrydb.loaders.vector_file import VectorData, file_parts, read_vector
from quarrydb.project import Project
from quarrydb.project.segmentation import FootprintSource

REVISION = 3
YEAR = re.compile(r"(?<!\d)(19[7-9]\d|20\d\d)(?!\d)")
SCHEMA = pa.schema(
    [
        ("footprint_id", pa.string()),
        ("year", pa.int32()),
        ("site_id", pa.string()),
        ("dataset", pa.string()),
        ("model_id", pa.string()),
        ("threshold", pa.float64()),
        ("mean_probability", pa.float64()),
        ("geometry", pa.binary()),
    ]
)
SITE_SCHEMA = pa.schema(
    [
        ("dataset", pa.string()),
        ("site_id", pa.string()),
        ("year", pa.int32()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("seen_share", pa.float64()),
        ("mine_seen_share", pa.float64()),
        ("n_polygons", pa.int64()),
    ]
)


def yearly_table(year: int) -> str:
    """Name of a year's table."""
    return f"segmentation.mine_{year}"


def steps(project: Project) -> list[LoadStep]:
    """One step for each footprint source."""
    section = project.segmentation
    return [footprint_step(source) for source in section.footprint] if section else []


def footprint_step(source: FootprintSource) -> LoadStep:
    """A step that reads one source's files, one a year."""
    files = files_by_year(source)
    return LoadStep(
        name=f"footprint {source.name}",
        writes=(
            *(yearly_table(year) for year in files),
            "raw.segmented_site",
            "raw.load_file",
            "raw.load_issue",
        ),
        run=partial(run_footprint, source=source),
        files=tuple(part for path in files.values() for part in file_parts(path)),
        config=source.reading("path"),
        revision=REVISION,
        terms=terms_of(source, "footprint", *(f"{source.name} {year}" for year in files)),
    )


def files_by_year(source: FootprintSource) -> dict[int, Path]:
    """The file of each year, by the year in its name; ProjectError where that does not tell."""
    found: dict[int, Path] = {}
    for path in source.path:
        years = [int(year) for year in YEAR.findall(path.stem)]
        if len(set(years)) != 1:
            raise ProjectError(
                f"{path.name} of footprint {source.name} must have one year in its name, "
                f"it has {len(set(years))}. Rename it, such as mine_2019.gpkg."
            )
        if years[0] in found:
            raise ProjectError(
                f"{found[years[0]].name} and {path.name} of footprint {source.name} are both of "
                f"{years[0]}. Keep one file a year."
            )
        found[years[0]] = path
    return dict(sorted(found.items()))


def run_footprint(context: LoadContext, *, source: FootprintSource) -> Loaded:
    """Read every year's file; with ``cumulated`` a year holds all polygons up to it."""
    tables: dict[str, pa.Table] = {}
    loads: list[Load] = []
    issues: list[Issue] = []
    before: list[pa.Table] = []
    files = files_by_year(source)
    with context.progress.task(f"Footprint {source.name}", len(files), "years") as task:
        for year, path in files.items():
            new, load, noted = read_year(context, source, year, path)
            loads.append(load)
            issues.extend(noted)
            tables[yearly_table(year)] = pa.concat_tables(
                [*(in_year(t, year) for t in before), new]
            )
            if source.cumulated:
                before.append(new)
            task.advance()
    counts = {year: tables[yearly_table(year)].num_rows for year in files}
    return {
        **tables,
        "raw.segmented_site": coverage(source.name, counts),
        "raw.load_file": load_table(loads),
        "raw.load_issue": issue_table(issues),
    }


def read_year(
    context: LoadContext, source: FootprintSource, year: int, path: Path
) -> tuple[pa.Table, Load, list[Issue]]:
    """One file as rows of its yearly table, with its provenance."""
    data = read_vector(path, layer=source.layer, crs=source.crs)
    name = f"{source.name} {year}"
    cleaned = clean(name, data.wkb, data.ids, str(data.crs), where=str(path))
    probability = probabilities(source, data, path)
    index = cleaned.feature.tolist()
    suffixes = ["" if part == 1 else f".{part}" for part in cleaned.part.tolist()]
    ids = [
        f"{source.name}-{year}-{cleaned.ids[i]}{suffix}"
        for i, suffix in zip(index, suffixes, strict=True)
    ]
    geometry = shapely.to_wkb(shapely.orient_polygons(cleaned.geometry))
    table = yearly_rows(year, source.name, ids, [probability[i] for i in index], geometry)
    load = Load(
        source=name,
        kind="footprint",
        path=relative_path(path, context.root),
        layer=data.layer,
        sha256=context.checksums[path],
        driver=data.driver,
        n_rows_read=len(data.wkb),
        n_rows_kept=len(np.unique(cleaned.feature)),
        crs=data.crs,
    )
    return table, load, cleaned.issues


def probabilities(source: FootprintSource, data: VectorData, path: Path) -> Sequence[float | None]:
    """Mean probability of each feature, 0-1; None where the source names no column for it, or the
    column is empty. SourceError names the feature whose value is none.
    """
    if source.probability is None:
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


def yearly_rows(
    year: int,
    name: str,
    ids: Sequence[str],
    probability: Sequence[float | None],
    geometry: Sequence[bytes],
) -> pa.Table:
    """Rows of a yearly table for footprints that have no site, model or threshold."""
    n = len(ids)
    columns: Mapping[str, pa.Array] = {
        "footprint_id": pa.array(ids, pa.string()),
        "year": pa.array([year] * n, pa.int32()),
        "site_id": pa.nulls(n, pa.string()),
        "dataset": pa.array([name] * n, pa.string()),
        "model_id": pa.array([name] * n, pa.string()),
        "threshold": pa.nulls(n, pa.float64()),
        "mean_probability": pa.array(probability, pa.float64()),
        "geometry": pa.array(geometry, pa.binary()),
    }
    return pa.table(columns, schema=SCHEMA)


def in_year(table: pa.Table, year: int) -> pa.Table:
    """An earlier year's rows as they stand in a later one: what was mined stays mined."""
    ids = [f"{name}@{year}" for name in table["footprint_id"].to_pylist()]
    table = table.set_column(0, SCHEMA.field("footprint_id"), pa.array(ids, pa.string()))
    return table.set_column(1, SCHEMA.field("year"), pa.array([year] * len(ids), pa.int32()))


def coverage(dataset: str, counts: Mapping[int, int]) -> pa.Table:
    """Rows of ``raw.segmented_site`` for a data set that covers everything in each of its years."""
    rows = [
        {"dataset": dataset, "year": year, "status": "done", "n_polygons": n}
        for year, n in counts.items()
    ]
    return pa.Table.from_pylist(rows, schema=SITE_SCHEMA)
