"""Licences of the sources, and what they ask of everything that is made from them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import duckdb

from quarrydb.catalog.layers import Layers, raw_tables

# The raw table that each kind of file fills; a kind that is not named here counts for every view.
TABLE_OF_KIND = {
    "polygons": "raw.polygon",
    "countries": "raw.country",
    "protected areas": "raw.protected_area",
    "stable green": "raw.stable_green",
    "landcover": "raw.landcover_trajectory",
    "indicator": "raw.indicator",
    "biomes": "raw.biome",
    "regions": "raw.region",
    "places": "raw.place",
    "attributes": "raw.attribute_feature",
    "previous mines": "raw.previous_mine",
    "labels": "raw.label",
    "points": "raw.point",
    "images": "raw.image",
    "footprint": "raw.footprint",
}
# The layer that stands in rows made from files of a kind; of a kind with layers of its own the file's name.
LAYER_OF_KIND = {"countries": "country", "protected areas": "protected", "biomes": "biome"}
NAMED_LAYERS = ("regions", "places")
# What publishers state, for files that the project file names without a licence.
KNOWN_FILE = {
    "global_mining_polygons_v": (
        "CC BY-SA 4.0",
        "Maus et al. 2022, https://doi.org/10.1594/PANGAEA.942325",
    ),
    "KBAsGlobal_": (
        "no redistribution",
        "BirdLife International, World Database of Key Biodiversity Areas, "
        "https://www.keybiodiversityareas.org",
    ),
    "ne_10m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
    "ne_50m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
    "ne_110m_": ("public domain", "Natural Earth, https://www.naturalearthdata.com"),
}
# Names that are no SPDX expression, by their ``plain`` form.
ALIASES = {"public-domain": "PDDL-1.0"}
EXPRESSION = re.compile(r"[A-Za-z0-9.+:() -]{1,300}")
SPDX_PAGE = "https://spdx.org/licenses/{}.html"
REFERENCE = {
    "raw.build",
    "raw.load",
    "raw.load_file",
    "raw.remote_file",
    "raw.source_terms",
    "raw.published_figure",
    "raw.published_name",
}
# What a licence says, by words of its ``plain`` name. One that only asks to be named says none of the
# first three.
SHARE_ALIKE = re.compile(r"by-sa|by-nc-sa|odbl|share-?alike")
NON_COMMERCIAL = re.compile(
    r"by-nc|non-?commercial|no(t-for)?-commercial|(research|academic|educational)(-use)?-only"
)
NO_SHARING = re.compile(
    r"-nd\b|no-?deriv|\bnot?(-\w+)?-(be-)?(re)?(distribut|shar(?!e-?alike)|publi|pass)"
    r"|\bnon-?(re)?distribut|all-rights-reserved|confidential|proprietary|internal-use|private"
)
PERMISSIVE = re.compile(r"public-domain|pddl|cc0|\bby-\d|\bby$|attribution|\bogl\b|open-government")


@dataclass(frozen=True)
class Source:
    """A data set that a database was built from."""

    name: str
    kind: str
    licence: str | None
    citation: str | None
    is_assumed: bool = False
    fetched: str | None = None  # when and from which host, for what was fetched

    @property
    def layer(self) -> str | None:
        """What a column ``layer`` says of rows made from it; None where it makes no layer."""
        return self.name if self.kind in NAMED_LAYERS else LAYER_OF_KIND.get(self.kind)

    @property
    def is_share_alike(self) -> bool:
        """Whether what is made from it must carry its licence."""
        return bool(SHARE_ALIKE.search(plain(self.licence)))

    @property
    def is_non_commercial(self) -> bool:
        """Whether what is made from it may not be used commercially."""
        return bool(NON_COMMERCIAL.search(plain(self.licence)))

    @property
    def is_kept_back(self) -> bool:
        """Whether what is made from it may not be passed on."""
        return bool(NO_SHARING.search(plain(self.licence)))

    @property
    def is_permissive(self) -> bool:
        """Whether what is made from it may be passed on under any licence, as far as its name tells."""
        asks = self.is_share_alike or self.is_non_commercial or self.is_kept_back
        return not asks and bool(PERMISSIVE.search(plain(self.licence)))


def plain(licence: str | None) -> str:
    """A licence's name in lower case with hyphens alone between its words: ``cc-by-sa-4.0``."""
    return re.sub(r"[^a-z0-9.]+", "-", (licence or "").lower()).strip("-.")


def read_sources(connection: duckdb.DuckDBPyConnection) -> list[Source]:
    """The sources of a database, one each; the project file's licence, else the publisher's."""
    rows = connection.execute(
        "SELECT source, kind, min(path), max(licence), max(citation), "
        "max(strftime(accessed_on, '%Y-%m-%d') || ' from ' || split_part(address, '/', 3)) "
        "FROM raw.load GROUP BY source, kind ORDER BY kind, source"
    ).fetchall()
    return [replace(_source(*row[:5]), fetched=row[5]) for row in rows]


def _source(name: str, kind: str, path: str, licence: str | None, citation: str | None) -> Source:
    file = path.rpartition("/")[2]
    known = next((v for start, v in KNOWN_FILE.items() if file.startswith(start)), None)
    if licence is None and known is not None:
        return Source(name, kind, known[0], citation or known[1], is_assumed=True)
    return Source(name, kind, licence, citation)


