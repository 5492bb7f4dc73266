"""Types of the parameters that decide trends and status."""

from typing import Annotated, Literal

from pydantic import AfterValidator

TrendTest = Literal[
    "original", "hamed_rao", "yue_wang", "pre_whitening", "trend_free_pre_whitening"
]


def checked_rule(text: str) -> str:
    """A status rule in its one spelling: ``indicator trend, indicator trend ...``."""
    entries = [entry.split() for entry in text.split(",")]
    for entry in entries:
        if len(entry) != 2 or entry[1] not in ("increasing", "decreasing"):
            raise ValueError(
                f"{' '.join(entry)!r} is not an indicator and the trend that means active, "
                "such as 'ndvi decreasing'"
            )
    names = [name for name, _ in entries]
    if len(set(names)) < len(names):
        raise ValueError(f"an indicator stands twice in {text!r}")
    return ", ".join(" ".join(entry) for entry in entries)


StatusRule = Annotated[str, AfterValidator(checked_rule)]
