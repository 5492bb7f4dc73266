"""What a view is made from, as text and as a Mermaid flow chart."""

from collections.abc import Iterator

from quarrydb.catalog.objects import SqlObject, dependencies, read_catalog
from quarrydb.errors import QueryError

KIND = {"table": "raw table", "view": "view", "macro": "macro"}


def find_object(name: str) -> SqlObject:
    """The object called ``name``, with or without its schema; the public one where both exist."""
    catalog = read_catalog()
    wanted = name.lower()
    for candidate in (wanted, f"main.{wanted}", f"core.{wanted}", f"raw.{wanted}"):
        if candidate in catalog and catalog[candidate].kind != "check":
            return catalog[candidate]
    near = sorted(n for n in catalog if wanted.rpartition(".")[2] in n)[:5]
    hint = f"Did you mean {', '.join(near)}?" if near else "List them with: quarry views"
    raise QueryError(f"There is no view {name}. {hint}")


def lineage_text(name: str) -> str:
    """An indented tree; what was shown above is not unfolded again."""
    item = find_object(name)
    return "\n".join(_tree(item, 0, set()))


def _tree(item: SqlObject, depth: int, shown: set[str]) -> Iterator[str]:
    again = item.name in shown
    note = "stored" if item.is_stored else KIND.get(item.kind, item.kind)
    where = f"sql/{item.topic}/{item.path.name}"
    yield f"{'  ' * depth}{display_name(item)}  ({note}, {where}){' ...' if again else ''}"
    shown.add(item.name)
    if not again:
        for child in _children(item):
            yield from _tree(child, depth + 1, shown)


def _children(item: SqlObject) -> list[SqlObject]:
    catalog = read_catalog()
    return [catalog[name] for name in sorted(dependencies(item, catalog))]


def display_name(item: SqlObject) -> str:
    """The name as people write it: the schema main is left out."""
    return item.name.removeprefix("main.")


def lineage_mermaid(name: str) -> str:
    """A flow chart from the raw tables to the view."""
    found: dict[str, SqlObject] = {}
    edges: list[tuple[str, str]] = []
    _collect(find_object(name), found, edges)
    nodes = [f'  {_node_id(item)}["{display_name(item)}"]' for _, item in sorted(found.items())]
    arrows = [
        f"  {_node_id(found[source])} --> {_node_id(found[target])}"
        for source, target in sorted(edges)
    ]
    return "\n".join(["flowchart LR", *nodes, *arrows])


def _collect(item: SqlObject, found: dict[str, SqlObject], edges: list[tuple[str, str]]) -> None:
    if item.name in found:
        return
    found[item.name] = item
    for child in _children(item):
        edges.append((child.name, item.name))
        _collect(child, found, edges)


def _node_id(item: SqlObject) -> str:
    return item.name.replace(".", "_")
