"""Colours that people with any colour vision tell apart, on white paper and on a dark screen.

Pages name them as CSS variables (``var(--c1)``), so that one drawing follows the reader's scheme.
"""

import re
from collections.abc import Sequence

# name: (on white, on dark).
THEME: dict[str, tuple[str, str]] = {
    "ink": ("#1b1f24", "#e8ebee"),
    "muted": ("#59626d", "#a5afba"),
    "line": ("#d5dae0", "#343c45"),
    "grid": ("#e4e8ec", "#2a323a"),
    "link": ("#0a5a94", "#86bff0"),
    "focus": ("#b26200", "#ffb454"),
    "paper": ("#ffffff", "#181d23"),
    "back": ("#f4f6f8", "#101419"),
    "sea": ("#f1f6fa", "#0f151b"),
    "land": ("#dfe4e8", "#2d3640"),
    "coast": ("#ffffff", "#0f151b"),
    "here": ("#f6f3e8", "#414b56"),
    # Categories, in the order of use.
    "c1": ("#1a66c2", "#4f83e8"),
    "c2": ("#b23c08", "#e8602c"),
    "c3": ("#134a3a", "#45e0ab"),
    "c4": ("#87358a", "#b0609a"),
    "c5": ("#d88f00", "#f5cf45"),
    "c6": ("#46abc9", "#c4e2f2"),
    "c7": ("#6b4a2f", "#a88a6a"),
    "c8": ("#59626d", "#a5afba"),
    "active": ("#a8330a", "#ff8038"),
    "closed": ("#2f86d6", "#4b8fd8"),
    "undefined": ("#bfa11f", "#ecd9a0"),
    "forest": ("#1b4d3e", "#3f8a74"),
    "cropland": ("#a86b0c", "#b8862a"),
    "grassland": ("#97bd3a", "#e4f59a"),
    "shrubland": ("#b8439f", "#d255d8"),
    "sparse": ("#3f78e6", "#7fd0ff"),
    "other": ("#6b4a2f", "#a88a6a"),
    # Little to much: even steps of lightness, away from the paper.
    "s1": ("#fbe3a2", "#46265c"),
    "s2": ("#f4b858", "#7d2c62"),
    "s3": ("#e5823c", "#b93f5b"),
    "s4": ("#c44e3f", "#e36a42"),
    "s5": ("#8c2a50", "#f5a53f"),
    "s6": ("#471a4b", "#fde692"),
    # Loss to gain around a middle near the paper.
    "d1": ("#0b4f8a", "#8ccaff"),
    "d2": ("#5b9bd0", "#4a92d2"),
    "d3": ("#b5d3e9", "#2f5d85"),
    "d4": ("#ece7dd", "#3c4148"),
    "d5": ("#f4c48b", "#7f5229"),
    "d6": ("#de852a", "#d5873a"),
    "d7": ("#a23d00", "#ffc37d"),
}
CATEGORIES = tuple(f"c{n}" for n in range(1, 9))
KNOWN = {name: name for name in ("active", "closed", "undefined")} | {
    "forest": "forest",
    "cropland": "cropland",
    "grassland": "grassland",
    "shrubland": "shrubland",
    "sparse vegetation": "sparse",
    "wetland": "other",
    "increasing": "c2",
    "decreasing": "c1",
    "no trend": "c5",
    "not tested": "line",
    "developed": "c2",
    "reclaimed": "c3",
    "gap": "c1",
}
VARIABLE = re.compile(r"var\(--([a-z0-9]+)\)")


def _on_white(*names: str) -> tuple[str, ...]:
    return tuple(THEME[name][0] for name in names)


# For what knows no CSS: styles of QGIS, the canvas of the map.
BLUE, ORANGE, GREY = THEME["c1"][0], THEME["c5"][0], THEME["muted"][0]
STATUS = {name: THEME[name][0] for name in ("active", "closed", "undefined")}
SEQUENCE = _on_white("s1", "s2", "s3", "s4", "s5", "s6")
DIVERGING = _on_white("d1", "d2", "d3", "d5", "d6", "d7")


def variable(name: str) -> str:
    """A colour of the theme as CSS names it."""
    return f"var(--{name})"


def colours(values: Sequence[str]) -> dict[str, str]:
    """A colour of the theme for each value: its own where it has one, else the next category's."""
    taken = {KNOWN[value] for value in values if value in KNOWN}
    free = [name for name in CATEGORIES if name not in taken]
    rest = iter(free * (len(values) // len(free) + 1))
    return {value: variable(KNOWN[value] if value in KNOWN else next(rest)) for value in values}


def css_variables() -> str:
    """The theme as CSS: light, dark where the reader's screen is, always light on paper."""
    light, dark = (
        "".join(f"--{name}:{pair[i]};" for name, pair in THEME.items()) for i in range(2)
    )
    return (
        f":root{{color-scheme:light dark;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"
    )


def on_white(text: str) -> str:
    """``text`` with the light colours in place of the variables, for files that stand alone."""
    return VARIABLE.sub(lambda found: THEME[found[1]][0], text)
