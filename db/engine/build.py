"""Build a database: plan, assemble in a temporary file, check, put in place in one rename."""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

import quarrydb
from quarrydb.catalog.objects import read_catalog
from quarrydb.database.connection import connect
from quarrydb.engine.assemble import Assembly
from quarrydb.engine.checks import Violation, run_checks
from quarrydb.engine.current import keep_sight
from quarrydb.engine.part import named_views
from quarrydb.engine.place import (
    built_fingerprint,
    check_replaceable,
    put_in_place,
    remove_database,
    remove_leftovers,
    temporary_database,
)
from quarrydb.engine.plan import Node, Plan, make_plan, reasons
from quarrydb.engine.radii import exposure_objects
from quarrydb.engine.remote import RemoteFiles
from quarrydb.engine.remote_step import remote_steps
from quarrydb.engine.steps import load_steps
from quarrydb.engine.yearly import yearly_objects
from quarrydb.errors import BuildError, CheckError, DatabaseError, Faults, QuarryError
from quarrydb.fetch.gdal import gdal_offline
from quarrydb.progress import BuildProgress, QuietProgress, duration
from quarrydb.project import Project
from quarrydb.store.checksum import Checksums
from quarrydb.store.ledger import Ledger
from quarrydb.store.lock import exclusive
from quarrydb.store.shards import Store
from quarrydb.udfs import register, revisions
from quarrydb.workers.dask_cluster import Workers, workers_for

IO_ERRORS = (duckdb.IOException, OSError)


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


@dataclass(frozen=True)
class PlannedStep:
    """A step of a plan with what will happen to it."""

    node: Node
    will_run: bool
    reasons: Sequence[str]
    seconds_before: float | None


class Builder:
    """Everything one build of ``project`` needs."""

    def __init__(
        self,
        project: Project,
        until: Sequence[str] = (),
        *,
        fetch: bool = False,
        offline: bool = False,
        progress: BuildProgress | None = None,
    ) -> None:
        """Find the project's files; what lies on servers is fetched where ``fetch`` or the project allows."""
        self.checksums = Checksums(project.cache / "checksum.json")
        self.remote = RemoteFiles(
            project, self.checksums.of, fetch=fetch, offline=offline, progress=progress
        )
        self.project = self.remote.locate()
        self.until = until
        self.database = target_of(project, until)
        self.store = Store(project.cache)
        self.ledger = Ledger(self.store)

    def plan(self, progress: BuildProgress | None = None) -> Plan:
        """The plan of this project as its files are now."""
        self.remote.require_all()
        loads = [self.remote.as_planned(step) for step in load_steps(self.project)]
        loads += remote_steps(self.remote)
        n_files = sum(len(step.files) for step in loads)
        with (progress or QuietProgress()).task("Checksums", n_files, "files") as task:

            def checksum(path: Path) -> str:
                task.advance()
                return self.remote.identity(path) or self.checksums.of(path)

            catalog = {
                **read_catalog(),
                **yearly_objects(self.project),
                **exposure_objects(self.project),
            }
            return make_plan(
                catalog,
                loads,
                self.project.parameters,
                checksum,
                revisions(),
                root=self.project.root,
                until=named_views(self.until, catalog),
                address=self.remote.address,
            )

    def keep_checksums(self) -> None:
        """Save new checksums for the next plan, unless a build runs or the folder can't be written."""
        if self.checksums.is_saved:
            return
        with contextlib.suppress(QuarryError, OSError), exclusive(self.project.cache):
            self.checksums.save()

    def explain(self, plan: Plan) -> list[PlannedStep]:
        """For each step whether it runs and why."""
        history = self.ledger.history()
        return [self._explain(node, history) for node in plan.steps]

    def _explain(self, node: Node, history: Any) -> PlannedStep:
        kept = self.ledger.find(node.fingerprint)
        if kept is not None:
            return PlannedStep(node, False, [], kept.seconds)
        before = {name: step["ingredients"] for name, step in history.items()} if history else None
        old = history.get(node.name) if history else None
        return PlannedStep(node, True, reasons(node, before), old["seconds"] if old else None)

    def check(self, steps: Sequence[PlannedStep]) -> None:
        """SourceError with every fault that names and headers show of the sources that will be read."""
        faults = Faults()
        for step in steps:
            if step.will_run and step.node.load is not None:
                self.remote.ensure(step.node.load.files)
                with faults.gather():
                    step.node.load.check()
        faults.raise_all()

    def is_current(self, plan: Plan) -> bool:
        """Whether the database in place was made from exactly this plan."""
        is_same = built_fingerprint(self.database) == plan.fingerprint
        return is_same and self.ledger.knows_database(self.database)


def target_of(project: Project, until: Sequence[str]) -> Path:
    """Where a build of ``project``, or of a part of it, is put."""
    return part_database(project.database) if until else project.database


def part_database(database: Path) -> Path:
    """Where a partial build of ``database`` is put: the whole one stays as it is."""
    return database.with_name(f"{database.stem}.part{database.suffix}")


