"""Charts of query rows: bars, stacked shares, lines, boxes and a matrix, as SVG text."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from quarrydb.palette import BLACK, BLUE, GREY, SEQUENCE, colours
from quarrydb.report.svg import (
    GRID,
    MUTED,
    WIDTH,
    drawing,
    horizontal_grid,
    legend,
    linear,
    number,
    path,
    percent,
    tag,
    text,
    ticks,
)

Row = Mapping[str, Any]
LABEL_CHARACTERS = 18
LABEL_WIDTH = 130.0
MARKERS = ("circle", "square", "diamond", "triangle")


def shortened(name: object) -> str:
    """A label that fits beside a bar."""
    label = "none" if name is None else str(name)
    return label if len(label) <= LABEL_CHARACTERS else label[: LABEL_CHARACTERS - 1] + "…"


def bars(
    rows: Sequence[Row],
    label: str,
    series: Mapping[str, str],
    *,
    title: str,
    form: Callable[[float], str] = number,
) -> str:
    """A group of horizontal bars a row; ``series`` maps columns to names in the legend."""
    hues = colours(list(series))
    shown, top = _head([(series[key], hues[key]) for key in series])
    parts = [shown]
    thick, gap = (16.0, 7.0) if len(series) == 1 else (14.0, 9.0)
    largest = max((row[key] or 0 for row in rows for key in series), default=0)
    scale = linear(0, largest or 1, LABEL_WIDTH, WIDTH - 62)
    y = top + 6
    for row in rows:
        middle = y + thick * len(series) / 2 + 4
        parts.append(text(shortened(row[label]), LABEL_WIDTH - 8, middle, text_anchor="end"))
        for key in series:
            value = row[key] or 0
            width = max(scale(value) - LABEL_WIDTH, 0.8 if value else 0.0)
            parts.append(
                tag("rect", x=LABEL_WIDTH, y=y, width=width, height=thick - 1, fill=hues[key])
            )
            shown = form(value) if row[key] is not None else "no data"
            parts.append(
                text(shown, LABEL_WIDTH + width + 5, y + thick / 2 + 4, font_size=11.5, fill=MUTED)
            )
            y += thick
        y += gap
    return drawing(y, *parts, title=title)


def _head(entries: Sequence[tuple[str, str]]) -> tuple[str, float]:
    """A legend; for one series just its name, which says the unit."""
    if len(entries) > 1:
        return legend(entries)
    return text(entries[0][0], 0, 12, fill=MUTED), 18.0


def stacked(
    rows: Sequence[Row],
    label: str,
    part: str,
    value: str,
    *,
    title: str,
    hues: Mapping[str, str],
) -> str:
    """One bar a label, divided into the shares (0-1) of its parts."""
    names = list(dict.fromkeys(row[label] for row in rows))
    order = [name for name in hues if any(row[part] == name for row in rows)]
    shown, top = legend([(name, hues[name]) for name in order])
    parts, y = [shown], top + 6
    scale = linear(0, 1, LABEL_WIDTH, WIDTH)
    for name in names:
        parts.append(text(shortened(name), LABEL_WIDTH - 8, y + 13, text_anchor="end"))
        at = 0.0
        shares = {row[part]: row[value] for row in rows if row[label] == name}
        for key in order:
            share = float(shares.get(key) or 0)
            x = scale(at)
            width = scale(at + share) - x
            parts.append(
                tag(
                    "rect",
                    x=x,
                    y=y,
                    width=width,
                    height=18,
                    fill=hues[key],
                    stroke="#fff",
                    stroke_width=0.7,
                )
            )
            if width > 34:
                ink = "#fff" if _is_dark(hues[key]) else BLACK
                words = percent(round(share, 2))
                parts.append(
                    text(words, x + width / 2, y + 13, text_anchor="middle", fill=ink, font_size=11)
                )
            at += share
        y += 25
    return drawing(y, *parts, title=title)


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 150


def lines(
    rows: Sequence[Row],
    x: str,
    series: Mapping[str, str],
    *,
    title: str,
    form: Callable[[float], str] = number,
) -> str:
    """One line a column of ``series``, names in the legend."""
    found = {
        name: [(row[x], row[key]) for row in rows if row[key] is not None]
        for key, name in series.items()
    }
    return _line_chart(found, title=title, form=form)


def lines_by(
    rows: Sequence[Row],
    x: str,
    value: str,
    by: str,
    *,
    title: str,
    unit: str,
    form: Callable[[float], str] = number,
) -> str:
    """One line for each value of the column ``by``."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        if row[value] is not None:
            found.setdefault(str(row[by]), []).append((row[x], row[value]))
    return _line_chart(found, title=title, form=form, unit=unit)


