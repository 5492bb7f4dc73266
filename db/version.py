"""Which quarrydb this is, and which schema its databases have."""

__version__ = "0.1.0"
SCHEMA_VERSION = 2
