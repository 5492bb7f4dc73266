"""Answers of STAC servers that lie: pages without an end, files of this machine, values of other kinds."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import shapely

from quarrydb.errors import QuarryError, SourceError
from quarrydb.fetch.cache import Cache
from quarrydb.fetch.fetcher import Fetcher
from quarrydb.fetch.policy import Policy
from quarrydb.inference import image_items
from quarrydb.inference.image_items import address_of, paged, walked
from quarrydb.inference.image_search import Search, search_images
from tests.fetch.server import serving
from tests.reliability.table import tried
from tests.reliability.tools import refusal

SECTION = "Security"
GROUND = "SELECT ST_AsWKB(ST_MakeEnvelope(0.2, 0.2, 0.3, 0.3))::BLOB"
OWN = "https://stac.example.org/items/a.json"

# Links of a server, and what becomes of them: beside an item's own address, and without one.
LINKS = {
    "file:///etc/passwd": None,
    "/vsicurl/http://127.0.0.1/x": "https://stac.example.org/vsicurl/http://127.0.0.1/x",
    "/etc/passwd": "https://stac.example.org/etc/passwd",
    "../../../etc/passwd": "https://stac.example.org/etc/passwd",
    "C:\\secret.tif": None,
    "https://me:password@stac.example.org/a.tif": None,
    "https://stac.example.org:99999999/a.tif": None,
    "http://[::1/a.tif": None,
    "data:image/tiff;base64,AAAA": None,
    "red.tif": "https://stac.example.org/items/red.tif",
    "s3://bucket/red.tif": "s3://bucket/red.tif",
    "https://a.example.org/" + "a" * 3000: None,
}


@pytest.mark.parametrize("href", LINKS)
def test_a_server_names_no_file_of_this_machine(href: str) -> None:
    assert address_of(href, OWN) == LINKS[href]
    alone = address_of(href, "")
    assert alone is None or alone == href == "s3://bucket/red.tif"


def item(name: object = "a", **changes: Any) -> dict[str, Any]:
    """An item that shows the ground."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": name,
        "collection": "c",
        "bbox": [0, 0, 1, 1],
        "geometry": shapely.geometry.mapping(shapely.box(0, 0, 1, 1)),
        "properties": {"datetime": "2021-08-01T13:00:00Z", "eo:cloud_cover": 10},
        "assets": {"red": {"href": "red.tif"}},
        "links": [{"rel": "self", "href": OWN}],
        **changes,
    }


def pages_again() -> Iterator[dict[str, Any]]:
    """One page after the other, with the same items."""
    while True:
        yield {"features": [item("a"), item("b")]}


def pages_anew() -> Iterator[dict[str, Any]]:
    """One page after the other, each with an item of its own."""
    for number in count():
        yield {"features": [item(number)]}


@tried(SECTION, "STAC server whose search answers the same page for ever")
def test_pages_that_come_again(happened: Callable[[str], None]) -> None:
    happened(refusal(lambda: list(paged(pages_again(), "https://stac.example.org"))))


@tried(SECTION, "STAC server whose search answers new pages for ever")
def test_pages_without_an_end(happened: Callable[[str], None]) -> None:
    happened(refusal(lambda: list(paged(pages_anew(), "https://stac.example.org"))))


class Folder:
    """A static catalogue whose ``children`` are made when they are asked for."""

    def __init__(self, name: str, children: Callable[[], list["Folder"]]) -> None:
        self.name, self.get_children = name, children

    def get_self_href(self) -> str:
        """Where it was read."""
        return self.name

    def get_items(self) -> list[object]:
        """None."""
        return []


def test_a_catalogue_that_holds_itself_is_walked_once() -> None:
    one = Folder("one", lambda: [two, one])
    two = Folder("two", lambda: [one, two])
    assert list(walked(one, "one")) == []


def test_a_catalogue_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_items, "MAX_DOCUMENTS", 100)
    names = count()

    def make() -> list[Folder]:
        return [Folder(str(next(names)), make)]

    with pytest.raises(SourceError, match="more than 100 documents"):
        list(walked(Folder("first", make), "first"))
    assert next(names) == 101


HOSTILE = {
    "a file of this machine": item(assets={"red": {"href": "file:///etc/passwd"}}),
    "a path": item(assets={"red": {"href": "/etc/passwd"}}, links=[]),
    "own address a file": item(links=[{"rel": "self", "href": "file:///etc/a"}]),
    "links of a number": item(links=5),
    "a link to nothing": item(links=[{"rel": "self"}]),
    "assets of a list": item(assets=[1]),
    "assets of nothing": item(assets=None),
    "an asset of text": item(assets={"red": "x"}),
    "no properties": item(properties=None),
    "another collection": item(collection="other"),
    "an outline of text": item(geometry="x"),
    "an outline of one number": item(geometry={"type": "Polygon", "coordinates": [[[0]]]}),
    "an item of a number": 5,
}


@tried(SECTION, "STAC server that names files of this machine, or gives values of other kinds")
def test_hostile_answers(tmp_path: Path, happened: Callable[[str], None]) -> None:
    published, written = tmp_path / "published", tmp_path / "images.json"
    published.mkdir()
    with duckdb.connect(str(tmp_path / "mines.duckdb")):
        pass
    project: Any = SimpleNamespace(database=tmp_path / "mines.duckdb")
    with serving(published) as server:
        listed = frozenset({f"http://{server.host}"})
        fetcher = Fetcher(Policy(listed=listed, may_fetch=True), Cache(tmp_path / "cache"))
        section: Any = SimpleNamespace(stac=f"{server.address}/api", collection="c", max_cloud=80.0)
        search = Search("images", section, written, [2021], (1, 12), GROUND)
        write_api(published, server.address, [item()])
        assert search_images(project, search, fetcher, advance=lambda: None) == 1
        first = written.read_bytes()
        refusals = []
        for name, answer in HOSTILE.items():
            write_api(published, server.address, [answer])
            try:
                search_images(project, search, fetcher, advance=lambda: None)
            except QuarryError as error:
                refusals.append(str(error))
            else:
                pytest.fail(f"{name} was taken")
        fetcher.close()
    assert written.read_bytes() == first
    happened(
        f"Refused, exit code {SourceError.exit_code}, and what was found before stays: {refusals[0]}"
    )


def write_api(folder: Path, address: str, features: list[object]) -> None:
    """An API whose search answers one page."""
    api = {
        "type": "Catalog",
        "id": "api",
        "stac_version": "1.0.0",
        "description": "hostile",
        "conformsTo": [
            "https://api.stacspec.org/v1.0.0/core",
            "https://api.stacspec.org/v1.0.0/item-search",
        ],
        "links": [{"rel": "search", "href": f"{address}/search", "type": "application/geo+json"}],
    }
    (folder / "api").write_text(json.dumps(api))
    page = {"type": "FeatureCollection", "features": features, "links": []}
    (folder / "search").write_text(json.dumps(page))
