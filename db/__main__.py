"""``python -m quarrydb``: the command line without the installed script."""

from quarrydb.command import main

main()
