"""The report in a browser: sizes, schemes, keyboard, pointer, assistive technology."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quarrydb import palette


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "tablet", "desk"])
def test_the_page_stands_in_a_browser(
    visit: Callable[..., Any], report_folder: Path, size: str, scheme: str
) -> None:
    seen = visit(size, scheme)
    page = seen.open(report_folder / "index.html")
    page.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
    n_drawn = page.evaluate("document.querySelectorAll('.chart svg').length")
    assert n_drawn == page.evaluate("document.querySelectorAll('.chart').length") > 30
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    sizes = page.evaluate(
        "[...document.querySelectorAll('.chart svg text')].map(t => t.getBoundingClientRect().height)"
    )
    assert min(size for size in sizes if size) >= 9
    ink = page.evaluate("getComputedStyle(document.querySelector('.role-axis-label text')).fill")
    assert ink == css_colour(palette.THEME["muted"][scheme == "dark"])
    assert seen.problems == []
    assert seen.foreign == []


def css_colour(colour: str) -> str:
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.mark.slow
def test_the_keyboard_alone_reads_a_chart_and_the_pointer_sees_a_value(
    visit: Callable[..., Any], report_folder: Path
) -> None:
    page = visit("desk").open(report_folder / "index.html")
    page.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.locator("#country_area .chart").focus()
    page.keyboard.press("ArrowRight")
    spoken = page.locator("#country_area .spoken")
    first = spoken.inner_text()
    assert "country: Mimiula" in first
    page.keyboard.press("ArrowRight")
    assert spoken.inner_text() != first
    summary = page.locator("#country_area summary", has_text="SQL")
    summary.focus()
    assert spoken.inner_text() == ""
    page.keyboard.press("Enter")
    assert "country_summary" in page.locator("#country_area pre").inner_text()
    page.locator("#country_area .mark-rect path").first.hover()
    assert "Mimiula" in page.locator("#vg-tooltip-element.visible").inner_text()
    with page.expect_download() as download:
        page.locator("#country_area [data-save=png]").click()
    assert Path(download.value.path()).read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_assistive_technology_finds_no_fault(
    visit: Callable[..., Any], report_folder: Path, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python")
    script = Path(axe.__file__).parent / "axe.min.js"
    page = visit("desk", scheme).open(report_folder / "index.html")
    page.wait_for_selector("html[data-drawn=yes]", state="attached", timeout=60_000)
    page.evaluate(script.read_text(encoding="utf-8"))
    faults = page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.impact]))")
    assert faults == []
