"""Python functions that SQL steps of the build may call."""
