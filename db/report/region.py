"""The region that a page is about: any of any layer, by layer and id or name."""

import difflib
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from quarrydb.errors import QueryError

COUNTRY = "country"
PLURALS = {
    "country": "countries",
    "continent": "continents",
    "study_region": "study regions",
    "protected": "protected areas",
    "biome": "biomes",
    "grid": "grid cells",
}
# What Windows takes for a device, whatever follows.
DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.IGNORECASE)
UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
LONGEST_NAME = 60  # characters of a folder's name
HASH_DIGITS = 8


@dataclass(frozen=True)
class Region:
    """A region of a layer, with its name."""

    layer: str
    region_id: str
    name: str

    @property
    def kind(self) -> str:
        """What the layer's regions are called together."""
        return PLURALS.get(self.layer, f"{self.layer} regions".replace("_", " "))


def read_regions(connection: duckdb.DuckDBPyConnection, layer: str) -> list[Region]:
    """The regions of a layer with mines or footprints, the largest mine area first."""
    rows = connection.execute(
        "SELECT layer, region_id, region_name FROM region_summary AS summary "
        "WHERE layer = $layer AND (n_mines > 0 OR EXISTS (SELECT 1 FROM region_yearly AS yearly "
        "WHERE yearly.layer = $layer AND yearly.region_id = summary.region_id AND yearly.segmented_km2 > 0)) "
        "ORDER BY mine_area_km2 DESC, region_name, region_id",
        {"layer": layer},
    ).fetchall()
    if not rows:
        known = read_layers(connection)
        if layer not in known:
            raise QueryError(f"There is no layer of regions {layer}.{_hint(layer, known)}")
        raise QueryError(f"No region of the layer {layer} has a mine.")
    return [Region(*row) for row in rows]


def read_layers(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The layers of regions that the database has."""
    rows = connection.execute("SELECT DISTINCT layer FROM region ORDER BY layer").fetchall()
    return [layer for (layer,) in rows]


def find_region(connection: duckdb.DuckDBPyConnection, wanted: str) -> Region:
    """The region that ``layer/id`` or ``layer/name`` names; QueryError suggests others."""
    layer, _, name = wanted.partition("/")
    known = read_layers(connection)
    if layer not in known or not name:
        raise QueryError(
            f"{wanted} names no region: write layer/id or layer/name.{_hint(layer, known)}"
        )
    rows = connection.execute(
        "SELECT layer, region_id, region_name FROM region_summary WHERE layer = ? "
        "ORDER BY mine_area_km2 DESC",
        [layer],
    ).fetchall()
    regions = [Region(*row) for row in rows]
    for found in (
        [r for r in regions if r.region_id == name],
        [r for r in regions if name.casefold() in (r.region_id.casefold(), r.name.casefold())],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            ids = ", ".join(f"{layer}/{r.region_id}" for r in found[:3])
            raise QueryError(f"{len(found)} regions are called {name}: say which by id ({ids}).")
    names = [r.name for r in regions] + [r.region_id for r in regions]
    raise QueryError(f"The layer {layer} has no region {name}.{_hint(name, names)}")


def _hint(wanted: str, names: Sequence[str]) -> str:
    by_word = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(wanted.casefold(), by_word, n=3) or list(by_word)[:3]
    return f" Did you mean {' or '.join(by_word[word] for word in near)}?" if near else ""


def folder_names(regions: Sequence[Region]) -> list[str]:
    """A folder's name for each region, the same in every build: its id where that is plain text.

    Other ids, such as differ by capitals alone, and names of devices get a few digits of their hash.
    """
    plain = [UNSAFE.sub("-", region.region_id).strip("-")[:LONGEST_NAME] for region in regions]
    taken = Counter(name.casefold() for name in plain)
    found = []
    for region, name in zip(regions, plain, strict=True):
        is_safe = name == region.region_id and not DEVICE.fullmatch(name)
        if is_safe and taken[name.casefold()] == 1:
            found.append(name)
        else:
            digest = hashlib.sha256(region.region_id.encode()).hexdigest()[:HASH_DIGITS]
            found.append(f"{name or 'region'}-{digest}")
    return found
