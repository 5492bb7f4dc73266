"""An analytical database of surface mining: every result of two studies is a SQL view.

``quarrydb.connect(path)`` gives a DuckDB connection with spatial functions ready.
"""

from quarrydb.connection import connect

__version__ = "0.1.0"
SCHEMA_VERSION = 1

__all__ = ["SCHEMA_VERSION", "__version__", "connect"]
