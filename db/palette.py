"""Colours that people with any colour vision tell apart (Okabe and Ito 2008; cividis-like ramps)."""

BLUE = "#0072b2"
ORANGE = "#e69f00"
GREEN = "#009e73"
RED = "#d55e00"
PURPLE = "#cc79a7"
SKY = "#56b4e9"
GREY = "#8a8f98"
BLACK = "#1f2328"
LAND = "#e9ebee"

CATEGORIES = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK, GREY)
STATUS = {"active": RED, "closed": BLUE, "undefined": GREY}
TREND = {"increasing": RED, "decreasing": BLUE, "no trend": "#c9ccd1", "not tested": "#eceef0"}
# Light to dark, even in lightness, blue to yellow reversed for a white page.
SEQUENCE = ("#fdea45", "#d3c164", "#a69d75", "#7c7b78", "#575d6d", "#123570")
# Loss to gain around a pale middle; blue and orange differ for every kind of colour vision.
DIVERGING = ("#0b4f8a", "#5b9bd0", "#c3dcee", "#f6d9b8", "#e69f4a", "#b34700")


def colours(names: list[str], known: dict[str, str] | None = None) -> dict[str, str]:
    """A colour for each name: its own where ``known``, else the next category."""
    known = known or {}
    rest = iter(CATEGORIES * (len(names) // len(CATEGORIES) + 1))
    return {name: known.get(name) or next(rest) for name in names}
