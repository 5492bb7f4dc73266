"""What a build would do: every step with the hash of all that decides its result, and why it must run."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import duckdb

from quarrydb.catalog.objects import PARAMETER, SqlObject, dependencies, package_folder
from quarrydb.contract import LOAD, LoadStep
from quarrydb.engine.part import part_of
from quarrydb.errors import BuildError
from quarrydb.inference.model import SHIPPED_MODELS
from quarrydb.project.parameters import Parameters
from quarrydb.store.shards import fingerprint

NEW, LOST = "not built before", "its stored rows are missing"  # why a step must run


@dataclass(frozen=True)
class Node:
    """A load step or a database object, with what its fingerprint was made from."""

    name: str
    fingerprint: str
    ingredients: Mapping[str, str]
    load: LoadStep | None = None
    sql: SqlObject | None = None
    writers: tuple[str, ...] = ()

    @property
    def is_step(self) -> bool:
        """Whether the node computes rows that the store keeps."""
        return self.load is not None or (self.sql is not None and self.sql.is_stored)


@dataclass(frozen=True)
class Plan:
    """All nodes of a build, each after what it reads.

    ``until`` names the views that a partial build was asked for, ``left_out`` the public views that it has
    not; both are empty for a whole one.
    """

    nodes: tuple[Node, ...]
    fingerprint: str
    until: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def is_partial(self) -> bool:
        """Whether only a part of the database is made."""
        return bool(self.until)

    @property
    def steps(self) -> list[Node]:
        """The nodes that compute something."""
        return [node for node in self.nodes if node.is_step]

    @property
    def schemas(self) -> set[str]:
        """The schemas of the database's objects."""
        names = {node.name.partition(".")[0] for node in self.nodes if not node.load}
        return {"raw", "core", *names}

    def find(self, name: str) -> Node | None:
        """The node called ``name``; None where a partial plan has none."""
        return next((node for node in self.nodes if node.name == name), None)

    def node(self, name: str) -> Node:
        """The node called ``name``."""
        return next(node for node in self.nodes if node.name == name)


def make_plan(
    catalog: Mapping[str, SqlObject],
    loads: Sequence[LoadStep],
    parameters: Parameters,
    checksum: Callable[[Path], str],
    revisions: Mapping[str, int],
    *,
    root: Path,
    until: Sequence[str] = (),
    address: Callable[[Path], str | None] = lambda path: None,
) -> Plan:
    """Order the steps and fingerprint each from its inputs, parameters, code and engine.

    With ``until``, qualified names of views or tables, these and what they need, nothing else.

    ``checksum`` gives a file's SHA-256; ``revisions`` the revision of each Python UDF by name. Files count
    by their path from ``root``, the package's own by their place in it, and remote ones by their ``address``,
    so that any of them can move.
    """
    by_name = {LOAD + step.name: step for step in loads}
    if len(by_name) != len(loads):
        raise BuildError("Two load steps have the same name. Give the sources different names.")
    objects = {name: item for name, item in catalog.items() if item.kind != "check"}
    writers = writers_by_table(loads)
    whole_graph = dependency_graph(objects, by_name, writers)
    graph = part_of(whole_graph, until) if until else whole_graph
    writers = {t: tuple(n for n in names if n in graph) for t, names in writers.items()}
    values = {name: repr(value) for name, value in parameters.model_dump().items()}
    made: dict[str, Node] = {}

    def label(path: Path) -> str:
        return address(path) or file_label(path, root)

    for name in _static_order(with_order(graph, by_name)):
        inputs = {other: made[other].fingerprint for other in graph[name]}
        if name in by_name:
            made[name] = _load_node(name, by_name[name], inputs, values, checksum, label)
        elif name in objects:
            used = {f: str(revisions[f]) for f in objects[name].functions if f in revisions}
            made[name] = _object_node(objects[name], inputs, values, used, writers)
        else:
            made[name] = _plain_table_node(name, inputs, values, writers)
    others = (objects[name] for name in sorted((whole_graph.keys() & objects) - graph.keys()))
    whole = fingerprint({name: node.fingerprint for name, node in made.items()})
    return Plan(
        tuple(made.values()), whole, tuple(until), tuple(o.label for o in others if o.is_public)
    )


def writers_by_table(loads: Iterable[LoadStep]) -> dict[str, tuple[str, ...]]:
    """Names of the load nodes that write parts of each table, sorted."""
    writers: dict[str, list[str]] = {}
    for step in loads:
        for table in step.writes:
            writers.setdefault(table, []).append(LOAD + step.name)
    return {table: tuple(sorted(names)) for table, names in writers.items()}


