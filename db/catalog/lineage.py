"""What a view is made from, as text and as a Mermaid flow chart."""

from collections.abc import Iterator, Mapping

from quarrydb.catalog.objects import SqlObject, dependencies, find_object, read_catalog

KIND = {"table": "raw table", "view": "view", "macro": "macro"}
Catalog = Mapping[str, SqlObject]


def lineage_text(name: str, catalog: Catalog | None = None) -> str:
    """An indented tree; what was shown above is not unfolded again. ``catalog``: else the package's."""
    catalog = read_catalog() if catalog is None else catalog
    return "\n".join(_tree(find_object(name, catalog), catalog, 0, set()))


def _tree(item: SqlObject, catalog: Catalog, depth: int, shown: set[str]) -> Iterator[str]:
    again = item.name in shown
    note = "stored" if item.is_stored else KIND.get(item.kind, item.kind)
    where = f"sql/{item.topic}/{item.path.name}"
    yield f"{'  ' * depth}{item.label}  ({note}, {where}){' ...' if again else ''}"
    shown.add(item.name)
    if not again:
        for child in _children(item, catalog):
            yield from _tree(child, catalog, depth + 1, shown)


def _children(item: SqlObject, catalog: Catalog) -> list[SqlObject]:
    return [catalog[name] for name in sorted(dependencies(item, catalog))]


def lineage_mermaid(name: str, catalog: Catalog | None = None) -> str:
    """A flow chart from the raw tables to the view. ``catalog``: else the package's."""
    catalog = read_catalog() if catalog is None else catalog
    found: dict[str, SqlObject] = {}
    edges: list[tuple[str, str]] = []
    _collect(find_object(name, catalog), catalog, found, edges)
    nodes = [f'  {_node_id(item)}["{item.label}"]' for _, item in sorted(found.items())]
    arrows = [
        f"  {_node_id(found[source])} --> {_node_id(found[target])}"
        for source, target in sorted(edges)
    ]
    return "\n".join(["flowchart LR", *nodes, *arrows])


def _collect(
    item: SqlObject, catalog: Catalog, found: dict[str, SqlObject], edges: list[tuple[str, str]]
) -> None:
    if item.name in found:
        return
    found[item.name] = item
    for child in _children(item, catalog):
        edges.append((child.name, item.name))
        _collect(child, catalog, found, edges)


def _node_id(item: SqlObject) -> str:
    return item.name.replace(".", "_")
