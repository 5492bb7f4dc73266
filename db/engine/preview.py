"""What a build of a project would do, as far as names, headers and checksums tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from quarrydb.contract import LOAD
from quarrydb.engine.builder import Builder, PlannedStep
from quarrydb.engine.plan import LOST, NEW, Node, Plan
from quarrydb.engine.transfer import Transfer, transfers
from quarrydb.errors import QuarryError
from quarrydb.progress import BuildProgress
from quarrydb.project import Project, as_project

INPUT = "input "
OF_A_STEP = (NEW, LOST)  # reasons that do not name what they are about


@dataclass(frozen=True)
class Preview:
    """What is taken from servers, what would run and why, and every fault that headers show.

    ``is_complete`` says whether all files are here of which steps are made; ``changed_views`` are the public
    views that would differ, of ``n_views``.
    """

    transfers: Sequence[Transfer]
    is_complete: bool
    steps: Sequence[PlannedStep] = ()
    changed_views: Sequence[str] = ()
    n_views: int = 0
    fault: QuarryError | None = None

    @property
    def sources(self) -> list[PlannedStep]:
        """The steps that read sources."""
        return [step for step in self.steps if step.node.load is not None]

    @property
    def running(self) -> list[PlannedStep]:
        """The steps that would run."""
        return [step for step in self.steps if step.will_run]

    @property
    def seconds(self) -> float:
        """Seconds that the steps which would run took before, where they did."""
        return sum(step.seconds_before or 0.0 for step in self.running)

    @property
    def other_reasons(self) -> list[str]:
        """Why others than sources would run, but for what they are made from; none where all are new."""
        if all(NEW in step.reasons for step in self.running):
            return []
        found = [
            f"{step.node.name}: {reason}" if reason in OF_A_STEP else reason
            for step in self.running
            if step.node.load is None
            for reason in step.reasons
            if not reason.startswith(INPUT)
        ]
        return list(dict.fromkeys(found))


def plan(
    project: Project | str | Path,
    *,
    until: Sequence[str] = (),
    progress: BuildProgress | None = None,
) -> Preview:
    """What ``build`` would do with a project now; nothing is fetched, run or changed.

    Raises:
        ProjectError: the project file can't be read.
        QueryError: a view of ``until`` does not exist.
    """
    builder = Builder(as_project(project), until)
    found: list[Transfer] = []
    if builder.remote.located or builder.remote.pending:
        builder.remote.estimate_ground(builder.project)
        found = transfers(builder.remote)
    if builder.remote.pending:
        return Preview(found, is_complete=False)
    made = builder.plan(progress)
    steps = builder.explain(made)
    builder.keep_checksums()
    changed = changed_views(made, {step.node.name for step in steps if step.will_run})
    n_views = sum(is_view(node) for node in made.nodes)
    return Preview(found, True, steps, changed, n_views, fault_of(builder, steps))


def fault_of(builder: Builder, steps: Sequence[PlannedStep]) -> QuarryError | None:
    """Every fault that names and headers of the files show, as one error; None without any."""
    try:
        builder.check(steps)
    except QuarryError as error:
        return error
    return None


def changed_views(made: Plan, running: set[str]) -> list[str]:
    """Public views that are made from anything that would run, without their schema."""
    changed = set(running)
    for node in made.nodes:  # each after what it reads
        if changed & set(needs(node.ingredients, is_plain=node.load is None and node.sql is None)):
            changed.add(node.name)
    names = [node.name for node in made.nodes if is_view(node) and node.name in changed]
    return sorted(name.removeprefix("main.") for name in names)


def is_view(node: Node) -> bool:
    """Whether a node is a public view."""
    return node.sql is not None and node.sql.is_public


def needs(ingredients: Mapping[str, str], *, is_plain: bool) -> list[str]:
    """Names of the nodes that a node is made from; a plain table's ingredients are nothing else."""
    if is_plain:
        return list(ingredients)
    return [key.removeprefix(INPUT) for key in ingredients if key.startswith(INPUT)]


def source_name(step: PlannedStep) -> str:
    """A source's name as the project file has it."""
    return step.node.name.removeprefix(LOAD)
