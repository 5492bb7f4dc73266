"""Mines of the builds before this one, for ``mine_succession``, without a word in the project file.

What is kept is decided by the store alone, before anything runs: the plan of a build and that of the next,
which finds nothing to do, name the same editions.
"""

from collections.abc import Sequence
from dataclasses import astuple
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import duckdb

from quarrydb.contract import LoadContext, Loaded, LoadStep, Terms
from quarrydb.database.connection import connect
from quarrydb.engine.place import built_fingerprint
from quarrydb.loaders.previous import KIND, mines_table, of_database
from quarrydb.loaders.provenance import Load, load_table, relative_path
from quarrydb.loaders.vector_clean import clean
from quarrydb.provenance.licence import read_sources
from quarrydb.store.editions import (
    TABLE,
    Edition,
    Origin,
    content_of,
    file_of,
    keep_edition,
    read_editions,
)
from quarrydb.store.ledger import Ledger
from quarrydb.store.shards import Store

MINES = "core.mine"
OUTLINES = (
    "SELECT ?::VARCHAR AS old_build, mine_id AS old_mine_id, ST_AsWKB(geometry)::BLOB AS geometry "
    "FROM core.mine ORDER BY old_mine_id"
)
ORIGIN_KINDS = ("polygons", "stable green")  # what outlines are made from
SECONDS, PARTS_OF_ONE = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f"


def edition_step(
    editions: Sequence[Edition], store: Store, named: frozenset[tuple[str, str]]
) -> LoadStep:
    """The step that loads ``editions``; ``named`` are the sources, with their kinds, of the project now.

    Sources that are no longer named count on with their terms of then.
    """
    gone = dict.fromkeys(
        origin
        for edition in editions
        for origin in edition.origins
        if (origin.source, origin.kind) not in named
    )
    by_name = {origin.source: origin for origin in gone}
    return LoadStep(
        name="mines of earlier builds",
        writes=(TABLE, "raw.load_file"),
        run=partial(run_editions, editions=editions, gone=list(by_name.values())),
        config={
            "editions": [(e.key, *map(astuple, e.origins)) for e in editions],
            "gone": sorted(by_name),
        },
        reads=(MINES,),
        keeps=tuple(file_of(store, edition) for edition in editions),
        terms=tuple(Terms(o.source, KIND, o.licence, o.citation) for o in by_name.values()),
    )


def run_editions(
    context: LoadContext, *, editions: Sequence[Edition], gone: Sequence[Origin]
) -> Loaded:
    """The files of those editions that are not the mines of this build again."""
    ids = context.connection.execute("SELECT mine_id FROM core.mine").fetchall()
    content = content_of(mine_id for (mine_id,) in ids)
    files = [file_of(context.store, e) for e in editions if e.content != content]
    loads = [
        Load(
            origin.source,
            KIND,
            relative_path(file, context.root),
            None,
            sha256,
            "Parquet",
            0,
            0,
            None,
        )
        for origin in gone
        for file in files[:1]
        if (sha256 := context.store.checksum(file)) is not None
    ]
    return {TABLE: files, "raw.load_file": load_table(loads)}


def keep_mines(
    store: Store, connection: duckdb.DuckDBPyConnection, made_by: str, began: datetime
) -> None:
    """Keep the mines of a finished database, about to be put in place, unless the store has these."""
    editions = read_editions(store)
    if any(edition.made_by == made_by for edition in editions):
        return
    name = _name(began, editions)
    rows = connection.execute(OUTLINES, [name]).to_arrow_table()
    if rows.num_rows:
        content = content_of(rows["old_mine_id"].to_pylist())
        keep_edition(store, Edition(name, made_by, content, _origins(connection)), rows)


def adopt_mines(ledger: Ledger, database: Path, made_by: str) -> bool:
    """Keep the mines of the database in place where the store knows of none, and say whether it did.

    It was made by a version that kept none, or its store is gone or damaged. ``made_by`` is the fingerprint
    of the step that made its mines, empty where nobody knows. One that was changed since the last build is
    left alone. SourceError where its mines can't be read.
    """
    store = ledger.store
    is_whole = not ledger.has_put(database) or ledger.knows_database(database)
    if read_editions(store) or not is_whole or built_fingerprint(database) is None:
        return False
    ids, outlines = of_database(database)
    with connect(database) as connection:
        row = connection.execute("SELECT built_at::TIMESTAMP FROM raw.build").fetchone()
        origins = _origins(connection)
    began = row[0] if row and row[0] else datetime.fromtimestamp(database.stat().st_mtime, UTC)
    cleaned = clean(database.name, outlines, ids, "EPSG:4326", where=str(database))
    rows = mines_table(_name(began, []), cleaned)
    if rows.num_rows:
        keep_edition(store, Edition(_name(began, []), made_by, content_of(ids), origins), rows)
    return rows.num_rows > 0


def _origins(connection: duckdb.DuckDBPyConnection) -> tuple[Origin, ...]:
    """The sources of the outlines in a database; none where an older version keeps other accounts."""
    try:
        sources = read_sources(connection)
    except duckdb.Error:
        return ()
    return tuple(
        Origin(source.name, source.kind, source.licence, source.citation)
        for source in sources
        if source.kind in ORIGIN_KINDS
    )


def _name(began: datetime, editions: Sequence[Edition]) -> str:
    """When a build began, to the second where that tells it from the others."""
    name = began.strftime(SECONDS)
    taken = any(edition.name == name for edition in editions)
    return began.strftime(PARTS_OF_ONE) if taken else name