def dependency_graph(
    objects: Mapping[str, SqlObject],
    loads: Mapping[str, LoadStep],
    writers: Mapping[str, tuple[str, ...]],
) -> dict[str, list[str]]:
    """For each node the names of the nodes it needs."""
    graph: dict[str, list[str]] = {PARAMETER: []}
    tables = set(objects) | set(writers) | {PARAMETER}
    for name in sorted(set(writers) - set(objects)):
        graph[name] = list(writers[name])
    for name, item in sorted(objects.items()):
        missing = sorted(set(item.reads) - tables)
        if missing:
            raise BuildError(f"{item.path} reads {', '.join(missing)}, which nothing makes.")
        graph[name] = sorted({*dependencies(item, objects), *item.reads, *writers.get(name, ())})
    for name, step in sorted(loads.items()):
        graph[name] = sorted({*step.reads, *([PARAMETER] if step.parameters else [])})
    return graph


def with_order(
    graph: Mapping[str, Sequence[str]], loads: Mapping[str, LoadStep]
) -> dict[str, list[str]]:
    """The graph, where load steps also wait for the nodes of it that they come ``after``."""
    after = {name: [t for t in loads[name].after if t in graph] for name in loads}
    return {name: [*needed, *after.get(name, ())] for name, needed in graph.items()}


def _static_order(graph: Mapping[str, Iterable[str]]) -> list[str]:
    try:
        return list(TopologicalSorter(dict(sorted(graph.items()))).static_order())
    except CycleError as error:
        raise BuildError(f"Steps need each other: {' -> '.join(error.args[1])}") from error


def file_label(path: Path, root: Path) -> str:
    """How a file is called in a fingerprint: from the project folder, or from the package's own files.

    So neither the project's place nor the installation's makes a step run.
    """
    text = str(path)  # pathlib takes several times longer, of thousands of files
    for name, folder in (("quarrydb", package_folder()), ("quarrydb models", SHIPPED_MODELS)):
        if text.startswith(f"{folder}{os.sep}"):
            return f"{name} {os.path.relpath(text, folder)}"
    return os.path.relpath(text, root)


def _load_node(
    name: str,
    step: LoadStep,
    inputs: Mapping[str, str],
    values: Mapping[str, str],
    checksum: Callable[[Path], str],
    label: Callable[[Path], str],
) -> Node:
    ingredients = {f"file {label(path)}": checksum(path) for path in step.files}
    ingredients |= {f"setting {key}": fingerprint(value) for key, value in step.config.items()}
    ingredients |= {f"parameter {key}": values[key] for key in step.parameters}
    ingredients |= {f"input {key}": value for key, value in inputs.items() if key != PARAMETER}
    ingredients["loader revision"] = str(step.revision)
    return Node(name, fingerprint(step.name, ingredients), ingredients, load=step)


def _object_node(
    item: SqlObject,
    inputs: Mapping[str, str],
    values: Mapping[str, str],
    used: Mapping[str, str],
    writers: Mapping[str, tuple[str, ...]],
) -> Node:
    ingredients = {f"SQL of {item.name}": fingerprint(item.content)}
    if PARAMETER in item.reads:
        ingredients |= {f"parameter {k}": v for k, v in values.items() if k in item.words}
    ingredients |= {f"input {key}": value for key, value in inputs.items() if key != PARAMETER}
    ingredients |= {f"function {key}": value for key, value in used.items()}
    ingredients["DuckDB"] = duckdb.__version__
    names = writers.get(item.name, ())
    return Node(
        item.name, fingerprint(item.name, ingredients), ingredients, sql=item, writers=names
    )


def _plain_table_node(
    name: str,
    inputs: Mapping[str, str],
    values: Mapping[str, str],
    writers: Mapping[str, tuple[str, ...]],
) -> Node:
    ingredients = dict(inputs) if name != PARAMETER else dict(values)
    return Node(name, fingerprint(name, ingredients), ingredients, writers=writers.get(name, ()))


def reasons(node: Node, before: Mapping[str, Mapping[str, str]] | None) -> list[str]:
    """Why a step must run: what of its ingredients differs from the last build's."""
    if before is None or node.name not in before:
        return [NEW]
    old = before[node.name]
    changed = [key for key in node.ingredients if node.ingredients[key] != old.get(key)]
    gone = [f"{key} is gone" for key in old if key not in node.ingredients]
    notes = [_reason(key, node.ingredients[key], old.get(key)) for key in changed]
    return notes + gone or [LOST]


def _reason(key: str, new: str, old: str | None) -> str:
    if key.startswith("parameter ") and old is not None:
        return f"{key} changed from {old} to {new}"
    return f"{key} {'changed' if old is not None else 'is new'}"
