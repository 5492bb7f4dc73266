"""How the report writes numbers, units and the names of columns."""

import math
from collections.abc import Mapping
from datetime import date
from numbers import Number

Row = Mapping[str, object]
SPACE = "\u00a0"  # a unit stays on the line of its number
SMALLEST_SHARE = 0.0001
DIGITS = 3
# Columns whose name does not read as words.
LABELS = {
    "n": "samples",
    "iso3": "code",
    "mcc": "Matthews correlation",
    "f1": "F1",
    "iou": "intersection over union",
    "sd": "standard deviation",
    "mean_area_km2": "mean area, km²",
    "n_share": "share of number",
    "mine_id": "mine",
    "site_id": "site",
}
UNITS = {"_km2": ", km²", "_m": ", m", "_years": ", years"}
PLAIN_NUMBERS = ("year", "degree", "cell_x", "cell_y", "longitude", "latitude")


def number(value: float | None) -> str:
    """Thousands separated, three figures below a thousand; a dash for what is not known."""
    if value is None or not math.isfinite(value):
        return "–"
    rounded = round_as_shown(float(value))
    text = f"{rounded:,.{_decimals(rounded)}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def round_as_shown(value: float) -> float:
    """A number cut to what :func:`number` shows of it."""
    return round(value, _decimals(value))


def _decimals(value: float) -> int:
    if value == 0 or abs(value) >= 10 ** (DIGITS - 1):
        return 0
    return min(DIGITS - 1 - math.floor(math.log10(abs(value))), 9)


def percent(share: float | None) -> str:
    """A share 0-1 as percent; what is smaller than can be meant is only said to be small."""
    if share is None or not math.isfinite(share):
        return "–"
    if 0 < abs(share) < SMALLEST_SHARE:
        return f"<{SPACE}0.01{SPACE}%"
    value = float(f"{100 * share:.{2 if abs(share) < 0.01 else 3}g}")
    return f"{number(value)}{SPACE}%"


def km2(value: float | None) -> str:
    """An area with its unit."""
    return f"{number(value)}{SPACE}km²"


def count(n: int | None, one: str, many: str | None = None) -> str:
    """A number with its noun."""
    return f"{number(n)}{SPACE}{one if n == 1 else many or one + 's'}"


def ordinal(n: int) -> str:
    """A rank: 1st, 2nd, 3rd, 4th."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    return f"{number(n)}{'th' if n % 100 in (11, 12, 13) else ends.get(n % 10, 'th')}"


def north(latitude: float) -> str:
    """A latitude as people say it."""
    return f"{number(abs(latitude))}° {'N' if latitude >= 0 else 'S'}"


def east(longitude: float) -> str:
    """A longitude as people say it."""
    return f"{number(abs(longitude))}° {'E' if longitude >= 0 else 'W'}"


def joined(names: list[str]) -> str:
    """Names as a list in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def label(column: str) -> str:
    """A column's name as words with its unit."""
    if column in LABELS:
        return LABELS[column]
    if column.startswith("n_"):
        return column.removeprefix("n_").replace("_", " ")
    for suffix, unit in UNITS.items():
        if column.endswith(suffix):
            return column.removesuffix(suffix).replace("_", " ") + unit
    return column.replace("_", " ")


def cell(value: object, column: str) -> str:
    """A value as a table shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if not isinstance(value, Number):
        return str(value)
    if column.endswith("_share"):
        return percent(float(value))  # type: ignore[arg-type]
    if is_plain(column):
        return f"{float(value):.6g}".replace("-", "−")  # type: ignore[arg-type]
    return number(float(value))  # type: ignore[arg-type]


def is_plain(column: str) -> bool:
    """Whether a number is a name, such as a year: no thousands are set apart, nothing is rounded."""
    return column in PLAIN_NUMBERS or column.endswith("_year") or column.startswith("year_")
