"""Values over pieces of mines, those of several rasters in one file of the store.

Pieces are few, and for few rows a file costs more than its rows do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from quarrydb.errors import BuildError
from quarrydb.store.shards import Store, fingerprint

KIND = "indicator_bundle"
TASKS = b"tasks"  # names of the tasks, in the order of the numbers in column ``task``
TASK = "task"


def write_bundle(store: Store, values: Mapping[str, pa.Table]) -> None:
    """Store the rows of some tasks, by their names, as one file."""
    names = sorted(values)
    parts = [
        values[name].append_column(TASK, pa.array(np.full(len(values[name]), number, np.int32)))
        for number, name in enumerate(names)
    ]
    table = pa.concat_tables(part.replace_schema_metadata() for part in parts)
    table = table.replace_schema_metadata({TASKS: json.dumps(names)})
    store.write(KIND, fingerprint(KIND, names), table)


def bundles(store: Store) -> dict[str, Path]:
    """Which file of the store holds the rows of each task, of those that one holds."""
    found: dict[str, Path] = {}
    for path in sorted(store.path(KIND, "").parent.glob("*.parquet")):
        if store.has(KIND, path.stem):
            found |= dict.fromkeys(names_of(path), path)
    return found


def names_of(path: Path) -> list[str]:
    """The tasks whose rows a file holds. BuildError where it does not say."""
    try:
        return [str(name) for name in json.loads((pq.read_schema(path).metadata or {})[TASKS])]
    except (KeyError, TypeError, ValueError) as error:
        raise BuildError(
            f"{path} does not say what its rows are of: {error}. Delete it."
        ) from error


def read_bundles(held: Mapping[str, Path], tasks: Iterable[str], schema: pa.Schema) -> pa.Table:
    """The rows of some tasks, which files of the store hold."""
    wanted = set(tasks)
    parts = [schema.empty_table()]
    for path in sorted({held[task] for task in wanted}):
        own = [n for n, name in enumerate(names_of(path)) if name in wanted and held[name] == path]
        rows = pq.ParquetFile(path).read()
        rows = rows.filter(pc.is_in(rows[TASK], pa.array(own, pa.int32())))
        parts.append(rows.drop_columns(TASK).replace_schema_metadata())
    return pa.concat_tables(parts)
