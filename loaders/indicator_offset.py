"""Images of an indicator whose items must be wrong about their offset, by those of other dates there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from quarrydb.catalog.objects import read_catalog
from quarrydb.contract import LoadContext
from quarrydb.database.connection import empty_instance
from quarrydb.loaders.indicator_read import KIND, ReadTask, levels_of
from quarrydb.loaders.indicator_scene import Scene
from quarrydb.loaders.provenance import Issue

PARAMETERS = ("offset_tolerance", "site_seen_min")
JUDGED = """
SELECT image_id, is_wrong, count(*) AS n, min(reason) AS reason
FROM image_offset
WHERE reason IS NOT NULL
GROUP BY image_id, is_wrong
ORDER BY image_id, is_wrong
"""
WRONG = "SELECT site_id, image_id FROM image_offset WHERE is_wrong"


@dataclass(frozen=True)
class Judged:
    """Tasks whose images can be taken, the keys of the others, and what is to be said of them."""

    reads: list[ReadTask]
    wrong: list[str]
    issues: list[Issue]


def judged(context: LoadContext, name: str, reads: Sequence[ReadTask]) -> Judged:
    """Tasks by the view ``image_offset``: the ground of each shard of mines is a place of its own."""
    levels = [row for task in reads for row in level_rows(context, task)]
    if not levels:
        return Judged(list(reads), [], [])
    query = f"SELECT {', '.join(PARAMETERS)} FROM main.parameter"  # noqa: S608 constants
    with empty_instance() as connection:
        connection.register("parameters", context.connection.execute(query).to_arrow_table())
        connection.execute("CREATE TABLE main.parameter AS FROM parameters; CREATE SCHEMA raw")
        catalog = read_catalog()
        for item in ("raw.image_level", "main.image_offset"):
            connection.execute(catalog[item].statement)
        connection.register("levels", pa.Table.from_pylist(levels))
        connection.execute("INSERT INTO raw.image_level BY NAME FROM levels")
        wrong = set(connection.execute(WRONG).fetchall())
        said = connection.execute(JUDGED).fetchall()
    keys = {
        task.key
        for task in reads
        if any((task.coverage_key, image_id) in wrong for image_id in images_of(task))
    }
    issues = [
        Issue(name, image, "wrong offset", "set aside" if is_wrong else "noted", n, detail=reason)
        for image, is_wrong, n, reason in said
    ]
    return Judged([task for task in reads if task.key not in keys], sorted(keys), issues)


def images_of(task: ReadTask) -> list[str]:
    """Ids of the images of a task."""
    return [layer.image_id for layer in task.file.layers] if isinstance(task.file, Scene) else []


def level_rows(context: LoadContext, task: ReadTask) -> Iterator[dict[str, Any]]:
    """Rows of ``raw.image_level`` of a task that was read."""
    if not isinstance(task.file, Scene):
        return
    older = {layer.image_id: layer.is_before_offset for layer in task.file.layers}
    day = task.file.date
    for level in levels_of(context.store.path(KIND, task.key)):
        yield level | {
            "site_id": task.coverage_key,
            "year": day.year,
            "date": date(day.year, day.month or 1, day.day or 1),
            "is_before_offset": older[level["image_id"]],
        }
