"""Load points and polygons that lie near mines: places to look from, and features that name mines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.formats.delimited import UNPLACED
from quarrydb.loaders.point import in_lonlat
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_clean import clean, shapes_of, unique_ids
from quarrydb.loaders.vector_file import (
    VectorData,
    check_parts,
    checksum,
    file_parts,
    read_vector,
)
from quarrydb.project import Project
from quarrydb.project.ground import Ground, setting
from quarrydb.project.places import AttributeSource, PlaceSource

REVISION = 3
PLACES, ATTRIBUTES = "places", "attributes"
# shapely's types of what cleaning makes polygons of, or notes: polygons, collections, what it can't read.
AREAL = (-1, 3, 6, 7)
Source = PlaceSource | AttributeSource
Texts = Mapping[str, Sequence[object]]


def steps(project: Project) -> list[LoadStep]:
    """One step for each file of places, one for each of attributes."""
    attributes = [
        located_step(ATTRIBUTES, "raw.attribute_feature", source, number)
        for number, source in enumerate(project.attributes, 1)
    ]
    # Attributes stay whole: one beyond the border may name a mine of the area.
    ground = project.ground
    places = [located_step(PLACES, "raw.place", s, ground=ground) for s in project.places]
    return [*places, *attributes]


def located_step(
    kind: str, table: str, source: Source, number: int = 0, ground: Ground | None = None
) -> LoadStep:
    """A step that reads one file, within a ``ground``; ``number`` is its place in the project file."""
    check_parts(source.path)
    return LoadStep(
        name=f"{kind} {source.name}",
        writes=(table, "raw.load_file", "raw.load_issue"),
        run=partial(
            run_located, kind=kind, table=table, source=source, number=number, ground=ground
        ),
        files=file_parts(source.path),
        config={**source.reading("path"), "number": number, **setting(ground)},
        revision=REVISION,
        terms=terms_of(source, kind, source.name),
    )


def run_located(
    context: LoadContext,
    *,
    kind: str,
    table: str,
    source: Source,
    number: int,
    ground: Ground | None = None,
) -> Loaded:
    """Read a file; what is neither a point nor a polygon on the globe is set aside with an issue."""
    where = f"{source.path}" + (f", layer {source.layer}" if source.layer else "")
    data = read_vector(source.path, layer=source.layer, crs=source.crs, encoding=source.encoding)
    ids, issues = unique_ids(source.name, feature_ids(source, data, where))
    geometry, problems = placed(source.name, data, ids, where)
    kept = [i for i, shape in enumerate(geometry) if shape is not None]
    if not kept:
        raise nothing_placed(where, problems)
    if ground is not None:
        is_kept = ground.keeps(shapely.from_wkb([geometry[i] for i in kept]))
        kept = [i for i, is_inside in zip(kept, is_kept, strict=True) if is_inside]
    columns: Texts = {**described(source, data, where, number), "id": ids}
    rows = {name: [values[i] for i in kept] for name, values in columns.items()}
    load = Load(
        source=source.name,
        kind=kind,
        path=relative_path(source.path, context.root),
        layer=data.layer,
        sha256=checksum(source.path, context.checksums),
        driver=data.driver,
        n_rows_read=len(data.wkb),
        n_rows_kept=len(kept),
        crs=data.crs,
    )
    return {
        table: tabulate(source, rows, [geometry[i] for i in kept]),
        "raw.load_file": load_table([load]),
        "raw.load_issue": issue_table([*data.issues(source.name), *issues, *problems]),
    }


def nothing_placed(where: str, problems: Sequence[Issue]) -> SourceError:
    """The error of a file of which nothing has a place, with the first reason."""
    first = next(iter(problems), None)
    said = f" The first is feature {first.feature_id}: {first.problem}." if first else ""
    return SourceError(
        f"{where} holds no point or polygon on the globe.{said} Name another layer, or its crs."
    )


def feature_ids(source: Source, data: VectorData, where: str) -> list[str]:
    """The ids of a column, or the numbers of the features."""
    if source.id is None:
        return data.ids
    column = layout.named_column(data.attributes.column_names, source.id, (), where=where, key="id")
    given = layout.texts(data.attributes, column)
    return [value or f"row {number}" for number, value in zip(data.ids, given, strict=True)]


def described(source: Source, data: VectorData, where: str, number: int) -> Texts:
    """What the columns that the source names say of each feature."""
    table = data.attributes

    def texts(key: str) -> list[str | None]:
        given = getattr(source, key)
        names = table.column_names
        column = given and layout.named_column(names, given, (), where=where, key=key)
        return layout.texts(table, column)

    found: dict[str, Sequence[object]] = {
        "name": texts("label"),
        "properties": layout.attributes_json(table),
    }
    if isinstance(source, AttributeSource):
        found |= {"commodity": texts("commodity"), "operator": texts("operator")}
        found |= {
            "number": [number] * table.num_rows,
            "within": [source.within_km] * table.num_rows,
        }
    return found


def tabulate(source: Source, rows: Texts, geometry: Sequence[bytes | None]) -> pa.Table:
    """Rows of ``raw.place`` or of ``raw.attribute_feature``."""
    n = len(geometry)
    shapes = pa.array(geometry, pa.binary())

    def texts(key: str) -> pa.Array:
        return pa.array(rows[key], pa.string())

    if isinstance(source, PlaceSource):
        return pa.table(
            {
                "layer": pa.array([source.name] * n, pa.string()),
                "place_id": texts("id"),
                "place_name": texts("name"),
                "attributes": texts("properties"),
                "geometry": shapes,
            }
        )
    return pa.table(
        {
            "source": pa.array([source.name] * n, pa.string()),
            "source_number": pa.array(rows["number"], pa.int32()),
            "feature_id": texts("id"),
            "name": texts("name"),
            "commodity": texts("commodity"),
            "operator": texts("operator"),
            "within_km": pa.array(rows["within"], pa.float64()),
            "properties": texts("properties"),
            "geometry": shapes,
        }
    )


def placed(
    source: str, data: VectorData, ids: Sequence[str], where: str
) -> tuple[list[bytes | None], list[Issue]]:
    """Each feature in EPSG:4326 as WKB, parts of a polygon together, and what was wrong."""
    kinds = shapely.get_type_id(shapes_of(np.array(data.wkb, dtype=object)))
    found = in_lonlat(data)
    areal = [i for i in np.flatnonzero(np.isin(kinds, AREAL)).tolist() if data.wkb[i] is not None]
    issues: list[Issue] = []
    if areal:
        cleaned = clean(
            source,
            [data.wkb[i] for i in areal],
            [ids[i] for i in areal],
            str(data.crs),
            where=where,
        )
        issues += cleaned.issues
        for feature in np.unique(cleaned.feature):
            parts = cleaned.geometry[cleaned.feature == feature]
            shape = parts[0] if len(parts) == 1 else shapely.multipolygons(list(parts))
            found[areal[feature]] = shapely.to_wkb(shape)
    told = {issue.feature_id for issue in issues}
    n_told = sum(note.n for note in data.notes if note.action == UNPLACED)
    is_told = n_told == sum(wkb is None for wkb in data.wkb)
    issues += [
        Issue(source, feature_id, "no point or polygon on the globe", "set aside")
        for feature_id, wkb, shape in zip(ids, data.wkb, found, strict=True)
        # The reader of a table has told of every row without a place.
        if shape is None and not (wkb is None and is_told) and feature_id not in told
    ]
    return found, issues
