"""Build a database: plan, assemble in a temporary file, check, put in place in one rename."""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.database.connection import connect, quote_literal
from quarrydb.engine.assemble import Assembly
from quarrydb.engine.blocks import Blocks
from quarrydb.engine.builder import Builder, PlannedStep, files_of, target_of
from quarrydb.engine.checks import Violation, run_checks
from quarrydb.engine.current import Clock, keep_sight
from quarrydb.engine.editions import MINES, adopt_mines, keep_mines
from quarrydb.engine.place import (
    check_replaceable,
    put_in_place,
    remove_database,
    remove_leftovers,
    temporary_database,
)
from quarrydb.engine.plan import Node, Plan
from quarrydb.engine.record import note_build, record_build, record_objects
from quarrydb.engine.reuse import begin, keep_only
from quarrydb.errors import (
    BuildError,
    CheckError,
    DatabaseError,
    QuarryError,
    refused_by_system,
)
from quarrydb.fetch.gdal import gdal_offline
from quarrydb.progress import BuildProgress, QuietProgress, duration
from quarrydb.project import Project, as_project
from quarrydb.scratch import remove_left_folders
from quarrydb.store.ledger import Ledger
from quarrydb.store.lock import exclusive
from quarrydb.store.shards import Store
from quarrydb.udfs import declare, register
from quarrydb.workers.dask_cluster import Workers, workers_for

IO_ERRORS = (duckdb.IOException, OSError)
LOG_MAX = (
    "256MB"  # of changes beside the file that is made: most builds write their tables into it once
)


@dataclass
class BuildResult:
    """What a build did."""

    database: Path
    n_run: int = 0
    n_kept: int = 0
    seconds: float = 0.0
    was_current: bool = False
    left_out: Sequence[str] = ()
    warnings: Sequence[Violation] = field(default_factory=list)
    harmed: Sequence[Path] = ()


def build(
    project: Project | str | Path,
    *,
    progress: BuildProgress | None = None,
    workers: int | None = None,
    memory_limit: str | None = None,
    scheduler: str | None = None,
    use_dask: bool = False,
    until: Sequence[str] = (),
    fetch: bool = False,
    offline: bool = False,
    replace: bool = False,
) -> BuildResult:
    """Bring a project's database up to date and return what was done.

    ``project`` is one that was read, or its folder or file.

    With ``until`` only these views or tables are made, with what they need, in a file of its own
    (``mines.part.duckdb``); its rows go into the same store, so that a whole build makes the rest alone.

    Rasters are read by ``workers`` processes here, by the workers of the Dask ``scheduler`` at an
    address such as tcp://host:8786, or with ``use_dask`` by a Dask cluster of ``workers`` processes.
    ``fetch`` allows to fetch what the project names on servers and is not here; ``offline`` forbids every
    connection.

    Raises TargetError where a file stands in the database's place that no build of this project put
    there, unless ``replace``; BuildError, SourceError or CheckError. The database in place is then as it
    was, and the next build goes on where this one stopped.
    """
    project = as_project(project)
    progress, clock = progress or QuietProgress(), Clock()
    database = target_of(project, until)
    with exclusive(project.cache), _disk_errors(database), gdal_offline():
        if not replace:
            check_replaceable(database, project.root, Ledger(Store(project.cache)))
        builder = Builder(project, until, fetch=fetch, offline=offline, progress=progress)
        with builder.remote.naming():
            remove_leftovers(builder.database)
            builder.store.remove_leftovers()
            remove_left_folders()
            plan, steps = _planned(builder, progress)
            if not builder.is_current(plan) or any(step.will_run for step in steps):
                builder.check(steps)
                n = workers or os.cpu_count() or 1
                with workers_for(
                    n, scheduler=scheduler, use_dask=use_dask, store=builder.store.root
                ) as pool:
                    result = _build(builder, plan, steps, progress, pool, memory_limit)
            else:
                result = BuildResult(
                    builder.database, n_kept=len(steps), was_current=True, left_out=plan.left_out
                )
            if not (plan.is_partial or clock.was_set):
                keep_sight(project, files_of(plan), clock.began_ns)
            return result


def _planned(builder: Builder, progress: BuildProgress) -> tuple[Plan, list[PlannedStep]]:
    """The plan, and what of it will run; damage that was found is said and taken away."""
    plan = builder.plan(progress)
    builder.checksums.save()
    builder.ledger.remove_harmed(node.fingerprint for node in plan.steps)
    if builder.damage is not None:
        progress.line(builder.damage)
    if not plan.is_partial and not builder.is_current(plan) and _adopts(builder, plan, progress):
        plan = builder.plan(progress)
    return plan, builder.explain(plan)


def _adopts(builder: Builder, plan: Plan, progress: BuildProgress) -> bool:
    """Whether the mines of the database in place are kept now, of which the store knew none."""
    made_by = plan.node(MINES).fingerprint if builder.built == plan.fingerprint else ""
    try:
        return adopt_mines(builder.ledger, builder.database, made_by)
    except QuarryError as error:
        progress.line(f"Note: mine_succession goes without the database in place. {error}")
        return False


