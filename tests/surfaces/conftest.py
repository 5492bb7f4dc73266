"""A real browser for the pages, and one report and map of the demo."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import quarrydb

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SIZES = {"phone": (390, 800), "tablet": (768, 1024), "desk": (1440, 900)}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, driven by Playwright."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("chromium is not installed")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """A page that was opened, with what it asked for and what it complained about."""

    def __init__(self, browser: Any, size: str, scheme: str) -> None:
        width, height = SIZES[size]
        self.page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme=scheme
        )
        self.problems: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))

    def _heard(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def open(self, path: Path, address: str = "") -> Any:
        """Open a file, with what follows its name in the address, and wait until it stands."""
        self.page.goto(path.resolve().as_uri() + address)
        self.page.wait_for_load_state("load")
        return self.page

    @property
    def foreign(self) -> list[str]:
        """What was not asked of the file itself."""
        return [
            url for url in self.requests[1:] if not url.startswith(("data:", "blob:", "about:"))
        ]


@pytest.fixture
def visit(browser: Any) -> Iterator[Any]:
    """Opens pages and closes them after the test."""
    opened: list[Visit] = []

    def start(size: str, scheme: str = "light") -> Visit:
        opened.append(Visit(browser, size, scheme))
        return opened[-1]

    yield start
    for one in opened:
        one.page.close()


@pytest.fixture(scope="session")
def report_folder(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's report."""
    from quarrydb.report import write_report

    folder = tmp_path_factory.mktemp("report")
    with quarrydb.connect(demo_database) as connection:
        write_report(connection, folder)
    return folder


@pytest.fixture(scope="session")
def map_page(demo_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's map."""
    from quarrydb.webmap import write_map

    path = tmp_path_factory.mktemp("map") / "map.html"
    with quarrydb.connect(demo_database) as connection:
        write_map(connection, path)
    return path
