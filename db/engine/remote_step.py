"""A load step that tabulates where the project's remote files come from into ``raw.remote_file``.

A step of its own, as that of the terms: another date or licence changes no row of a mine.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pyarrow as pa

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.engine.remote import RemoteFiles
from quarrydb.fetch.address import file_name

TEXTS = ("identity", "name", "address", "member", "dataset")
SCHEMA = pa.schema(
    [
        *[(name, pa.string()) for name in TEXTS],
        ("size_bytes", pa.int64()),
        *[(name, pa.string()) for name in ("etag", "modified", "sha256")],
        ("is_windowed", pa.bool_()),
        ("licence", pa.string()),
        ("accessed_on", pa.date32()),
    ]
)


def remote_steps(files: RemoteFiles) -> list[LoadStep]:
    """The step, where anything of the project is remote."""
    rows = [row for path in sorted(files.located) if (row := row_of(files, path)) is not None]
    if not rows:
        return []
    return [
        LoadStep(
            name="remote files",
            writes=("raw.remote_file",),
            run=partial(run_remote_files, rows=rows),
            config={"files": rows},
        )
    ]


def row_of(files: RemoteFiles, path: Path) -> dict[str, object] | None:
    """One remote file; None for one that only lies beside another."""
    if files.is_part(path):
        return None
    entry = files.located[path].entry
    is_member = entry.member is not None
    return {
        "identity": files.identity(path),
        "name": path.name if is_member else file_name(entry.address),
        "address": entry.address,
        "member": entry.member,
        "dataset": entry.dataset,
        "size_bytes": entry.size,
        "etag": entry.etag,
        "modified": entry.modified,
        "sha256": None if is_member else entry.sha256 or entry.header_sha256,
        "is_windowed": entry.header_sha256 is not None,
        "licence": entry.licence,
        "accessed_on": entry.accessed,
    }


def run_remote_files(context: LoadContext, *, rows: Sequence[Mapping[str, object]]) -> Loaded:
    """Rows of ``raw.remote_file``."""
    del context
    return {"raw.remote_file": pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMA)}
