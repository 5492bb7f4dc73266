"""What tests of the map in a browser share: a page that stands, and how much it draws."""

from pathlib import Path
from typing import Any

ALL_LAYERS = "mines,names,region-grid,region-biome,region-protected,region-district,footprints"


def opened(seen: Any, path: Path, address: str = "") -> Any:
    page = seen.open(path, address)
    page.wait_for_selector("body[data-ready=yes]")
    page.wait_for_selector("#largest button, #chosen:not([hidden])")
    return page


def n_colours(page: Any) -> int:
    """Colours on the canvas: how much is drawn."""
    return page.evaluate(
        """() => { const c = document.getElementById('map'), d = c.getContext('2d')
        .getImageData(0, 0, c.width, c.height).data; const s = new Set();
        for (let i = 0; i < d.length; i += 4) s.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]); return s.size }"""
    )
