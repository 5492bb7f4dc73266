"""Python functions that SQL steps of the build may call, in one registry."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Udf:
    """A function for DuckDB: ``revision`` is raised when its results change."""

    name: str
    revision: int
    create: Callable[[duckdb.DuckDBPyConnection], None]


REGISTRY: dict[str, Udf] = {}


def register(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every function of the registry callable in ``connection``."""
    for udf in REGISTRY.values():
        udf.create(connection)


def revisions() -> Mapping[str, int]:
    """Revision of each function by lower-case name."""
    return {name.lower(): udf.revision for name, udf in REGISTRY.items()}
