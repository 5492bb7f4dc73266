"""Formats of vector files, a module and a driver each; ``loaders.vector_file`` opens them all."""
