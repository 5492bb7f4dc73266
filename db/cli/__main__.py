"""``python -m quarrydb.cli``: the command line without the installed script."""

from quarrydb.cli import main

main()
