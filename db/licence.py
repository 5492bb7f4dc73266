"""Licences of the sources, and what they ask of everything that is made from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import duckdb

from quarrydb.catalog import dependencies, read_catalog

# The raw table that each kind of file fills; a kind that is not named here counts for every view.
TABLE_OF_KIND = {
    "polygons": "raw.polygon",
    "countries": "raw.country",
    "protected areas": "raw.protected_area",
    "stable green": "raw.stable_green",
    "landcover": "raw.landcover_trajectory",
    "indicator": "raw.indicator",
    "biomes": "raw.biome",
    "labels": "raw.label",
    "points": "raw.point",
    "images": "raw.image",
    "footprint": "raw.prediction",
}
# What publishers state, for files that the project file names without a licence.
KNOWN_FILE = {
    "global_mining_polygons_v": (
        "CC BY-SA 4.0",
        "Maus et al. 2022, https://doi.org/10.1594/PANGAEA.942325",
    ),
    "ne_10m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
    "ne_50m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
    "ne_110m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
}
SPDX = {
    "cc by-sa 4.0": ("CC-BY-SA-4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
    "cc by 4.0": ("CC-BY-4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "cc by-nc 4.0": ("CC-BY-NC-4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
    "cc by-nc-sa 4.0": ("CC-BY-NC-SA-4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
    "cc0 1.0": ("CC0-1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "odbl 1.0": ("ODbL-1.0", "https://opendatacommons.org/licenses/odbl/1-0/"),
    "public domain": ("PDDL-1.0", "https://opendatacommons.org/licenses/pddl/1-0/"),
}
REFERENCE = {"raw.build", "raw.load", "raw.published_figure", "raw.published_name"}
SHARE_ALIKE = ("by-sa", "by-nc-sa", "odbl", "share-alike", "sharealike")
NON_COMMERCIAL = ("by-nc", "non-commercial", "noncommercial")


@dataclass(frozen=True)
class Source:
    """A data set that a database was built from."""

    name: str
    kind: str
    licence: str | None
    citation: str | None
    is_assumed: bool = False

    @property
    def is_share_alike(self) -> bool:
        """Whether what is made from it must carry its licence."""
        return _mentions(self.licence, SHARE_ALIKE)

    @property
    def is_non_commercial(self) -> bool:
        """Whether what is made from it may not be used commercially."""
        return _mentions(self.licence, NON_COMMERCIAL)


def _mentions(licence: str | None, words: Sequence[str]) -> bool:
    text = (licence or "").lower().replace("cc ", "").replace("cc-", "").replace(" ", "-")
    return any(word in text for word in words)


def read_sources(connection: duckdb.DuckDBPyConnection) -> list[Source]:
    """The sources of a database, one each; the project file's licence, else the publisher's."""
    rows = connection.execute(
        "SELECT source, kind, min(path), max(licence), max(citation) FROM raw.load "
        "GROUP BY source, kind ORDER BY kind, source"
    ).fetchall()
    return [_source(*row) for row in rows]


def _source(name: str, kind: str, path: str, licence: str | None, citation: str | None) -> Source:
    file = path.rpartition("/")[2]
    known = next((v for start, v in KNOWN_FILE.items() if file.startswith(start)), None)
    if licence is None and known is not None:
        return Source(name, kind, known[0], citation or known[1], is_assumed=True)
    return Source(name, kind, licence, citation)


@cache
def raw_tables(view: str) -> frozenset[str]:
    """The raw tables that a public view is made from, by the SQL itself."""
    catalog = read_catalog()
    seen: set[str] = set()
    waiting = [f"main.{view}"]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            if name in catalog:
                waiting += {*catalog[name].reads, *dependencies(catalog[name], catalog)}
    return frozenset(name for name in seen if name.startswith("raw."))


def sources_of(view: str, sources: Sequence[Source]) -> list[Source]:
    """Those ``sources`` from which rows of ``view`` are made."""
    tables = raw_tables(view)
    if not tables - REFERENCE:
        return []
    return [s for s in sources if s.kind not in TABLE_OF_KIND or TABLE_OF_KIND[s.kind] in tables]


def source_names(sources: Sequence[Source]) -> list[str]:
    """Who made the data: citations, or names where the project file gives none."""
    return list(dict.fromkeys(source.citation or source.name for source in sources))


def licence_of(sources: Sequence[Source]) -> str | None:
    """The licence that a product of ``sources`` must carry: the share-alike one where there is one.

    None where a source names no licence: then nobody can say.
    """
    strictest = [s.licence for s in sources if s.is_share_alike]
    if strictest:
        return strictest[0]
    if not sources or any(s.licence is None for s in sources):
        return None
    kinds = sorted({s.licence for s in sources if s.licence})
    return kinds[0] if len(kinds) == 1 else "; ".join(kinds)


def frictionless(licence: str | None) -> list[Mapping[str, str]]:
    """The ``licenses`` of a data package: name and address of each licence that is known."""
    found: list[Mapping[str, str]] = []
    for text in (licence or "").split("; "):
        name, address = SPDX.get(text.lower(), (text, ""))
        if name:
            found.append({"name": name, "title": text} | ({"path": address} if address else {}))
    return found


def spdx(licence: str | None) -> str:
    """The licence as a STAC item names it; ``other`` where it is none of the well-known ones."""
    return SPDX.get((licence or "").lower(), ("other", ""))[0]


def obligations(sources: Sequence[Source]) -> list[str]:
    """What someone who passes results on has to do, one sentence each."""
    lines = []
    for source in sources:
        if source.is_share_alike:
            lines.append(
                f"{source.name} is {source.licence}: what is made from it must be passed on under "
                "that licence."
            )
        if source.is_non_commercial:
            lines.append(f"{source.name} is {source.licence}: no commercial use of its results.")
        if source.licence is None:
            lines.append(
                f"{source.name} names no licence: look it up, and write licence = ... in quarry.toml."
            )
    return lines
