"""``quarry map``: every mine in one page that needs no network."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import duckdb

from quarrydb.files import check_place, write_atomically, writing
from quarrydb.html import content_policy, environment, own
from quarrydb.palette import css_variables
from quarrydb.webmap.basemap import Basemap
from quarrydb.webmap.bundle import bundle
from quarrydb.webmap.content import Content, read_content
from quarrydb.webmap.encode import pack


@dataclass(frozen=True)
class WrittenMap:
    """What was written."""

    path: Path
    n_mines: int
    size: int
    layers: tuple[str, ...]


def write_map(
    connection: duckdb.DuckDBPyConnection,
    target: str | Path,
    *,
    basemap: Basemap | None = None,
    without: Collection[str] = (),
    pages: Mapping[str, str] | None = None,
    home: str | None = None,
) -> WrittenMap:
    """Write the page, whole or not at all.

    ``basemap`` are tiles that it loads; ``without`` names layers to leave out; ``pages`` are
    addresses of pages about countries, by name, and ``home`` that of the page that leads here.
    """
    target = Path(target)
    check_place(target)
    content = read_content(connection, without=without, pages=pages)
    page = render(content, basemap, home)
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, page)
    titles = tuple(layer["title"] for layer in content.header["layers"])
    return WrittenMap(target, content.header["n"], len(page), titles)


def render(content: Content, basemap: Basemap | None = None, home: str | None = None) -> str:
    """The page that shows ``content``."""
    script = own(bundle())
    content.header["basemap"] = asdict(basemap) if basemap else None
    return (
        environment("quarrydb.webmap")
        .get_template("map.html")
        .render(
            about=content.header,
            basemap=basemap,
            home=home,
            policy=content_policy([script], images=[basemap.origin] if basemap else []),
            style=own(css_variables() + _asset("map.css")),
            script=script,
            blocks={name: pack(block) for name, block in content.blocks.items()},
        )
    )


def _asset(name: str) -> str:
    return (files("quarrydb.webmap") / name).read_text(encoding="utf-8")
