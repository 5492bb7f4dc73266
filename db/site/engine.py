"""DuckDB-Wasm for the page of data, where a site is asked to have it: from npm's files or a copy of them."""

import json
import re
import shutil
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from quarrydb.errors import QueryError
from quarrydb.files import write_atomically
from quarrydb.html import Engine

FOLDER = "duckdb"  # in the site
EXTENSIONS = "extensions"  # beside the package's files, laid out as DuckDB's own registry is
REGISTRY = "https://extensions.duckdb.org"
ARROW_VERSION = "17.0.0"  # that DuckDB-Wasm asks for
LIBRARY, WORKER, WASM = (
    "duckdb-browser.mjs",
    "duckdb-browser-eh.worker.js",
    "duckdb-eh.wasm",
)
ARROW = "Arrow.es2015.min.js"
SHIM = "arrow.js"  # names of Apache Arrow for a module that imports it
PINNED = re.compile(
    r"(https://[a-z0-9.-]+(?:/[A-Za-z0-9._-]+)*/)@duckdb/duckdb-wasm@(\d+\.\d+\.\d+)/?"
)
EXAMPLE = "https://cdn.jsdelivr.net/npm/@duckdb/duckdb-wasm@1.32.0"


@dataclass(frozen=True)
class DuckDB:
    """Where the page finds the engine: addresses from the site's folder, or whole ones."""

    version: str
    host: str  # empty: the site's own
    library: str
    worker: str
    wasm: str
    arrow: str
    registry: str  # of extensions, in the site; empty: DuckDB's own
    package: Path | None = None  # to copy from
    apache_arrow: Path | None = None

    @property
    def policy(self) -> Engine:
        """What the page may load for it."""
        scripts = (self.folder_of(self.library), self.folder_of(self.arrow)) if self.host else ()
        return Engine(scripts, () if self.registry else (REGISTRY,))

    @property
    def import_map(self) -> str:
        """How the library's import of Apache Arrow is answered."""
        return json.dumps({"imports": {"apache-arrow": f"./{FOLDER}/{SHIM}"}})

    @staticmethod
    def folder_of(address: str) -> str:
        """The address of the folder that a file lies in."""
        return f"{address.rpartition('/')[0]}/"


def find_engine(place: str) -> DuckDB:
    """The engine at ``place``: an npm address with a version, or a folder ``node_modules``."""
    if "://" in place:
        return _by_address(place)
    modules = Path(place)
    package, arrow = modules / "@duckdb" / "duckdb-wasm", modules / "apache-arrow"
    needed = [package / "dist" / name for name in (LIBRARY, WORKER, WASM)]
    for file in (*needed, package / "package.json", arrow / ARROW):
        if not file.is_file():
            raise QueryError(
                f"{file} is not there. Name the folder node_modules that this makes: "
                "npm install @duckdb/duckdb-wasm"
            )
    has_registry = (package / EXTENSIONS).is_dir()
    return DuckDB(
        version=_version(package / "package.json"),
        host="",
        library=f"{FOLDER}/{_as_js(LIBRARY)}",
        worker=f"{FOLDER}/{WORKER}",
        wasm=f"{FOLDER}/{WASM}",
        arrow=f"{FOLDER}/{ARROW}",
        registry=f"{FOLDER}/{EXTENSIONS}" if has_registry else "",
        package=package,
        apache_arrow=arrow,
    )


def _by_address(address: str) -> DuckDB:
    found = PINNED.fullmatch(address)
    if not found:
        raise QueryError(
            f"{address!r} is no address of one version of DuckDB-Wasm. It reads like {EXAMPLE}"
        )
    root, version = found.groups()
    dist = f"{root}@duckdb/duckdb-wasm@{version}/dist"
    return DuckDB(
        version=version,
        host=urlsplit(root).netloc,
        library=f"{dist}/{LIBRARY}",
        worker=f"{dist}/{WORKER}",
        wasm=f"{dist}/{WASM}",
        arrow=f"{root}apache-arrow@{ARROW_VERSION}/{ARROW}",
        registry="",
    )


def _version(package: Path) -> str:
    try:
        about = json.loads(package.read_bytes())
    except (ValueError, RecursionError) as error:
        raise QueryError(f"{package} is no JSON. Install the package again.") from error
    return str(about.get("version")) if isinstance(about, dict) else "unknown"


def _as_js(name: str) -> str:
    """Some hosts know no type for ``.mjs``, and browsers take no module without one."""
    return name.replace(".mjs", ".js")


def _refuse_links(package: Path) -> None:
    """QueryError for a link inside a package: a site is for everybody, what it leads to may not be."""
    copied = [*package.glob("dist/*"), *package.glob("*.*"), *package.glob("LICENSE*")]
    copied += [package / EXTENSIONS, *(package / EXTENSIONS).rglob("*")]
    link = next((path for path in copied if path.is_symlink()), None)
    if link is not None:
        raise QueryError(f"{link} is a link, and what it leads to would be published. Remove it.")


def copy_engine(engine: DuckDB, site: Path) -> None:
    """Put into the site what the page needs of it: all, or what answers the library's import."""
    for package in filter(None, (engine.package, engine.apache_arrow)):
        _refuse_links(package)
    folder = site / FOLDER
    folder.mkdir()
    write_atomically(folder / SHIM, (files("quarrydb.site") / "arrow.mjs").read_bytes())
    if not (engine.package and engine.apache_arrow):
        return
    for name in (LIBRARY, WORKER, WASM):
        shutil.copyfile(engine.package / "dist" / name, folder / _as_js(name))
    shutil.copyfile(engine.apache_arrow / ARROW, folder / ARROW)
    for package in (engine.package, engine.apache_arrow):
        for licence in sorted(package.glob("LICENSE*")):
            shutil.copyfile(licence, folder / f"{package.name}-{licence.name}")
    if engine.registry:
        shutil.copytree(engine.package / EXTENSIONS, folder / EXTENSIONS)
