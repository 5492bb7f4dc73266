"""The planted world that every input of the demo is rendered from."""
