"""What holds for every figure of a report: which land, which protected areas, which gaps."""

from dataclasses import dataclass

import duckdb

from quarrydb.report.svg import number, percent

STUDY_AREAS = "Key Biodiversity Areas"


@dataclass(frozen=True)
class Facts:
    """``protected_kind`` None: there are none; ``bare_gap`` None: bare surface is known."""

    protected_kind: str | None = None
    is_kba: bool = False
    bare_gap: str | None = None
    n_mines: int = 0
    n_covered: int | None = None

    def title(self, title: str) -> str:
        """``title`` with the name of the protected areas that this build has."""
        if self.protected_kind is None or self.is_kba:
            return title
        return title.replace(STUDY_AREAS, self.protected_kind)

    @property
    def coverage(self) -> str:
        """How many of the mines have land cover; empty without any land cover."""
        if self.n_covered is None:
            return ""
        share = percent(self.n_covered / max(self.n_mines, 1))
        return f"Land cover is known of {number(self.n_covered)} of {number(self.n_mines)} mines ({share})."


def read_facts(connection: duckdb.DuckDBPyConnection, iso3: str | None = None) -> Facts:
    """The facts of a database, or of the mines of one country in it."""
    kind, is_kba = _row(connection, "SELECT kind, is_kba FROM core.protected_kind")
    (gap,) = _row(connection, "SELECT (SELECT reason FROM core.bare_surface_gap)")
    where = "WHERE $iso3 IS NULL OR mine.iso3 = $iso3"
    (n_mines,) = _row(connection, f"SELECT count(*) FROM mine {where}", {"iso3": iso3})  # noqa: S608
    n_covered = _row(
        connection,
        "SELECT CASE WHEN count(*) > 0 THEN count(*) FILTER (coverage.data_km2 > 0) END "  # noqa: S608
        f"FROM mine_landcover_coverage AS coverage INNER JOIN mine USING (mine_id) {where}",
        {"iso3": iso3},
    )[0]
    return Facts(kind, bool(is_kba), gap, n_mines, n_covered)


def _row(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, object] | None = None
) -> tuple:  # type: ignore[type-arg]
    row = connection.execute(query, values or {}).fetchone()
    if row is None:
        raise ValueError(f"no row: {query}")
    return row
