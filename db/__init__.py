"""An analytical database of surface mining: every result of two studies is a SQL view.

``quarrydb.open(path)`` gives a small facade: SQL, ibis, geopandas and polars on one database.
``quarrydb.connect(path)`` gives a plain DuckDB connection with spatial functions ready.

What the command does are calls, too: of a project ``plan``, ``build``, ``segment``, ``sample_changes``,
``find_changes``, ``take_over`` and ``clean_store``; of a database's connection ``run_checks``,
``export_views``, ``write_report``, ``write_figure``, ``write_map``, ``write_site`` and ``citation``;
``publish`` and ``write_demo``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from quarrydb.version import SCHEMA_VERSION, __version__

if TYPE_CHECKING:
    from quarrydb.database.connection import connect
    from quarrydb.database.facade import Database, open  # noqa: A004
    from quarrydb.demo.write import write_demo, write_published
    from quarrydb.engine.build import build
    from quarrydb.engine.checks import run_checks
    from quarrydb.engine.clean import clean_store
    from quarrydb.engine.preview import plan
    from quarrydb.engine.sample import sample_changes
    from quarrydb.engine.segment import segment
    from quarrydb.engine.update import find_changes, take_over
    from quarrydb.export.ducklake import publish
    from quarrydb.export.views import export_views
    from quarrydb.project import load_project
    from quarrydb.provenance.cite import citation
    from quarrydb.report import write_figure, write_report
    from quarrydb.site import write_site
    from quarrydb.webmap import write_map

__all__ = [
    "SCHEMA_VERSION",
    "Database",
    "__version__",
    "build",
    "citation",
    "clean_store",
    "connect",
    "export_views",
    "find_changes",
    "load_project",
    "open",
    "plan",
    "publish",
    "run_checks",
    "sample_changes",
    "segment",
    "take_over",
    "write_demo",
    "write_figure",
    "write_map",
    "write_published",
    "write_report",
    "write_site",
]


# Imported when first asked for: the command line starts without DuckDB. Names differ from those of rooms.
LAZY = {
    "Database": "database.facade",
    "build": "engine.build",
    "citation": "provenance.cite",
    "clean_store": "engine.clean",
    "connect": "database.connection",
    "export_views": "export.views",
    "find_changes": "engine.update",
    "load_project": "project",
    "open": "database.facade",
    "plan": "engine.preview",
    "publish": "export.ducklake",
    "run_checks": "engine.checks",
    "sample_changes": "engine.sample",
    "segment": "engine.segment",
    "take_over": "engine.update",
    "write_demo": "demo.write",
    "write_figure": "report",
    "write_map": "webmap",
    "write_published": "demo.write",
    "write_report": "report",
    "write_site": "site",
}


def __getattr__(name: str) -> Any:
    """A public name, imported when first asked for."""
    if name not in LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"quarrydb.{LAZY[name]}"), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return sorted({*globals(), *__all__})
