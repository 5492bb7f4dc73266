"""Which quarrydb this is, and which schema its databases have."""

__version__ = "0.2.0"
SCHEMA_VERSION = 2
