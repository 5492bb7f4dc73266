"""A page to label samples in: one HTML file that needs no network and keeps answers in the browser."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from quarrydb.errors import ProjectError
from quarrydb.files import write_atomically, writing
from quarrydb.loaders.sample_draw import COLUMNS

PLACEHOLDER = "/*SAMPLES*/"


def page(samples: Sequence[Mapping[str, object]]) -> str:
    """The page's text. The map's year is in it, but hidden from the interpreter."""
    template = files("quarrydb.loaders").joinpath("sample_page.html").read_text(encoding="utf-8")
    content = json.dumps({"columns": COLUMNS, "samples": list(samples)}, ensure_ascii=True)
    return template.replace(PLACEHOLDER, content.replace("<", "\\u003c"))


def write_page(samples: Sequence[Mapping[str, object]], path: Path) -> None:
    """Write the page; an existing file is left alone."""
    if path.exists():
        raise ProjectError(f"{path} exists. Move it, or name another file.")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, page(samples))