def build(
    project: Project,
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
    """Bring the project's database up to date and return what was done.

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
    progress, began_ns = progress or QuietProgress(), time.time_ns()
    database = target_of(project, until)
    with exclusive(project.cache), _disk_errors(database), gdal_offline():
        if not replace:
            check_replaceable(database, project.root, Ledger(Store(project.cache)))
        builder = Builder(project, until, fetch=fetch, offline=offline, progress=progress)
        with builder.remote.naming():
            remove_leftovers(builder.database)
            builder.store.remove_leftovers()
            plan = builder.plan(progress)
            builder.checksums.save()
            builder.ledger.remove_harmed(node.fingerprint for node in plan.steps)
            steps = builder.explain(plan)
            if builder.is_current(plan) and not any(step.will_run for step in steps):
                result = BuildResult(
                    builder.database, n_kept=len(steps), was_current=True, left_out=plan.left_out
                )
            else:
                builder.check(steps)
                n = workers or os.cpu_count() or 1
                with workers_for(
                    n, scheduler=scheduler, use_dask=use_dask, store=builder.store.root
                ) as pool:
                    result = _build(builder, plan, steps, progress, pool, memory_limit)
            if not plan.is_partial:
                keep_sight(project, files_of(plan), began_ns)
            return result


@contextlib.contextmanager
def _disk_errors(database: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        named = f"{error.filename}: " if error.filename else ""
        raise BuildError(
            f"The build stopped: {named}{error.strerror or error}.\n{_unchanged(database)}"
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
    started = datetime.now(UTC)
    result = BuildResult(database, left_out=plan.left_out)
    temporary = temporary_database(database)
    reporter = Reporter(progress, steps, result)
    try:
        with _workbench(temporary, memory_limit, functions_of(plan)) as connection:
            assembly = Assembly(
                connection,
                builder.store,
                builder.ledger,
                builder.checksums,
                progress,
                workers,
                builder.remote,
                project.root,
                reporter.begin,
                reporter.step,
            )
            with progress.task("Steps", len(steps), "steps") as reporter.task:
                assembly.run(plan, project.parameters)
            record_build(connection, project, plan, started)
            record_objects(connection, plan)
            result.warnings = check_or_raise(connection)
            connection.execute("CHECKPOINT")
        put_in_place(temporary, database)
    except QuarryError as error:
        raise type(error)(f"{error}\n{_unchanged(database)}") from error
    finally:
        remove_database(temporary)
    result.harmed = builder.store.harmed
    builder.ledger.note_database(database)
    builder.ledger.write_history(history_of(plan, builder.ledger))
    result.seconds = (datetime.now(UTC) - started).total_seconds()
    return result


def files_of(plan: Plan) -> set[Path]:
    """Every file that a step of the plan reads."""
    return {path for node in plan.nodes if node.load for path in node.load.files}


def functions_of(plan: Plan) -> frozenset[str]:
    """Lower-case names of every function that the plan's statements call."""
    return frozenset().union(*(node.sql.functions for node in plan.nodes if node.sql))


@contextlib.contextmanager
def _workbench(path: Path, memory_limit: str | None, functions: frozenset[str]) -> Any:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path, read_only=False, memory_limit=memory_limit)
    except (OSError, DatabaseError) as error:
        if isinstance(error, DatabaseError) and not isinstance(error.__cause__, IO_ERRORS):
            raise  # a setting or an extension, not the place
        raise BuildError(f"{path.parent} can't be written: {error}") from error
    try:
        register(connection, functions)
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


def record_build(
    connection: duckdb.DuckDBPyConnection, project: Project, plan: Plan, started: datetime
) -> None:
    """Write the one row of ``raw.build``."""
    connection.execute(
        "INSERT INTO raw.build VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            project.name,
            quarrydb.__version__,
            duckdb.__version__,
            quarrydb.SCHEMA_VERSION,
            "EPSG:4326",
            plan.fingerprint,
            started.replace(tzinfo=None),
            plan.is_partial,
            list(plan.until),
        ],
    )


def record_objects(connection: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Write into ``raw.object`` what every table, view and macro of the database was made by."""
    items = [node.sql for node in plan.nodes if node.sql is not None]
    connection.register(
        "made",
        pa.table(
            {
                "name": [item.name for item in items],
                "kind": [item.kind for item in items],
                "topic": [item.topic for item in items],
                "is_stored": [item.is_stored for item in items],
                "sql": [item.statement for item in items],
                "header": ["\n".join(item.header_lines) for item in items],
            }
        ),
    )
    connection.execute("INSERT INTO raw.object BY NAME FROM made ORDER BY name")
    connection.unregister("made")


def check_or_raise(connection: duckdb.DuckDBPyConnection) -> list[Violation]:
    """Run every check; CheckError where one that must hold does not, else the warnings."""
    violations = run_checks(connection)
    failed = [violation for violation in violations if violation.is_failure]
    if failed:
        raise CheckError(
            "The built database failed its checks:\n" + "\n".join(f"  {v}" for v in failed)
        )
    return violations


def history_of(plan: Plan, ledger: Ledger) -> dict[str, dict[str, object]]:
    """Ingredients and seconds of each step, for the next plan's reasons and time estimate."""
    history = {name: dict(step) for name, step in (ledger.history() or {}).items()}
    if not plan.is_partial:
        history = {}
    for node in plan.steps:
        record = ledger.find(node.fingerprint)
        seconds = record.seconds if record else 0.0
        history[node.name] = {"ingredients": dict(node.ingredients), "seconds": seconds}
    return history
