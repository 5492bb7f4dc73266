"""The page of data: every exported view with its file, licence and columns, and SQL where a site has it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from quarrydb.catalog.layers import Layers
from quarrydb.html import content_policy, environment, own
from quarrydb.palette import css_variables
from quarrydb.provenance.cite import read_build, source_line, title_of
from quarrydb.provenance.licence import (
    Source,
    licence_words,
    obligations,
    read_sources,
    sources_of,
    sources_of_all,
)
from quarrydb.report.page import Place, day, word_filters
from quarrydb.site.engine import DuckDB

DATA = "data"
DATA_PAGE = "data.html"
FREE = "no source's terms apply"
SCALES = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True)
class File:
    """A view's file: its address from the page, and what is in it."""

    view: str
    comment: str
    address: str
    rows: int
    size: str
    licence: str
    fields: Sequence[Mapping[str, Any]]


def data_page(
    connection: duckdb.DuckDBPyConnection,
    site: Path,
    rows: Mapping[str, int],
    layers: Sequence[str],
    neighbours: Sequence[Place],
    engine: DuckDB | None,
) -> str:
    """The page about the export that lies in ``site``, of which each view has ``rows``."""
    package = json.loads((site / DATA / "datapackage.json").read_bytes())
    wanted = frozenset(layers) or None
    sources = read_sources(connection)
    used = sources_of_all(list(rows), sources, wanted)
    found = [_file(site, resource, rows, sources, wanted) for resource in package["resources"]]
    scripts = [own(engine.import_map), own(_asset("sql.js"))] if engine else []
    build = read_build(connection)
    templates = environment("quarrydb.site", "quarrydb.report")
    templates.filters |= word_filters()
    return templates.get_template("data.html").render(
        title=f"Data: {build.project}",
        policy=content_policy(scripts, engine=engine.policy if engine else None),
        style=own(css_variables() + _report_style() + _asset("data.css")),
        import_map=scripts[0] if engine else None,
        scripts=scripts[1:],
        beside=None,
        data=_about(engine, found) if engine else None,
        engine=engine,
        build=build,
        day=day,
        neighbours=[Place(n.name, n.address, n.kind, n.address == DATA_PAGE) for n in neighbours],
        files=found,
        folder=DATA,
        size=bytes_in_words(sum((site / file.address).stat().st_size for file in found)),
        n_rows=sum(rows.values()),
        layers=sorted(layers),
        licence=licence_words(used),
        duties=package["obligations"] or obligations(used),
        source_lines=[source_line(source) for source in used],
        citation=title_of(build),
    )


def _file(
    site: Path,
    resource: Mapping[str, Any],
    rows: Mapping[str, int],
    sources: Sequence[Source],
    layers: Layers,
) -> File:
    view, address = resource["name"], f"{DATA}/{resource['path']}"
    used = sources_of(view, sources, layers)
    return File(
        view=view,
        comment=resource["description"],
        address=address,
        rows=rows[view],
        size=bytes_in_words((site / address).stat().st_size),
        licence=licence_words(used) if used else FREE,
        fields=resource["schema"]["fields"],
    )


def _about(engine: DuckDB, found: Sequence[File]) -> dict[str, Any]:
    """What the script knows of the engine and of the files."""
    names = ("library", "worker", "wasm", "arrow", "registry", "host", "version")
    return {
        "engine": {name: getattr(engine, name) for name in names},
        "files": {file.view: file.address for file in found},
    }


def bytes_in_words(n: int) -> str:
    """A size as people read it: 512 bytes, 1.2 kB, 34 MB."""
    for scale, unit in SCALES:
        if n >= scale:
            return f"{n / scale:.{1 if n < 10 * scale else 0}f}\u00a0{unit}"
    return f"{n}\u00a0bytes"


def _report_style() -> str:
    return (files("quarrydb.report") / "report.css").read_text(encoding="utf-8")


def _asset(name: str) -> str:
    return (files("quarrydb.site") / name).read_text(encoding="utf-8")
