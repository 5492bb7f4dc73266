"""The cells of the notebooks as text, a module for each: a change shows in review as a change of lines."""
