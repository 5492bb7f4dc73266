"""The page of benchmarks: a run replaces its own sections and leaves the others."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks import build, countries, erase, mann_kendall, page, union
from benchmarks.__main__ import BENCHMARKS, MARKDOWN, RESULTS, ROOT, main
from benchmarks.harness import Row
from quarrydb.catalog.objects import PARAMETER, chain, read_catalog

KEYS = ["union", "mann_kendall"]


def result(key: str, size: str, cost: float) -> dict:
    rows = [{"what": "quarrydb", "cpu_s": cost}]
    return {"key": key, "size": size, "repeat": 1, "machine": {"cores": 2}, "rows": rows}


def test_the_page_shows_the_results_in_order(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("before\n<!-- benchmarks: begin -->\nold\n<!-- benchmarks: end -->\nafter\n")
    found = [result("mann_kendall", "quick", 4.0), result("union", "full", 2.0)]
    found.append(result("union", "usual", 3.0))
    sections = page.in_order({page.heading(x["key"], "Title", x["size"]): x for x in found}, KEYS)
    page.write(file, sections)
    text = file.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    titles = [line[4:] for line in text.splitlines() if line.startswith("### ")]
    assert titles == ["Title: a tenth of the planet", "Title: the planet", "Title"]
    costs = [line for line in text.splitlines() if line.startswith("| quarrydb |")]
    assert [line.split(" | ")[1] for line in costs] == ["3.00", "2.00", "4.00"]
    assert "`python -m benchmarks --full --only union`: cores 2." in text


def test_a_benchmark_replaces_its_own_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, shown = tmp_path / "held.json", tmp_path / "page.md"
    shown.write_text("<!-- benchmarks: begin -->\n<!-- benchmarks: end -->\n")
    for key, cost in (("union", 1.0), ("erase", 2.0), ("union", 3.0)):
        row = Row(what="quarrydb", cpu_s=cost)
        monkeypatch.setitem(BENCHMARKS, key, (key.title(), lambda *_, row=row: [row]))
        monkeypatch.setattr(
            "sys.argv",
            ["benchmarks", "--only", key, "--json", str(held), "--markdown", str(shown)],
        )
        main()
    costs = {
        found["key"]: found["rows"][0]["cpu_s"] for found in json.loads(held.read_text()).values()
    }
    assert costs == {"union": 3.0, "erase": 2.0}
    assert shown.read_text().count("| quarrydb |") == len(costs)


def test_the_page_shows_what_was_measured() -> None:
    shown = page.between(MARKDOWN, page.MARKS)[1]
    held = json.loads(RESULTS.read_text())
    assert shown.strip() == "\n\n".join(page.section(*item) for item in held.items())


def test_a_scale_is_measured_once_whatever_stands_before_it() -> None:
    held = [{"scale": "50", "parts": ["polygons"]}]
    assert build.measured(held, "5", ["polygons"]) is None
    assert build.measured(held, "50", ["polygons"]) == held[0]
    assert build.measured(held, "50", ["polygons", "landcover"]) is None


def test_a_page_without_marks_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("nothing\n")
    with pytest.raises(SystemExit, match="nothing was written"):
        page.write(file, {"Union": result("union", "full", 2.0)})
    assert file.read_text() == "nothing\n"


@pytest.mark.parametrize("bench", [union, erase, countries, mann_kendall], ids=lambda b: b.__name__)
def test_a_benchmark_has_all_that_its_view_reads(bench: ModuleType) -> None:
    """From its tables on: a view or a table that came since would be a step without rows."""
    given = {*bench.GIVEN, PARAMETER}
    items = chain([bench.WANTED], given, read_catalog())
    assert items[-1].name == bench.WANTED
    assert [item.name for item in items if item.kind == "table"] == []
    own = "main.mine_" if bench is mann_kendall else "core."  # what it measures
    assert [
        i.name for i in items if i.kind == "view" and not i.name.startswith(("core.", own))
    ] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["landcover_sql", "segmentation_sql"])
def test_benchmarks_run(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if name == "segmentation_sql":  # its countries are real ones
        request.getfixturevalue("real_data")
    file = tmp_path / "results.json"
    options = ["--quick", "--only", name, "--folder", str(tmp_path), "--json", str(file)]
    subprocess.run([sys.executable, "-m", "benchmarks", *options], check=True, cwd=ROOT)
    found = next(iter(json.loads(file.read_text()).values()))
    assert "failed" not in found, found["failed"]
    assert found["rows"][0]["cpu_s"] > 0
