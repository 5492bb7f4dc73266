"""What is taken from the answers of a STAC server: items that show the ground, with files on servers alone.

An answer may say anything. No name in it ever stands for a file of this machine, pages that come again
and catalogues that hold themselves end, and what is kept has a budget of memory.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urljoin

import shapely

from quarrydb.errors import SourceError
from quarrydb.fetch.address import canonical
from quarrydb.fetch.tokens import unsigned
from quarrydb.loaders.image_asset import band_of
from quarrydb.memory import JSON_TIMES, budget

# Of one search: the busiest square degree has some 10,000 scenes in a year, and a page 100 of them.
MAX_PAGES = 1_000
# A static catalogue is read document by document.
MAX_DOCUMENTS = 100_000

Item = dict[str, Any]


class Kept:
    """Items by their id, as they are written down; SourceError where they would take too much memory."""

    def __init__(self, address: str, bands: Sequence[str]) -> None:
        self.address, self.bands = address, bands
        self.items: dict[str, Item] = {}
        self.limit, self.n_bytes = budget(), 0

    def add(self, item: Mapping[str, Any]) -> None:
        """Keep an item; one of the same id takes the place of an earlier."""
        kept = with_bands(on_servers(item), self.bands)
        self.n_bytes += len(json.dumps(kept)) * JSON_TIMES
        if self.n_bytes > self.limit.n_bytes:
            raise self.limit.refuse(f"what {self.address} answers")
        self.items[str(item["id"])] = kept


def paged(pages: Iterator[Mapping[str, Any]], address: str) -> Iterator[Item]:
    """The items of a search's pages; SourceError where they come again, or don't end."""
    seen: set[str] = set()
    for number, page in enumerate(pages, start=1):
        items = page.get("features") or []
        ids = {str(item["id"]) for item in items}
        if number > MAX_PAGES or (ids and ids <= seen):
            what = f"more than {MAX_PAGES:,} pages" if number > MAX_PAGES else "the same page again"
            raise SourceError(f"{address} answers one search with {what}. Tell who runs it.")
        seen |= ids
        yield from items


def walked(catalogue: Any, address: str) -> Iterator[Item]:
    """The items of a static catalogue and of those below it, each document once, with their own addresses.

    SourceError where it holds more documents than any catalogue that is walked should.
    """
    waiting, seen, n = [catalogue], {catalogue.get_self_href()}, 0
    while waiting:
        here = waiting.pop()
        for item in here.get_items():
            n += 1
            refuse_endless(n, address)
            yield item.make_asset_hrefs_absolute().to_dict(
                include_self_link=True, transform_hrefs=False
            )
        for child in here.get_children():
            n += 1
            refuse_endless(n, address)
            if child.get_self_href() not in seen:
                seen.add(child.get_self_href())
                waiting.append(child)


def refuse_endless(n: int, address: str) -> None:
    """SourceError where a static catalogue does not end."""
    if n > MAX_DOCUMENTS:
        raise SourceError(
            f"{address} is a catalogue of more than {MAX_DOCUMENTS:,} documents. Name one of those below it, "
            "or an API."
        )


def wanted(
    item: Mapping[str, Any], collection: str, tree: shapely.STRtree, max_cloud: float
) -> bool:
    """Whether an item is of the collection, meets a square, and its scene is not all cloud."""
    properties = item.get("properties")
    if item.get("collection") not in (collection, None) or not isinstance(properties, dict):
        return False
    cloud = properties.get("eo:cloud_cover")
    if isinstance(cloud, int | float) and cloud > max_cloud:
        return False
    try:
        outline = shapely.geometry.shape(item["geometry"])
    except (KeyError, TypeError, AttributeError, ValueError, shapely.errors.ShapelyError):
        return False
    return len(tree.query(outline, predicate="intersects")) > 0


def on_servers(item: Mapping[str, Any]) -> Item:
    """The item without links, but for its own address; of its files those at addresses, without signatures.

    SourceError where none is: a server never names a file of this machine.
    """
    selves = (link["href"] for link in item.get("links", []) if link.get("rel") == "self")
    own = address_of(next(selves, ""), "") or ""
    found = {
        name: {**asset, "href": href}
        for name, asset in item["assets"].items()
        if (href := address_of(asset.get("href"), own))
    }
    if not found:
        raise SourceError(
            f"item {str(item['id'])[:80]} names no file at an address: a catalogue's files are read from "
            "servers alone (https or s3)."
        )
    links = [{"rel": "self", "href": own}] if own else []
    return {**item, "assets": found, "links": links}


def address_of(href: object, base: str) -> str | None:
    """A link's whole address without what signs it; None for what is no address of a file on a server."""
    try:
        address = unsigned(urljoin(base, str(href or "")))
        canonical(address)
    except ValueError:
        return None
    return address


def with_bands(item: Item, bands: Sequence[str]) -> Item:
    """The item with the assets of some bands alone: most of its text is about others."""
    assets = {key: one for key, one in item["assets"].items() if band_of(key, one) in bands}
    return {**item, "assets": assets} if assets and bands else item
