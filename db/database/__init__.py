"""A built database, open for reading."""
