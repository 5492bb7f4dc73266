"""Checks of a built database: each is a query that returns the rows that offend."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from quarrydb.catalog.objects import PARAMETER, SqlObject, read_catalog
from quarrydb.database.opening import is_partial

SHOWN_ROWS = 3


@dataclass(frozen=True)
class Violation:
    """A check that found rows."""

    check: SqlObject
    n_rows: int
    first: tuple[Mapping[str, object], ...]

    @property
    def is_failure(self) -> bool:
        """Whether a build with such rows is refused (``fail_``) or only noted (``warn_``)."""
        return self.check.name.startswith("fail_")

    def __str__(self) -> str:
        rows = "; ".join(
            ", ".join(f"{key} = {_shown(value)}" for key, value in row.items())
            for row in self.first
        )
        count = "1 row" if self.n_rows == 1 else f"{self.n_rows:,} rows"
        such = "" if self.n_rows <= len(self.first) else ", such as"
        return f"{self.check.name}: {self.check.summary} {count}{such}: {rows}"


def _shown(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def run_checks(
    connection: duckdb.DuckDBPyConnection, catalog: Mapping[str, SqlObject] | None = None
) -> list[Violation]:
    """Run every check of the catalog that the database can answer; failures come first."""
    found = [run_check(connection, item) for item in checks_of(connection, catalog)]
    return [violation for violation in found if violation is not None]


def checks_of(
    connection: duckdb.DuckDBPyConnection, catalog: Mapping[str, SqlObject] | None = None
) -> list[SqlObject]:
    """The checks of a database by name; of a partial one those that read nothing it lacks."""
    checks = [item for item in (catalog or read_catalog()).values() if item.kind == "check"]
    checks.sort(key=lambda item: item.name)
    if not is_partial(connection):
        return checks
    there = {name for (name,) in connection.execute("SELECT name FROM raw.object").fetchall()}
    return [item for item in checks if set(item.reads) <= there | {PARAMETER}]


def run_check(connection: duckdb.DuckDBPyConnection, check: SqlObject) -> Violation | None:
    """Run one check; None where it finds nothing."""
    cursor = connection.execute(check.statement.rstrip().rstrip(";"))
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    if not rows:
        return None
    first = tuple(dict(zip(names, row, strict=True)) for row in rows[:SHOWN_ROWS])
    return Violation(check, len(rows), first)