def sources_of(view: str, sources: Sequence[Source], layers: Layers = None) -> list[Source]:
    """Those ``sources`` from which rows of ``view`` are made.

    With ``layers`` only rows of these layers are meant, where the view has a column ``layer``.
    """
    tables = raw_tables(view, layers)
    if not tables - REFERENCE:
        return []
    return [s for s in sources if _fills(s, tables) and _is_asked_for(s, layers)]


def _fills(source: Source, tables: frozenset[str]) -> bool:
    return TABLE_OF_KIND.get(source.kind) in {*tables, None}


def _is_asked_for(source: Source, layers: Layers) -> bool:
    return layers is None or source.kind not in NAMED_LAYERS or source.name in layers


def sources_of_all(
    views: Sequence[str], sources: Sequence[Source], layers: Layers = None
) -> list[Source]:
    """Those ``sources`` from which rows of any of ``views`` are made."""
    used = {source for view in views for source in sources_of(view, sources, layers)}
    return [source for source in sources if source in used]


def source_names(sources: Sequence[Source]) -> list[str]:
    """Who made the data: citations, or names where the project file gives none."""
    return list(dict.fromkeys(source.citation or source.name for source in sources))


def licence_of(sources: Sequence[Source]) -> str | None:
    """The licence that a product of ``sources`` must carry, the strictest of theirs.

    Several that ask nothing of each other stand side by side. None where a source names no licence, one
    may not be passed on, or two exclude each other: ``obligations`` says which.
    """
    if not sources or any(s.licence is None or s.is_kept_back for s in sources) or clash(sources):
        return None
    strict = [s for s in sources if s.is_share_alike] or [s for s in sources if s.is_non_commercial]
    by_name = {plain(s.licence): s.licence or "" for s in reversed(strict or sources)}
    return "; ".join(sorted(by_name.values()))


def clash(sources: Sequence[Source]) -> str | None:
    """Why no licence can be given to what is made from all ``sources`` together, share-alike ones among
    them; None where one can.
    """
    bound = [s for s in sources if s.is_share_alike]
    if not bound:
        return None
    wanted = plain(bound[0].licence)
    reasons = dict.fromkeys(
        f"{s.name} {reason}"
        for s in sources
        if s.licence is not None and plain(s.licence) != wanted
        for reason in _reasons(s, bound[0])
    )
    if not reasons:
        return None
    return (
        f"{'; '.join(reasons)}; what is made from {bound[0].name} may be passed on under "
        f"{bound[0].licence} only: pass on views made from one of them (quarry export --view ...)."
    )


def _reasons(source: Source, bound: Source) -> Iterator[str]:
    """What keeps a product of ``source`` from carrying the licence of ``bound``."""
    if source.is_kept_back:
        yield "may not be passed on"
    elif source.is_share_alike:
        yield f"may be passed on under {source.licence} only"
    elif source.is_non_commercial:
        if not bound.is_non_commercial:
            yield "may not be used commercially"
    elif not source.is_permissive:
        yield f"is under terms that quarrydb does not know ({source.licence})"


def licence_words(sources: Sequence[Source]) -> str:
    """``licence_of`` for people: where there is none, why."""
    if clash(sources) or any(source.is_kept_back for source in sources):
        return "none, they may not be passed on as a whole"
    return licence_of(sources) or "not known, a source names none"


def frictionless(licence: str | None) -> list[Mapping[str, str]]:
    """The ``licenses`` of a data package: name and address of each licence that is known."""
    found: list[Mapping[str, str]] = []
    for text in (licence or "").split("; "):
        expression = spdx_expression(text)
        parts = spdx_licensing().license_keys(expression) if expression else []
        page = {"path": SPDX_PAGE.format(expression)} if parts == [expression] else {}
        if text:
            found.append({"name": expression or text, "title": text} | page)
    return found


def spdx(licence: str | None) -> str:
    """The licence as a STAC item names it: an SPDX expression; ``other`` where it is none.

    Licences that stand side by side hold all together.
    """
    expressions = [spdx_expression(text) for text in (licence or "").split("; ")]
    if None in expressions:
        return "other"
    return spdx_expression(" AND ".join(f"({text})" for text in expressions)) or "other"


def spdx_expression(licence: str) -> str | None:
    """A licence as an SPDX expression, whichever way it is written (``CC BY 4.0``); None for other terms."""
    from license_expression import ExpressionError, ParseError

    named = ALIASES.get(plain(licence), licence.strip())
    for text in (named, re.sub(r"\s+", "-", named)):
        if EXPRESSION.fullmatch(text):
            with suppress(ExpressionError, ParseError):
                return str(spdx_licensing().parse(text, validate=True))
    return None


@cache
def spdx_licensing() -> Any:
    """SPDX' list of licences, read when first asked for."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def obligations(sources: Sequence[Source]) -> list[str]:
    """What someone who passes results on has to do, one sentence each."""
    lines = [line for source in sources for line in _duties(source)]
    unknown = [source.name for source in sources if source.licence is None]
    if unknown:
        lines.append(
            f"No licence is named of {', '.join(unknown)}: look it up, and write licence = ... "
            "in quarry.toml."
        )
    excluded = clash(sources)
    return [*lines, excluded] if excluded else lines


def _duties(source: Source) -> Iterator[str]:
    named = f"{source.name} is {source.licence}"
    if source.is_kept_back:
        yield (
            f"{source.name} ({source.licence}): neither it nor what is made from it may be passed on, "
            "unless its owner allows it."
        )
    if source.is_share_alike:
        yield f"{named}: what is made from it must be passed on under that licence."
    if source.is_non_commercial:
        yield f"{named}: no commercial use of its results."
