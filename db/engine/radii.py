"""The columns of ``place_exposure``: one for each radius of the project.

The packaged file has the default radii; a project with others gets the same view with its own.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from quarrydb.catalog.objects import SqlObject, read_catalog
from quarrydb.loaders.exposure import radii_of
from quarrydb.project import Project
from quarrydb.project.parameters import Parameters

VIEW = "main.place_exposure"
FIRST = 5  # the radius whose lines stand for each of the project's


def exposure_objects(project: Project) -> Mapping[str, SqlObject]:
    """The view by name, where the project's radii are not the default ones."""
    radii = radii_of(project.parameters.place_radii_km)
    default = radii_of(Parameters().place_radii_km)
    if radii == default:
        return {}
    item = read_catalog()[VIEW]
    return {VIEW: replace(item, text=with_radii(item.text, radii, default))}


def with_radii(text: str, radii: tuple[float, ...], default: tuple[float, ...]) -> str:
    """The text of the view with its lines of the first default radius for each of ``radii``."""
    others = tuple(f"within_{radius:g}km" for radius in default if radius != FIRST)
    lines: list[str] = []
    for line in text.splitlines():
        if any(other in line for other in others):
            continue
        if f"within_{FIRST}km" in line:
            lines += [at_radius(line, radius) for radius in radii]
        else:
            lines.append(line)
    return re.sub(r",(\s*\n\s*FROM)", r"\1", "\n".join(lines) + "\n")


def at_radius(line: str, radius: float) -> str:
    """A line about the first default radius as one about another."""
    name = f"{radius:g}".replace(".", "_")
    line = line.replace(f"within_{FIRST}km", f"within_{name}km")
    return line.replace(f"= {FIRST}.0 ", f"= {float(radius)} ").replace(
        f"within {FIRST} km", f"within {radius:g} km"
    )
