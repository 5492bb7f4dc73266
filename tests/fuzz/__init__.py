"""Coverage-guided fuzzing of what opens other people's files."""
