"""Vega-Lite specifications made whole: rows, colours, the map under them; and pictures of them."""

import copy
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import shapely

from quarrydb.inference.extras import require
from quarrydb.palette import colours, on_white
from quarrydb.redact import printable_parts
from quarrydb.report.basemap import Basemap, Feature, polygon_feature
from quarrydb.report.images import tile_rows
from quarrydb.report.pixels import changed_rows, probability_tiles
from quarrydb.report.result import Result
from quarrydb.report.words import is_plain, round_as_shown

PICTURE_WIDTH = 720
LEGEND_HEIGHT = 50  # under a map
PICTURE_FORMATS = ("svg", "png", "pdf")
TITLE_CHARACTERS = 84
MANY_MARKS = 600  # from which single marks are not announced: the table behind the chart is
CELL_DIGITS, CELL_TOLERANCE = 2, 0.02  # degrees: a cell of 100 km is about one
PLACE_DIGITS = 4
LAND = {
    "data": {"name": "land"},
    "mark": {"type": "geoshape", "fill": "var(--land)", "clip": True, "aria": False},
    "encoding": {"tooltip": {"field": "properties.country", "type": "nominal", "title": "country"}},
}
HERE = {
    "data": {"name": "here"},
    "mark": {
        "type": "geoshape",
        "fill": "var(--here)",
        "stroke": "var(--ink)",
        "strokeWidth": 1,
        "clip": True,
        "aria": False,
    },
    "encoding": {"tooltip": {"field": "properties.country", "type": "nominal", "title": "region"}},
}
BAR_STEP = 24
READ_COLUMNS = ("title", "image", "kind", "ring", "place", "x", "y", "x2", "y2")
SYMBOL_PX, LETTER_PX = 30, 7
DISCRETE = ("nominal", "ordinal")
LOCALE = {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""], "percent": " %"}


@dataclass
class Chart:
    """A specification without its data, the rows it draws, and its shape."""

    spec: dict[str, Any]
    columns: list[str]
    rows: list[list[Any]]
    aspect: float | None = None
    legend_px: int = 130  # what the longest name of a colour takes with its symbol
    note: str = ""  # what of it is not there, and why


@dataclass
class Canvas:
    """What the charts of one report share: the map under them, and the outlines of grid cells."""

    basemap: Basemap
    folder: Path = Path()
    cells: dict[str, Feature] = field(default_factory=dict)

    def chart(self, result: Result) -> Chart | None:
        """The chart of a result; None where it is a table."""
        if result.panel.spec is None:
            return None
        spec = copy.deepcopy(dict(result.panel.spec))
        needed = spec.get("usermeta", {}).get("needs")
        if needed and all(row[needed] is None for row in result.rows):
            return None
        is_map = spec.pop("map", False)
        if reads := spec.pop("reads", None):
            return self._read(spec, result, reads)
        fill_colours(spec, result.rows)
        if is_map:
            spec = self._on_land(spec)
        if "facet" not in spec:
            fit(spec, result.rows)
        if len(result.rows) > MANY_MARKS:
            spec["config"] = {"aria": False}
        columns = drawn_columns(spec, result.columns)
        rows = [[shown(row[name], name) for name in columns] for row in result.rows]
        if "geometry" in result.columns:
            columns.append("cell")
            for row, values in zip(result.rows, rows, strict=True):
                values.append(self._cell(row))
        aspect = self.basemap.aspect if is_map else None
        return Chart(spec, columns, rows, aspect, legend_width(spec))

    def _read(self, spec: dict[str, Any], result: Result, reads: str) -> Chart:
        """A chart whose rows are read from images or rasters that the panel's rows name."""
        note = ""
        if reads == "changes":
            rows = changed_rows(result.rows, self.folder)
        else:
            rows = tile_rows(result.rows, self.folder)
        if reads == "images and probability":
            more, note = probability_tiles(result.rows, self.folder)
            rows += more
        vertices = [row for row in rows if "kind" in row]
        if not vertices:
            spec["spec"] = spec["spec"]["layer"][0]
        fill_colours(spec, vertices)
        columns = [name for name in READ_COLUMNS if any(name in row for row in rows)]
        values = [[row.get(name) for name in columns] for row in rows]
        return Chart(spec, columns, values, legend_px=legend_width(spec), note=note)

    def _on_land(self, marks: dict[str, Any]) -> dict[str, Any]:
        """Marks over the land, whose names the pointer finds."""
        under = [LAND, HERE] if self.basemap.here else [LAND]
        layers = [*under, *(marks.pop("layer", None) or [marks])]
        shared = marks if "mark" not in marks else {}
        return {**shared, "projection": dict(self.basemap.projection), "layer": layers}

    def _cell(self, row: Mapping[str, Any]) -> str:
        key = f"{row['cell_x']} {row['cell_y']}"
        if key not in self.cells:
            shape = shapely.simplify(shapely.from_wkb(bytes(row["geometry"])), CELL_TOLERANCE)
            self.cells[key] = polygon_feature(shape, CELL_DIGITS)["geometry"]
        return key


