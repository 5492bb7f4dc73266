"""Load mine polygons, countries and protected areas into the raw tables."""

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders import layout, reported_area
from quarrydb.loaders.country import country_columns, finish_countries
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_clean import Cleaned, clean
from quarrydb.loaders.vector_file import (
    VectorData,
    check_parts,
    checksum,
    file_parts,
    read_vector,
)
from quarrydb.project import Project
from quarrydb.project.ground import Ground, setting
from quarrydb.project.sources import PolygonSource, ProtectedSource, VectorSource

REVISION = 4
COUNTRIES, PROTECTED = "countries", "protected areas"

ColumnReader = Callable[[VectorData, str], tuple[list[str], Columns]]
# What a role asks of its polygons once they are clean: it may set some aside, and gives more columns.
Finish = Callable[[VectorData, Cleaned, Columns], Mapping[str, pa.Array]]


def steps(project: Project) -> list[LoadStep]:
    """One step for each polygon source, for the countries and for the protected areas."""
    found = [
        vector_step(
            f"polygons {s.name}",
            s.name,
            "polygons",
            "raw.polygon",
            s,
            partial(polygon_columns, s),
            ground=project.ground,
            finish=partial(reported_columns, s),
        )
        for s in project.polygons
    ]
    if (countries := project.countries) is not None:
        reader = partial(country_columns, countries)
        finish = partial(finish_countries, countries)
        step = partial(vector_step, COUNTRIES, COUNTRIES, COUNTRIES, "raw.country")
        found.append(step(countries, reader, finish=finish))
    if (protected := project.protected) is not None:
        reader = partial(protected_columns, protected)
        step = partial(vector_step, PROTECTED, PROTECTED, PROTECTED, "raw.protected_area")
        found.append(step(protected, reader, ground=project.ground))
    return found


def vector_step(
    name: str,
    source: str,
    kind: str,
    table: str,
    section: VectorSource,
    columns: ColumnReader,
    *,
    ground: Ground | None = None,
    finish: Finish | None = None,
) -> LoadStep:
    """A step that reads one polygon file into ``table``; SourceError where its parts are not there.

    Of a restricted ``ground`` only the polygons that belong to it are kept.
    """
    check_parts(section.path)
    return LoadStep(
        name=name,
        writes=(table, "raw.load_file", "raw.load_issue"),
        run=partial(
            run_vector,
            source=source,
            kind=kind,
            table=table,
            section=section,
            columns=columns,
            ground=ground,
            finish=finish,
        ),
        files=file_parts(section.path),
        config={**section.reading("path"), **setting(ground)},
        revision=REVISION,
        terms=terms_of(section, kind, source),
    )


def run_vector(
    context: LoadContext,
    *,
    source: str,
    kind: str,
    table: str,
    section: VectorSource,
    columns: ColumnReader,
    ground: Ground | None = None,
    finish: Finish | None = None,
) -> Loaded:
    """Read, clean and tabulate one polygon file."""
    where = f"{section.path}" + (f", layer {section.layer}" if section.layer else "")
    data = read_vector(
        section.path,
        layer=section.layer,
        crs=section.crs,
        encoding=section.encoding,
        wanted="polygon",
    )
    ids, extra = columns(data, where)
    cleaned = clean(source, data.wkb, ids, str(data.crs), where=where)
    cleaned.issues.extend(data.issues(source))
    if not len(cleaned.geometry):
        raise _no_polygon(where, cleaned.issues[0])
    more = finish(data, cleaned, extra) if finish else {}
    rows, issues, n_kept = _on_ground(cleaned, tabulate(cleaned, extra, more), ground)
    load = Load(
        source=source,
        kind=kind,
        path=relative_path(section.path, context.root),
        layer=data.layer,
        sha256=checksum(section.path, context.checksums),
        driver=data.driver,
        n_rows_read=len(data.wkb),
        n_rows_kept=n_kept,
        crs=data.crs,
    )
    found = {"raw.load_file": load_table([load]), "raw.load_issue": issue_table(issues)}
    return {table: rows, **found}


def _no_polygon(where: str, first: Issue) -> SourceError:
    return SourceError(
        f"{where} holds no usable polygon. The first is feature {first.feature_id}: {first.problem}. "
        "Name another layer, or repair the file."
    )


def _on_ground(
    cleaned: Cleaned, rows: pa.Table, ground: Ground | None
) -> tuple[pa.Table, list[Issue], int]:
    """The rows and issues of what meets the ground that is wanted, and the number of its features."""
    if ground is None or (kept := ground.keeps(cleaned.geometry)).all():
        return rows, cleaned.issues, len(np.unique(cleaned.feature))
    inside = {cleaned.ids[i] for i in cleaned.feature[kept]}
    issues = [issue for issue in cleaned.issues if issue.feature_id in inside]
    return rows.filter(kept), issues, len(inside)


def tabulate(cleaned: Cleaned, extra: Columns, more: Mapping[str, pa.Array]) -> pa.Table:
    """One row a polygon part: source, source_id, part, the feature's columns, the part's, geometry as WKB."""
    index = cleaned.feature.tolist()
    columns: dict[str, pa.Array] = {
        "source": pa.array([cleaned.source] * len(index), pa.string()),
        "source_id": pa.array([cleaned.ids[i] for i in index], pa.string()),
        "part": pa.array(cleaned.part, pa.int32()),
    }
    for name, values in extra.items():
        columns[name] = pa.array([values[i] for i in index], pa.string())
    columns |= more
    oriented = shapely.orient_polygons(cleaned.geometry)
    columns["geometry"] = pa.array(shapely.to_wkb(oriented), pa.binary())
    return pa.table(columns)


def polygon_columns(
    section: PolygonSource, data: VectorData, where: str
) -> tuple[list[str], Columns]:
    """Feature ids and attributes of a mine polygon file."""
    ids = data.ids
    if section.id is not None:
        names = data.attributes.column_names
        column = layout.named_column(names, section.id, (), where=where, key="id")
        ids = [
            v or f"row {i}"
            for i, v in zip(data.ids, layout.texts(data.attributes, column), strict=True)
        ]
    return ids, {"attributes": layout.attributes_json(data.attributes)}


def reported_columns(
    section: PolygonSource, data: VectorData, cleaned: Cleaned, extra: Columns
) -> Mapping[str, pa.Array]:
    """The area that the publisher reports of each polygon, where its outline is more than the mine."""
    del extra
    reported = reported_area.by_part(reported_area.reported_km2(section, data), cleaned)
    cleaned.issues.extend(reported_area.note(cleaned.source, cleaned, reported))
    return {"reported_km2": pa.array(reported, pa.float64())}


def protected_columns(
    section: ProtectedSource, data: VectorData, where: str
) -> tuple[list[str], Columns]:
    """Id and name of each protected area."""
    table = data.attributes
    names = table.column_names
    column = section.id or layout.find_column(names, layout.PROTECTED_ID)
    if column is not None:
        column = layout.named_column(names, column, (), where=where, key="id")
    ids = [v or i for i, v in zip(data.ids, layout.texts(table, column), strict=True)]
    label = layout.named_column(
        names, section.label, layout.PROTECTED_NAME, where=where, key="label"
    )
    columns: Columns = {
        "protected_name": layout.texts(table, label),
        "kind": [section.kind or layout.protected_kind(names)] * table.num_rows,
        "attributes": layout.attributes_json(table),
    }
    return ids, columns
