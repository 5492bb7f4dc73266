"""A part of a build: the ancestors of some views, and what every database says of itself."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from quarrydb.catalog.objects import PARAMETER, SqlObject, find_object
from quarrydb.contract import LOAD

# Tables in which every load step keeps account of itself: they need no step, and take what ran.
ACCOUNTS = frozenset({"raw.load_file", "raw.load_issue", "raw.source_terms"})
# What makes a file a database of quarrydb, whichever views it holds.
ALWAYS = frozenset(
    {PARAMETER, "raw.build", "raw.object", "raw.load", f"{LOAD}source terms", *ACCOUNTS}
)


def named_views(names: Iterable[str], catalog: Mapping[str, SqlObject]) -> tuple[str, ...]:
    """Qualified names of views or tables that a user named, sorted; QueryError suggests others."""
    return tuple(sorted({find_object(name, catalog).name for name in names}))


def part_of(graph: Mapping[str, Sequence[str]], until: Collection[str]) -> dict[str, list[str]]:
    """The nodes of ``graph`` that ``until`` need, each with what it needs of them.

    ``graph`` has for each node the names of the nodes it needs.
    """
    kept = ancestors(graph, until, unless=ACCOUNTS)
    kept |= ancestors(graph, ALWAYS & set(graph), unless=ACCOUNTS)
    return {
        name: [other for other in graph[name] if other in kept] for name in graph if name in kept
    }


def ancestors(
    graph: Mapping[str, Sequence[str]], names: Iterable[str], *, unless: Collection[str]
) -> set[str]:
    """``names`` and all that they need; what ``unless`` need is not followed."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend([] if name in unless else graph[name])
    return found
