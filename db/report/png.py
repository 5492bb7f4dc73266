"""A drawing of the report as PNG: matplotlib paints the few elements that ``svg.py`` writes."""

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from quarrydb.report.svg import WIDTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Patch
    from matplotlib.path import Path

SVG = "{http://www.w3.org/2000/svg}"
POINTS_AN_INCH = 72.0
DOTS_AN_INCH = 200.0
MARGIN = 10.0
STEP = re.compile(r"([MLZ])|(-?[\d.]+),(-?[\d.]+)")
DOT = re.compile(r"M(-?[\d.]+),(-?[\d.]+)h0")
ANCHOR = {"start": "left", "middle": "center", "end": "right"}


def is_possible() -> bool:
    """Whether matplotlib, of the extra ``report``, is installed."""
    from importlib.util import find_spec

    return find_spec("matplotlib") is not None


def as_png(drawing: str) -> bytes:
    """A drawing of ``svg.py`` with a margin, one unit a point, at 200 dots an inch: 1,000 pixels wide."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # The text was written by this package a moment ago: no foreign XML is read here.
    root = ElementTree.fromstring(drawing)  # noqa: S314
    height = float(root.attrib["viewBox"].split()[3])
    size = [(length + 2 * MARGIN) / POINTS_AN_INCH for length in (WIDTH, height)]
    figure = Figure(figsize=(size[0], size[1]), dpi=DOTS_AN_INCH)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set(xlim=(-MARGIN, WIDTH + MARGIN), ylim=(height + MARGIN, -MARGIN))
    axes.axis("off")
    for order, (element, frame) in enumerate(_elements(root)):
        paint(axes, element, order, frame)
    target = io.BytesIO()
    FigureCanvasAgg(figure).print_png(target, metadata={"Software": "quarrydb"})
    return target.getvalue()


def _elements(
    parent: ElementTree.Element, frame: tuple[float, float] | None = None
) -> Iterator[tuple[ElementTree.Element, tuple[float, float] | None]]:
    """What is drawn, in order, with the size of the inner picture that cuts it."""
    for element in parent:
        if element.tag == f"{SVG}svg":
            yield from _elements(element, (_number(element, "width"), _number(element, "height")))
        else:
            yield element, frame


def _number(element: ElementTree.Element, name: str, default: float = 0.0) -> float:
    return float(element.get(name, default))


def paint(
    axes: "Axes", element: ElementTree.Element, order: int, frame: tuple[float, float] | None
) -> None:
    """Add one element to the axes; ``order`` lies over what was drawn before."""
    from matplotlib import patches

    kind = element.tag.removeprefix(SVG)
    x, y = _number(element, "x"), _number(element, "y")
    if kind == "text":
        axes.text(
            x,
            y,
            (element.text or "").replace("$", r"\$"),
            size=_number(element, "font-size"),
            color=element.get("fill"),
            ha=ANCHOR[element.get("text-anchor", "start")],
            va="baseline",
            zorder=order,
        )
    elif kind == "rect":
        size = _number(element, "width"), _number(element, "height")
        _add(axes, patches.Rectangle((x, y), *size), element, order, frame)
    elif kind == "circle":
        centre = _number(element, "cx"), _number(element, "cy")
        _add(axes, patches.Circle(centre, _number(element, "r")), element, order, frame)
    elif kind == "line":
        ends = [[_number(element, f"{axis}{i}") for i in (1, 2)] for axis in "xy"]
        axes.plot(*ends, **_stroke(element), zorder=order)
    elif kind == "path" and (dots := DOT.findall(element.attrib["d"])):
        at = [[float(dot[i]) for dot in dots] for i in (0, 1)]
        width = _number(element, "stroke-width")
        axes.plot(*at, "o", ms=width, mew=0, color=element.get("stroke"), zorder=order)
    elif kind == "path":
        _add(axes, patches.PathPatch(path(element.attrib["d"])), element, order, frame)


def _stroke(element: ElementTree.Element) -> dict[str, Any]:
    dashes = element.get("stroke-dasharray")
    return {
        "color": element.get("stroke"),
        "linewidth": _number(element, "stroke-width", 1.0),
        "linestyle": (0, tuple(map(float, dashes.split()))) if dashes else "-",
    }


def _add(
    axes: "Axes",
    patch: "Patch",
    element: ElementTree.Element,
    order: int,
    frame: tuple[float, float] | None,
) -> None:
    from matplotlib import patches

    has_stroke = element.get("stroke") is not None
    patch.set(
        facecolor=element.get("fill", "none"),
        edgecolor=element.get("stroke", "none"),
        linewidth=_number(element, "stroke-width", 1.0) if has_stroke else 0.0,
        zorder=order,
    )
    axes.add_patch(patch)
    if frame is not None:
        patch.set_clip_path(patches.Rectangle((0, 0), *frame, transform=axes.transData))


def path(d: str) -> "Path":
    """The lines of ``d``: M, L with or without the letter, and Z."""
    from matplotlib.path import Path

    points: list[tuple[float, float]] = []
    codes: list[int] = []
    code = int(Path.MOVETO)
    for letter, x, y in STEP.findall(d):
        if letter == "Z":
            points.append(points[-1])
            codes.append(int(Path.CLOSEPOLY))
        elif letter:
            code = int(Path.MOVETO if letter == "M" else Path.LINETO)
        else:
            points.append((float(x), float(y)))
            codes.append(code)
    return Path(points, codes)
