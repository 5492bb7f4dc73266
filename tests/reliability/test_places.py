"""Regions, places and attributes of other people: columns and names made to break things."""

import json
from collections.abc import Callable
from pathlib import Path

import geopandas
import numpy as np
import shapely

from quarrydb.engine.steps import load_steps
from quarrydb.html import environment
from quarrydb.project import load_project
from quarrydb.redact import CONTROL
from quarrydb.report.basemap import Basemap
from quarrydb.report.chart import Canvas, Chart, whole
from quarrydb.report.region import Region, folder_names
from quarrydb.webmap.encode import Block, pack, unpack
from tests.reliability.table import tried
from tests.reliability.tools import Tables, context_of, refusal
from tests.worlds import write_polygons

Happened = Callable[[str], None]
NAMES = [
    "</script><img src=x onerror=alert(1)>", "'; DROP TABLE mine; --", 'a"b\nc\td', "../../etc/passwd",
    "\u202egnp.exe\u200b", "=1+1", "{{ 7*7 }}", "a\0b", "x" * 100_000, "CON",
]  # fmt: skip
OURS = ["source", "region_id", "region_name", "attributes", "layer", "rowid", "geom", ""]


def load(
    folder: Path, kind: str, columns: dict[str, object], shapes: object, **keys: str
) -> Tables:
    """What the loader of one such source makes of it."""
    frame = geopandas.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    frame.to_parquet(folder / "other.parquet")
    write_polygons(folder / "mines.gpkg", [shapely.box(0, 0, 1, 1)])
    lines = ["[project]", 'name = "test"', "[[polygons]]", 'name = "m"', 'path = "mines.gpkg"']
    lines += [f"[[{kind}]]", 'name = "others"', 'path = "other.parquet"']
    lines += [f'{key} = "{value}"' for key, value in keys.items()]
    (folder / "quarry.toml").write_text("\n".join(lines))
    (step,) = (s for s in load_steps(load_project(folder)) if s.name.startswith(kind))
    return step.run(context_of(folder, step.files))


@tried("Columns", "regions of hostile ids and names, 1,000 other columns, some named like ours")
def test_regions(tmp_path: Path, happened: Happened) -> None:
    n = len(NAMES)
    other = {f"c{i}": np.arange(n) for i in range(1_000)} | {name: ["q"] * n for name in OURS}
    boxes = [shapely.box(i, 0, i + 0.5, 1) for i in range(n)]
    columns = {"code": NAMES, "title": NAMES, **other}
    tables = load(tmp_path, "regions", columns, boxes, id="code", label="title", parent="title")
    rows = tables["raw.region"].to_pylist()
    for key in ("region_id", "region_name", "parent_id"):
        assert [row[key] for row in rows] == NAMES
    assert len(json.loads(rows[0]["attributes"])) == 2 + len(other)
    happened("Loaded: 10 of 10 features kept, every value as it is.")


@tried("Columns", "regions one of which has no id, NaN or blanks for one")
def test_regions_without_id(tmp_path: Path, happened: Happened) -> None:
    boxes = [shapely.box(i, 0, i + 0.5, 1) for i in range(2)]
    said = {
        refusal(lambda ids=ids: load(tmp_path, "regions", {"code": ids}, boxes, id="code"))
        for ids in (["a", None], ["a", " \n"], [1.0, np.nan])
    }
    happened(said.pop())
    assert said == set()


@tried("Columns", "places at NaN, at infinity, beyond the globe, nowhere, and two of one id")
def test_places(tmp_path: Path, happened: Happened) -> None:
    points = [shapely.Point(*at) for at in ((0, 0), (np.nan, 0), (np.inf, 0), (0, 91), (120, 1))]
    shapes = [*points, None, shapely.Point()]
    columns = {"code": ["a", "b", "c", "d", "a", "f", "g"]}
    tables = load(tmp_path, "places", columns, shapes, id="code")
    assert tables["raw.place"]["place_id"].to_pylist() == ["a", "a#2"]
    noted = tables["raw.load_issue"].to_pylist()
    aside = sorted(row["feature_id"] for row in noted if row["action"] == "set aside")
    assert aside == ["b", "c", "d", "f", "g"]
    happened(
        "Loaded: 2 of 7 features kept, the second as a#2; each of the others set aside, and noted."
    )


@tried("Columns", "attributes that say they reach around the globe")
def test_attributes_reach(tmp_path: Path, happened: Happened) -> None:
    (tmp_path / "quarry.toml").write_text(
        '[project]\nname = "test"\n[[polygons]]\nname = "m"\npath = "mines.gpkg"\n[[attributes]]\n'
        'name = "others"\npath = "other.parquet"\nlabel = "title"\nwithin_km = 1e300\n'
    )
    write_polygons(tmp_path / "mines.gpkg", [shapely.box(0, 0, 1, 1)])
    (tmp_path / "other.parquet").touch()
    happened(refusal(lambda: load_project(tmp_path)))


@tried("Security", "region whose name turns the digits after it, in a page")
def test_turned_digits(happened: Happened) -> None:
    template = environment("quarrydb.report").from_string(
        "{{ name }} holds 12.3 km2{{ '<b>'|safe }}"
    )
    page = template.render(name="\u202eA\u2066\x1b[31m</b>\u0627")
    assert page == "\\u202eA\\u2066\\x1b[31m&lt;/b&gt;\u0627 holds 12.3 km2<b>"
    happened("The character is spelled out; letters of any script stay.")


HOSTILE = "\u202eA\u200b\u2066\u061c\ufeff\U000e0041B"
SPELT = r"\u202eA\u200b\u2066\u061c\ufeff\U000e0041B"


def data_of_a_page() -> object:
    """What a page's script gets of a name, in keys and values at any depth."""
    page = environment("quarrydb.report").from_string("{{ data|tojson }}")
    return json.loads(page.render(data={HOSTILE: [{"name": HOSTILE}, (HOSTILE, 1.5, None)]}))


def data_of_a_picture() -> object:
    """The same of a specification that is drawn without a page."""
    chart = Chart({"encoding": {}}, ["country"], [[HOSTILE]])
    canvas = Canvas(Basemap(aspect=1.0, projection={}, land=[], here=[]))
    return whole(chart, canvas, title=HOSTILE, subtitle=HOSTILE)


def data_of_a_map() -> object:
    """The same of a map's labels."""
    return unpack(
        pack(Block({"layers": [{"names": [HOSTILE, "\u0645\u06cc\u200c\u062e"]}]}))
    ).header


@tried("Security", "names that turn text or hold what has no width, in charts, pictures and maps")
def test_names_in_data(happened: Happened) -> None:
    for data in (data_of_a_page(), data_of_a_picture(), data_of_a_map()):
        text = json.dumps(data, ensure_ascii=False)
        assert SPELT in text.replace(r"\\", "\\")
        assert not CONTROL.search(text)
    assert "\u0645\u06cc\u200c\u062e" in json.dumps(data, ensure_ascii=False)  # a Persian word
    happened("Each such character is spelled out, in data as in text; joiners inside words stay.")


@tried("Security", "regions called as places of other systems, each with a page")
def test_folder_names(happened: Happened) -> None:
    ids = [*NAMES, "con", "NUL", "Lpt1", "..", ".", "a b", "A b"]
    names = folder_names([Region("district", name, name) for name in ids])
    assert len({name.casefold() for name in names}) == len(ids)
    assert all(name.replace("-", "").replace("_", "").isalnum() for name in names)
    assert not {"con", "nul", "lpt1"} & {name.casefold() for name in names}
    happened(
        "Each has a folder of its own, of letters, digits and hyphens, that no system takes for a device."
    )
