"""Remove from the store what no step of the project, as it is now, refers to."""

import contextlib
from pathlib import Path

from quarrydb.contract import told
from quarrydb.database.connection import connect
from quarrydb.engine.builder import Builder
from quarrydb.engine.ground import KIND as GROUND
from quarrydb.engine.place import check_replaceable, remove_leftovers
from quarrydb.engine.plan import Node
from quarrydb.errors import BuildError, TargetError
from quarrydb.inference.prediction import StaleShard, shard_files, stale_shards
from quarrydb.progress import BuildProgress, QuietProgress
from quarrydb.project import Project, as_project
from quarrydb.store.editions import file_of, read_editions
from quarrydb.store.folder import files, remove
from quarrydb.store.ledger import Record
from quarrydb.store.lock import exclusive
from quarrydb.store.shards import Store, sealed_by


def clean_store(
    project: Project | str | Path,
    *,
    dry_run: bool = False,
    predictions: bool = False,
    progress: BuildProgress | None = None,
) -> dict[Path, int]:
    """Delete unreferenced files and return their sizes in bytes by path.

    What the next build starts from stays: cells and shards of the steps as they are now, and all shards
    of a kind whose step is not finished.

    Predictions cost hours: they stay unless ``predictions`` asks for those that are stale. Which are
    is asked of the database, so BuildError where it is not built from the project as it is now.
    """
    project = as_project(project)
    with exclusive(project.cache):
        builder = Builder(project)
        with contextlib.suppress(TargetError):
            check_replaceable(project.database, project.root, builder.ledger)
            remove_leftovers(project.database)
        plan = builder.plan(progress)
        used = {project.cache / "step" / f"{node.fingerprint}.json" for node in plan.steps}
        for node in told(plan.steps, progress or QuietProgress(), "Stored results", "steps"):
            used |= files_of(node, builder.ledger.find(node.fingerprint), builder.store)
        used |= set(shard_files(builder.store))
        if (ground := builder.remote.ground) is not None:
            used.add(builder.store.path(GROUND, ground.key))
        used |= {file_of(builder.store, edition) for edition in read_editions(builder.store)}
        if predictions:
            used -= set(_stale(builder))
        stored = stored_files(project.cache)
        sizes = {path: size for path, size in stored.items() if sealed_by(path) not in used}
        if not dry_run:
            for path in sizes:
                remove(path, project.cache)
    return sizes


def files_of(node: Node, record: Record | None, store: Store) -> set[Path]:
    """Files of the store that a step's result is, or that its next run starts from.

    Without a record that names them these are all shards of its kinds: a killed build left some.
    """
    found = set(node.load.keeps) if node.load else set()
    if record is not None:
        found |= {store.root / output.path for output in record.outputs}
    if record is not None and record.kept is not None:
        return found | {store.root / name for name in record.kept}
    for kind in node.load.shards if node.load else ():
        found |= set(store.path(kind, "x").parent.glob("*.parquet"))
    return found


def stale_predictions(project: Project) -> dict[Path, StaleShard]:
    """Shards of predictions that the project, as it is now, would not load.

    BuildError where the database is not built from the project as it is now.
    """
    with exclusive(project.cache):
        return _stale(Builder(project))


def _stale(builder: Builder) -> dict[Path, StaleShard]:
    project = builder.project
    if not shard_files(Store(project.cache)):
        return {}
    if not builder.is_current(builder.plan()):
        raise BuildError(
            f"{project.database.name} is not built from the project as it is now, so nobody can say "
            f"which predictions are stale. Build it first: quarry build {project.root}"
        )
    with connect(project.database) as connection:
        return stale_shards(connection, project)


def stored_files(cache: Path) -> dict[Path, int]:
    """Every shard and record of a step with its size in bytes, temporary files included."""
    return {path: found.st_size for path, found in files(cache).items() if path.parent != cache}
