"""Vega, Vega-Lite and Vega-Embed as one script that a page carries inside."""

import os
from functools import lru_cache
from importlib import metadata
from pathlib import Path

from quarrydb.errors import TargetError
from quarrydb.files import write_atomically
from quarrydb.inference.extras import require


@lru_cache(maxsize=1)
def library() -> str:
    """The script; it leaves one name behind, ``vegaEmbed``.

    vl-convert puts it together in a CPU second, so it is kept in the user's cache, by its version.
    """
    converter = require("vl_convert")
    kept = cache_folder() / f"vega-{metadata.version('vl-convert-python')}.js"
    try:
        return kept.read_text(encoding="utf-8")
    except OSError:
        bundle = converter.javascript_bundle("window.vegaEmbed = vegaEmbed;")
        text = f"(() => {{ {bundle} }})();"
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(kept, text)
    except (OSError, TargetError):
        pass  # a home that can't be written: the next report puts it together again
    return text


def cache_folder() -> Path:
    """Where programs of this user keep what they can make again (XDG base directories)."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "quarrydb"
