"""The project file: sources and parameters of one build."""
