"""Loads and faults that take minutes: each run once for real, its outcome kept with its date."""
