"""The page of an evaluation: its numbers, and chips as image, mask, probability and outline."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from quarrydb.inference.extras import require
from quarrydb.inference.outline import outline

if TYPE_CHECKING:
    from quarrydb.inference.held_out import Evaluation, HeldOut

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem }
table { border-collapse: collapse } th, td { padding: .2rem .7rem; text-align: right }
th:first-child, td:first-child { text-align: left } tr { border-bottom: 1px solid #ddd }
figure { margin: 1.5rem 0 } img { max-width: 100% } small { color: #666 }
"""
COLUMNS = ("mean_iou", "iou", "f1", "precision", "recall", "area_bias")
PNG = "data:image/png;base64,"
TITLES = ("image", "mask", "probability", "outline")


def draw_chip(held: HeldOut, threshold: float) -> bytes:
    """Four pictures side by side as a PNG; the outline in red over the image, the mask's in white."""
    require("matplotlib")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.7), layout="constrained")
    axes = figure.subplots(1, 4)
    picture = as_colours(held.pixels)
    axes[0].imshow(picture)
    axes[1].imshow(held.mask, cmap="gray", vmin=0, vmax=1)
    axes[2].imshow(held.probability, cmap="viridis", vmin=0, vmax=1)
    axes[3].imshow(picture)
    for polygon in outline(held.logits, threshold, cell_px=held.mask.shape[0] / len(held.logits)):
        for ring in (polygon.exterior, *polygon.interiors):
            x, y = ring.xy
            axes[3].plot(np.asarray(x) - 0.5, np.asarray(y) - 0.5, color="red", linewidth=1)
    if held.mask.any() and not held.mask.all():
        axes[3].contour(held.mask, [0.5], colors="white", linewidths=0.8)
    for axis, title in zip(axes, TITLES, strict=True):
        axis.set_title(title, fontsize=9)
        axis.set_axis_off()
    file = io.BytesIO()
    figure.savefig(file, dpi=90, format="png")
    return file.getvalue()


def as_colours(pixels: Any) -> Any:
    """Three bands (the first three, the last of them as red) stretched between their 2nd and 98th
    percentile, shape (h, w, 3).
    """
    bands = pixels[[min(i, len(pixels) - 1) for i in (2, 1, 0)]]
    low, high = np.nanpercentile(bands, [2, 98], axis=(1, 2), keepdims=True)
    scaled = (bands - low) / np.maximum(high - low, 1e-9)
    return np.nan_to_num(np.clip(scaled, 0, 1), nan=1.0).transpose(1, 2, 0)


def page(results: Sequence[Evaluation], pictures: Sequence[tuple[str, bytes]], title: str) -> str:
    """The page as HTML that stands alone."""
    head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in COLUMNS)
    rows = "".join(_row(result.name, result) for result in results)
    sizes = "".join(
        f"<tr><td>{html.escape(size)} km2</td>{_cells(found, {})}<td>{found['n_chips']}</td></tr>"
        for size, found in results[0].by_size.items()
    )
    figures = "".join(
        f"<figure><figcaption>{html.escape(name)}</figcaption>"
        f'<img alt="{html.escape(name)}" src="{PNG}{base64.b64encode(png).decode()}"></figure>'
        for name, png in pictures
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<style>{STYLE}</style><h1>{html.escape(title)}</h1>"
        "<p>Over all pixels of the chips; in small print 95 % intervals over sites drawn with replacement. "
        "Area bias is how much too large the area is, as a share.</p>"
        f"<table><tr><th></th>{head}</tr>{rows}</table>"
        f"<h2>By mine area in the chip</h2><table><tr><th></th>{head}<th>chips</th></tr>{sizes}</table>"
        f"<h2>Chips</h2><p>Outline in red, the mask's edge in white.</p>{figures}</html>"
    )


def _row(name: str, result: Evaluation) -> str:
    return (
        f"<tr><td>{html.escape(name)} <small>p &ge; {result.threshold:.3f}</small></td>"
        f"{_cells(result.measures, result.intervals)}</tr>"
    )


def _cells(measures: Any, intervals: Any) -> str:
    cells = []
    for name in COLUMNS:
        low, high = intervals.get(name, (None, None))
        small = "" if low is None else f"<br><small>{low:.3f} to {high:.3f}</small>"
        cells.append(f"<td>{as_text(measures[name])}{small}</td>")
    return "".join(cells)


def as_text(value: float | None) -> str:
    """A measure with three digits; a dash where it is undefined."""
    return "-" if value is None else f"{value:.3f}"
