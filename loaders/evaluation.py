"""Load what ``quarry evaluate`` counted into ``raw.mask_confusion``: pixels of masks by threshold."""

from functools import partial

import pyarrow as pa
import pyarrow.compute

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.errors import SourceError
from quarrydb.loaders.formats.data import Meter
from quarrydb.loaders.formats.parquet import read_rows
from quarrydb.loaders.provenance import Load, load_table, relative_path
from quarrydb.memory import budget
from quarrydb.project import Project
from quarrydb.project.segmentation import Segmentation

SOURCE = "masks"
COUNTS = ("true_positive", "false_positive", "false_negative", "true_negative")
SCHEMA = pa.schema(
    [("year", pa.int32()), ("threshold", pa.float64()), *((name, pa.int64()) for name in COUNTS)]
)


def steps(project: Project) -> list[LoadStep]:
    """One step where the project names an evaluation, else none."""
    section = project.segmentation
    if section is None or section.evaluation is None:
        return []
    return [
        LoadStep(
            name="evaluation",
            writes=("raw.mask_confusion", "raw.load_file"),
            run=partial(run_evaluation, section=section),
            files=(section.evaluation,),
        )
    ]


def run_evaluation(context: LoadContext, *, section: Segmentation) -> Loaded:
    """The table as it is; SourceError where it is none of ``quarry evaluate``."""
    path = section.evaluation
    assert path is not None  # noqa: S101  - there is no step without
    try:
        meter = Meter(str(path), budget(path.stat().st_size))
        table = read_rows(path, meter).select(SCHEMA.names).cast(SCHEMA)
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise SourceError(
            f"{path} is no evaluation: {error}. Name the evaluation.parquet of quarry evaluate."
        ) from error
    negative = [
        name for name in COUNTS if table.num_rows and pa.compute.min(table[name]).as_py() < 0
    ]
    if negative or any(column.null_count for column in table.columns):
        raise SourceError(f"{path} holds counts below zero, or none. Run quarry evaluate again.")
    load = Load(
        source=SOURCE,
        kind="evaluation",
        path=relative_path(path, context.root),
        layer=None,
        sha256=context.checksums[path],
        driver="Parquet",
        n_rows_read=table.num_rows,
        n_rows_kept=table.num_rows,
        crs=None,
    )
    return {"raw.mask_confusion": table, "raw.load_file": load_table([load])}
