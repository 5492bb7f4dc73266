"""An analytical database of surface mining: every result of two studies is a SQL view.

``quarrydb.open(path)`` gives a small facade: SQL, ibis, geopandas and polars on one database.
``quarrydb.connect(path)`` gives a plain DuckDB connection with spatial functions ready.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quarrydb.connection import connect
    from quarrydb.facade import Database, open  # noqa: A004

__version__ = "0.1.0"
SCHEMA_VERSION = 1

__all__ = ["SCHEMA_VERSION", "Database", "__version__", "connect", "open"]


# Imported when first asked for: the command line starts without DuckDB.
LAZY = {"Database": "facade", "connect": "connection", "open": "facade"}


def __getattr__(name: str) -> Any:
    """``connect``, ``open`` and ``Database``, imported when first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"quarrydb.{LAZY[name]}"), name)
