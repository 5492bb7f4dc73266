"""An analytical database of surface mining."""

__version__ = "0.1.0"
