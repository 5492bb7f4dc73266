"""docs/dependencies.md lists exactly what pyproject.toml names, with the same ranges."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from quarrydb.cli.doctor import packages_by_extra

ROOT = Path(__file__).parent.parent.parent
ROW = re.compile(r"^\| (?P<name>[a-z0-9-]+) \| (?P<range>[=<>][^|]*?) \|", re.MULTILINE)


def test_dependencies_page_is_in_step() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    named = [Requirement(text) for group in groups for text in group]
    wanted = {item.name: str(item.specifier) for item in named if item.name != "quarrydb"}
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = ROW.findall(page)
    assert len(rows) == len(set(rows))
    assert {name: normal(text) for name, text in rows} == {n: normal(t) for n, t in wanted.items()}


def normal(specifier: str) -> list[str]:
    """A version range whatever the order of its parts."""
    return sorted(specifier.replace(" ", "").split(","))


def test_the_doctor_looks_for_every_extra_of_users() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        extra: sorted(Requirement(text).name for text in packages)
        for extra, packages in project["optional-dependencies"].items()
        if extra not in ("dev", "benchmark")
    }
    assert packages_by_extra() == named


def test_every_row_says_what_it_touches_and_its_licence() -> None:
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if ROW.match(line + "\n")]
    assert all(cell.strip() for line in rows for cell in line.strip("|").split("|"))
