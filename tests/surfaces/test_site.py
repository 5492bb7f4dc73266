"""The site: one folder that any host serves, whole or not at all, with pages that lead to each other."""

import functools
import http.server
import json
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import quarrydb
from quarrydb import site as site_room
from quarrydb.cli.site import site as command
from quarrydb.errors import QueryError, TargetError
from quarrydb.files import replacing_folder
from quarrydb.html import content_policy
from quarrydb.site import write_site
from quarrydb.site.data import bytes_in_words, data_page
from quarrydb.site.engine import copy_engine, find_engine
from quarrydb.site.owned import MARKER, check_owned, files_of

CDN = "https://npm.example.org/npm/@duckdb/duckdb-wasm@1.32.0"
# In place of the real library, which weighs 35 MB: it answers with the queries that it was asked.
LIBRARY = """
import { Table } from "apache-arrow";
export class VoidLogger {}
export class AsyncDuckDB {
  constructor(logger, worker) { this.asked = []; this.worker = worker; }
  async instantiate(address) { this.asked.push((await fetch(address)).status); }
  async connect() { return this; }
  async registerFileBuffer(name, bytes) { this.asked.push(`${name} ${bytes.length}`); }
  async query(text) {
    if (text.includes("nonsense")) throw new Error("Parser Error: nonsense");
    this.asked.push(text);
    return new Table(this.asked);
  }
}
"""
ARROW = """
globalThis.Arrow = { RecordBatchReader: class {}, Type: {}, Table: class {
  schema = { fields: [{ name: "asked" }] };
  constructor(asked) { this.rows = asked.map((text) => ({ asked: String(text) })); }
  toArray() { return this.rows.map((row) => ({ toJSON: () => row })); }
} };
"""


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder ``node_modules`` with files named as the packages name them."""
    folder = tmp_path_factory.mktemp("npm") / "node_modules"
    package, arrow = folder / "@duckdb" / "duckdb-wasm", folder / "apache-arrow"
    (package / "dist").mkdir(parents=True)
    arrow.mkdir()
    (package / "package.json").write_text('{"version": "1.32.0"}')
    (package / "LICENSE").write_text("MIT")
    (package / "dist" / "duckdb-browser.mjs").write_text(LIBRARY)
    (package / "dist" / "duckdb-browser-eh.worker.js").write_text("")
    (package / "dist" / "duckdb-eh.wasm").write_bytes(b"\0asm")
    (arrow / "Arrow.es2015.min.js").write_text(ARROW)
    return folder


def test_a_link_in_a_package_is_not_published(modules: Path, tmp_path: Path) -> None:
    copy = tmp_path / "node_modules"
    shutil.copytree(modules, copy)
    secret = tmp_path / "secret"
    secret.write_text("private")
    for place in ("@duckdb/duckdb-wasm/dist/duckdb-eh.wasm", "apache-arrow/LICENSE.txt",
                  "@duckdb/duckdb-wasm/extensions/v1/a.wasm"):  # fmt: skip
        link, engine = copy / place, find_engine(str(copy))
        link.parent.mkdir(parents=True, exist_ok=True)
        kept = link.read_bytes() if link.exists() else None
        link.unlink(missing_ok=True)
        link.symlink_to(secret)
        (tmp_path / place).mkdir(parents=True)
        with pytest.raises(QueryError, match="is a link"):
            copy_engine(engine, tmp_path / place)
        assert not list((tmp_path / place).rglob("*"))
        link.unlink()
        if kept is not None:
            link.write_bytes(kept)


# Without a database ---------------------------------------------------------------------------------


def test_a_folder_with_anything_else_in_it_is_refused_and_stays(tmp_path: Path) -> None:
    def fault(folder: Path) -> str:
        before = files_of(folder) if folder.is_dir() else []
        with pytest.raises(TargetError) as found:
            check_owned(folder)
        assert (files_of(folder) if folder.is_dir() else []) == before
        return str(found.value)

    check_owned(tmp_path / "new")
    check_owned(tmp_path)
    (tmp_path / "thesis.tex").write_text("mine")
    assert "holds thesis.tex, which quarry site did not write" in fault(tmp_path)
    for text in ("", "[]", '{"files": ["thesis.tex", "site.json"]}', "\xff", "[" * 100_000):
        (tmp_path / MARKER).write_text(text, encoding="latin-1")
        assert "holds site.json and 1 more, which quarry site did not write" in fault(tmp_path)
    (tmp_path / MARKER).write_text('{"made_by": "quarrydb 1", "files": [["thesis.tex"], 3]}')
    assert "holds thesis.tex, which" in fault(tmp_path)
    (tmp_path / MARKER).write_text('{"made_by": "quarrydb 1", "files": ["thesis.tex"]}')
    check_owned(tmp_path)
    (tmp_path / "link").symlink_to(tmp_path)
    assert "holds link" in fault(tmp_path)
    assert "is a link or a file" in fault(tmp_path / "link")
    assert "is a link or a file" in fault(tmp_path / "thesis.tex")


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "site"
    with replacing_folder(target) as fresh:
        (fresh / "a").write_text("old")
    killed = target.with_name(f".{target.name}.{fresh.name.split('.')[2]}.0badc0de.tmp")
    killed.mkdir()
    with pytest.raises(ZeroDivisionError), replacing_folder(target) as fresh:
        (fresh / "a").write_text(str(1 / 0))
    assert (target / "a").read_text() == "old"
    assert [path.name for path in target.parent.iterdir()] == ["site"]  # what was killed went, too
    with replacing_folder(target) as fresh:
        (fresh / "b").write_text("new")
    assert files_of(target) == ["b"]


def test_an_engine_is_one_version_at_an_address_or_a_folder(tmp_path: Path, modules: Path) -> None:
    engine = find_engine(CDN)
    assert (engine.version, engine.host) == ("1.32.0", "npm.example.org")
    policy = content_policy([], engine=engine.policy)
    assert f"'self' 'wasm-unsafe-eval' {CDN}/dist/ " in policy
    assert "worker-src 'self' blob:" in policy
    assert "'unsafe-eval'" not in policy
    assert "connect-src 'self' https://npm.example.org/npm/" in policy
    assert "https://extensions.duckdb.org" in policy
    local = find_engine(str(modules))
    assert (local.version, local.host, local.policy.scripts) == ("1.32.0", "", ())
    for wrong in (
        CDN.removesuffix("@1.32.0"),
        CDN.replace("1.32.0", "latest"),
        CDN.replace("https", "http"),
        CDN.replace("npm.", "me:secret@npm."),
        f"{CDN}; script-src *",
    ):
        with pytest.raises(QueryError, match="is no address of one version"):
            find_engine(wrong)
    with pytest.raises(QueryError, match=r"is not there.*npm install"):
        find_engine(str(tmp_path))


def test_sizes_are_words() -> None:
    found = [bytes_in_words(n).replace("\u00a0", " ") for n in (0, 999, 1_234, 34_242_586, 2e9)]
    assert found == ["0 bytes", "999 bytes", "1.2 kB", "34 MB", "2.0 GB"]


# Of the demo ----------------------------------------------------------------------------------------


class Links(HTMLParser):
    """What a page names: addresses that it leads to or loads, places to choose, ids of its elements."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: set[str] = set()
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if name == "id":
                self.ids.add(value or "")
            elif name in ("href", "src") or (tag == "option" and name == "value"):
                self.addresses.append(value or "")


