"""What is stored of an indicator's images beside their values: their names in the store, source, problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from quarrydb.contract import LoadContext
from quarrydb.fetch.address import is_remote
from quarrydb.loaders.image_stac import catalogue_files
from quarrydb.loaders.indicator_items import ScenePart, Scenes
from quarrydb.loaders.indicator_read import KIND, ReadTask, problem_of
from quarrydb.loaders.indicator_scene import Scene
from quarrydb.loaders.provenance import Issue, Load, relative_path
from quarrydb.project.indicator import IndicatorSource
from quarrydb.store.shards import fingerprint

REVISION = 2


def scene_key(
    context: LoadContext,
    name: str,
    part: ScenePart,
    limits: Sequence[float | None],
    coverage_key: str,
) -> str:
    """The name of a scene's values in the store: from its files' content, or addresses and versions."""

    def content(where: Path | str) -> str:
        if is_remote(where):
            return f"{where} {part.versions.get(str(where), '')}"
        return context.checksums[Path(where)]

    scene = part.file
    files = [
        [content(band.where), band.name, band.number, band.scale, band.offset, band.coarsen]
        for band in scene.files
    ]
    reading = [scene.expression, list(scene.masked_classes), scene.check_offset, scene.min_share]
    return fingerprint(
        KIND, REVISION, name, files, str(scene.date), reading, list(limits), coverage_key
    )


def load_of_scenes(context: LoadContext, source: IndicatorSource, scenes: Scenes) -> Load:
    """The row of ``raw.load_file`` for all images, counted in items."""
    items = Path(str(source.items))
    dates = sorted(str(entry.date) for entry in scenes.entries)
    return Load(
        source=source.name,
        kind="indicator",
        path=relative_path(items, context.root),
        layer=f"{dates[0]} to {dates[-1]}" if dates else None,
        sha256=context.checksums[catalogue_files(items)[0]],
        driver="STAC",
        n_rows_read=len(scenes.entries) + len(scenes.gone),
        n_rows_kept=len(scenes.entries),
        crs="EPSG:4326",
    )


def scene_notes(
    source: IndicatorSource,
    scenes: Scenes,
    reads: Sequence[ReadTask],
    shards: Sequence[Path],
    lost: Sequence[ReadTask],
    offsets: Sequence[Issue],
) -> list[Issue]:
    """Images that gave no value: set aside for their offset, by itself or beside others, or gone from
    their server.
    """
    faults = {problem for shard in shards if (problem := problem_of(shard))}
    found = [
        Issue(source.name, fault.partition(": ")[0], "wrong offset", "set aside", detail=fault)
        for fault in sorted(faults)
    ]
    lost_files = (task.file for task in lost)
    gone = sorted({*scenes.gone, *(file.name for file in lost_files if isinstance(file, Scene))})
    lacking = [
        Issue(
            source.name,
            name,
            "image is gone",
            "set aside",
            detail="its server has a file of it no more",
        )
        for name in gone
    ]
    return [*found, *offsets, *lacking]
