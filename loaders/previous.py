"""Load the mines of earlier builds into ``raw.previous_mine``, so that their ids keep joining."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import shapely

from quarrydb.contract import LoadContext, Loaded, LoadStep
from quarrydb.database.connection import connect, in_plain_words
from quarrydb.errors import SourceError
from quarrydb.loaders import layout
from quarrydb.loaders.formats.data import Meter
from quarrydb.loaders.provenance import Load, issue_table, load_table, relative_path
from quarrydb.loaders.terms import terms_of
from quarrydb.loaders.vector_clean import Cleaned, clean
from quarrydb.loaders.vector_file import check_parts, checksum, file_parts, read_vector
from quarrydb.memory import budget
from quarrydb.project import Project
from quarrydb.project.places import PreviousSource
from quarrydb.project.types import DATABASE_SUFFIXES

REVISION = 2
KIND = "previous mines"
BATCH_ROWS = 10_000
MINES = "SELECT mine_id, ST_AsWKB(geometry)::BLOB FROM mine ORDER BY mine_id"


def steps(project: Project) -> list[LoadStep]:
    """One step for each earlier build."""
    return [previous_step(source) for source in project.previous]


def previous_step(source: PreviousSource) -> LoadStep:
    """A step that reads the mines of one earlier build."""
    check_parts(source.path)
    return LoadStep(
        name=f"{KIND} {source.name}",
        writes=("raw.previous_mine", "raw.load_file", "raw.load_issue"),
        run=partial(run_previous, source=source),
        files=file_parts(source.path),
        config=source.reading("path"),
        revision=REVISION,
        terms=terms_of(source, KIND, source.name),
    )


def run_previous(context: LoadContext, *, source: PreviousSource) -> Loaded:
    """Ids and outlines of the earlier mines, cleaned as any other polygons."""
    where = str(source.path)
    if source.path.suffix.lower() in DATABASE_SUFFIXES:
        ids, outlines = of_database(source.path)
        wkb: Sequence[bytes | None] = outlines
        driver, crs = "DuckDB", "EPSG:4326"
    else:
        data = read_vector(
            source.path,
            layer=source.layer,
            crs=source.crs,
            encoding=source.encoding,
            wanted="polygon",
        )
        column = layout.named_column(
            data.attributes.column_names, source.id, (), where=where, key="id"
        )
        texts = layout.texts(data.attributes, column)
        ids = [text or f"row {i}" for i, text in zip(data.ids, texts, strict=True)]
        wkb, driver, crs = data.wkb, data.driver, str(data.crs)
    cleaned = clean(source.name, wkb, ids, crs, where=where)
    if not len(cleaned.geometry):
        raise SourceError(f"{where} holds no mine. Name the database of an earlier build.")
    table = mines_table(source.name, cleaned)
    load = Load(
        source=source.name,
        kind=KIND,
        path=relative_path(source.path, context.root),
        layer=source.layer,
        sha256=checksum(source.path, context.checksums),
        driver=driver,
        n_rows_read=len(ids),
        n_rows_kept=len(table),
        crs=crs,
    )
    return {
        "raw.previous_mine": table,
        "raw.load_file": load_table([load]),
        "raw.load_issue": issue_table(cleaned.issues),
    }


def mines_table(old_build: str, cleaned: Cleaned) -> pa.Table:
    """Rows of ``raw.previous_mine``: an outline a mine."""
    features = np.unique(cleaned.feature)
    order = np.argsort(cleaned.feature, kind="stable")
    parts = np.split(cleaned.geometry[order], np.searchsorted(cleaned.feature[order], features[1:]))
    shapes = [shapely.multipolygons(list(part)) for part in parts if len(part)]
    return pa.table(
        {
            "old_build": pa.array([old_build] * len(shapes), pa.string()),
            "old_mine_id": pa.array([cleaned.ids[feature] for feature in features], pa.string()),
            "geometry": pa.array(shapely.to_wkb(shapes), pa.binary()),
        }
    )


def of_database(path: Path) -> tuple[list[str], Sequence[bytes | None]]:
    """Mines of an earlier database of any schema; a locked connection, in which its views reach no file."""
    limit = budget(path.stat().st_size)
    meter = Meter(str(path), limit)
    ids: list[str] = []
    outlines: list[bytes | None] = []
    try:
        with connect(path, memory_limit=f"{limit.n_bytes // 2**20}MiB") as connection:
            mines = connection.execute(MINES)
            while rows := mines.fetchmany(BATCH_ROWS):
                ids += [str(row[0]) for row in rows]
                outlines += [row[1] for row in rows]
                meter.add(len(rows), sum(len(row[1] or b"") for row in rows))
    except duckdb.OutOfMemoryException as error:
        raise limit.refuse(str(path)) from error
    except duckdb.Error as error:
        raise SourceError(
            f"{path} has no mines to read: {in_plain_words(error)} Name a database that quarry "
            "build made."
        ) from error
    return ids, outlines