@pytest.fixture(scope="module")
def written(
    demo_database: Path, modules: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, site_room.WrittenSite]:
    """The demo's site, with SQL."""
    folder = tmp_path_factory.mktemp("host") / "site"
    with quarrydb.connect(demo_database) as connection:
        return folder, write_site(connection, folder, duckdb_wasm=str(modules))


@pytest.fixture
def address(written: tuple[Path, Any]) -> Iterator[str]:
    """The site on a host."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    handler = functools.partial(Quiet, directory=str(written[0]))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.slow
def test_every_link_resolves_and_every_file_is_named(written: tuple[Path, Any]) -> None:
    folder, about = written
    pages = {path.resolve(): Links(path) for path in folder.rglob("*.html")}
    assert len(pages) == 3 + about.n_regions > 4
    for page, links in pages.items():
        for link in links.addresses:
            if link.startswith("data:") or (page.name == "map.html" and not link.endswith(".html")):
                continue
            path, _, part = link.partition("#")
            assert not re.match(r"[a-z]+:|/", path), link
            there = (page.parent / path).resolve() if path else page
            assert there.is_file(), (page, link)
            assert there.is_relative_to(folder.resolve()), (page, link)
            assert not part or part in pages[there].ids, (page, link)
    named = {
        (page.parent / link).resolve() for page, links in pages.items() for link in links.addresses
    }
    assert set(pages) <= named
    parquet = {path.resolve() for path in (folder / "data").glob("*.parquet")}
    assert parquet <= named
    assert len(parquet) == len(about.rows)
    marker = json.loads((folder / MARKER).read_text())
    assert {*marker["files"], MARKER} == set(files_of(folder))
    assert marker["bytes"] == about.size


@pytest.mark.slow
def test_the_page_of_data_says_of_each_view_what_its_file_holds(written: tuple[Path, Any]) -> None:
    folder, about = written
    html = (folder / "data.html").read_text()
    for view, n in about.rows.items():
        card = html.partition(f'<article class="card wide" id="{view}">')[2].partition(
            "</article>"
        )[0]
        schema = pq.read_schema(folder / "data" / f"{view}.parquet")
        assert re.findall(r"<tr><td>([^<]+)", card) == schema.names
        shown = re.search(r"· ([\d,]+)\xa0?\s?rows? ", card)
        assert shown, view
        assert int(shown[1].replace(",", "")) == n
    mine = html.partition('id="mine">')[2].partition("</article>")[0]
    assert "Area of the mine, km2" in mine or "km2" in mine
    assert "licence: none, they may not be passed on as a whole" in mine
    duties = html.partition('<ul class="duties">')[2].partition("</ul>")[0]
    assert "CC BY-SA 4.0" in duties
    assert "no redistribution" in duties


@pytest.mark.slow
@pytest.mark.parametrize("size", ["phone", "desk"])
def test_pages_open_from_a_disk_without_a_request_elsewhere(
    visit: Callable[..., Any], written: tuple[Path, Any], size: str
) -> None:
    folder, _ = written
    one = visit(size, "dark")
    country = next((folder / "country").glob("*/index.html"))
    for path in (folder / "index.html", country, folder / "map.html", folder / "data.html"):
        page = one.open(path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, path
    assert one.problems == []
    assert {url.partition("?")[0].rpartition("/")[0].removeprefix("file://") for url in one.foreign} <= {
        str(folder), str(country.parent),
    }  # fmt: skip
    assert page.is_disabled("#run")
    assert "http.server" in page.inner_text("#said")
    page.click(".neighbours >> text=Report")
    page.wait_for_url("**/index.html")
    page.select_option("[data-goto]", index=1)
    page.wait_for_url("**/country/**")
    page.click(".neighbours >> text=Map")
    page.wait_for_url("**/map.html")
    page.click("#largest button >> nth=0")
    there = page.get_attribute("#facts a[href^='country/']", "href")
    assert (folder / there).is_file()
    page.click("#close")
    page.click("text=The report")
    page.wait_for_url("**/index.html")
    assert one.problems == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_assistive_technology_finds_no_fault_in_the_page_of_data(
    visit: Callable[..., Any], written: tuple[Path, Any], scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    page = visit("desk", scheme).open(written[0] / "data.html")
    page.evaluate((Path(axe.__file__).parent / "axe.min.js").read_text(encoding="utf-8"))
    faults = page.evaluate(
        "axe.run().then(r => r.violations.map(v => [v.id, v.impact, v.nodes[0].html]))"
    )
    assert faults == []


@pytest.mark.slow
def test_sql_loads_the_engine_when_asked_and_the_tables_that_it_names(
    visit: Callable[..., Any], written: tuple[Path, Any], address: str
) -> None:
    one = visit("desk")
    page = one.page
    page.goto(f"{address}data.html")
    assert not [url for url in one.requests if "/duckdb/" in url]
    page.click("#run")
    page.wait_for_selector("#rows:not([hidden])")
    asked = page.locator("#rows td").all_inner_texts()
    size = (written[0] / "data" / "country_summary.parquet").stat().st_size
    assert asked[:2] == ["200", f"country_summary.parquet {size}"]
    assert "read_parquet('country_summary.parquet')" in asked[2]
    assert asked[3].endswith("LIMIT 10 ) LIMIT 1001")
    page.fill("#query", "nonsense")
    page.press("#query", "Control+Enter")
    page.wait_for_selector("#said.wrong")
    assert page.inner_text("#said") == "Parser Error: nonsense"
    assert page.is_hidden("#rows")
    assert {url for url in one.requests if not url.startswith((address, "blob:", "data:"))} == set()
    assert one.problems == []


@pytest.mark.slow
def test_a_run_that_fails_leaves_the_old_folder(
    written: tuple[Path, Any], demo_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, _ = written

    def stop(*_: Any, **__: Any) -> None:
        raise TargetError("The disk is full.")

    before = {name: (folder / name).stat().st_mtime_ns for name in files_of(folder)}
    monkeypatch.setattr(site_room, "write_pages", stop)
    with (
        quarrydb.connect(demo_database) as connection,
        pytest.raises(TargetError, match="The disk is full"),
    ):
        write_site(connection, folder)
    assert {name: (folder / name).stat().st_mtime_ns for name in files_of(folder)} == before
    assert [path.name for path in folder.parent.iterdir()] == ["site"]


@pytest.mark.slow
def test_without_asking_there_is_no_engine_and_no_script(
    written: tuple[Path, site_room.WrittenSite], demo_database: Path
) -> None:
    folder, about = written
    with quarrydb.connect(demo_database) as connection:
        html = data_page(connection, folder, about.rows, ["country"], (), None)
    assert "<textarea" not in html
    assert "<script" not in html
    assert "connect-src" not in html
    assert "Of tables by region only rows of country." in html


@pytest.mark.slow
def test_the_command_refuses_a_foreign_folder_before_it_works(
    demo_database: Path, tmp_path: Path
) -> None:
    (tmp_path / "CNAME").write_text("mines.example.org")
    with pytest.raises(TargetError, match="holds CNAME, which"):
        command(tmp_path, demo_database)
    assert files_of(tmp_path) == ["CNAME"]
