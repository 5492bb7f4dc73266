"""An analytical database of surface mining: every result of two studies is a SQL view.

``quarrydb.open(path)`` gives a small facade: SQL, ibis, geopandas and polars on one database.
``quarrydb.connect(path)`` gives a plain DuckDB connection with spatial functions ready.
"""

from typing import TYPE_CHECKING, Any

from quarrydb.connection import connect

if TYPE_CHECKING:
    from quarrydb.facade import Database, open  # noqa: A004

__version__ = "0.1.0"
SCHEMA_VERSION = 1

__all__ = ["SCHEMA_VERSION", "Database", "__version__", "connect", "open"]


def __getattr__(name: str) -> Any:
    """The facade, imported when first asked for."""
    if name not in ("Database", "open"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from quarrydb import facade

    return getattr(facade, name)