def _line_chart(
    found: Mapping[str, Sequence[tuple[float, float]]],
    *,
    title: str,
    form: Callable[[float], str],
    unit: str = "",
) -> str:
    hues = colours(list(found))
    shown, top = _head(list(hues.items()))
    if unit:
        shown += text(unit, 0, top + 9, fill=MUTED)
        top += 18
    points = [point for line in found.values() for point in line]
    values = [value for _, value in points]
    marks = ticks(min(0.0, *values), max(values)) if values else [0.0, 1.0]
    left = 14 + 6.8 * max(len(form(mark)) for mark in marks)
    bottom = top + 190.0
    x_values = [float(at) for at, _ in points] or [0.0, 1.0]
    across = linear(min(x_values), max(x_values), left + 6, WIDTH - 8)
    up = linear(marks[0], marks[-1], bottom, top + 8)
    parts = [shown, horizontal_grid(marks, up, left, form)]
    parts.append(_x_axis(min(x_values), max(x_values), across, bottom))
    for position, (name, line) in enumerate(found.items()):
        at = [(across(float(a)), up(float(v))) for a, v in line]
        parts.append(
            tag(
                "path",
                d=path(at),
                fill="none",
                stroke=hues[name],
                stroke_width=2,
                stroke_linejoin="round",
            )
        )
        if len(at) <= 45:
            parts += [_marker(MARKERS[position % 4], px, py, hues[name]) for px, py in at]
    return drawing(bottom + 24, *parts, title=title)


def columns(
    rows: Sequence[Row],
    x: str,
    value: str,
    *,
    title: str,
    unit: str,
    form: Callable[[float], str] = number,
) -> str:
    """One thin column a whole number of ``x``; numbers that are not there have none."""
    low, high = min(row[x] for row in rows), max(row[x] for row in rows) + 1
    marks = ticks(0.0, max(row[value] for row in rows))
    left, bottom = 14 + 6.8 * max(len(form(mark)) for mark in marks), 200.0
    across = linear(low, high, left + 4, WIDTH - 4)
    up = linear(0, marks[-1], bottom, 26)
    width = max((WIDTH - left - 8) / (high - low) * 0.9, 0.8)
    drawn = [
        tag(
            "rect",
            x=across(r[x]),
            y=up(r[value]),
            width=width,
            height=bottom - up(r[value]),
            fill=BLUE,
        )
        for r in rows
    ]
    axis = _x_axis(float(low), float(high), across, bottom)
    head = text(unit, 0, 12, fill=MUTED)
    grid = horizontal_grid(marks, up, left, form)
    return drawing(bottom + 24, head, grid, *drawn, axis, title=title)


def _marker(kind: str, x: float, y: float, colour: str) -> str:
    if kind == "circle":
        return tag("circle", cx=x, cy=y, r=2.4, fill=colour)
    if kind == "square":
        return tag("rect", x=x - 2.2, y=y - 2.2, width=4.4, height=4.4, fill=colour)
    corners = {
        "diamond": [(x, y - 3.2), (x + 3.2, y), (x, y + 3.2), (x - 3.2, y)],
        "triangle": [(x, y - 3), (x + 3, y + 2.4), (x - 3, y + 2.4)],
    }[kind]
    return tag("path", d=path(corners) + "Z", fill=colour)


