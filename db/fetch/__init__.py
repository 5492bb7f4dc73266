"""Get data from servers: whole files, members of archives, the blocks of rasters under given windows.

Nothing is opened over the network but here, and GDAL only ever reads what was fetched.
"""
