"""The notebooks run as they stand, and what they show is what they give."""

from pathlib import Path
from typing import Any

import nbformat
import pytest

from examples.build_notebooks import NOTEBOOKS, notebook, run

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(NOTEBOOKS)


def shown(page: Any) -> list[list[str]]:
    """The text of each code cell's outputs; for a picture just that there is one."""
    found = []
    for cell in page.cells:
        if cell.cell_type == "code":
            outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
            found.append([text_of(output) for output in outputs])
    return found


def text_of(output: Any) -> str:
    """One output as text; what a widget is called differs from run to run."""
    data = output.get("data", {})
    if "application/vnd.jupyter.widget-view+json" in data:
        return "widget"
    return "picture" if "image/png" in data else data.get("text/plain", output.get("text", ""))


def kept(name: str) -> Any:
    """The notebook in the folder."""
    return nbformat.read(EXAMPLES / "notebooks" / f"{name}.ipynb", as_version=4)


@pytest.mark.parametrize("name", NAMES)
def test_kept_notebooks_are_those_of_the_script(name: str) -> None:
    wanted = notebook(NOTEBOOKS[name])
    assert [cell.source for cell in kept(name).cells] == [cell.source for cell in wanted.cells]
    assert any(shown(kept(name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_notebooks_show_what_they_give(name: str, demo_database: Path) -> None:
    page = run(notebook(NOTEBOOKS[name]), demo_database)
    assert shown(page) == shown(kept(name)), "renew them: make renew"