def _x_axis(low: float, high: float, across: Callable[[float], float], y: float) -> str:
    is_year = low > 1900 and float(low).is_integer()
    marks = [mark for mark in ticks(low, high, 5) if low - 1e-9 <= mark <= high + 1e-9]
    if is_year:
        marks = [mark for mark in marks if mark.is_integer()]
    return "".join(
        text(
            f"{mark:.0f}" if is_year else number(mark),
            min(across(mark), WIDTH - 16),
            y + 17,
            text_anchor="middle",
            fill=MUTED,
            font_size=11.5,
        )
        for mark in marks
    )


def boxes(
    rows: Sequence[Row], label: str, *, title: str, form: Callable[[float], str] = number
) -> str:
    """A box with whiskers a row, from the columns min, q1, median, q3 and max (``_km2``)."""
    low = min((row["min_km2"] for row in rows), default=0)
    high = max((row["max_km2"] for row in rows), default=1)
    marks = ticks(min(low, 0), high, 3)
    scale = linear(marks[0], marks[-1], LABEL_WIDTH, WIDTH - 14)
    bottom = 10 + 30.0 * len(rows)
    parts = [
        tag("line", x1=scale(m), x2=scale(m), y1=4, y2=bottom, stroke=GRID)
        + text(form(m), scale(m), bottom + 15, text_anchor="middle", fill=MUTED, font_size=11.5)
        for m in marks
    ]
    for i, row in enumerate(rows):
        y = 22 + 30.0 * i
        at = {k: scale(row[f"{k}_km2"]) for k in ("min", "q1", "median", "q3", "max")}
        parts += [
            text(shortened(row[label]), LABEL_WIDTH - 8, y + 4, text_anchor="end"),
            tag("line", x1=at["min"], x2=at["max"], y1=y, y2=y, stroke=GREY, stroke_width=1.5),
            tag(
                "rect", x=at["q1"], y=y - 8, width=max(at["q3"] - at["q1"], 1), height=16, fill=BLUE
            ),
            tag(
                "line",
                x1=at["median"],
                x2=at["median"],
                y1=y - 8,
                y2=y + 8,
                stroke="#fff",
                stroke_width=2.5,
            ),
        ]
    return drawing(bottom + 22, *parts, title=title)


def matrix(rows: Sequence[Row], x: str, y: str, value: str, *, title: str) -> str:
    """A square a pair of years, darker where there are more; equal years lie on the line."""
    cells = [
        (row[x], row[y], row[value]) for row in rows if row[x] is not None and row[y] is not None
    ]
    years = [year for a, b, _ in cells for year in (a, b)] or [0]
    low, high = min(years), max(years) + 1
    left, top, side = 46.0, 6.0, 280.0
    across, up = linear(low, high, left, left + side), linear(low, high, top + side, top)
    size = side / (high - low)
    largest = max((n for _, _, n in cells), default=1)
    parts = [
        tag("rect", x=left, y=top, width=side, height=side, fill="#f6f8fa"),
        tag(
            "line",
            x1=left,
            y1=top + side,
            x2=left + side,
            y2=top,
            stroke=GREY,
            stroke_dasharray="4 4",
        ),
    ]
    for a, b, n in cells:
        shade = SEQUENCE[min(int(n / largest * len(SEQUENCE)), len(SEQUENCE) - 1)]
        parts.append(tag("rect", x=across(a), y=up(b) - size, width=size, height=size, fill=shade))
    for mark in [m for m in ticks(low, high, 4) if low <= m < high]:
        parts.append(
            text(
                f"{mark:.0f}", across(mark + 0.5), top + side + 16, text_anchor="middle", fill=MUTED
            )
        )
        parts.append(
            text(f"{mark:.0f}", left - 6, up(mark + 0.5) + 4, text_anchor="end", fill=MUTED)
        )
    shown, height = legend(
        [("few samples", SEQUENCE[0]), ("many samples", SEQUENCE[-1])], y=top + side + 38, x=left
    )
    parts += [shown, text("across: year on the map; up: year seen", left, height + 10, fill=MUTED)]
    return drawing(height + 16, *parts, title=title)
