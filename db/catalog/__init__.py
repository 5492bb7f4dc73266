"""The SQL files as objects, and what each is made from."""
