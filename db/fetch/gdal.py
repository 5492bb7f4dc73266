"""Keep GDAL and PROJ off the network, in this process and in those that it starts.

GDAL opens addresses that stand in paths and in files, follows redirects anywhere and takes cut replies for
empty pixels. It reads local files only; what lies on servers is fetched here.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

# No file has this name, so none may be opened over the network; requests that get past it find no proxy.
OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_FILENAME": "/none",
    "GDAL_HTTP_PROXY": "http://127.0.0.1:9",
    "GDAL_HTTP_CONNECTTIMEOUT": "1",
    "PROJ_NETWORK": "OFF",
}


def forbid_gdal_network() -> None:
    """From now on GDAL in this process, and in those that it starts, opens no connection."""
    os.environ.update(OFFLINE)


@contextmanager
def gdal_offline() -> Iterator[None]:
    """GDAL opens no connection while the block runs; then settings are as they were."""
    before = {name: os.environ.get(name) for name in OFFLINE}
    forbid_gdal_network()
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
