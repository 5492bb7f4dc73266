"""Segment a project: build, predict what is not stored, build again."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from quarrydb.engine.current import is_current
from quarrydb.inference.extras import require
from quarrydb.inference.predict import Engine
from quarrydb.inference.prediction import discard_damaged
from quarrydb.inference.record import read_record
from quarrydb.inference.run import SegmentResult, chosen_years, pick_device, pick_engine
from quarrydb.inference.run import segment as predict_sites
from quarrydb.inference.site_plan import find_model
from quarrydb.progress import BuildProgress, QuietProgress
from quarrydb.project import Project, as_project


@dataclass(frozen=True)
class Segmented:
    """What was predicted, and stored files that were damaged and are made again."""

    database: Path
    result: SegmentResult
    harmed: Sequence[Path] = ()


def segment(
    project: Project | str | Path,
    *,
    years: tuple[int, int] | None = None,
    workers: int | None = None,
    device: str = "auto",
    batch_size: int | None = None,
    memory_limit: str | None = None,
    scheduler: str | None = None,
    use_dask: bool = False,
    engine: str = "torch",
    fetch: bool = False,
    everywhere: bool = False,
    progress: BuildProgress | None = None,
) -> Segmented:
    """Find the mines in each year's images, and bring the database up to date before and after.

    ``years`` are the first and the last; None: all of the project. A stopped run goes on where it
    stopped. ``device`` is ``auto``, ``cpu`` or ``cuda``, ``engine`` ``torch`` or ``openvino``;
    ``everywhere`` takes the blocks of ``[segmentation.area]`` too. Other settings as for ``build``.

    Images that can't be read are no error: ``result.failures`` and ``result.damaged_images`` name them.

    Raises:
        SourceError: the project names no images, no such year, model, engine or device.
        MissingExtraError: the package that runs the model is not installed.
        BuildError, CheckError: as ``build``.
    """
    project = as_project(project)
    wanted, runs_on = _checked(project, years, device, engine)
    harmed = discard_damaged(project)
    both: dict[str, Any] = {"scheduler": scheduler, "use_dask": use_dask}
    both["progress"] = progress or QuietProgress()
    bring_up_to_date = partial(
        _bring_up_to_date, project, workers=workers, memory_limit=memory_limit, **both
    )
    bring_up_to_date()
    result = predict_sites(
        project,
        wanted,
        workers=workers or os.cpu_count() or 1,
        device=device,
        batch_size=batch_size,
        engine=runs_on,
        fetch=fetch,
        everywhere=everywhere,
        **both,
    )
    if result.n_done or result.failures:
        bring_up_to_date()
    return Segmented(project.database, result, harmed)


def _checked(
    project: Project, years: tuple[int, int] | None, device: str, engine: str
) -> tuple[list[int], Engine]:
    """Years and engine, after everything that can be refused before the first build."""
    wanted, runs_on = chosen_years(project, years), pick_engine(engine)
    if device != "auto":
        pick_device(device, runs_on)
    elif find_spec("torch") is None:
        require("torch")
    read_record(find_model(project))
    return wanted, runs_on


def _bring_up_to_date(project: Project, **settings: object) -> None:
    if not is_current(project):
        from quarrydb.engine.build import build  # slow to import

        build(project, **settings)  # type: ignore[arg-type]
