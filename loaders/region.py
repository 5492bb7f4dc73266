"""Load the region layers of the project into ``raw.region``."""

from functools import partial

from quarrydb.contract import LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.layout import Columns
from quarrydb.loaders.vector import vector_step
from quarrydb.loaders.vector_file import VectorData
from quarrydb.project import Project
from quarrydb.project.places import RegionSource

KIND = "regions"


def steps(project: Project) -> list[LoadStep]:
    """One step for each layer."""
    return [
        vector_step(f"{KIND} {s.name}", s.name, KIND, "raw.region", s, partial(region_columns, s))
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


def _column(names: list[str], given: str | None, where: str, key: str) -> str | None:
    return None if given is None else layout.named_column(names, given, (), where=where, key=key)
