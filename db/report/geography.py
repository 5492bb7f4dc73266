"""Small maps as SVG text: grid cells in classes of colour, or points, over the countries."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import duckdb
import shapely

from quarrydb.palette import DIVERGING, LAND, SEQUENCE
from quarrydb.report.svg import WIDTH, drawing, legend, number, tag

Row = Mapping[str, Any]
MINIMUM_SPAN = 4.0
PIXELS = 900.0
TALLEST = 330.0
WIDEST_COUNTRY = 120.0
# Drawing units a degree under which a grid cell is smaller than about four units.
SMALL_CELL = 4.0


class Frame:
    """A window on the globe, in plain longitude and latitude, as wide as the drawing."""

    def __init__(self, west: float, south: float, east: float, north: float) -> None:
        margin = max((east - west) * 0.04, (north - south) * 0.04, 0.3)
        self.west, self.east = max(west - margin, -180), min(east + margin, 180)
        self.south, self.north = max(south - margin, -90), min(north + margin, 90)
        wider = (self.north - self.south) * WIDTH / TALLEST - (self.east - self.west)
        if wider > 0:
            self.west, self.east = self.west - wider / 2, self.east + wider / 2
        self.unit = WIDTH / (self.east - self.west)
        self.height = max((self.north - self.south) * self.unit, 120)
        middle = (self.south + self.north) / 2
        self.top = middle + self.height / self.unit / 2

    def place(self, longitude: float, latitude: float) -> tuple[float, float]:
        """Position of a point in the drawing."""
        return (longitude - self.west) * self.unit, (self.top - latitude) * self.unit

    @property
    def box(self) -> shapely.Polygon:
        """The window as a polygon, with a little more at each side."""
        return shapely.box(
            self.west - 1, self.top - self.height / self.unit - 1, self.east + 1, self.top + 1
        )

    def path(self, shape: shapely.Geometry) -> str:
        """``d`` of the rings of a polygon or of many."""
        rings = [
            ring
            for part in shapely.get_parts(shape)
            if part.geom_type == "Polygon"
            for ring in (part.exterior, *part.interiors)
        ]
        return "".join(self._ring(ring) for ring in rings)

    def _ring(self, ring: shapely.LinearRing) -> str:
        points = [self.place(x, y) for x, y in shapely.get_coordinates(ring)]
        return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points[:-1]) + "Z"


@dataclass(frozen=True)
class Map:
    """A picture with its legend, which a page sets as text and a file holds inside."""

    picture: str
    height: float
    entries: Sequence[tuple[str, str]]
    title: str

    def file(self) -> str:
        """One SVG with the legend under the picture."""
        shown, height = legend(self.entries, y=self.height + 18)
        return drawing(height, self.picture, shown, title=self.title)

    def inline(self) -> str:
        """The picture with a legend as a list, which stays readable at any width."""
        items = "".join(
            f'<li><i style="background:{hue}"></i>{escape(name)}</li>' for name, hue in self.entries
        )
        return (
            drawing(self.height, self.picture, title=self.title)
            + f'<ul class="legend">{items}</ul>'
        )


def frame_around(bounds: Sequence[Sequence[float]]) -> Frame:
    """The window around boxes; the whole globe where they span most of it."""
    if not bounds:
        return Frame(-180, -60, 180, 80)
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    if east - west > 200:
        return Frame(-180, -60, 180, 80)
    grow_x = max(0.0, MINIMUM_SPAN - (east - west)) / 2
    grow_y = max(0.0, MINIMUM_SPAN / 2 - (north - south)) / 2
    return Frame(west - grow_x, south - grow_y, east + grow_x, north + grow_y)


def land(connection: duckdb.DuckDBPyConnection, frame: Frame) -> str:
    """The countries in the window, simplified to what the drawing can show."""
    rows = connection.execute("SELECT ST_AsWKB(geometry) FROM raw.country").fetchall()
    shapes = shapely.from_wkb([bytes(row[0]) for row in rows])
    seen = [shape for shape in shapes if shape.intersects(frame.box)]
    cut = shapely.intersection(seen, frame.box) if seen else []
    thin = shapely.simplify(cut, 0.6 / frame.unit) if seen else []
    return "".join(
        tag("path", d=d, fill=LAND, stroke="#fff", stroke_width=0.6)
        for shape in thin
        if (d := frame.path(shape))
    )


def classes(values: Sequence[float], n: int) -> list[float]:
    """Upper limits of ``n`` classes with about equally many values, rounded, without repeats."""
    ordered = sorted(values)
    limits = [ordered[math.ceil(len(ordered) * (i + 1) / n) - 1] for i in range(n)]
    return sorted(set(limits))


def cells(
    rows: Sequence[Row],
    value: str,
    *,
    title: str,
    connection: duckdb.DuckDBPyConnection,
    form: Callable[[float], str] = number,
) -> Map:
    """Grid cells coloured by classes of equally many cells; no more precise than a legend can say."""
    shapes = shapely.from_wkb([bytes(row["geometry"]) for row in rows])
    values = [float(row[value] or 0) for row in rows]
    limits = classes(values, len(SEQUENCE))
    ramp = _spread(SEQUENCE, len(limits))
    lows = [min(values), *limits[:-1]]
    entries = [
        (form(b) if a == b else f"{form(a)} to {form(b)}", c)
        for a, b, c in zip(lows, limits, ramp, strict=True)
    ]
    hues = [ramp[next(i for i, limit in enumerate(limits) if v <= limit)] for v in values]
    return _cell_map(shapes, hues, entries, title=title, connection=connection)


def changes(
    rows: Sequence[Row], value: str, *, title: str, connection: duckdb.DuckDBPyConnection
) -> Map:
    """Grid cells coloured from loss to gain, by the size of the change."""
    shapes = shapely.from_wkb([bytes(row["geometry"]) for row in rows])
    values = [float(row[value] or 0) for row in rows]
    largest = max((abs(v) for v in values), default=1) or 1
    much = float(f"{largest / 4:.1g}")
    some = much / 10
    limits = [-much, -some, 0, some, much]
    names = [
        f"loss above {number(much)}",
        f"loss above {number(some)}",
        "less loss",
        "less gain",
        f"gain above {number(some)}",
        f"gain above {number(much)} km2",
    ]
    hues = [DIVERGING[sum(v > limit for limit in limits)] for v in values]
    entries = list(zip(names, DIVERGING, strict=True))
    return _cell_map(shapes, hues, entries, title=title, connection=connection)


def _spread(ramp: Sequence[str], n: int) -> list[str]:
    if n == 1:
        return [ramp[-1]]
    return [ramp[round(i * (len(ramp) - 1) / (n - 1))] for i in range(n)]


def _cell_map(
    shapes: Sequence[shapely.Geometry],
    hues: Sequence[str],
    entries: Sequence[tuple[str, str]],
    *,
    title: str,
    connection: duckdb.DuckDBPyConnection,
) -> Map:
    frame = frame_around([shape.bounds for shape in shapes])
    is_small = frame.unit < SMALL_CELL  # a white rim would leave little of it
    drawn = "".join(
        tag(
            "path",
            d=frame.path(shape),
            fill=hue,
            stroke=hue if is_small else "#fff",
            stroke_width=0.8 if is_small else 0.3,
        )
        for shape, hue in zip(shapes, hues, strict=True)
    )
    return _framed(frame, land(connection, frame) + drawn, entries, title)


def _framed(frame: Frame, body: str, entries: Sequence[tuple[str, str]], title: str) -> Map:
    sea = tag("rect", width=WIDTH, height=frame.height, fill="#f6f8fa")
    inside = tag("svg", sea, body, width=WIDTH, height=frame.height)
    return Map(inside, frame.height, entries, title)


def country_bounds(connection: duckdb.DuckDBPyConnection, iso3: str) -> list[list[float]]:
    """West, south, east and north of a country; none where it lies on both ends of the map."""
    rows = connection.execute(
        "SELECT ST_AsWKB(geometry) FROM raw.country WHERE iso3 = ?", [iso3]
    ).fetchall()
    bounds = shapely.total_bounds(shapely.from_wkb([bytes(row[0]) for row in rows])).tolist()
    return [bounds] if bounds[2] - bounds[0] <= WIDEST_COUNTRY else []


def points(
    rows: Sequence[Row],
    group: str,
    *,
    title: str,
    hues: Mapping[str, str],
    connection: duckdb.DuckDBPyConnection,
    around: Sequence[Sequence[float]] = (),
) -> Map:
    """A dot a row at ``longitude``, ``latitude``; dots of one colour in one place are drawn once.

    The window shows all dots, and the boxes ``around``.
    """
    at = [(row["longitude"], row["latitude"], row["longitude"], row["latitude"]) for row in rows]
    frame = frame_around([*at, *around])
    fine = WIDTH / PIXELS
    seen: dict[str, dict[tuple[int, int], None]] = {name: {} for name in hues}
    for row in rows:
        x, y = frame.place(row["longitude"], row["latitude"])
        seen.setdefault(row[group], {})[round(x / fine), round(y / fine)] = None
    radius = 1.0 if len(rows) > 5000 else 2.4
    drawn = "".join(
        tag(
            "path",
            d="".join(f"M{x * fine:.1f},{y * fine:.1f}h0" for x, y in places),
            stroke=hues.get(name, "#000"),
            stroke_width=2 * radius,
            stroke_linecap="round",
            fill="none",
        )
        for name, places in seen.items()
        if places
    )
    entries = [(name, hue) for name, hue in hues.items() if seen[name]]
    return _framed(frame, land(connection, frame) + drawn, entries, title)
