"""SVG as text: elements, scales, ticks and number formats. Drawings are 340 units wide, for a phone."""

import math
from collections.abc import Callable, Sequence
from html import escape

from quarrydb.palette import BLACK, GREY

WIDTH = 340.0
FONT = 12.5
GRID = "#dfe2e6"
MUTED = "#57606a"
Scale = Callable[[float], float]


def tag(name: str, *children: str, **attributes: object) -> str:
    """An element; ``stroke_width`` becomes ``stroke-width``, numbers are cut to two decimals."""
    pairs = "".join(
        f' {key.strip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(children)
    return f"<{name}{pairs}>{body}</{name}>" if body else f"<{name}{pairs}/>"


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return escape(str(value), quote=True)


def text(content: str, x: float, y: float, **attributes: object) -> str:
    """A line of text in the drawing's type."""
    defaults: dict[str, object] = {"fill": BLACK, "font_size": FONT}
    return tag("text", escape(content), x=x, y=y, **(defaults | attributes))


def drawing(height: float, *parts: str, title: str, description: str = "") -> str:
    """A whole SVG that scales with its place and says what it shows."""
    return tag(
        "svg",
        tag("title", escape(title)),
        tag("desc", escape(description)) if description else "",
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {WIDTH:.0f} {height:.0f}",
        role="img",
        font_family="system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif",
    )


def linear(low: float, high: float, start: float, end: float) -> Scale:
    """A scale from values ``low..high`` to positions ``start..end``."""
    span = (high - low) or 1.0
    return lambda value: start + (value - low) / span * (end - start)


def ticks(low: float, high: float, n: int = 4) -> list[float]:
    """About ``n`` round values that cover ``low..high``."""
    if high <= low:
        high = low + 1
    raw = (high - low) / n
    power = 10.0 ** math.floor(math.log10(raw))
    step = power * next(m for m in (1, 2, 2.5, 5, 10) if m * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def number(value: float) -> str:
    """A number as people read it: thousands separated, about three figures below a thousand."""
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    if abs(value) >= 100 or float(value).is_integer():
        return f"{value:.0f}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 6)}f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    """A share 0-1 as percent, to two figures below ten."""
    per_cent = 100 * value
    return f"{number(float(f'{per_cent:.2g}') if abs(per_cent) < 10 else per_cent)} %"


def legend(entries: Sequence[tuple[str, str]], y: float = 12, x: float = 0) -> tuple[str, float]:
    """Colour boxes with names, wrapped to the width, and the height they take."""
    parts, at = [], x
    for name, colour in entries:
        length = 30 + 7.2 * len(name)
        if at > x and at + length > WIDTH:
            at, y = x, y + 18
        parts.append(tag("rect", x=at, y=y - 9, width=10, height=10, rx=2, fill=colour))
        parts.append(text(name, at + 15, y))
        at += length
    return "".join(parts), y + 8


def horizontal_grid(
    values: Sequence[float], scale: Scale, left: float, form: Callable[[float], str]
) -> str:
    """Grid lines with their values at the left."""
    return "".join(
        tag("line", x1=left, x2=WIDTH, y1=scale(v), y2=scale(v), stroke=GRID, stroke_width=1)
        + text(form(v), left - 6, scale(v) + 4, text_anchor="end", fill=MUTED, font_size=11.5)
        for v in values
    )


def path(points: Sequence[tuple[float, float]]) -> str:
    """``d`` of a line through points."""
    return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)


__all__ = [
    "FONT",
    "GREY",
    "GRID",
    "MUTED",
    "WIDTH",
    "Scale",
    "drawing",
    "horizontal_grid",
    "legend",
    "linear",
    "number",
    "path",
    "percent",
    "tag",
    "text",
    "ticks",
]
