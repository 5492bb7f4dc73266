"""Fill a fresh database from a plan: run what the store lacks, read what it has."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from quarrydb.catalog.objects import PARAMETER, SqlObject
from quarrydb.contract import KEPT, LoadContext, LoadStep
from quarrydb.database.connection import (
    quote_identifier,
    quote_list,
    quote_literal,
    quote_qualified,
    quote_value,
)
from quarrydb.engine.blocks import Blocks
from quarrydb.engine.own_rasters import own_rasters
from quarrydb.engine.plan import Node, Plan
from quarrydb.errors import BuildError, QuarryError
from quarrydb.progress import BuildProgress
from quarrydb.project.parameters import COMMENT, Parameters
from quarrydb.store.checksum import Checksums
from quarrydb.store.ledger import Ledger, Output, Record, output_of
from quarrydb.store.shards import Store
from quarrydb.workers.dask_cluster import Workers

# Level 3, zstd's own default, makes files of the same size for twice the time.
COMPRESSION_LEVEL = 1
# Rows that DuckDB gives to one thread: where no table has more, others only get in its way.
ROW_GROUP = 122_880
# A commit waits for the disk; what is committed alone has the statistics that large steps are planned by.
NODES_A_TRANSACTION = 50
ROWS_A_TRANSACTION = 10_000
SQL_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}


@dataclass
class Assembly:
    """One build in a temporary database."""

    connection: duckdb.DuckDBPyConnection
    store: Store
    ledger: Ledger
    checksums: Checksums
    progress: BuildProgress
    workers: Workers
    blocks: Blocks
    root: Path
    on_start: Callable[[Node], None]
    # Without seconds, and rows, where they were kept.
    on_step: Callable[[Node, float | None, int], None]
    kept: frozenset[str] = frozenset()  # names of what the database holds already
    n_open: int = 0  # nodes in the transaction
    n_rows: int = 0  # rows in it
    made: set[str] = field(default_factory=set)
    looked_at: set[str] = field(default_factory=set)  # steps whose blocks come ahead, or never will
    n_threads: int = 1  # from the first table of more than a row group on

    def __post_init__(self) -> None:
        """Begin with one thread."""
        (self.n_threads,) = self.connection.execute(
            "SELECT current_setting('threads')"
        ).fetchone() or (1,)
        self.connection.execute("SET threads = 1")

    def run(self, plan: Plan, parameters: Parameters) -> None:
        """Make every node of ``plan`` in order."""
        self._use_threads(self._rows_kept())
        for schema in sorted(plan.schemas):
            self.connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}")
        for node in plan.nodes:
            try:
                self._make(node, plan, parameters)
                self.made.add(node.name)
            except QuarryError as error:
                if node.name in str(error):
                    raise
                raise type(error)(f"{error}\nThe step was {node.name}.") from error
            except duckdb.InterruptException as error:
                raise KeyboardInterrupt from error
            except duckdb.OutOfMemoryException as error:
                raise BuildError(
                    f"Step {node.name} failed: {str(error).splitlines()[0]}. DuckDB may take 80 % of the "
                    "memory, or what --memory-limit says: allow more, or build a smaller [area]."
                ) from error
            except (duckdb.Error, OSError, MemoryError, pa.ArrowException) as error:
                raise BuildError(f"Step {node.name} failed: {error}") from error
        self._commit()

    def _rows_kept(self) -> int:
        """Rows of the largest table that the database holds already."""
        row = self.connection.execute("SELECT max(estimated_size) FROM duckdb_tables()").fetchone()
        return (row and row[0]) or 0

    def _make(self, node: Node, plan: Plan, parameters: Parameters) -> None:
        if node.name in self.kept:
            if node.is_step:
                self.on_step(node, None, 0)
            return
        if node.load is not None:
            if self.ledger.find(node.fingerprint) is None:
                self._commit()  # it reads what is in the database, on connections of its own too
            self._load(node, node.load, plan)
            return
        if not self.n_open:
            self.connection.begin()
        self.n_open += 1
        if node.name == PARAMETER:
            create_parameter_table(self.connection, parameters)
        elif node.sql is None:
            self._fill(node, plan, create=True)
        elif node.sql.kind == "table":
            self.connection.execute(node.sql.statement)
            self._fill(node, plan)
            comment(self.connection, node.sql)
        elif node.sql.is_stored:
            self._store_view(node, node.sql)
            comment(self.connection, node.sql)
        else:
            self.connection.execute(node.sql.statement)
            comment(self.connection, node.sql)
        if self.n_rows >= ROWS_A_TRANSACTION or self.n_open >= NODES_A_TRANSACTION:
            self._commit()

    def _commit(self) -> None:
        if self.n_open:
            self.connection.commit()
        self.n_open = self.n_rows = 0

    def _load(self, node: Node, step: LoadStep, plan: Plan) -> None:
        record = self.ledger.find(node.fingerprint)
        if record is not None:
            self.on_step(node, None, 0)
            return
        self.on_start(node)
        started = time.monotonic()
        files = self.blocks.files
        files.ensure(step.files)
        self.looked_at.add(node.name)
        self._look_ahead(plan)
        loaded = step.run(self._context(step))
        for path in step.files:
            if files.identity(path) is None:
                self.checksums.confirm(path)
        outputs = [
            output_of(self.store, table, path)
            for table, rows in loaded.items()
            if table != KEPT
            for path in self._paths(table, node.fingerprint, rows)
        ]
        kept = [Path(path) for path in loaded.get(KEPT, ())]
        self._finish(node, outputs, time.monotonic() - started, kept)

    def _context(self, step: LoadStep) -> LoadContext:
        files = self.blocks.files
        return LoadContext(
            connection=self.connection,
            store=self.store,
            progress=self.progress,
            workers=self.workers.n,
            scheduler=self.workers.make,
            checksums={
                path: files.identity(path) or self.checksums.of(path)
                for path in files.with_parts(step.files)
            },
            root=self.root,
            need=self.blocks.need,
            rasters=partial(own_rasters, files),
        )

    def _look_ahead(self, plan: Plan) -> None:
        """Begin to fetch for later steps that can say what they will read: it comes while others compute."""
        for node in plan.nodes:
            step = node.load
            if step is None or step.ahead is None or node.name in self.looked_at:
                continue
            if not self.made.issuperset(step.reads):
                continue
            self.looked_at.add(node.name)
            runs = self.ledger.find(node.fingerprint) is None
            if runs and self.blocks.are_ahead_of(step.files):
                with contextlib.suppress(QuarryError):  # the step itself says what is wrong
                    self.blocks.begin(step.ahead(self._context(step)))

    def _paths(self, table: str, key: str, rows: pa.Table | Sequence[Path]) -> Sequence[Path]:
        if isinstance(rows, pa.Table):
            return [self.store.write(table, key, rows)]
        return rows

    def _finish(
        self, node: Node, outputs: Sequence[Output], seconds: float, kept: Sequence[Path] = ()
    ) -> None:
        names = tuple(path.relative_to(self.store.root).as_posix() for path in kept)
        record = Record(node.name, tuple(outputs), seconds, names)
        self.ledger.add(node.fingerprint, record)
        self.on_step(node, seconds, self._rows(record))

    def _rows(self, record: Record) -> int:
        main = record.outputs[0].table if record.outputs else ""
        paths = [str(self.store.root / o.path) for o in record.outputs if o.table == main]
        return count_rows(self.connection, paths)

    def _fill(self, node: Node, plan: Plan, *, create: bool = False) -> None:
        paths = [
            str(self.store.root / output.path)
            for writer in node.writers
            for output in self._record(plan.node(writer)).outputs
            if output.table == node.name
        ]
        if paths and create:
            names = quote_qualified(node.name)
            self._write(f"CREATE TABLE {names} AS {select(self.connection, paths)}", paths)
        elif paths:
            self._insert(node.name, paths)

    def _insert(self, table: str, paths: list[str]) -> None:
        """Append the rows of Parquet files to ``table``, column by column name, in file order."""
        rows = select(self.connection, paths)
        self._write(f"INSERT INTO {quote_qualified(table)} BY NAME {rows}", paths)

    def _write(self, statement: str, paths: list[str] | None = None) -> None:
        """Run a statement that adds rows to a table, those of ``paths`` where given, and count these."""
        if paths and self.n_threads > 1:
            self._use_threads(count_rows(self.connection, paths))
        row = self.connection.execute(statement).fetchone()
        n_rows = row[0] if row else 0
        self._use_threads(n_rows)
        self.n_rows += n_rows

    def _use_threads(self, n_rows: int) -> None:
        """Let DuckDB have all its threads once a table has rows for more than one."""
        if self.n_threads > 1 and n_rows > ROW_GROUP:
            self.connection.execute(f"SET threads = {self.n_threads}")
            self.n_threads = 1

    def _record(self, node: Node) -> Record:
        record = self.ledger.find(node.fingerprint)
        if record is None:
            raise BuildError(f"The stored rows of {node.name} vanished. Run the build again.")
        return record

    def _store_view(self, node: Node, item: SqlObject) -> None:
        record = self.ledger.find(node.fingerprint)
        if record is not None:
            self.connection.execute(f"{item.table_statement} WITH NO DATA")
            self._insert(node.name, [str(self.store.root / o.path) for o in record.outputs])
            self.on_step(node, None, 0)
            return
        self.on_start(node)
        started = time.monotonic()
        self._write(item.table_statement)
        target = self.store.path(node.name, node.fingerprint)
        copy_to(self.connection, node.name, target, self.store)
        outputs = [output_of(self.store, node.name, target)]
        self._finish(node, outputs, time.monotonic() - started)


def count_rows(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> int:
    """Rows of Parquet files, from their footers."""
    if len(paths) <= 1:  # most tables: a statement takes longer than to read a footer
        return sum(pq.read_metadata(path).num_rows for path in paths)
    row = connection.execute(
        f"SELECT count(*) FROM read_parquet({quote_list(paths)}, hive_partitioning = false)"  # noqa: S608 quoted
    ).fetchone()
    return int(row[0]) if row else 0


def select(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> str:
    """The query that reads Parquet files, with geometries as such."""
    return f"SELECT {columns_of(connection, paths)} FROM {rows_of(paths)}"  # noqa: S608 quoted


def rows_of(paths: Sequence[str]) -> str:
    """The call that reads Parquet files, columns by name."""
    return f"read_parquet({quote_list(paths)}, union_by_name = true, hive_partitioning = false)"


def columns_of(connection: duckdb.DuckDBPyConnection, paths: list[str]) -> str:
    """Select list of Parquet files in which a WKB column ``geometry`` becomes a GEOMETRY."""
    if len(paths) == 1 and "geometry" not in pq.read_schema(paths[0]).names:
        return "*"  # most tables: to let DuckDB describe them takes as long as to read them
    rows = connection.execute(f"DESCRIBE FROM {rows_of(paths)}").fetchall()
    return ", ".join(
        'ST_GeomFromWKB("geometry") AS "geometry"'
        if name == "geometry" and kind == "BLOB"
        else quote_identifier(name)
        for name, kind, *_ in rows
    )


def copy_to(connection: duckdb.DuckDBPyConnection, table: str, target: Path, store: Store) -> None:
    """Write the rows of ``table`` to a Parquet file of the store, in their order."""
    temporary = store.temporary(target)
    try:
        connection.execute(
            f"COPY {quote_qualified(table)} TO {quote_literal(temporary)} "
            f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL {COMPRESSION_LEVEL})"
        )
        store.adopt(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def create_parameter_table(connection: duckdb.DuckDBPyConnection, parameters: Parameters) -> None:
    """Make the one-row table ``parameter``, one commented column each."""
    values = parameters.model_dump()
    fields = type(parameters).model_fields
    columns = [f"{quote_identifier(name)} {sql_type(value)}" for name, value in values.items()]
    connection.execute(f"CREATE TABLE main.parameter ({', '.join(columns)})")
    row = ", ".join(f"CAST({quote_value(v)} AS {sql_type(v)})" for v in values.values())
    connection.execute(f"INSERT INTO main.parameter VALUES ({row})")  # noqa: S608 quoted
    texts = [f"TABLE main.parameter IS {quote_literal(COMMENT)}"]
    texts += [
        f"COLUMN main.parameter.{quote_identifier(name)} IS {quote_literal(model_field.description)}"
        for name, model_field in fields.items()
    ]
    connection.execute(";\n".join(f"COMMENT ON {text}" for text in texts))


def sql_type(value: object) -> str:
    """DuckDB's type for a parameter's value; lists take the type of their first element."""
    if isinstance(value, list | tuple):
        return f"{sql_type(value[0]) if value else 'VARCHAR'}[]"
    return SQL_TYPES.get(type(value), "VARCHAR")


def comment(connection: duckdb.DuckDBPyConnection, item: SqlObject) -> None:
    """Attach an object's comments to what now carries its name, view or table."""
    what = "VIEW" if item.kind == "view" and not item.is_stored else "TABLE"
    if item.kind == "macro":
        what = "MACRO"
    comments: Mapping[str, str] = item.comments
    statements = []
    for column, text in comments.items():
        target = quote_qualified(item.name)
        if column:
            target = f"{target}.{quote_identifier(column)}"
        kind = "COLUMN" if column else what
        statements.append(f"COMMENT ON {kind} {target} IS {quote_literal(text)}")
    connection.execute(";\n".join(statements))
