"""Everything that one build of a project needs, and its plan with what will happen to each step."""

import contextlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from quarrydb.catalog.objects import read_catalog
from quarrydb.contract import LoadStep
from quarrydb.engine.editions import MINES, edition_step
from quarrydb.engine.part import named_views
from quarrydb.engine.place import built_fingerprint, log_of
from quarrydb.engine.plan import Node, Plan, make_plan, reasons
from quarrydb.engine.radii import exposure_objects
from quarrydb.engine.remote import RemoteFiles
from quarrydb.engine.remote_step import remote_steps
from quarrydb.engine.steps import load_steps
from quarrydb.engine.yearly import yearly_objects
from quarrydb.errors import Faults, QuarryError
from quarrydb.loaders.terms import terms_step
from quarrydb.progress import BuildProgress, QuietProgress
from quarrydb.project import Project
from quarrydb.store.checksum import Checksums
from quarrydb.store.databases import Made
from quarrydb.store.editions import Edition, earlier, read_editions
from quarrydb.store.ledger import Ledger
from quarrydb.store.lock import exclusive
from quarrydb.store.shards import Store
from quarrydb.udfs import revisions


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

            def planned(steps: Sequence[LoadStep], until: Sequence[str]) -> Plan:
                return make_plan(
                    catalog,
                    [*steps, terms_step(steps), *remote_steps(self.remote)],
                    self.project.parameters,
                    checksum,
                    revisions(),
                    root=self.project.root,
                    until=until,
                    address=self.remote.address,
                )

            if editions := read_editions(self.store):
                made_by = planned(loads, [MINES]).node(MINES).fingerprint
                loads += self._earlier(editions, made_by, loads)
            return planned(loads, named_views(self.until, catalog))

    def _earlier(
        self, editions: Sequence[Edition], made_by: str, loads: Sequence[LoadStep]
    ) -> list[LoadStep]:
        """The step that loads mines of earlier builds, which others than the step ``made_by`` made."""
        editions = earlier(editions, made_by, self.project.parameters.earlier_builds_max)
        named = frozenset((terms.source, terms.kind) for step in loads for terms in step.terms)
        return [edition_step(editions, self.store, named)] if editions else []

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
        if self.damage is not None or not self.ledger.has_put(self.database):
            return False
        return self.built == plan.fingerprint

    @cached_property
    def made(self) -> Made | None:
        """What the database in place was made by, where nobody touched it since."""
        return self.ledger.made(self.database)

    @cached_property
    def built(self) -> str | None:
        """The fingerprint of the plan that the database in place was made from."""
        return self.made.plan if self.made else built_fingerprint(self.database)

    @cached_property
    def damage(self) -> str | None:
        """Why the database in place must be made again, whatever the plan says; None where it need not.

        The database is read whole for it, once.
        """
        if not self.ledger.has_put(self.database):
            return None
        if os.path.lexists(log_of(self.database)):
            what = "has changes beside it (.wal) that no build made"
        elif not self.ledger.knows_database(self.database):
            what = (
                "is not what the last build put there (its checksum differs): damaged, or changed"
            )
        else:
            return None
        return f"Note: {self.database} {what}. It is made again."


def target_of(project: Project, until: Sequence[str]) -> Path:
    """Where a build of ``project``, or of a part of it, is put."""
    return part_database(project.database) if until else project.database


def part_database(database: Path) -> Path:
    """Where a partial build of ``database`` is put: the whole one stays as it is."""
    return database.with_name(f"{database.stem}.part{database.suffix}")


def files_of(plan: Plan) -> set[Path]:
    """Every file that a step of the plan reads."""
    return {path for node in plan.nodes if node.load for path in node.load.files}
