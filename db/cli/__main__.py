"""``python -m quarrydb.cli``: the command line without the installed script."""

from quarrydb.cli.entry import main

main()
