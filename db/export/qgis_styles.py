"""Styles that QGIS finds inside a GeoPackage: one a layer, in the table ``layer_styles``."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from quarrydb.html import environment
from quarrydb.palette import BLUE, DIVERGING, GREY, SEQUENCE

TABLE = """
CREATE TABLE IF NOT EXISTS layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT, f_table_schema TEXT, f_table_name TEXT, f_geometry_column TEXT,
    styleName TEXT, styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN,
    description TEXT, owner TEXT, ui TEXT,
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
)
"""
CONTENTS = """
INSERT OR IGNORE INTO gpkg_contents (table_name, data_type, identifier, description)
VALUES ('layer_styles', 'attributes', 'layer_styles', 'Styles of the layers, read by QGIS')
"""
INSERT = """
INSERT INTO layer_styles
(f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
useAsDefault, description, owner)
VALUES ('', '', ?, 'geometry', ?, ?, '', 1, ?, '')
"""


@dataclass(frozen=True)
class Classes:
    """A column in classes of equally many features, light to dark."""

    column: str
    ramp: Sequence[str] = SEQUENCE


@dataclass(frozen=True)
class Names:
    """A column of a few names, a colour each."""

    column: str
    colours: Mapping[str, str]


STYLES: dict[str, Classes | Names] = {
    "grid_density": Classes("density_share"),
    "grid_bare_surface": Classes("bare_surface_share"),
    "segmented_change_grid": Classes("change_km2", DIVERGING),
    "footprint": Names("is_continuous", {"1": BLUE, "0": GREY}),
}


def write_styles(package: Path, layers: Sequence[str]) -> int:
    """Store a style for each layer of ``package`` that has geometry; gives their number."""
    connection = sqlite3.connect(package)
    try:
        with connection:
            connection.execute(TABLE)
            connection.execute(CONTENTS)
            for layer in layers:
                qml = style(connection, layer)
                connection.execute(INSERT, (layer, layer, qml, f"Style of {layer}"))
    finally:
        connection.close()
    return len(layers)


def style(connection: sqlite3.Connection, layer: str) -> str:
    """The QML of a layer: classes or names where its column says something, else one colour."""
    wanted = STYLES.get(layer)
    if isinstance(wanted, Names):
        colours = list(wanted.colours.values())
        return _qml("categorizedSymbol", colours, column=wanted.column, values=list(wanted.colours))
    limits = _limits(connection, layer, wanted) if wanted else []
    if wanted is None or len(limits) < 2:
        return _qml("singleSymbol", [BLUE])
    n, ramp = len(limits) - 1, wanted.ramp
    colours = [ramp[round(i * (len(ramp) - 1) / max(n - 1, 1))] for i in range(n)]
    ranges = list(pairwise(limits))
    return _qml("graduatedSymbol", colours, column=wanted.column, ranges=ranges)


def _limits(connection: sqlite3.Connection, layer: str, classes: Classes) -> list[float]:
    rows = connection.execute(
        f'SELECT "{classes.column}" FROM "{layer}" '  # noqa: S608 names of this package
        f'WHERE "{classes.column}" IS NOT NULL ORDER BY 1'
    ).fetchall()
    values = [float(row[0]) for row in rows]
    n = len(classes.ramp)
    picked = (
        [values[min(len(values) - 1, len(values) * i // n)] for i in range(n + 1)] if values else []
    )
    return sorted(set(picked))


def _qml(kind: str, colours: Sequence[str], **what: object) -> str:
    """The template ``style.qml`` with a renderer's kind, its colours and what they stand for."""
    given = {"column": None, "ranges": (), "values": ()} | what
    template = environment("quarrydb.export").get_template("style.qml")
    return template.render(kind=kind, colours=colours, fill=fill, **given).lstrip()


def fill(colour: str) -> list[tuple[str, str]]:
    """Properties of a simple fill in a colour such as ``#4477aa``, by QGIS' names."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return [
        ("color", f"{red},{green},{blue},255"),
        ("outline_color", "60,60,60,255"),
        ("outline_width", "0.1"),
        ("style", "solid"),
    ]
