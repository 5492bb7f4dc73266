"""Types of the parameters that are lists in words: a rule, names."""

from typing import Annotated, Literal

from pydantic import AfterValidator

TrendTest = Literal[
    "original", "exact", "hamed_rao", "yue_wang", "pre_whitening", "trend_free_pre_whitening"
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


def checked_names(text: str) -> str:
    """Names in their one spelling: ``name, name ...``; none where the text is empty."""
    names = [" ".join(name.split()) for name in text.split(",")] if text else []
    if "" in names or len(set(names)) < len(names):
        raise ValueError(f"{text!r} names one twice, or none between two commas")
    return ", ".join(names)


Names = Annotated[str, AfterValidator(checked_names)]
StatusRule = Annotated[str, AfterValidator(checked_rule)]
