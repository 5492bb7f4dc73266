"""The report's panels by their keys, of the world and of a place, and results with rows of a test's own."""

from typing import Any

import pyarrow as pa

from quarrydb.report.panel import read_place_questions, read_questions
from quarrydb.report.region import Region
from quarrydb.report.result import Result

PANELS = {panel.key: panel for question in read_questions() for panel in question.panels}
PLACE = Region("country", "XAA", "Xaa")
PLACE_PANELS = {p.key: p for question in read_place_questions(PLACE) for p in question.panels}
ALL = PANELS | PLACE_PANELS


def result(key: str, *rows: dict[str, Any]) -> Result:
    """What the panel ``key`` would have read, had the database given these rows."""
    return Result(ALL[key], pa.Table.from_pylist(list(rows)))
