"""A page to label samples in: one HTML file that needs no network and keeps answers in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from quarrydb.errors import ProjectError
from quarrydb.files import write_atomically, writing
from quarrydb.html import environment
from quarrydb.loaders.sample_draw import COLUMNS


def page(samples: Sequence[Mapping[str, object]]) -> str:
    """The page's text. The map's year is in it, but hidden from the interpreter."""
    template = environment("quarrydb.loaders").get_template("sample_page.html")
    return template.render(data={"columns": COLUMNS, "samples": list(samples)})


def write_page(samples: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write the page; an existing file is left alone."""
    if path.exists():
        raise ProjectError(f"{path} exists. Move it, or name another file.")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page(samples))
