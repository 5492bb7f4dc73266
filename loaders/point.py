"""Load labelled points by year into ``raw.point``."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa
import shapely
from pyproj.exceptions import ProjError

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders.crs import to_lonlat, unusable_crs
from quarrydb.loaders.layout import named_column
from quarrydb.loaders.longitude import HALF_TURN, LIMIT_DEGREES
from quarrydb.loaders.provenance import Issue, Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_clean import Geometries, refuse_off_globe, shapes_of, unique_ids
from quarrydb.loaders.vector_file import VectorData, checksum, file_parts, read_vector
from quarrydb.project import Project
from quarrydb.project.ground import Ground, setting
from quarrydb.project.segmentation import PointSource

REVISION = 4
POINT_TYPE, POINT_SET = 0, 4
TORN = "strata reach beyond the area of the project"
TRUE_TEXTS = {"1", "1.0", "true", "t", "yes", "y", "mine"}
FALSE_TEXTS = {"0", "0.0", "false", "f", "no", "n", "other", "not mine", "no mine"}


def steps(project: Project) -> list[LoadStep]:
    """One step for each source of labelled points."""
    section = project.segmentation
    return [point_step(source, project.ground) for source in section.point] if section else []


def point_step(source: PointSource, ground: Ground | None) -> LoadStep:
    """A step that reads one file of labelled points, of a restricted ``ground`` only."""
    return LoadStep(
        name=f"points {source.name}",
        writes=("raw.point", "raw.load_file", "raw.load_issue"),
        run=partial(run_points, source=source, ground=ground),
        files=file_parts(source.path),
        config={**source.reading("path"), **setting(ground)},
        revision=REVISION,
        terms=terms_of(source, "points", source.name),
    )


def run_points(context: LoadContext, *, source: PointSource, ground: Ground | None) -> Loaded:
    """Read labelled points; one without a usable place, year or label is set
    aside with an issue.
    """
    data = read_vector(
        source.path,
        layer=source.layer,
        crs=source.crs,
        encoding=source.encoding,
        wanted="point",
    )
    table, issues = tabulate(source, data)
    if ground is not None and ground.is_restricted:
        table, is_torn = on_ground(table, ground)
        if is_torn:
            issues.append(Issue(source.name, None, TORN, "strata left out", table.num_rows))
    load = Load(
        source=source.name,
        kind="points",
        path=relative_path(source.path, context.root),
        layer=data.layer,
        sha256=checksum(source.path, context.checksums),
        driver=data.driver,
        n_rows_read=len(data.wkb),
        n_rows_kept=table.num_rows,
        crs=data.crs,
    )
    return {
        "raw.point": table,
        "raw.load_file": load_table([load]),
        "raw.load_issue": issue_table([*data.issues(source.name), *issues]),
    }


ROWS = pa.schema(
    [
        ("point_id", pa.string()),
        ("source", pa.string()),
        ("year", pa.int32()),
        ("is_mine", pa.bool_()),
        ("stratum", pa.string()),
        ("stratum_km2", pa.float64()),
        ("geometry", pa.binary()),
    ]
)


def tabulate(source: PointSource, data: VectorData) -> tuple[pa.Table, list[Issue]]:
    """Rows of ``raw.point`` and what was set aside."""
    where = str(source.path)
    names = data.attributes.column_names
    years = data.attributes[
        named_column(names, source.year, (), where=where, key="year")
    ].to_pylist()
    labels = data.attributes[
        named_column(names, source.label, (), where=where, key="label")
    ].to_pylist()
    given = data.ids
    if source.id is not None:
        column = named_column(names, source.id, (), where=where, key="id")
        given = [str(value) for value in data.attributes[column].to_pylist()]
    ids, issues = unique_ids(source.name, [f"{i} {y}" for i, y in zip(given, years, strict=True)])
    rows = []
    for feature_id, wkb, year, label, (stratum, area) in zip(
        ids, in_lonlat(data), years, labels, strata(source, data), strict=True
    ):
        problem = _problem(wkb, year, label)
        if problem is None:
            row = {
                "point_id": f"{source.name} {feature_id}",
                "source": source.name,
                "year": int(year),
                "stratum": stratum,
                "stratum_km2": area,
            }
            rows.append({**row, "is_mine": as_bool(label), "geometry": wkb})
        else:
            issues.append(Issue(source.name, feature_id, problem, "set aside"))
    return pa.Table.from_pylist(rows, schema=ROWS), issues


def on_ground(table: pa.Table, ground: Ground) -> tuple[pa.Table, bool]:
    """The points on the ground, and whether they had to lose their strata.

    Where a stratum has points on both sides, its area is not that of the points left: then none is told
    of the whole file, so that no area is estimated from it.
    """
    is_kept = ground.keeps(shapely.from_wkb(table["geometry"].to_numpy()))
    inside, outside = table.filter(is_kept), table.filter(~is_kept)
    common = set(inside["stratum"].to_pylist()) & set(outside["stratum"].to_pylist())
    if not common - {None}:
        return inside, False
    for name in ("stratum", "stratum_km2"):
        position = inside.schema.get_field_index(name)
        field = inside.schema.field(name)
        inside = inside.set_column(position, field, pa.nulls(inside.num_rows, field.type))
    return inside, True


def strata(source: PointSource, data: VectorData) -> list[tuple[str | None, float | None]]:
    """Stratum and its area of each point, which must have a name and one area above 0."""
    if source.stratum is None or source.stratum_km2 is None:
        return [(None, None)] * len(data.wkb)
    where = str(source.path)
    names = data.attributes.column_names
    columns = [
        data.attributes[named_column(names, column, (), where=where, key=key)].to_pylist()
        for key, column in (("stratum", source.stratum), ("stratum_km2", source.stratum_km2))
    ]
    found: list[tuple[str | None, float | None]] = []
    area_of: dict[str, float] = {}
    for number, (name, value) in enumerate(zip(*columns, strict=True), start=1):
        text, area = str(name or "").strip(), _area(value)
        if not text or area is None:
            raise SourceError(
                f"{where}, row {number}: stratum is {name!r} and its area {value!r}. Give every point "
                "a name and an area above 0 km2, or no stratum in the project file."
            )
        if area_of.setdefault(text, area) != area:
            raise SourceError(
                f"{where}, row {number}: stratum {text} has {area:g} km2 here and {area_of[text]:g} "
                "before. Give a stratum one area."
            )
        found.append((text, area))
    return found


def _area(value: object) -> float | None:
    """A finite area above 0, else None."""
    try:
        area = float(str(value))
    except ValueError:
        return None
    return area if 0 < area < float("inf") else None


def in_lonlat(data: VectorData) -> list[bytes | None]:
    """Each point in EPSG:4326 as WKB; None for what is no point on the globe.

    SourceError where most points lie off the globe, or x and y changed places.
    """
    crs = str(data.crs)
    try:
        transformer = to_lonlat(crs)
    except ProjError as error:
        raise unusable_crs(str(data.path), crs, error) from error
    shapes = single_points(shapes_of(np.array(data.wkb, dtype=object)))
    rows = np.flatnonzero((shapely.get_type_id(shapes) == POINT_TYPE) & ~shapely.is_empty(shapes))
    at = shapely.get_coordinates(shapes[rows])
    placed = np.column_stack(transformer.transform(at[:, 0], at[:, 1]))
    is_finite = np.isfinite(placed).all(axis=1)
    rows, placed = rows[is_finite], placed[is_finite]
    outside = (np.abs(placed) > (LIMIT_DEGREES, 90)).any(axis=1)
    names = [data.ids[row] for row in rows[outside][:1]]
    refuse_off_globe(np.hstack([placed, placed]), outside, names, crs, str(data.path))
    rows, placed = rows[~outside], placed[~outside]
    x, y = placed.T
    x = np.where(np.abs(x) <= HALF_TURN, x, (x + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN)
    found: list[bytes | None] = [None] * len(data.wkb)
    for row, wkb in zip(rows.tolist(), shapely.to_wkb(shapely.points(x, y)).tolist(), strict=True):
        found[row] = wkb
    return found


def single_points(shapes: Geometries) -> Geometries:
    """Geometries, of which a set of one point is that point: some programs write no others."""
    is_set = (shapely.get_type_id(shapes) == POINT_SET) & (shapely.get_num_geometries(shapes) == 1)
    found: Geometries = np.where(is_set, shapely.get_geometry(shapes, 0), shapes)
    return found


def _problem(wkb: bytes | None, year: object, label: object) -> str | None:
    if wkb is None:
        return "no point on the globe"
    if year is None or not str(year).strip().removesuffix(".0").isdigit():
        return "no year"
    return "label is neither mine nor other" if as_bool(label) is None else None


def as_bool(value: object) -> bool | None:
    """Mine or not from true, 1, yes or mine and their opposites; None for anything else."""
    text = str(value).strip().lower()
    if text in TRUE_TEXTS:
        return True
    return False if text in FALSE_TEXTS else None
