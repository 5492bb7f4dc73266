"""Load the region layers of the project into ``raw.region``."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.provenance import Issue
from quarrydb.loaders.vector import vector_step
from quarrydb.loaders.vector_clean import Cleaned, Geometries
from quarrydb.loaders.vector_file import VectorData
from quarrydb.memory import budget
from quarrydb.project import Project
from quarrydb.project.places import RegionSource

KIND = "regions"
LONG_EDGE_DEGREES, EDGE_DEGREES = 1.0, 0.25
POINT_BYTES = 64  # of a point as it is made, cut and written
SHOWN = 5  # names of one region


def steps(project: Project) -> list[LoadStep]:
    """One step for each layer."""
    return [
        vector_step(
            f"{KIND} {s.name}",
            s.name,
            KIND,
            "raw.region",
            s,
            partial(region_columns, s),
            finish=finish_regions,
        )
        for s in project.regions
    ]


def region_columns(
    section: RegionSource, data: VectorData, where: str
) -> tuple[list[str], Columns]:
    """Id, name and larger region of each feature; SourceError where one has no id."""
    table = data.attributes
    ids = layout.texts(table, _column(table.column_names, section.id, where, "id"))
    missing = [feature for feature, i in zip(data.ids, ids, strict=True) if i is None]
    if missing:
        raise SourceError(
            f"{where}: feature {missing[0]} has nothing in {section.id}. Name another column with id."
        )
    columns: Columns = {
        "region_id": ids,
        "region_name": layout.texts(
            table, _column(table.column_names, section.label, where, "label")
        ),
        "parent_id": layout.texts(
            table, _column(table.column_names, section.parent, where, "parent")
        ),
        "attributes": layout.attributes_json(table),
    }
    return data.ids, columns


def finish_regions(data: VectorData, cleaned: Cleaned, columns: Columns) -> Mapping[str, pa.Array]:
    """Give long edges points, and note regions whose features have different names."""
    cleaned.geometry = with_points_along(cleaned.geometry, str(data.path))
    names: dict[str | None, set[str]] = {}
    for region, name in zip(columns["region_id"], columns["region_name"], strict=True):
        names.setdefault(region, set()).update([name] if name else [])
    for region, given in names.items():
        if len(given) > 1:
            shown = ", ".join(sorted(given)[:SHOWN])
            cleaned.issues.append(
                Issue(
                    cleaned.source,
                    str(region),
                    f"has {len(given)} names: {shown}",
                    "first is taken",
                )
            )
    return {}


def with_points_along(outlines: Geometries, where: str) -> Geometries:
    """Outlines in degrees, those with a long edge with points along it.

    Mines are cut where the edge is straight in degrees, as along a parallel; areas follow geodesics between
    points, which from one end of a box around the world to the other is none at all. SourceError where the
    points would take more memory than reading a file may.
    """
    points, outline = shapely.get_coordinates(outlines, return_index=True)
    step = np.abs(np.diff(points, axis=0)).max(axis=1) > LONG_EDGE_DEGREES
    # Between the rings of an outline there is a step, too, that is no edge: points more do no harm.
    long = np.unique(outline[1:][step & (np.diff(outline) == 0)])
    n_points = shapely.length(outlines[long]).sum() / EDGE_DEGREES
    if n_points * POINT_BYTES > (limit := budget()).n_bytes:
        raise limit.refuse(where, f", points along its long edges: {n_points:,.0f}")
    found = outlines.copy()
    found[long] = shapely.segmentize(found[long], EDGE_DEGREES)
    return found


def _column(names: list[str], given: str | None, where: str, key: str) -> str | None:
    return None if given is None else layout.named_column(names, given, (), where=where, key=key)