def drawn_columns(spec: Mapping[str, Any], columns: Sequence[str]) -> list[str]:
    """Those that a specification names, in an encoding or an expression; outlines go by their cell."""
    words = set(re.findall(r"\w+", json.dumps(spec)))
    return [name for name in columns if name in words and name != "geometry"]


def shown(value: Any, column: str) -> Any:
    """A value as the page holds it: no more digits than are shown."""
    if isinstance(value, float):
        if column in ("longitude", "latitude"):
            return round(value, PLACE_DIGITS)
        return value if is_plain(column) else round_as_shown(value)
    return value if value is None or isinstance(value, int | str | bool) else str(value)


def fit(spec: dict[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Let a chart be as wide as its place, and as high as its bars are many."""
    y = spec.get("encoding", {}).get("y") or {}
    is_fixed = isinstance(spec.get("height"), int)
    if y.get("type") in DISCRETE and not is_fixed:
        names = {row.get(y["field"], place) for place, row in enumerate(rows)}
        step = spec.get("height", {}).get("step", BAR_STEP)
        spec["height"] = step * len(names)
    is_exact = y.get("type") in DISCRETE
    spec["autosize"] = {"type": "fit-x" if is_exact else "fit", "contains": "padding"}


def fill_colours(spec: dict[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Give each ``colours`` of a specification the theme's colours: of the names that it lists, or, where
    it is ``true``, of the values in the rows.
    """
    for name, channel in list(_channels(spec)):
        wanted = channel.pop("colours", None)
        if wanted is None:
            continue
        values = [str(row[channel["field"]]) for row in rows] if wanted is True else wanted
        hues = colours(list(dict.fromkeys(values)))
        channel["scale"] = {"domain": list(hues)}
        if name == "color":
            channel["scale"]["range"] = list(hues.values())


def legend_width(spec: Mapping[str, Any]) -> int:
    """Pixels that the longest name in a legend of colours takes, about."""
    names = [n for _, c in _channels(spec) for n in c.get("scale", {}).get("domain", ())]
    return SYMBOL_PX + LETTER_PX * max(map(len, names), default=12)


def _channels(part: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every encoding of colour or shape in a specification."""
    if isinstance(part, dict):
        for name in ("color", "shape"):
            if isinstance(part.get(name), dict):
                yield name, part[name]
        part = list(part.values())
    if isinstance(part, list):
        for inner in part:
            yield from _channels(inner)


@lru_cache(maxsize=1)
def theme() -> dict[str, Any]:
    """The look of all charts, as a Vega-Lite configuration."""
    return json.loads((files("quarrydb.report") / "theme.json").read_text(encoding="utf-8"))


def whole(chart: Chart, canvas: Canvas, *, title: str, subtitle: str) -> dict[str, Any]:
    """A specification that stands alone: data inside, on white, with its title."""
    rows = [dict(zip(chart.columns, row, strict=True)) for row in chart.rows]
    for row in rows:
        if "cell" in row:
            row |= {"type": "Feature", "geometry": canvas.cells[row["cell"]]}
    datasets: dict[str, Any] = {"rows": rows}
    if chart.aspect:
        datasets |= {"land": list(canvas.basemap.land), "here": list(canvas.basemap.here)}
    spec = {"data": {"name": "rows"}, **chart.spec, "datasets": datasets}
    spec["config"] = {**theme(), **spec.get("config", {}), "background": "var(--paper)"}
    spec["padding"] = 16
    columns = max(1, PICTURE_WIDTH // chart.legend_px)
    spec["config"]["legend"] = {**theme()["legend"], "columns": columns}
    lines = textwrap.wrap(title, TITLE_CHARACTERS)
    spec["title"] = {"text": lines, "subtitle": textwrap.wrap(subtitle, TITLE_CHARACTERS + 20)}
    if "facet" in spec:
        width = PICTURE_WIDTH // 3 - 60
        is_square = spec.get("usermeta", {}).get("square", False)
        spec["columns"] = 3
        spec["spec"] = {**spec["spec"], "width": width, "height": width if is_square else 130}
    else:
        spec["width"] = PICTURE_WIDTH
        if chart.aspect:
            spec["height"] = round(PICTURE_WIDTH / chart.aspect) + LEGEND_HEIGHT
    return json.loads(on_white(json.dumps(printable_parts(spec))))


def picture(spec: Mapping[str, Any], form: str) -> bytes:
    """A whole specification as ``svg``, ``png`` (at twice the size) or ``pdf``, without a browser."""
    converter = require("vl_convert")
    svg = converter.vegalite_to_svg(spec, allowed_base_urls=[], format_locale=LOCALE)
    if form == "png":
        return bytes(converter.svg_to_png(svg, scale=2))
    return bytes(converter.svg_to_pdf(svg)) if form == "pdf" else svg.encode()
