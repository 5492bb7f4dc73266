"""The queries of docs/landcover.md give the answers that stand there.

After a change of the demo world: QUARRY_UPDATE_DOCS=1 pytest tests/landcover/test_docs.py
"""

import os
import re
from pathlib import Path

import duckdb
import pytest

PAGE = Path(__file__).parents[2] / "docs/landcover.md"
EXAMPLES = re.findall(r"```sql\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)


def as_text(cursor: duckdb.DuckDBPyConnection) -> str:
    """Rows as an aligned table."""
    names = [column[0] for column in cursor.description or []]
    rows = [["NULL" if v is None else str(v) for v in row] for row in cursor.fetchall()]
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [names, *rows]
    ]
    return "\n".join(lines) + "\n"


def test_there_are_three():
    """The page keeps its promise."""
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize(("query", "answer"), EXAMPLES)
def test_answer(demo_connection, query, answer):
    """Run on the demo world."""
    found = as_text(demo_connection.execute(query))
    if os.environ.get("QUARRY_UPDATE_DOCS"):
        between = f"{query}```\n\n```text\n"
        PAGE.write_text(PAGE.read_text().replace(between + answer, between + found))
    else:
        assert found == answer
