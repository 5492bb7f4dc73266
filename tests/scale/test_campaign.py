"""Campaigns of load and faults: their page, and small versions of those that are cheap."""

from pathlib import Path

import pytest

from benchmarks import page
from benchmarks.campaign import load_polygons
from benchmarks.campaign.__main__ import MARKS, PAGE, read_results, section
from benchmarks.campaign.contents import contents
from tests.reliability import table


def test_the_page_shows_what_campaigns_saw() -> None:
    assert page.between(PAGE, MARKS)[1].strip() == section(read_results())


def test_other_sections_leave_campaigns_alone(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text(f"# A\n\n{table.KILLS}\nold\n\n{table.CAMPAIGNS}\nrows\n")
    table.write_kills(["new"], file)
    assert file.read_text() == f"# A\n\n{table.KILLS}\nnew\n\n{table.CAMPAIGNS}\nrows\n"
    table.write({("Files", "x"): "y"}, [("Files", "x")], file)
    assert file.read_text().endswith(f"{table.KILLS}\nnew\n\n{table.CAMPAIGNS}\nrows\n")


def test_polygons_of_the_lattice_overlap_in_pairs() -> None:
    shapes = load_polygons.lattice(3_000)
    n = load_polygons.n_overlapping(shapes)
    assert 200 < n < 300
    assert len(shapes) == 3_000


def test_contents_see_every_lasting_file(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a.html").write_text("one")
    before = contents(tmp_path)
    (tmp_path / "out" / "a.html").write_text("two")
    assert list(before) == ["out/a.html"]
    assert contents(tmp_path) != before


@pytest.mark.slow
def test_many_columns_and_a_long_value(tmp_path: Path) -> None:
    (seen,) = load_polygons.columns(tmp_path, 200)
    assert seen.what.startswith("200 polygons with 200 columns")
