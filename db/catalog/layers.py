"""Which raw tables the rows of a view are made from, by the region layers whose borders decide them.

Pieces of mines are cut by the borders of all layers at once, so that by lineage alone a sum by country would
rest on every layer. A border inside a country changes nothing of the country's sum, though: what counts are
the layers that the SQL asks for, which the header line ``Layers:`` names and a test holds against it.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from quarrydb.catalog.layer_names import BUILT_IN_LAYERS, MADE_OF
from quarrydb.catalog.objects import SqlObject, dependencies, read_catalog

if TYPE_CHECKING:
    from sqlglot import exp

OWN = "a layer of the project file"
Layers = frozenset[str] | None


def layers_of_header(item: SqlObject) -> Layers:
    """The layers that the header's ``Layers:`` line names; None where it has none."""
    text = item.header.get("Layers", "").removesuffix(".")
    return frozenset(name.strip() for name in text.split(",")) if text else None


def has_layer(item: SqlObject) -> bool:
    """Whether rows of the object are of one layer each, which its column ``layer`` names."""
    return "layer" in item.comments


@cache
def raw_tables(view: str, layers: Layers = None) -> frozenset[str]:
    """Qualified names of the raw tables that rows of a public ``view`` are made from.

    With ``layers`` only rows of those region layers are meant, where the view has a column ``layer``.
    """
    return frozenset(_raw_tables(f"main.{view}", layers, read_catalog()))


def _raw_tables(start: str, layers: Layers, catalog: Mapping[str, SqlObject]) -> Iterator[str]:
    seen: set[tuple[str, Layers]] = set()
    waiting: list[tuple[str, Layers]] = [(start, layers)]
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        if name.startswith("raw."):
            yield name
        if name in catalog:
            item = catalog[name]
            fixed = layers_of_header(item)
            wanted = wanted if fixed is None else fixed
            found = {*item.reads, *dependencies(item, catalog)}
            waiting += [(read, wanted) for read in found if _counts(item, read, wanted)]


def _counts(item: SqlObject, read: str, wanted: Layers) -> bool:
    """Whether rows of the layers ``wanted`` are made from the table ``read``."""
    only = _branches(item).get(read) if wanted is not None else None
    return only is None or not only.isdisjoint(_with_outlines(wanted or frozenset()))


def _with_outlines(layers: frozenset[str]) -> frozenset[str]:
    """``layers`` with those that they are put together from, and OWN for any of the project file."""
    own = {OWN} if layers - set(BUILT_IN_LAYERS) else set()
    return layers | {MADE_OF[layer] for layer in layers if layer in MADE_OF} | own


@cache
def _branches(item: SqlObject) -> Mapping[str, frozenset[str]]:
    """Tables that the statement reads for rows of some layers alone, and which; others are left out."""
    from sqlglot import exp  # slow to import

    found: dict[str, list[Layers]] = {}
    if has_layer(item):
        for table in item.tree.find_all(exp.Table):
            name = f"{table.db or 'main'}.{table.name}".lower()
            found.setdefault(name, []).append(_layers_at(table))
    return {
        name: frozenset().union(*(layers or () for layers in each))
        for name, each in found.items()
        if None not in each
    }


def _layers_at(table: "exp.Table") -> Layers:
    """The layers of the rows that the SELECT around ``table`` makes; None where it makes any."""
    from sqlglot import exp

    around = table.find_ancestor(exp.Select, exp.CTE)
    while isinstance(around, exp.Select):
        for projection in around.expressions:
            if projection.alias == "layer":
                return _literals(projection.this)
        around = around.find_ancestor(exp.Select, exp.CTE)
    return None


def _literals(value: "exp.Expr") -> Layers:
    from sqlglot import exp

    if value.find(exp.Column) is None:
        return frozenset(literal.this for literal in value.find_all(exp.Literal))
    return frozenset({OWN}) if value.name == "source" else None
