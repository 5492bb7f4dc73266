"""An analytical database of surface mining: every result of two studies is a SQL view.

``quarrydb.open(path)`` gives a small facade: SQL, ibis, geopandas and polars on one database.
``quarrydb.connect(path)`` gives a plain DuckDB connection with spatial functions ready.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quarrydb.version import SCHEMA_VERSION, __version__

if TYPE_CHECKING:
    from quarrydb.database.connection import connect
    from quarrydb.database.facade import Database, open  # noqa: A004

__all__ = ["SCHEMA_VERSION", "Database", "__version__", "connect", "open"]


# Imported when first asked for: the command line starts without DuckDB.
LAZY = {
    "Database": "database.facade",
    "connect": "database.connection",
    "open": "database.facade",
}


def __getattr__(name: str) -> Any:
    """``connect``, ``open`` and ``Database``, imported when first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"quarrydb.{LAZY[name]}"), name)
