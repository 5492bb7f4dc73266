"""Make the notebooks of this folder, run them against the demo world, and keep their outputs.

python -m examples.build_notebooks demo
"""

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from examples.cells import country, footprint, mine, own, protected

HERE = Path(__file__).parent
NOTEBOOKS = {
    "a_one_country": country.CELLS,
    "b_one_mine": mine.CELLS,
    "c_protected_areas": protected.CELLS,
    "d_footprint_and_land_cover": footprint.CELLS,
    "e_bring_your_own": own.CELLS,
}


def notebook(cells: list[str]) -> nbformat.NotebookNode:
    """A notebook; text that begins with # is Markdown unless it is code."""
    made = []
    for position, text in enumerate(cells):
        kind = (
            nbformat.v4.new_markdown_cell
            if text.startswith(("# ", "## "))
            else nbformat.v4.new_code_cell
        )
        cell = kind(text)
        cell["id"] = f"cell-{position}"
        made.append(cell)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel})


def run(page: nbformat.NotebookNode, database: Path) -> nbformat.NotebookNode:
    """Run all cells; an error in one of them is raised."""
    os.environ["QUARRY_DATABASE"] = str(database.resolve())
    client = NotebookClient(
        page, timeout=180, kernel_name="python3", record_timing=False, store_widget_state=False
    )
    client.execute()  # a widget's state holds its whole script, megabytes
    page.metadata.pop("language_info", None)
    return page


def main(folder: Path) -> None:
    """Write every notebook with its outputs."""
    (HERE / "notebooks").mkdir(exist_ok=True)
    for name, cells in NOTEBOOKS.items():
        page = run(notebook(cells), folder / "mines.duckdb")
        nbformat.write(page, HERE / "notebooks" / f"{name}.ipynb")
        print(name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
