"""The command line. ``entry`` is where it starts, ``app`` lists the commands, one module a group of them."""