@contextlib.contextmanager
def _disk_errors(database: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BuildError(
            f"The build stopped: {refused_by_system(error)}.\n{_unchanged(database)}"
        ) from error


def _build(
    builder: Builder,
    plan: Plan,
    steps: Sequence[PlannedStep],
    progress: BuildProgress,
    workers: Workers,
    memory_limit: str | None,
) -> BuildResult:
    project, database = builder.project, builder.database
    started, began = datetime.now(UTC), time.monotonic()
    result = BuildResult(database, left_out=plan.left_out)
    temporary = temporary_database(database)
    reporter = Reporter(progress, steps, result)
    try:
        kept = begin(builder, plan, steps, temporary)
        with (
            _workbench(temporary, memory_limit) as connection,
            Blocks(builder.remote) as blocks,
        ):
            kept = keep_only(connection, kept, plan)
            register_called(connection, plan, steps)
            assembly = _assembly(connection, builder, blocks, workers, reporter, kept)
            with progress.task("Steps", len(steps), "steps") as reporter.task:
                assembly.run(plan, project.parameters)
            record_build(connection, project, plan, started)
            record_objects(connection, plan)
            result.warnings = check_or_raise(connection)
            connection.execute("CHECKPOINT")
            if not plan.is_partial:
                keep_mines(builder.store, connection, plan.node(MINES).fingerprint, started)
        put_in_place(temporary, database)
    except QuarryError as error:
        raise type(error)(f"{error}\n{_unchanged(database)}") from error
    finally:
        remove_database(temporary)
    result.harmed = builder.store.harmed
    note_build(builder, plan)
    result.seconds = time.monotonic() - began
    return result


def _assembly(
    connection: duckdb.DuckDBPyConnection,
    builder: Builder,
    blocks: Blocks,
    workers: Workers,
    reporter: "Reporter",
    kept: frozenset[str],
) -> Assembly:
    return Assembly(
        connection,
        builder.store,
        builder.ledger,
        builder.checksums,
        reporter.progress,
        workers,
        blocks,
        builder.project.root,
        reporter.begin,
        reporter.step,
        kept,
    )


def register_called(
    connection: duckdb.DuckDBPyConnection, plan: Plan, steps: Sequence[PlannedStep]
) -> None:
    """Make functions callable that a step will call; of those in kept steps the types are enough."""
    called = functions_of(step.node for step in steps if step.will_run)
    register(connection, called)
    declare(connection, functions_of(plan.nodes) - called)


def functions_of(nodes: Iterable[Node]) -> frozenset[str]:
    """Lower-case names of every function that the statements of some nodes call."""
    return frozenset().union(*(node.sql.functions for node in nodes if node.sql))


@contextlib.contextmanager
def _workbench(path: Path, memory_limit: str | None) -> Any:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path, read_only=False, memory_limit=memory_limit, is_alone=True)
    except (OSError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not isinstance(error.__cause__, IO_ERRORS):
            raise  # a setting or an extension, not the place
        raise BuildError(f"{path.parent} can't be written: {error}") from error
    try:
        connection.execute(f"SET checkpoint_threshold = {quote_literal(LOG_MAX)}")
        yield connection
    except (duckdb.Error, OSError) as error:
        raise BuildError(f"The build stopped: {error}") from error
    finally:
        connection.close()


def _unchanged(database: Path) -> str:
    if database.exists():
        return f"{database} is as it was; run the build again to go on from here."
    return "No database was written; run the build again to go on from here."


class Reporter:
    """Tells of each step as it ends, and counts."""

    def __init__(
        self, progress: BuildProgress, steps: Sequence[PlannedStep], result: BuildResult
    ) -> None:
        self.progress, self.result, self.task = progress, result, None
        self.left = {s.node.name: s.seconds_before or 0.0 for s in steps if s.will_run}
        self.total = len(steps)

    task: Any

    def begin(self, node: Node) -> None:
        """Show which step runs now."""
        self.task.name(node.name)

    def step(self, node: Node, seconds: float | None, n_rows: int) -> None:
        """Note one finished step: ``seconds`` is None where its rows came from the store."""
        self.task.advance()
        if seconds is None:
            self.result.n_kept += 1
            return
        self.result.n_run += 1
        self.left.pop(node.name, None)
        number = self.result.n_run + self.result.n_kept
        left = sum(self.left.values())
        note = f"  about {duration(left)} left" if left >= 1 else ""
        self.progress.line(
            f"{number:>3}/{self.total} {node.name:<44} {n_rows:>10,} rows {duration(seconds):>10}{note}"
        )


def check_or_raise(connection: duckdb.DuckDBPyConnection) -> list[Violation]:
    """Run every check; CheckError where one that must hold does not, else the warnings."""
    violations = run_checks(connection)
    failed = [violation for violation in violations if violation.is_failure]
    if failed:
        raise CheckError(
            "The built database failed its checks:\n" + "\n".join(f"  {v}" for v in failed)
        )
    return violations
