"""The project file of a demo world: one section for each part that was rendered."""

from collections.abc import Iterable
from pathlib import Path

from quarrydb.demo.vectors import COUNTRY_FILE, GREEN_FILE, MAUS_FILE, PROTECTED_FILE, TANG_FILE

HEAD = """\
# The demo world: invented mines, rendered in the layouts that publishers use.
# truth/ holds what a build of it must find; README.md says what every file is.

[project]
name = "demo world"
"""

POLYGONS = f"""
[[polygons]]
name = "tang"
path = "{TANG_FILE}"
citation = "Invented; laid out as Tang and Werner 2023."

[[polygons]]
name = "maus"
path = "{MAUS_FILE}"
layer = "mining_polygons"
citation = "Invented; laid out as Maus et al. 2022."

[countries]
path = "{COUNTRY_FILE}"

[protected]
path = "{PROTECTED_FILE}"
"""

GREEN = f"""
[stable_green.polygons]
path = "{GREEN_FILE}"
"""

SECTIONS: dict[str, str] = {"polygons": POLYGONS + GREEN}


def project_text(parts: Iterable[str]) -> str:
    """The text of ``quarry.toml`` for these parts, in the order of the sections."""
    wanted = set(parts)
    return HEAD + "".join(text for part, text in SECTIONS.items() if part in wanted)


def write_project(folder: Path, parts: Iterable[str]) -> None:
    """Write ``quarry.toml``."""
    (folder / "quarry.toml").write_text(project_text(parts), encoding="utf-8")
