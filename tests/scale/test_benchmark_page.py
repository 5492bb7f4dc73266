"""The page of benchmarks: a run replaces its own sections and leaves the others."""

from pathlib import Path

import pytest

from benchmarks import page

TITLES = {"union": "Union", "mann_kendall": "Trends"}


def results(key: str, size: str, cost: float) -> dict:
    entry = {"title": TITLES[key], "rows": [{"what": "quarrydb", "cpu_s": cost}]}
    return {"machine": {"cores": 2}, "size": size, "repeat": 1, "benchmarks": {key: entry}}


def test_a_run_replaces_its_sections_and_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- benchmarks: begin -->\n<!-- benchmarks: end -->\nafter\n")
    page.write(file, results("mann_kendall", "usual", 1.0), TITLES)
    page.write(file, results("union", "full", 2.0), TITLES)
    page.write(file, results("union", "usual", 3.0), TITLES)
    page.write(file, results("mann_kendall", "quick", 4.0), TITLES)
    text = file.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    sections = page.read(text)
    assert list(sections) == ["Union: a tenth of the planet", "Union: the planet", "Trends"]
    for heading, cost in zip(sections, ("3.00", "2.00", "4.00"), strict=True):
        assert f"| quarrydb | {cost} |" in sections[heading]
    assert "`python -m benchmarks --full --only union`: cores 2." in sections["Union: the planet"]


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("nothing\n")
    with pytest.raises(SystemExit, match="nothing was written"):
        page.write(file, results("union", "full", 2.0), TITLES)
    assert file.read_text() == "nothing\n"
