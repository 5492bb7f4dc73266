"""Load what ships with the package: the studies' printed figures and the names that they use."""

from functools import partial
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from quarrydb.catalog.objects import package_folder
from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.project import Project

TABLES = {
    "published_figure": pa.schema(
        [
            *[(c, pa.string()) for c in ("study", "section", "scope", "name", "period", "metric")],
            ("published", pa.float64()),
            ("unit", pa.string()),
            ("note", pa.string()),
        ]
    ),
    "published_name": pa.schema([(c, pa.string()) for c in ("scope", "name", "key")]),
}


def steps(project: Project) -> list[LoadStep]:
    """One step for each table that ships as CSV beside the views that read it."""
    del project
    return [reference_step(name, schema) for name, schema in TABLES.items()]


def reference_step(name: str, schema: pa.Schema) -> LoadStep:
    """A step that reads ``sql/published/NAME.csv`` into ``raw.NAME``."""
    path = package_folder() / "published" / f"{name}.csv"
    return LoadStep(
        name=f"reference {name}",
        writes=(f"raw.{name}",),
        run=partial(read_reference, path=path, table=f"raw.{name}", schema=schema),
        files=(path,),
    )


def read_reference(context: LoadContext, *, path: Path, table: str, schema: pa.Schema) -> Loaded:
    """The rows of one CSV of the package; an empty cell is NULL."""
    del context
    options = csv.ConvertOptions(
        column_types=schema,
        strings_can_be_null=True,
        null_values=[""],
        quoted_strings_can_be_null=True,
    )
    return {table: csv.read_csv(path, convert_options=options)}
