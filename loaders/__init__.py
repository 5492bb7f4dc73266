"""Readers of polygons, rasters and labels: one module a kind of input."""
