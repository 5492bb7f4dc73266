"""Views of the two studies: one folder a topic, one object a file."""
